import { spawnSync } from 'node:child_process'
import type { Backend } from '../../kernel/availability.ts'

/** One packet that the kernel is to send from a namespace whose only ways out are out0, which nobody answers on, and lo. */
export interface Sent {
  readonly protocol: 'tcp' | 'udp'
  readonly from: string
  readonly sport: number
  readonly to: string
  readonly dport: number
  readonly ttl?: number
  readonly payload?: number
}

/** Sends the packets given as JSON one after another; after each, once a rule has counted it, it notes the counters of all. */
const sender = `
const { connect } = require('node:net')
const dgram = require('node:dgram')
const { spawnSync } = require('node:child_process')
const [packets, command, save] = JSON.parse(process.argv[1])
const counters = () => spawnSync(save, ['-c', '-t', 'filter'], { encoding: 'utf8' }).stdout
const sent = {
  udp: ({ from, sport, to, dport, ttl, payload }, done) => {
    const socket = dgram.createSocket(from.includes(':') ? 'udp6' : 'udp4')
    socket.on('error', () => socket.close(done))
    socket.bind(sport, from, () => {
      socket.setBroadcast(true)
      if (ttl !== undefined) socket.setTTL(ttl)
      socket.send(Buffer.alloc(payload ?? 0), dport, to, () => socket.close(() => done()))
    })
  },
  tcp: ({ from, sport, to, dport }, done) => {
    const socket = connect({ host: to, port: dport, localAddress: from, localPort: sport })
    socket.on('error', () => {})
    done(() => socket.destroy())
  },
}
const answers = []
const next = (index) => {
  const packet = packets[index]
  if (!packet) return process.stdout.write(JSON.stringify(answers))
  spawnSync(command, ['-t', 'filter', '-Z'])
  const look = (left, after) => {
    const text = counters()
    if (left > 0 && !/^\\[[1-9].* -A OUTPUT/m.test(text)) return setTimeout(look, 5, left - 1, after)
    answers.push(text)
    after?.()
    next(index + 1)
  }
  sent[packet.protocol](packet, (after) => look(400, after))
}
next(0)
`

const setUp = `
ip link set lo up
ip link add out0 type veth peer name far0
ip link set out0 addrgenmode none
ip link set far0 addrgenmode none
ip addr add 10.0.0.1/24 dev out0
ip -6 addr add fd00::1/64 dev out0 nodad
ip link set out0 up
ip link set far0 up
ip route add default via 10.0.0.254
ip -6 route add default via fd00::fe
ip neigh add 10.0.0.254 lladdr 02:00:00:00:00:01 dev out0
ip -6 neigh add fd00::fe lladdr 02:00:00:00:00:01 dev out0
ip -6 neigh add fd00::9 lladdr 02:00:00:00:00:02 dev out0
`

/**
 * Loads a text into a network namespace of its own, which goes with the command, sends the packets, and says for each
 * which rules of filter OUTPUT counted it: their positions from 0.
 */
export function countedInKernel(
  backend: Backend,
  family: 4 | 6,
  text: string,
  packets: readonly Sent[],
): readonly (readonly number[])[] {
  const command = `${family === 4 ? 'iptables' : 'ip6tables'}-${backend}`
  const script = `set -e\n${setUp}\n${command}-restore\nexec "$0" -e "$1" "$2"\n`
  const sending = JSON.stringify([packets, command, `${command}-save`])
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['--net', 'sh', '-c', script, process.execPath, sender, sending],
    { input: text, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(stderr)
  const answers = JSON.parse(stdout) as readonly string[]
  return answers.map(countedRules)
}

function countedRules(save: string): number[] {
  const rules = save.split('\n').filter((line) => / -A OUTPUT/.test(line))
  return rules.flatMap((line, index) => (line.startsWith('[0:') ? [] : [index]))
}
