import type { CalicoSelector } from '../../../../base/calico-selector.ts'
import type { Cidr } from '../../../../base/ip.ts'
import { covers, familyOf } from '../../../../base/ip.ts'
import type { Cluster } from '../../../../model/cluster.ts'
import { holds } from '../../../../policy/label-expression.ts'
import type {
  Direction,
  IpBlock,
  Path,
  Peer,
  Policy,
  PolicyApi,
  PolicyRule,
  PortMatch,
} from '../../../../policy/policy.ts'
import { both, labelExpressionOf } from '../selector.ts'
import type { ApiPort, ApiRule, EntityRule } from './api-policy.ts'
import { endpointSelectorOf } from './endpoint-selector.ts'
import { felixEndpoints } from './felix-endpoint.ts'
import type { FelixPolicy } from './felix-policy.ts'
import { protocolNumber } from './protocol-number.ts'
import { servicePorts } from './service-members.ts'

/** What a policy means, in the terms that all policies share. */
export function canonicalPolicy(cluster: Cluster, policy: FelixPolicy): Policy {
  if (policy.canonical) return policy.canonical
  const { ref, selector, types, ingress, egress, locate } = policy
  const rules = (list: readonly ApiRule[], direction: Direction) =>
    list.flatMap((rule) => rulesOf(cluster, rule, direction))
  return {
    api: apiOf(policy),
    ref,
    subject: { ...endpointSelectorOf(selector), labelsPath: ['spec', 'selector'] },
    ...(types.ingress && { ingress: rules(ingress, 'ingress') }),
    ...(types.egress && { egress: rules(egress, 'egress') }),
    locate,
  }
}

/** The kind that the policy was written as. */
function apiOf({ kind, ref }: FelixPolicy): PolicyApi {
  if (kind === 'NetworkPolicy') return 'CalicoNetworkPolicy'
  if (ref.kind === 'AdminNetworkPolicy' || ref.kind === 'BaselineAdminNetworkPolicy') return ref.kind
  return kind === 'KubernetesClusterNetworkPolicy' ? 'ClusterNetworkPolicy' : 'GlobalNetworkPolicy'
}

/** One rule; for each port of a Service one, where a Service is who is meant. */
function rulesOf(cluster: Cluster, rule: ApiRule, direction: Direction): readonly PolicyRule[] {
  const { path, action, family, source, destination } = rule
  const [own, other] = direction === 'ingress' ? [destination, source] : [source, destination]
  const [ownName, otherName] =
    direction === 'ingress' ? (['destination', 'source'] as const) : (['source', 'destination'] as const)
  const peers = peersOf(cluster, other, [...path, otherName])
  const selves = peersOf(cluster, own, [...path, ownName])
  const common: PolicyRule = {
    action,
    path,
    ...(family !== undefined && { family }),
    ...headerOf(rule),
    ...portsOf(rule),
    ...(peers && { peers }),
    ...unmodelledOf(rule),
  }
  const all = serviceRules(cluster, rule, common, [...path, otherName, 'services'])
  return selves ? selves.flatMap((self) => all.map((one) => ({ ...one, self }))) : all
}

/** The rule, or those that it comes to where it is about a Service. */
function serviceRules(
  cluster: Cluster,
  { source, destination }: ApiRule,
  common: PolicyRule,
  path: Path,
): readonly PolicyRule[] {
  const service = destination.service ?? source.service
  if (!service) return [common]
  const blocks = (nets: readonly Cidr[]): Peer => ({
    path,
    blocks: nets.map((cidr) => ({ cidr, except: [], path })),
  })
  const members = servicePorts(cluster, service)
  if (source.service) return [{ ...common, peers: [blocks(members.flatMap(({ nets }) => nets))] }]
  return members.map(({ protocol, port, nets }) => ({
    ...common,
    peers: [blocks(nets)],
    ports: [{ path, protocol, port }],
  }))
}

/** What iptables cannot ask is asked of no packet by Felix; whoever asks it is not modelled. */
function unmodelledOf({ http, icmp, notIcmp }: ApiRule): Pick<PolicyRule, 'unmodelled'> {
  const words = [
    ...(http ? ['the method and the path of the HTTP request'] : []),
    ...(icmp && notIcmp ? ['notICMP beside icmp'] : []),
  ]
  return words.length > 0 ? { unmodelled: words } : {}
}

