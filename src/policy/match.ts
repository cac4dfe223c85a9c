import { contains, familyOf } from '../base/ip.ts'
import type { Endpoint, Party } from './endpoint.ts'
import type { PolicyEngine } from './engine.ts'
import { holds } from './label-expression.ts'
import type { Direction, EndpointSelector, Entity, IpBlock, Peer, PolicyRule, PortMatch } from './policy.ts'

/** A packet as the place that judges it sees it: after and before which translations is that place's affair. */
export interface PolicyFlow {
  readonly direction: Direction
  /** The end whose policies are asked. */
  readonly self: Party & { readonly endpoint: Endpoint }
  readonly peer: Party
  /** IANA number. */
  readonly protocol: number
  readonly sport: number
  readonly dport: number
  readonly icmp?: { readonly type: number; readonly code: number }
}

/** Whether a selector takes the endpoint. */
export function selects(selector: EndpointSelector, endpoint: Endpoint): boolean {
  return (
    (selector.types ?? ['pod']).includes(endpoint.type) &&
    inNamespace(selector.namespace, endpoint) &&
    holds(selector.labels, endpoint.labels) &&
    hasServiceAccount(selector.serviceAccounts, endpoint)
  )
}

/** What has no namespace is in none, even if all are meant. */
export function inNamespace(wanted: EndpointSelector['namespace'], endpoint: Endpoint): boolean {
  if (wanted === undefined) return true
  if (endpoint.namespace === undefined) return false
  return typeof wanted === 'string' ? endpoint.namespace === wanted : holds(wanted, endpoint.namespaceLabels)
}

function hasServiceAccount(wanted: EndpointSelector['serviceAccounts'], endpoint: Endpoint): boolean {
  if (!wanted) return true
  const { serviceAccount, serviceAccountLabels = {} } = endpoint
  if (serviceAccount === undefined) return false
  const { names, exceptNames, labels } = wanted
  return (
    (!names || names.includes(serviceAccount)) &&
    !exceptNames?.includes(serviceAccount) &&
    (!labels || holds(labels, serviceAccountLabels))
  )
}

/** Whether a packet's end is the peer. `self` is the other end: what its own node is depends on it. */
export function matchesPeer(peer: Peer, party: Party, self: Party, engine: PolicyEngine): boolean {
  const { endpoint } = party
  const inAny = (blocks: readonly IpBlock[]) => blocks.some((block) => matchesBlock(block, party, engine))
  return (
    (!peer.endpoints || (endpoint !== undefined && selects(peer.endpoints, endpoint))) &&
    (!peer.notEndpoints || !endpoint || !selects(peer.notEndpoints, endpoint)) &&
    (!peer.blocks || inAny(peer.blocks)) &&
    (!peer.notBlocks || !inAny(peer.notBlocks)) &&
    (!peer.entities || peer.entities.some((entity) => isEntity(entity, party, self))) &&
    !peer.notEntities?.some((entity) => isEntity(entity, party, self))
  )
}

/** Whether the address is in the block and in none of its exceptions. */
export function matchesBlock({ cidr, except }: IpBlock, party: Party, engine: PolicyEngine): boolean {
  const { ip, endpoint, disguised } = party
  if (endpoint && !matchesEndpoints(engine, endpoint)) return false
  if (disguised) return sameFamily(cidr, ip) && cidr.bits === 0
  return (
    sameFamily(cidr, ip) &&
    contains(cidr, ip) &&
    !except.some((one) => sameFamily(one, ip) && contains(one, ip))
  )
}

/** Whether blocks can match an endpoint's address at all. */
export function matchesEndpoints({ blocksMatchEndpoints }: PolicyEngine, { type }: Endpoint): boolean {
  return blocksMatchEndpoints === 'nodes' ? type === 'node' : blocksMatchEndpoints
}

function sameFamily({ first }: IpBlock['cidr'], ip: Party['ip']): boolean {
  return familyOf(first) === familyOf(ip)
}

