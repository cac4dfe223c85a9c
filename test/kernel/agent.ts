import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import type {
  AgentAnswers,
  AgentLine,
  AgentRequest,
  Attempt,
  Counters,
  Dial,
  ListenSocket,
} from './agent-protocol.ts'

/**
 * Runs inside one network namespace, as a process of its own, and does there what it is told on standard input:
 * commands, sockets that listen, attempts to connect. It ends with its standard input, and the namespace with it.
 */
const netns = process.argv[2] ?? ''

type Operations = {
  readonly [Op in AgentRequest['op']]: (
    request: Extract<AgentRequest, { readonly op: Op }>,
  ) => Promise<AgentAnswers[Op]>
}

const operations: Operations = {
  run: ({ command, input }) => run(command, input),
  write: async ({ files }) => files.filter(([path, text]) => !writeIfThere(path, text)).map(([path]) => path),
  listen: async ({ sockets }) => {
    await Promise.all(sockets.map(listen))
    return null
  },
  dial: ({ dial }) => dialUntilHeard(dial),
  counters: async () => readCounters(),
  'forget-affinity': async () => {
    const folder = '/proc/net/xt_recent'
    if (existsSync(folder)) for (const name of readdirSync(folder)) writeFileSync(`${folder}/${name}`, '/')
    return null
  },
  'note-ttl': ({ backend, ports }) => noteTtl(backend, ports),
}

function run([program = '', ...args]: readonly string[], input: string): Promise<AgentAnswers['run']> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', reject).on('close', (status) => resolve({ status, stderr }))
    child.stdin.on('error', () => {}).end(input)
  })
}

function writeIfThere(path: string, text: string): boolean {
  if (!existsSync(path)) return false
  writeFileSync(path, text)
  return true
}

/** An IPv4 address as such, where a socket shows it mapped into IPv6. */
function plain(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/, '')
}

/** What a listening socket says to whoever comes. */
function greeting(local: string, port: number, peer: string | undefined): string {
  const seen = plain(peer)
  return JSON.stringify({ by: `${netns} ${plain(local)} ${port}`, seen, ttl: ttlOf(seen) })
}

const ttlLists = { 4: 'requests', 6: 'requests6' } as const

/**
 * The match `recent` keeps the time to live beside each address. Only requests to the ports that are asked for count: a
 * tunnel's datagrams have the same addresses.
 */
async function noteTtl(backend: string, ports: readonly number[]): Promise<null> {
  for (const family of [4, 6] as const) {
    const note = `-m recent --set --name ${ttlLists[family]} --rsource`
    const datagrams = ports.map((port) => `-p udp --dport ${port}`)
    const rules = ['-p tcp --syn', ...datagrams].map((one) => `-I INPUT ${one} ${note}`)
    const command = `${family === 4 ? 'iptables' : 'ip6tables'}-${backend}-restore`
    const { status, stderr } = await run(
      [command, '--noflush'],
      ['*mangle', ...rules, 'COMMIT', ''].join('\n'),
    )
    if (status !== 0) throw new Error(`${command}: ${stderr}`)
  }
  return null
}

/** With which time to live the latest request of this address came in; undefined if no rule takes note of it. */
function ttlOf(address: string): number | undefined {
  const path = `/proc/net/xt_recent/${ttlLists[address.includes(':') ? 6 : 4]}`
  if (!existsSync(path)) return undefined
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [, source = '', ttl] = /^src=(\S+) ttl: (\d+) /.exec(line) ?? []
    if (shortest(source) === address) return Number(ttl)
  }
  return undefined
}

/** The kernel's list has IPv6 addresses at full length. */
function shortest(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address
}

function listen({ protocol, address, port }: ListenSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(new Error(`${protocol} ${address} ${port}: ${error.message}`))
    if (protocol === 'tcp') {
      const server = createServer((socket) => {
        socket.on('error', () => {})
        socket.end(greeting(socket.localAddress ?? '', port, socket.remoteAddress))
      })
      server.on('error', failed)
      server.listen({ host: address, port, ipv6Only: address.includes(':'), backlog: 1024 }, resolve)
      return
    }
    const six = address.includes(':')
    const socket = createSocket(six ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' })
    socket.on('error', failed)
    socket.on('message', (_, peer) => {
      socket.send(greeting(address, port, peer.address), peer.port, peer.address, () => {})
    })
    socket.bind({ address, port }, () => resolve())
  })
}

