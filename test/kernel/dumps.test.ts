import { afterAll, describe, expect, test } from 'vitest'
import { familyOf, formatIp } from '../../src/base/ip.ts'
import type { Network } from '../../src/model/network.ts'
import type { Rule, RuleSet, Table } from '../../src/netfilter/rule.ts'
import { baseChains } from '../../src/netfilter/rule.ts'
import { formatRuleBody } from '../../src/netfilter/save-format/format.ts'
import { dumpedNode, dumpNetwork, hostId, onOneWire } from '../support/dump-network.ts'
import type { WalkResult } from '../support/dump-walks.ts'
import { expectedOf } from '../support/dump-walks.ts'
import type { Dump, DumpWalk } from '../support/dumps.ts'
import { addressOf, ipOf, listOf, readDumps, readText, targetOf } from '../support/dumps.ts'
import type { Attempt, ListenSocket } from './agent-protocol.ts'
import type { Agent } from './agents.ts'
import { AgentStarter } from './agents.ts'
import { inOwnNamespace, whatIsAvailable } from './availability.ts'
import { buildTopology } from './topology.ts'

/**
 * The dumps of test/dumps, put to the real commands and to the kernel: each is loaded by the iptables of its backend
 * and saved again, and its walks are sent through namespaces that have its devices, routes and sets.
 */
const { backends, missing } = whatIsAvailable()
const reason = missing && `: skipped, ${missing}`
const dumps = readDumps()

/** The rules of each chain, as a kernel that has loaded them says them; a base chain that says nothing is left out. */
type Chains = Readonly<Record<string, { readonly policy: string; readonly rules: readonly string[] }>>

function withoutSilentChains(chains: Chains): Chains {
  return Object.fromEntries(
    Object.entries(chains).filter(([, { policy, rules }]) => policy !== 'ACCEPT' || rules.length > 0),
  )
}

/** Our own spelling of the rules, whatever they were spelt like when they were read. */
function chainsOf({ family, tables }: RuleSet): Chains {
  const spell = (rule: Rule) => formatRuleBody(rule, family)
  const chainsIn = (table: Table) =>
    table
      .chains()
      .map((chain) => [
        `${table.name} ${chain.name}`,
        { policy: chain.policy ?? '-', rules: chain.rules.map(spell) },
      ])
  return withoutSilentChains(Object.fromEntries(tables.flatMap(chainsIn)))
}

/** The same of what a command has saved. */
function chainsSaved(text: string): Chains {
  const chains: Record<string, { policy: string; rules: string[] }> = {}
  let table = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1)
    const chain = /^:(\S+) (\S+)/.exec(line)
    if (chain) chains[`${table} ${chain[1]}`] = { policy: chain[2] ?? '', rules: [] }
    const rule = /^-A (\S+) ?(.*)$/.exec(line)
    if (rule) chains[`${table} ${rule[1]}`]?.rules.push(rule[2] ?? '')
  }
  return withoutSilentChains(chains)
}

async function savedBy(command: string, text: string, sets: string): Promise<string> {
  const script = `printf '%s' "$SETS" | ipset restore && ${command}-restore && ${command}-save`
  const prefix = `SETS=$(cat <<'END_OF_SETS'\n${sets}\nEND_OF_SETS\n)\n`
  const { status, stdout, stderr } = await inOwnNamespace(`${prefix}${script}`, text)
  if (status !== 0) throw new Error(`${command}: ${stderr}`)
  return stdout
}

describe.skipIf(missing !== '')(`${dumps.length} dumps, loaded and saved${reason}`, () => {
  const texts = dumps.flatMap((dump) =>
    dump.texts.map((text) => ({ dump, text, name: dump.name, file: text.file })),
  )
  test.for(texts)('$name/$file', async ({ dump, text }, { skip }) => {
    const { backend, kernel = '' } = dump.about
    if (!backends.includes(backend)) skip(`iptables-${backend} cannot load rules here`)
    if (kernel !== '') skip(kernel)
    const saved = await savedBy(
      `${text.family === 4 ? 'iptables' : 'ip6tables'}-${backend}`,
      text.text,
      dump.setsText,
    )
    expect(chainsSaved(saved)).toEqual(chainsOf(readText(dump, text).ruleSet))
  })

  test('a base chain of each table is known', () => expect(Object.keys(baseChains)).toHaveLength(5))
})

/** Whether the kernel can be asked about a walk with TCP and UDP sockets that bind no address. */
function canBeSent({ to, kernel }: DumpWalk): boolean {
  return kernel === undefined && targetOf(to).protocol !== 'icmp'
}

function hasBridge({ about }: Dump): boolean {
  return Object.values(about.devices).some(({ ports }) => ports !== undefined)
}

const asked = dumps.filter((dump) => !hasBridge(dump) && dump.about.kernel === undefined)

