import { spawn, spawnSync } from 'node:child_process'

/** The two implementations of the iptables commands. */
export type Backend = 'nft' | 'legacy'

/** What this machine offers. */
export interface Availability {
  /** The backends that can load rules here, both families. */
  readonly backends: readonly Backend[]
  /** Why the kernel cannot be asked; empty if it can. */
  readonly missing: string
}

/** Has one rule of each extension that kube-proxy's rules need. */
const probeRules = `*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:A - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -m comment --comment "a b" -j A
-A A -m statistic --mode random --probability 0.50000000000 -j MARK --set-xmark 0x1/0x1
-A A -m recent --rcheck --seconds 10 --reap --name kubewalk-probe --rsource -j RETURN
-A POSTROUTING -m mark --mark 0x1/0x1 -j MASQUERADE --random-fully
COMMIT
*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate INVALID -j DROP
-A FORWARD -j REJECT
COMMIT
`

/** Finds out what there is, and prints why something is not asked: reporters do not name what they skip. */
export function whatIsAvailable(): Availability {
  const found = findBackends()
  for (const backend of backendNames.filter((one) => !found.backends.includes(one))) {
    process.stdout.write(
      `skipped: the kernel by iptables-${backend}; ${found.missing || 'it cannot load rules here'}\n`,
    )
  }
  return found
}

const backendNames: readonly Backend[] = ['nft', 'legacy']

function findBackends(): Availability {
  const missing = missingBasics()
  if (missing !== '') return { backends: [], missing }
  const backends = backendNames.filter(backendWorks)
  return { backends, missing: backends.length === 0 ? 'no iptables command can load rules' : '' }
}

function missingBasics(): string {
  if (process.env['KERNEL_TESTS'] === 'off') return 'KERNEL_TESTS=off'
  if (process.platform !== 'linux') return `network namespaces need Linux, and this is ${process.platform}`
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  return (
    failure('unshare (util-linux)', ['true']) || failure('ip (iproute2)', ['ip', 'link', 'set', 'lo', 'up'])
  )
}

/** Why the command cannot be run in a network namespace of its own; empty if it can. */
function failure(what: string, command: readonly string[], input = ''): string {
  const { status, error, stderr } = spawnSync('unshare', ['--net', ...command], { input, encoding: 'utf8' })
  return status === 0 ? '' : `${what} fails: ${error?.message ?? stderr.trim()}`
}

/** Why a network that needs these cannot be built here; empty if it can. */
export function whyNotBuilt({ sets, vxlan }: { readonly sets: boolean; readonly vxlan: boolean }): string {
  const device = 'ip link add name probe type vxlan id 1 local 192.0.2.1 dstport 8472'.split(' ')
  return (sets && failure('ipset', ['ipset', 'list'])) || (vxlan && failure('a vxlan device', device)) || ''
}

function backendWorks(backend: Backend): boolean {
  return ['iptables', 'ip6tables'].every((command) => {
    const restore = `${command}-${backend}-restore`
    return failure(restore, [restore], probeRules) === ''
  })
}

/** What a command that has ended said. */
export interface CommandResult {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a shell script in a network namespace of its own, which ends with it. */
export function inOwnNamespace(script: string, input: string): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('unshare', ['--net', 'sh', '-c', script])
    const output = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text
      })
    }
    child.on('error', reject).on('close', (status) => resolve({ status, ...output }))
    child.stdin.on('error', () => {}).end(input)
  })
}
