import type { Cidr, Ip } from '../base/ip.ts'
import { contains, familyOf, parseCidrSloppy } from '../base/ip.ts'
import { ICMP, ICMPV6, SCTP, TCP, UDP } from '../base/packet.ts'
import type { ObjectRef, Origin } from '../base/source.ts'
import type { Cluster, ClusterNode } from '../model/cluster.ts'
import type { FirewallEntry, FirewallRule } from '../model/environment.ts'
import type { Netns, SegmentPort } from '../model/network.ts'
import type { Match } from '../netfilter/match/registry.ts'
import type { HeaderMatch, Rule, RuleSet, Target } from '../netfilter/rule.ts'
import { makeTable } from '../netfilter/table.ts'
import { loopback, macOfName } from './device-names.ts'
import { accept, block, drop, rule, states } from './proxy/iptables-rules.ts'
import type { Underlay } from './underlay.ts'
import { networkOf, segmentOfNode, uplinkMtu } from './underlay.ts'

/** The segment between a node's network interface and the firewall in front of it. */
export function guardedSegment(node: Pick<ClusterNode, 'name'>): string {
  return `interface/${node.name}`
}

/** The firewalls that guard a node's network interface: those that name it, and those that name no node and no subnets. */
export function firewallsOf(
  { environment }: Cluster,
  { name }: Pick<ClusterNode, 'name'>,
): readonly FirewallEntry[] {
  const { cloudFirewall, network } = environment
  const all = [...(cloudFirewall ? [cloudFirewall] : []), ...(network?.firewalls ?? [])]
  return all.filter((one) => (one.nodes ? one.nodes.includes(name) : !one.between))
}

/** A firewall machine with the port by which it stands on the nodes' network, and the one towards the node. */
export interface GuardedNode {
  readonly netns: Netns
  readonly outside: SegmentPort
  readonly inside: SegmentPort
}

/**
 * A provider's firewall in front of a node's interface: a transparent bridge that follows connections. What the node sends
 * passes, and so do answers to it; what comes in needs a rule, or the default.
 */
export function guardNode(cluster: Cluster, underlay: Underlay, node: ClusterNode): GuardedNode | undefined {
  const entries = firewallsOf(cluster, node)
  if (entries.length === 0) return undefined
  const id = `firewall/${node.name}`
  const mtu = uplinkMtu(cluster, underlay, node)
  const port = (name: string, segment: string) => ({
    type: 'ethernet' as const,
    name,
    segment,
    mtu: Math.max(mtu, 9216),
    mac: macOfName(`${id} ${name}`),
    addresses: [],
    master: 'br0',
  })
  const subject = refOf(cluster)
  const netns: Netns = {
    id,
    role: 'router',
    label: `firewall of ${node.name}`,
    ...(subject && { subject }),
    devices: [
      loopback,
      { type: 'bridge', name: 'br0', mtu: 9216, mac: macOfName(`${id} br0`), addresses: [] },
      port('outside0', segmentOfNode(underlay, node)),
      port('inside0', guardedSegment(node)),
    ],
    routes: [],
    sysctls: { 'net.bridge.bridge-nf-call-iptables': 1, 'net.bridge.bridge-nf-call-ip6tables': 1 },
    ruleSets: ([4, 6] as const).map((family) => guardRules(cluster, entries, family)),
    listeners: [],
  }
  return { netns, outside: { netns: id, device: 'outside0' }, inside: { netns: id, device: 'inside0' } }
}

function refOf({ environmentSource }: Cluster): ObjectRef | undefined {
  return environmentSource?.ref
}

function guardRules(cluster: Cluster, entries: readonly FirewallEntry[], family: 4 | 6): RuleSet {
  const fromNode: Match = { type: 'physdev', in: { name: 'inside0', inverted: false } }
  const rules = [
    rule(originOf(cluster, entries), {}, [fromNode], accept),
    ...filterRules(cluster, entries, family),
  ]
  return { family, tables: [filterTable(rules)], conntrack: true }
}

function originOf(cluster: Cluster, [entry]: readonly FirewallEntry[]): Origin {
  const subject = entry && firewallPlace(cluster, entry)
  return { component: 'provider firewall', ...(subject && { subject }) }
}

function filterTable(forward: readonly Rule[]) {
  return makeTable('filter', [
    { name: 'INPUT', policy: 'ACCEPT', rules: [] },
    { name: 'FORWARD', policy: 'ACCEPT', rules: forward },
    { name: 'OUTPUT', policy: 'ACCEPT', rules: [] },
  ])
}

/** Where the Environment states a firewall. */
export function firewallPlace(
  { environment, environmentSource: source }: Cluster,
  entry: FirewallEntry,
): ObjectRef | undefined {
  if (!source) return undefined
  const index = (environment.network?.firewalls ?? []).indexOf(entry)
  const path = index < 0 ? ['cloudFirewall'] : ['network', 'firewalls', index]
  return { ...source.ref, at: source.locate(['spec', ...path]) }
}

/** Answers pass; then what is denied, what is allowed, and the default. Several firewalls are rules of one. */
function filterRules(cluster: Cluster, entries: readonly FirewallEntry[], family: 4 | 6): readonly Rule[] {
  const origin = originOf(cluster, entries)
  const lines = (which: 'allow' | 'deny', target: Target) =>
    entries.flatMap((entry) =>
      (entry[which] ?? []).flatMap((line) =>
        ruleOf(line, family, { origin: originOf(cluster, [entry]), target }),
      ),
    )
  return [
    rule(origin, {}, [states('RELATED', 'ESTABLISHED')], accept),
    ...lines('deny', drop),
    ...lines('allow', accept),
    ...(entries.some(denies) ? [rule(origin, {}, [], drop)] : []),
  ]
}

