import type { Ip } from '../../../base/ip.ts'
import { familyOf } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { Cluster, ClusterNode } from '../../../model/cluster.ts'
import type { Match } from '../../../netfilter/match/registry.ts'
import type { HeaderMatch, Rule, Target } from '../../../netfilter/rule.ts'
import type { ChainSource, TableContribution } from '../../../netfilter/table.ts'
import { fixedChains, LazyChain } from '../../../netfilter/table.ts'
import { chooseEndpoints } from '../../proxy/endpoint-choice.ts'
import {
  addressType,
  block,
  comment,
  drop,
  host,
  jump,
  onProtocol,
  rule,
  transport,
} from '../../proxy/iptables-rules.ts'
import type { ProxyEndpoint, ServicePortInfo } from '../../proxy/service-ports.ts'
import { servicePortsOf } from '../../proxy/service-ports.ts'

/**
 * A load balancer that is no iptables rule on a real node (eBPF, Open vSwitch): rules of its own that translate as it
 * does. They bear its name, so that a trace says who translated.
 */
export interface Balancer {
  /** Who translates: `Cilium socket load balancing`. */
  readonly component: string
  /** What the names of its chains begin with; eleven letters at most. */
  readonly prefix: string
  readonly cluster: Cluster
  readonly node: ClusterNode
  readonly family: 4 | 6
  /** What it does where there is no endpoint. */
  readonly refusal: Target
}

/** Whose packets it translates. */
export type BalancedTraffic =
  /** What clients within the cluster send: every address of a Service, node ports of every node. */
  | 'inside'
  /** The same, but cluster IPs alone. */
  | 'cluster-ips'
  /** What comes to the node from outside: node ports, load balancer addresses and external IPs. */
  | 'outside'

/** Where it sees them. */
export interface BalancingPlace {
  readonly hook: 'OUTPUT' | 'PREROUTING'
  /** Which packets it is asked about at all. */
  readonly header?: HeaderMatch
  /** Whether it comes before all that stands at the hook. */
  readonly first: boolean
}

/** The balancer's part of the tables nat and filter. */
export function balancingTables(
  balancer: Balancer,
  traffic: BalancedTraffic,
  { hook, header = {}, first }: BalancingPlace,
): readonly TableContribution[] {
  const { component, prefix } = balancer
  const origin: Origin = { component }
  const ports = portsOf(balancer, traffic)
  const note = comment(`${component}: no iptables rule on a real node`)
  const entry = [rule(origin, header, [note], jump(prefix))]
  const refusals = ports.flatMap((one) => refusalRules(balancer, one))
  const refuse = [rule(origin, header, [note], jump(prefix))]
  return [
    {
      table: 'nat',
      baseRules: first ? {} : { [hook]: entry },
      ...(first && { prepended: { [hook]: entry } }),
      chains: natChains(balancer, ports, traffic),
    },
    ...(refusals.length === 0
      ? []
      : [
          {
            table: 'filter' as const,
            baseRules: {},
            prepended: hook === 'OUTPUT' ? { OUTPUT: refuse } : { INPUT: refuse, FORWARD: refuse },
            chains: fixedChains([{ name: prefix, rules: refusals }]),
          },
        ]),
  ]
}

/** One service port as this balancer sees it: the addresses that it answers for, and to whom it brings them. */
interface BalancedPort {
  readonly port: ServicePortInfo
  readonly fronts: readonly Front[]
  readonly endpoints: readonly ProxyEndpoint[]
  readonly chain: string
}

/** An address and port, or a node port. */
interface Front {
  readonly what: string
  readonly ip: Ip | 'node'
  readonly port: number
  /** Whether only loadBalancerSourceRanges may come. */
  readonly ranged: boolean
}

function portsOf(balancer: Balancer, traffic: BalancedTraffic): readonly BalancedPort[] {
  const { cluster, node, family, prefix } = balancer
  return servicePortsOf(cluster, family, node.minorVersion).list.flatMap((port) => {
    const choice = chooseEndpoints(port, {
      name: node.name,
      minorVersion: node.minorVersion,
      ...(node.zone !== undefined && { zone: node.zone }),
    })
    const make = (fronts: readonly Front[], local: boolean): readonly BalancedPort[] => {
      if (fronts.length === 0) return []
      const endpoints = local ? choice.local : choice.cluster
      return [{ port, fronts, endpoints, chain: `${prefix}-${local ? port.hash.slice(0, 15) : port.hash}` }]
    }
    const inner = traffic === 'outside' ? [] : [front('cluster IP', port.clusterIp, port.port)]
    const outer = traffic === 'cluster-ips' ? [] : outerFronts(port, traffic === 'outside')
    // What is within the cluster may go to every node's endpoints, whatever externalTrafficPolicy says.
    const outerLocal = traffic === 'outside' && port.externalLocal
    if (port.internalLocal === outerLocal) return make([...inner, ...outer], outerLocal)
    return [...make(inner, port.internalLocal), ...make(outer, outerLocal)]
  })
}

