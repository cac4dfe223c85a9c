import type { Ip } from '../../base/ip.ts'
import { compareIp, contains, familyOf, isLoopback } from '../../base/ip.ts'
import type { Origin } from '../../base/source.ts'
import type { Cluster, ClusterNode } from '../../model/cluster.ts'
import type { Match } from '../../netfilter/match/registry.ts'
import type { Chain, HeaderMatch, HookName, Rule } from '../../netfilter/rule.ts'
import type { ChainSource } from '../../netfilter/table.ts'
import { fixedChains } from '../../netfilter/table.ts'
import { accept, addressType, comment, drop, host, jump, rule, states } from './iptables-rules.ts'
import type { DispatchChain } from './iptables-service.ts'
import { nodePortRestriction, primaryAddress } from './node-addresses.ts'

/** The rules that kube-proxy writes whatever Services there are. */

const origin: Origin = { component: 'kube-proxy' }

interface FixedContext {
  readonly cluster: Cluster
  readonly node: ClusterNode
  readonly family: 4 | 6
  readonly nodeAddresses: readonly Ip[]
  readonly liberal: boolean
  readonly kubelet: boolean
}

type Dispatch = (name: DispatchChain) => readonly Rule[]

/** The empty chain by which kube-proxy notices that somebody flushed the tables. */
export const canary: ChainSource = fixedChains([{ name: 'KUBE-PROXY-CANARY', rules: [] }])

const portals = 'kubernetes service portals'

/** The jumps into kube-proxy's chains. Each was prepended in turn, so they stand in the reverse of that order. */
export function baseJumps(
  table: 'nat' | 'filter',
  { family, kubelet }: FixedContext,
): Partial<Readonly<Record<HookName, readonly Rule[]>>> {
  const to = (chain: string, text: string, ...matches: readonly Match[]) =>
    rule(origin, {}, [...matches, comment(text)], jump(chain))
  if (table === 'nat') {
    return {
      PREROUTING: [to('KUBE-SERVICES', portals)],
      OUTPUT: [to('KUBE-SERVICES', portals)],
      POSTROUTING: [to('KUBE-POSTROUTING', 'kubernetes postrouting rules')],
    }
  }
  const onlyNew = states('NEW')
  const balancer = to('KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall', onlyNew)
  const services = to('KUBE-SERVICES', portals, onlyNew)
  const external = to('KUBE-EXTERNAL-SERVICES', 'kubernetes externally-visible service portals', onlyNew)
  // kubelet makes this jump for IPv4 when it starts, before kube-proxy prepends its own.
  const firewall = family === 4 && kubelet ? [] : [rule(origin, {}, [], jump('KUBE-FIREWALL'))]
  return {
    INPUT: [...firewall, balancer, to('KUBE-NODEPORTS', 'kubernetes health check service ports'), external],
    FORWARD: [balancer, to('KUBE-FORWARD', 'kubernetes forwarding rules'), services, external],
    OUTPUT: [...firewall, balancer, services],
  }
}

/** The chains of the filter table, filled by the services' rules. */
export function fixedFilterChains(
  context: FixedContext,
  dispatch: Dispatch,
  localhost: boolean,
): ChainSource {
  const { family, kubelet } = context
  const ownsFirewall = family === 6 || !kubelet
  return fixedChains([
    { name: 'KUBE-EXTERNAL-SERVICES', rules: dispatch('filter KUBE-EXTERNAL-SERVICES') },
    { name: 'KUBE-FORWARD', rules: forwardRules(context) },
    { name: 'KUBE-NODEPORTS', rules: dispatch('filter KUBE-NODEPORTS') },
    { name: 'KUBE-PROXY-FIREWALL', rules: dispatch('filter KUBE-PROXY-FIREWALL') },
    { name: 'KUBE-SERVICES', rules: dispatch('filter KUBE-SERVICES') },
    ...(ownsFirewall ? [{ name: 'KUBE-FIREWALL', rules: localhost ? [blockLocalnet(origin)] : [] }] : []),
  ])
}