/** ICMP errors that came while the socket in question was locked. */
function missedErrors(): number {
  return readSnmp('/proc/net/netstat').get('TcpExt:LockDroppedIcmps') ?? 0
}

/** Attempts for which an ICMP error came that TCP took no notice of are made again, with time for a second SYN. */
async function dialUntilHeard(dial: Dial): Promise<readonly Attempt[]> {
  const before = missedErrors()
  const attempts = await dialAll(dial)
  const missed =
    dial.timeout < 2500 && missedErrors() > before && attempts.some(({ type }) => type === 'silence')
  return missed ? dialAll({ ...dial, atOnce: dial.count, timeout: 2500 }) : attempts
}

async function dialAll(dial: Dial): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = []
  let started = 0
  const worker = async () => {
    while (started < dial.count) {
      started++
      attempts.push(await (dial.protocol === 'tcp' ? dialTcp(dial) : dialUdp(dial)))
    }
  }
  await Promise.all(Array.from({ length: Math.min(dial.atOnce, dial.count) }, worker))
  return attempts
}

function readGreeting(text: string): Attempt {
  const said = JSON.parse(text) as Omit<Extract<Attempt, { readonly type: 'answered' }>, 'type'>
  return { type: 'answered', ...said }
}

function errnoOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message
}

function dialTcp({ address, port, timeout }: Dial): Promise<Attempt> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: address, port })
    let text = ''
    const finish = (attempt: Attempt) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(attempt)
    }
    const timer = setTimeout(() => finish({ type: 'silence' }), timeout)
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('error', (error) => finish({ type: 'error', errno: errnoOf(error) }))
    socket.on('end', () => finish(readGreeting(text)))
  })
}

/** No port twice: conntrack remembers a datagram's ports for longer than a test takes. */
let nextUdpPort = 33_000

/**
 * A datagram that the sender's own netfilter stops fails at once with EPERM; where it was a REJECT, the ICMP error
 * follows, so this waits for it.
 */
function dialUdp({ address, port, timeout }: Dial): Promise<Attempt> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    let open = true
    const finish = (attempt: Attempt) => {
      if (!open) return
      open = false
      clearTimeout(timer)
      socket.close()
      resolve(attempt)
    }
    const failed = (error: Error | null | undefined) => {
      if (error && errnoOf(error) !== 'EPERM') finish({ type: 'error', errno: errnoOf(error) })
    }
    const timer = setTimeout(() => finish({ type: 'silence' }), timeout)
    socket.on('error', failed)
    socket.on('message', (text) => finish(readGreeting(text.toString('utf8'))))
    socket.bind(nextUdpPort++, () => {
      if (!open) return
      socket.connect(port, address, (error?: Error) => {
        if (error) failed(error)
        else if (open) socket.send('who are you?', failed)
      })
    })
  })
}

/** A line of names and a line of numbers for each protocol. */
function readSnmp(path: string): Map<string, number> {
  const numbers = new Map<string, number>()
  const lines = readFileSync(path, 'utf8').split('\n')
  lines.forEach((line, index) => {
    const [head = '', ...names] = line.split(' ')
    const values = lines[index + 1]?.split(' ') ?? []
    if (values[0] !== head) return
    names.forEach((name, at) => {
      numbers.set(head + name, Number(values[at + 1]))
    })
  })
  return numbers
}

function readCounters(): Counters {
  const numbers = readSnmp('/proc/net/snmp')
  // IPv6 has a line for each number.
  for (const line of readFileSync('/proc/net/snmp6', 'utf8').split('\n')) {
    const [name = '', value] = line.split(/\s+/)
    numbers.set(name, Number(value))
  }
  const sum = (...names: readonly string[]) =>
    names.reduce((total, name) => total + (numbers.get(name) ?? 0), 0)
  return {
    resets: sum('Tcp:OutRsts'),
    noPorts: sum('Udp:NoPorts', 'Udp6NoPorts'),
    unreachables: sum('Icmp:OutDestUnreachs', 'Icmp6OutDestUnreachs'),
  }
}

function tell(line: AgentLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function perform(request: AgentRequest): Promise<unknown> {
  const operation = operations[request.op] as (one: AgentRequest) => Promise<unknown>
  return operation(request)
}

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const { id, request } = JSON.parse(line) as { readonly id: number; readonly request: AgentRequest }
  perform(request).then(
    (answer) => tell({ id, answer }),
    (error: unknown) => tell({ id, error: String(error) }),
  )
})
lines.on('close', () => process.exit(0))