function front(what: string, ip: Front['ip'], port: number, ranged = false): Front {
  return { what, ip, port, ranged }
}

function outerFronts({ externalIps, vips, nodePort, port, sourceRanges }: ServicePortInfo, ranged: boolean) {
  return [
    ...externalIps.map((ip) => front('external IP', ip, port)),
    ...vips.map((ip) => front('loadbalancer IP', ip, port, ranged && sourceRanges.length > 0)),
    ...(nodePort === 0 ? [] : [front('node port', 'node', nodePort)]),
  ]
}

/** The chain that is entered, that of node ports, and one for each service port. */
function natChains(
  balancer: Balancer,
  ports: readonly BalancedPort[],
  traffic: BalancedTraffic,
): ChainSource {
  const { prefix } = balancer
  const served = ports.filter((one) => one.endpoints.length > 0)
  const nodePorts = `${prefix}-NODEPORTS`
  return fixedChains([
    new LazyChain(prefix, () => [
      ...served.flatMap((one) => dispatchRules(balancer, one, (ip) => ip !== 'node')),
      ...nodePortEntries(balancer, traffic, nodePorts),
    ]),
    new LazyChain(nodePorts, () => served.flatMap((one) => dispatchRules(balancer, one, isNodePort))),
    ...served.map((one) => new LazyChain(one.chain, () => endpointRules(balancer, one))),
  ])
}

const isNodePort = (ip: Front['ip']) => ip === 'node'

function originOf({ component }: Balancer, { port }: BalancedPort): Origin {
  const { subject } = port.origin
  return { component, ...(subject && { subject }) }
}

function dispatchRules(
  balancer: Balancer,
  one: BalancedPort,
  wanted: (ip: Front['ip']) => boolean,
): readonly Rule[] {
  return one.fronts
    .filter(({ ip }) => wanted(ip))
    .flatMap((front) => {
      const { header, matches } = frontMatch(one.port, front)
      const sources = front.ranged ? one.port.sourceRanges.map((range) => block(range)) : [undefined]
      return sources.map((source) =>
        rule(originOf(balancer, one), { ...(source && { source }), ...header }, matches, jump(one.chain)),
      )
    })
}

function frontMatch(
  { id, protocol }: ServicePortInfo,
  { what, ip, port }: Front,
): { readonly header: HeaderMatch; readonly matches: readonly Match[] } {
  return {
    header: { ...(ip !== 'node' && { destination: host(ip) }), ...onProtocol(protocol) },
    matches: [comment(`${id} ${what}`), transport(protocol, port)],
  }
}

/** Clients within the cluster are translated at the node ports of every node, the node itself at its own addresses. */
function nodePortEntries(balancer: Balancer, traffic: BalancedTraffic, chain: string): readonly Rule[] {
  const { component, cluster, family } = balancer
  if (traffic === 'cluster-ips') return []
  if (traffic === 'outside') return [rule({ component }, {}, [addressType('destination')], jump(chain))]
  return cluster.nodes.flatMap((node) =>
    node.addresses
      .filter((ip) => familyOf(ip) === family)
      .map((ip) => rule({ component, subject: node.ref }, { destination: host(ip) }, [], jump(chain))),
  )
}

/** Each endpoint with the same share. */
function endpointRules(balancer: Balancer, one: BalancedPort): readonly Rule[] {
  const { port, endpoints } = one
  return endpoints.map((endpoint, index) => {
    const left = endpoints.length - index
    const share: Match | undefined =
      left === 1
        ? undefined
        : {
            type: 'statistic',
            mode: 'random',
            probability: Math.round(0x80000000 / left),
            inverted: false,
          }
    return rule(
      originOf(balancer, one),
      onProtocol(port.protocol),
      [comment(`${port.id} -> ${endpoint.text}`), share],
      {
        type: 'DNAT',
        addresses: { first: endpoint.ip, last: endpoint.ip },
        ports: { first: endpoint.port, last: endpoint.port },
        random: false,
        persistent: false,
      },
    )
  })
}

/** What nobody answers for, and what loadBalancerSourceRanges keep away. */
function refusalRules(balancer: Balancer, one: BalancedPort): readonly Rule[] {
  const origin = originOf(balancer, one)
  const { port, fronts, endpoints } = one
  return fronts.flatMap((front) => {
    if (endpoints.length > 0 && !front.ranged) return []
    const { header, matches } = frontMatch(port, front)
    const own = isNodePort(front.ip) ? [...matches, addressType('destination')] : matches
    const target = endpoints.length > 0 ? drop : balancer.refusal
    return [rule(origin, header, own, target)]
  })
}