/** Packets from elsewhere to 127.0.0.0/8, which route_localnet lets in, are dropped (CVE-2020-8558). */
export function blockLocalnet(by: Origin): Rule {
  const loopback = { address: 0x7f000000, mask: 0xff000000 }
  const allowed: Match = {
    type: 'conntrack',
    states: { value: ['RELATED', 'ESTABLISHED', 'DNAT'], inverted: true },
    addresses: {},
    ports: {},
  }
  return rule(
    by,
    { source: { ...loopback, inverted: true }, destination: { ...loopback, inverted: false } },
    [comment('block incoming localnet connections'), allowed],
    drop,
  )
}

function masqueradeMark({ cluster }: FixedContext): number {
  return (1 << cluster.settings.kubeProxy.masqueradeBit) >>> 0
}

function forwardRules(context: FixedContext): readonly Rule[] {
  const { cluster, node, liberal } = context
  const counter: Match = { type: 'nfacct', object: 'ct_state_invalid_dropped_pkts' }
  const counted = cluster.settings.kubeProxy.nfacct && node.minorVersion >= 31
  const invalid = rule(origin, {}, [states('INVALID'), counted ? counter : undefined], drop)
  const mark = masqueradeMark(context)
  const marked: Match = { type: 'mark', value: mark, mask: mark, inverted: false }
  return [
    ...(liberal && node.minorVersion >= 29 ? [] : [invalid]),
    rule(origin, {}, [comment('kubernetes forwarding rules'), marked], accept),
    rule(
      origin,
      {},
      [comment('kubernetes forwarding conntrack rule'), states('RELATED', 'ESTABLISHED')],
      accept,
    ),
  ]
}

/** The chains of the nat table that do not belong to one service port. */
export function fixedNatChains(
  context: FixedContext,
  dispatch: Dispatch,
  nodePorts: readonly Rule[],
): ChainSource {
  const mark = masqueradeMark(context)
  const unmarked: Match = { type: 'mark', value: mark, mask: mark, inverted: true }
  const { randomFully } = context.cluster.settings.kubeProxy
  const snat = comment('kubernetes service traffic requiring SNAT')
  const chains: readonly Chain[] = [
    { name: 'KUBE-MARK-MASQ', rules: [rule(origin, {}, [], { type: 'MARK', value: mark, mask: mark })] },
    { name: 'KUBE-NODEPORTS', rules: dispatch('nat KUBE-NODEPORTS') },
    {
      name: 'KUBE-POSTROUTING',
      rules: [
        rule(origin, {}, [unmarked], { type: 'return' }),
        rule(origin, {}, [], { type: 'MARK', value: mark, mask: 0 }),
        rule(origin, {}, [snat], { type: 'MASQUERADE', random: false, fullyRandom: randomFully }),
      ],
    },
    { name: 'KUBE-SERVICES', rules: [...dispatch('nat KUBE-SERVICES'), ...nodePorts] },
  ]
  return fixedChains(chains)
}

/** The last rules of KUBE-SERVICES: packets to the node's own addresses may be for node ports. */
export function nodePortJumps(context: FixedContext, localhost: boolean): readonly Rule[] {
  const { cluster, node, family, nodeAddresses } = context
  const note = comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain')
  const target = jump('KUBE-NODEPORTS')
  const restriction = nodePortRestriction(cluster.settings.kubeProxy, family)
  if (restriction === 'all') {
    const loopback: HeaderMatch =
      family === 4
        ? { destination: { address: 0x7f000000, mask: 0xff000000, inverted: true } }
        : { destination: { ...host(1n), inverted: true } }
    return [rule(origin, localhost ? {} : loopback, [note, addressType('destination')], target)]
  }
  const allowed =
    restriction === 'primary'
      ? [primaryAddress(node, family)]
      : nodeAddresses.filter((ip) => restriction.some((cidr) => contains(cidr, ip)))
  return [...new Set(allowed)]
    .filter((ip) => familyOf(ip) === family && (!isLoopback(ip) || localhost))
    .sort(compareIp)
    .map((ip) => rule(origin, { destination: host(ip) }, [note], target))
}