function socketsOf(dump: Dump, network: Network, id: string): readonly ListenSocket[] {
  const devices = network.namespaces.get(id)?.devices ?? []
  const own = devices.flatMap(({ addresses }) => addresses.map(({ ip }) => ip))
  const wanted = dump.about.walks.filter(canBeSent).flatMap(({ to, at = [] }) => {
    const { protocol, port } = targetOf(to)
    const ports = [port, ...listOf(at).map((socket) => Number(/:(\d+)$/.exec(socket)?.[1] ?? port))]
    return protocol === 'icmp' ? [] : ports.map((number) => ({ protocol, port: number }))
  })
  const sockets = wanted.flatMap(({ protocol, port }): readonly ListenSocket[] =>
    protocol === 'tcp'
      ? ['0.0.0.0', '::'].map((address) => ({ protocol, port, address }))
      : own.map((ip) => ({ protocol, port, address: formatIp(ip) })),
  )
  return [...new Map(sockets.map((one) => [JSON.stringify(one), one])).values()]
}

async function build(starter: AgentStarter, dump: Dump): Promise<ReadonlyMap<string, Agent>> {
  const network = onOneWire(dumpNetwork(dump))
  const agents = new Map([...network.namespaces.keys()].map((id) => [id, starter.start(id)] as const))
  const fabric = starter.start('fabric')
  await Promise.all([...agents.values(), fabric].map((agent) => agent.ask({ op: 'counters' })))
  await buildTopology(network, { agents, fabric }, dump.about.backend)
  for (const [id, agent] of agents) await agent.ask({ op: 'listen', sockets: socketsOf(dump, network, id) })
  return new Map([...agents, ['fabric', fabric]])
}

function summary(attempts: readonly Attempt[], walk: DumpWalk): WalkResult {
  const { at, seen } = expectedOf(walk)
  const answers = attempts.flatMap((one) => (one.type === 'answered' ? [one] : []))
  const kinds = attempts.map(
    ({ type }) => ({ answered: 'reached', silence: 'dropped', error: 'rejected' })[type],
  )
  const unique = (texts: readonly string[]) => [...new Set(texts)].toSorted()
  return {
    expect: unique(kinds).join(', '),
    at: at.length > 0 ? unique(answers.map(({ by }) => socketNamed(by))) : [],
    seen: seen.length > 0 ? unique(answers.map((one) => one.seen)) : [],
    by: '',
  }
}

/** `host/10.0.0.9 10.0.0.9 80` as the walks write it. */
function socketNamed(by: string): string {
  const [, address = '', port = ''] = by.split(' ')
  return familyOf(addressOf(address)) === 4 ? `${address}:${port}` : `[${address}]:${port}`
}

async function send(agents: ReadonlyMap<string, Agent>, walk: DumpWalk): Promise<WalkResult> {
  const { ip, port, protocol } = targetOf(walk.to)
  const agent = agents.get(walk.in === 'local' ? dumpedNode : hostId(ipOf(walk.from ?? '')))
  if (!agent || protocol === 'icmp') throw new Error('nobody can send this')
  const several = listOf(walk.at ?? []).length > 1
  const timeout = walk.expect === 'rejected' ? 2500 : walk.expect === 'dropped' ? 500 : 2000
  const dial = { protocol, address: formatIp(ip), port, count: several ? 40 : 1, atOnce: 4, timeout }
  return summary(await agent.ask({ op: 'dial', dial }), walk)
}

/**
 * TCP side by side, and then UDP one after another: two datagrams of different hosts that become the same tuple at the
 * same moment are a race that conntrack settles by dropping one.
 */
async function sendAll(
  agents: ReadonlyMap<string, Agent>,
  walks: readonly DumpWalk[],
): Promise<ReadonlyMap<DumpWalk, WalkResult>> {
  const isTcp = ({ to }: DumpWalk) => targetOf(to).protocol === 'tcp'
  const results = new Map<DumpWalk, WalkResult>()
  const sendOne = async (walk: DumpWalk) => {
    results.set(walk, await send(agents, walk))
  }
  await Promise.all(walks.filter(isTcp).map(sendOne))
  for (const walk of walks.filter((one) => !isTcp(one))) await sendOne(walk)
  return results
}

describe.skipIf(missing !== '')(
  `walks of ${asked.length} dumps, sent through the kernel${reason}`,
  { timeout: 120_000 },
  () => {
    let starter: AgentStarter | undefined
    afterAll(() => starter?.close())

    test.for(asked)('$name', async (dump, { skip }) => {
      if (!backends.includes(dump.about.backend))
        skip(`iptables-${dump.about.backend} cannot load rules here`)
      starter ??= new AgentStarter()
      const agents = await build(starter, dump)
      try {
        const walks = dump.about.walks.filter((walk) => canBeSent(walk) && walk.expect !== 'unknown')
        expect(walks.length).toBeGreaterThanOrEqual(2)
        const results = await sendAll(agents, walks)
        expect(walks.map((walk) => [walk.because, results.get(walk)])).toEqual(
          walks.map((walk) => [walk.because, { ...expectedOf(walk), by: '' }]),
        )
      } finally {
        for (const agent of agents.values()) agent.stop()
      }
    })
  },
)