function headerOf({ protocol, notProtocol, icmp, notIcmp }: ApiRule): Pick<PolicyRule, 'protocol' | 'icmp'> {
  const wanted = icmp ?? notIcmp
  return {
    ...(protocol !== undefined && { protocol: { number: protocolNumber(protocol), inverted: false } }),
    ...(protocol === undefined &&
      notProtocol !== undefined && { protocol: { number: protocolNumber(notProtocol), inverted: true } }),
    ...(wanted?.type !== undefined && {
      icmp: {
        type: wanted.type,
        ...(wanted.code !== undefined && { code: wanted.code }),
        inverted: icmp === undefined,
      },
    }),
  }
}

function portsOf({ path, protocol, source, destination }: ApiRule): Partial<PolicyRule> {
  const number = protocol === undefined ? undefined : protocolNumber(protocol)
  const match = (ports: readonly ApiPort[], at: Path): readonly PortMatch[] =>
    ports.map((port, index): PortMatch => {
      const common = { path: [...at, index], ...(number !== undefined && { protocol: number }) }
      return 'name' in port
        ? { ...common, name: port.name }
        : { ...common, port: port.first, endPort: port.last }
    })
  const listOf = (field: 'ports' | 'notPorts', end: EntityRule, name: string) => {
    const ports = end[field] ?? []
    return ports.length > 0 ? match(ports, [...path, name, field]) : undefined
  }
  const ports = listOf('ports', destination, 'destination')
  const notPorts = listOf('notPorts', destination, 'destination')
  const sourcePorts = listOf('ports', source, 'source')
  const notSourcePorts = listOf('notPorts', source, 'source')
  return {
    ...(ports && { ports }),
    ...(notPorts && { notPorts }),
    ...(sourcePorts && { sourcePorts }),
    ...(notSourcePorts && { notSourcePorts }),
  }
}

/**
 * Who one end must be: pods by their labels, or whoever has an address of a set that the selector selects; `undefined` for
 * anybody.
 */
function peersOf(cluster: Cluster, entity: EntityRule, path: Path): readonly Peer[] | undefined {
  const { nets = [], notNets = [], selector, notSelector } = entity
  if (!selector && !notSelector && nets.length === 0 && notNets.length === 0) return undefined
  const block =
    (field: string) =>
    (cidr: Cidr, index: number): IpBlock => ({
      cidr,
      except: [],
      path: [...path, field, index],
    })
  const without = notSelector && !selector ? notSelector : undefined
  const notBlocks = [
    ...notNets.map(block('notNets')),
    ...(without ? netsOf(cluster, without).map((cidr) => block('notSelector')(cidr, 0)) : []),
  ]
  const common: Peer = {
    path,
    ...(nets.length > 0 && { blocks: nets.map(block('nets')) }),
    ...(notBlocks.length > 0 && { notBlocks }),
    ...(without && { notEndpoints: endpointSelectorOf(without) }),
  }
  if (!selector) return [common]
  const whole = notSelector ? both(selector, { type: 'not', of: notSelector }) : selector
  const pods: Peer = {
    ...common,
    endpoints: { ...endpointSelectorOf(whole), labelsPath: [...path, 'selector'] },
  }
  const others = netsOf(cluster, whole)
  if (others.length === 0) return [pods]
  const shared = nets.length > 0 ? intersection(nets, others) : others
  const at = [...path, 'selector']
  return [pods, { ...common, blocks: shared.map((cidr) => ({ cidr, except: [], path: at })) }]
}

/** The addresses of what a selector selects beside pods: network sets, and interfaces of nodes. */
function netsOf(cluster: Cluster, selector: CalicoSelector): readonly Cidr[] {
  const expression = labelExpressionOf(selector)
  return felixEndpoints(cluster)
    .filter(({ isPod, labels }) => !isPod && holds(expression, labels))
    .flatMap(({ nets }) => nets)
}

function intersection(some: readonly Cidr[], others: readonly Cidr[]): readonly Cidr[] {
  return some.flatMap((a) =>
    others.flatMap((b) => {
      if (familyOf(a.first) !== familyOf(b.first)) return []
      if (covers(a, b)) return [b]
      return covers(b, a) ? [a] : []
    }),
  )
}