/** What somebody wants to send: the first packet of a connection. */
export interface Opening {
  readonly from: Ip
  readonly to: Ip
  readonly protocol: number
  readonly port: number
}

/** Whether the provider's firewalls on the way to a node let a new connection pass. */
export function admits(
  cluster: Cluster,
  underlay: Underlay,
  node: Pick<ClusterNode, 'name'>,
  opening: Opening,
): boolean {
  const sides = [opening.from, opening.to].map((ip) => networkOf(underlay, ip)?.name)
  const crossed = (cluster.environment.network?.firewalls ?? []).filter(
    ({ between }) =>
      sides[0] !== sides[1] && sides.every((name) => name !== undefined && between?.includes(name)),
  )
  return [firewallsOf(cluster, node), ...crossed.map((one) => [one])].every((entries) =>
    entriesAdmit(entries, opening),
  )
}

function entriesAdmit(entries: readonly FirewallEntry[], opening: Opening): boolean {
  const has = (which: 'allow' | 'deny') =>
    entries.some((entry) => (entry[which] ?? []).some((line) => isAbout(line, opening)))
  if (has('deny')) return false
  return has('allow') || !entries.some(denies)
}

function isAbout({ from, to, protocol, ports = [] }: FirewallRule, opening: Opening): boolean {
  const number = protocolNumber(protocol)
  const holds = (text: string | undefined, ip: Ip) => {
    const block = text === undefined ? undefined : readBlock(text)
    return text === undefined || (block !== undefined && contains(block, ip))
  }
  if (number !== undefined && number !== opening.protocol) return false
  if (!holds(from, opening.from) || !holds(to, opening.to)) return false
  if (ports.length === 0) return true
  if (!transportsOf(number).some((one) => one.protocol === opening.protocol)) return false
  return ports.some((port) => {
    const range = portRange(port)
    return range !== undefined && range.first <= opening.port && opening.port <= range.last
  })
}

function denies(entry: FirewallEntry): boolean {
  return (entry.default ?? (entry.allow ? 'deny' : 'allow')) === 'deny'
}

/** Rules on the router between subnets: what goes from one of them to another. */
export function betweenRules(cluster: Cluster, underlay: Underlay, family: 4 | 6): readonly Rule[] {
  const entries = (cluster.environment.network?.firewalls ?? []).filter((one) => one.between)
  return entries.flatMap((entry) => {
    const blocks = underlay.networks.filter(
      ({ name, cidr }) =>
        name !== undefined && entry.between?.includes(name) && familyOf(cidr.first) === family,
    )
    const pairs = blocks.flatMap((from) =>
      blocks.filter((to) => to !== from).map((to) => [from, to] as const),
    )
    return filterRules(cluster, [entry], family).flatMap((one) =>
      pairs.map(([from, to]) => ({
        ...one,
        header: {
          ...one.header,
          in: { name: from.device, inverted: false },
          out: { name: to.device, inverted: false },
        },
      })),
    )
  })
}

const protocols: Readonly<Record<string, number>> = {
  tcp: TCP,
  udp: UDP,
  sctp: SCTP,
  icmp: ICMP,
  icmpv6: ICMPV6,
  ipip: 4,
  ipencap: 4,
  gre: 47,
  esp: 50,
}

function ruleOf(
  { from, to, protocol, ports = [] }: FirewallRule,
  family: 4 | 6,
  { origin, target }: { readonly origin: Origin; readonly target: Target },
): readonly Rule[] {
  const sides = [from, to].map((text) => (text === undefined ? undefined : readBlock(text)))
  if (sides.some((one) => one && familyOf(one.first) !== family)) return []
  const [source, destination] = sides.map((one) => one && block(one))
  const stated = protocolNumber(protocol)
  const number = stated === ICMP && family === 6 ? ICMPV6 : stated
  const sidesOf: HeaderMatch = { ...(source && { source }), ...(destination && { destination }) }
  const header = (one: number | undefined): HeaderMatch =>
    one === undefined ? sidesOf : { ...sidesOf, protocol: { protocol: one, inverted: false } }
  if (ports.length === 0) return [rule(origin, header(number), [], target)]
  return transportsOf(number).flatMap((one) =>
    ports.flatMap((port) => {
      const range = portRange(port)
      if (!range) return []
      const match: Match = { type: one.type, dport: { ...range, inverted: false } }
      return [rule(origin, header(one.protocol), [match], target)]
    }),
  )
}

const transports = [
  { type: 'tcp', protocol: TCP },
  { type: 'udp', protocol: UDP },
  { type: 'sctp', protocol: SCTP },
] as const

/** The protocols with ports that a line with ports is about: all three, if it names none. */
function transportsOf(number: number | undefined) {
  return transports.filter(({ protocol }) => number === undefined || protocol === number)
}

/** `443` or `30000-32767`; `undefined` for what is neither. */
export function portRange(
  port: string | number,
): { readonly first: number; readonly last: number } | undefined {
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(String(port).trim()) ?? []
  const [first, last] = [Number(from), Number(to)]
  return from !== undefined && first <= last && last <= 65535 ? { first, last } : undefined
}

/** A block or an address; bits beyond the mask are left out. */
export function readBlock(text: string): Cidr | undefined {
  return parseCidrSloppy(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`)
}

/** The protocol's number; `undefined` for every protocol. */
export function protocolNumber(protocol: string | number | undefined): number | undefined {
  if (protocol === undefined) return undefined
  const text = String(protocol).toLowerCase()
  if (text === 'any' || text === 'all') return undefined
  return protocols[text] ?? Number(text)
}