function isEntity(entity: Entity, { ip, endpoint, apiServer }: Party, self: Party): boolean {
  switch (entity) {
    case 'all':
      return true
    case 'cluster':
      return endpoint !== undefined || apiServer === true
    case 'world':
      return endpoint === undefined
    case 'world-ipv4':
      return endpoint === undefined && familyOf(ip) === 4
    case 'world-ipv6':
      return endpoint === undefined && familyOf(ip) === 6
    case 'host':
      return endpoint?.type === 'node' && endpoint.node === self.endpoint?.node
    case 'remote-node':
      return endpoint?.type === 'node' && endpoint.node !== self.endpoint?.node
    case 'kube-apiserver':
      return apiServer === true
    case 'health':
    case 'init':
    case 'ingress':
    case 'unmanaged':
    case 'none':
      return false
    default:
      return entity satisfies never
  }
}

/** The end that the packet goes to. */
export function destinationOf({ direction, self, peer }: PolicyFlow): Party {
  return direction === 'ingress' ? self : peer
}

/** Whether the destination port is meant. A named port is that of the destination, by its name and protocol there. */
export function matchesPort(port: PortMatch, flow: PolicyFlow, engine: PolicyEngine): boolean {
  if (port.name !== undefined) {
    const { endpoint } = destinationOf(flow)
    return (
      engine.namedPorts && endpoint !== undefined && hasNamedPort(port, endpoint, flow.protocol, flow.dport)
    )
  }
  return inRange(port, flow.protocol, flow.dport, engine)
}

/** Whether the source port is meant. A named port is that of the source. */
function matchesSourcePort(port: PortMatch, flow: PolicyFlow, engine: PolicyEngine): boolean {
  const { direction, self, peer, protocol, sport } = flow
  if (port.name === undefined) return inRange(port, protocol, sport, engine)
  const { endpoint } = direction === 'ingress' ? peer : self
  return engine.namedPorts && endpoint !== undefined && hasNamedPort(port, endpoint, protocol, sport)
}

function hasNamedPort(
  { name, protocol }: PortMatch,
  { ports }: Endpoint,
  used: number,
  number: number,
): boolean {
  return (
    (protocol === undefined || protocol === used) &&
    ports.some((one) => one.name === name && one.protocol === used && one.port === number)
  )
}

function inRange(
  { protocol, port, endPort }: PortMatch,
  used: number,
  number: number,
  engine: PolicyEngine,
): boolean {
  if (protocol !== undefined && protocol !== used) return false
  if (port === undefined) return true
  const last = engine.endPorts ? (endPort ?? port) : port
  return number >= port && number <= last
}

/** How a rule takes to a packet: `maybe`, where all that is modelled matches and something is not modelled. */
export type RuleMatch = 'yes' | 'no' | 'maybe'

/** Whether everything that the rule states holds. */
export function matchesRule(rule: PolicyRule, flow: PolicyFlow, engine: PolicyEngine): RuleMatch {
  const { self, peer } = flow
  const matches =
    matchesHeader(rule, flow) &&
    matchesPorts(rule, flow, engine) &&
    (!rule.self || matchesPeer(rule.self, self, peer, engine)) &&
    (!rule.peers || rule.peers.some((one) => matchesPeer(one, peer, self, engine)))
  if (!matches) return 'no'
  return rule.unmodelled && rule.unmodelled.length > 0 ? 'maybe' : 'yes'
}

/** Family, protocol and ICMP type. */
export function matchesHeader({ family, protocol, icmp }: PolicyRule, flow: PolicyFlow): boolean {
  if (family !== undefined && familyOf(flow.peer.ip) !== family) return false
  if (protocol && (flow.protocol === protocol.number) === protocol.inverted) return false
  if (!icmp) return true
  const same = flow.icmp?.type === icmp.type && (icmp.code === undefined || flow.icmp.code === icmp.code)
  return same !== icmp.inverted
}

/** All conditions on ports, the destination's and the source's. */
export function matchesPorts(rule: PolicyRule, flow: PolicyFlow, engine: PolicyEngine): boolean {
  const { ports, notPorts, sourcePorts, notSourcePorts } = rule
  const to = (one: PortMatch) => matchesPort(one, flow, engine)
  const from = (one: PortMatch) => matchesSourcePort(one, flow, engine)
  return (
    (!ports || ports.some(to)) &&
    !notPorts?.some(to) &&
    (!sourcePorts || sourcePorts.some(from)) &&
    !notSourcePorts?.some(from)
  )
}
