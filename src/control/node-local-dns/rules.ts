import type { Ip } from '../../base/ip.ts'
import { familyOf } from '../../base/ip.ts'
import type { Origin } from '../../base/source.ts'
import type { Match } from '../../netfilter/match/registry.ts'
import type { HookName, Rule, Target } from '../../netfilter/rule.ts'
import type { TableContribution } from '../../netfilter/table.ts'
import { fixedChains } from '../../netfilter/table.ts'
import { accept, comment, host, onProtocol, rule } from '../proxy/iptables-rules.ts'
import type { NodeCacheFlags } from './flags.ts'

const untrack: Target = { type: 'NOTRACK' }
const skip = comment('NodeLocal DNS Cache: skip conntrack')
const allow = comment('NodeLocal DNS Cache: allow DNS traffic')

/** One rule and where it goes. */
interface Placed {
  readonly table: 'raw' | 'filter'
  readonly chain: HookName
  readonly rule: Rule
}

/**
 * Mirrors initIptables and setupNetworking of cmd/node-cache: each rule is prepended when it is missing, so that they
 * stand in the reverse of this order, before those of kube-proxy and kubelet, which ran before it.
 */
export function nodeCacheRules(
  flags: NodeCacheFlags,
  origin: Origin,
  family: 4 | 6,
): readonly TableContribution[] {
  const own = flags.localIps.filter((ip) => familyOf(ip) === family)
  if (own.length === 0) return []
  const placed = own.flatMap((ip) => rulesFor(ip, flags, origin)).toReversed()
  return (['raw', 'filter'] as const).map((table) => {
    const of = (chain: HookName) =>
      placed.filter((one) => one.table === table && one.chain === chain).map((one) => one.rule)
    const chains: readonly HookName[] = table === 'raw' ? ['PREROUTING', 'OUTPUT'] : ['INPUT', 'OUTPUT']
    return {
      table,
      baseRules: {},
      prepended: Object.fromEntries(chains.map((chain) => [chain, of(chain)])),
      chains: fixedChains([]),
    }
  })
}

function rulesFor(ip: Ip, { port, healthPort }: NodeCacheFlags, origin: Origin): readonly Placed[] {
  const both = ['tcp', 'udp'] as const
  const to = (protocol: 'tcp' | 'udp', number: number, note: Match, target: Target) =>
    rule(
      origin,
      { destination: host(ip), ...onProtocol(protocol) },
      [{ type: protocol, dport: single(number) }, note],
      target,
    )
  const from = (protocol: 'tcp' | 'udp', number: number, note: Match, target: Target) =>
    rule(
      origin,
      { source: host(ip), ...onProtocol(protocol) },
      [{ type: protocol, sport: single(number) }, note],
      target,
    )
  const place = (table: Placed['table'], chain: HookName, rules: readonly Rule[]) =>
    rules.map((one): Placed => ({ table, chain, rule: one }))
  return [
    ...place(
      'raw',
      'PREROUTING',
      both.map((protocol) => to(protocol, port, skip, untrack)),
    ),
    ...place(
      'filter',
      'INPUT',
      both.map((protocol) => to(protocol, port, allow, accept)),
    ),
    ...place(
      'raw',
      'OUTPUT',
      both.map((protocol) => from(protocol, port, skip, untrack)),
    ),
    ...place(
      'filter',
      'OUTPUT',
      both.map((protocol) => from(protocol, port, allow, accept)),
    ),
    ...place(
      'raw',
      'OUTPUT',
      both.map((protocol) => to(protocol, port, skip, untrack)),
    ),
    ...place('raw', 'OUTPUT', [to('tcp', healthPort, skip, untrack), from('tcp', healthPort, skip, untrack)]),
  ]
}

function single(port: number) {
  return { first: port, last: port, inverted: false }
}
