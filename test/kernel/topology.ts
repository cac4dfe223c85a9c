import { familyOf, formatCidr, formatIp } from '../../src/base/ip.ts'
import type { Device, Netns, Network, NextHop, Route, Segment, SegmentPort } from '../../src/model/network.ts'
import { formatRuleSet } from '../../src/netfilter/save-format/format.ts'
import { formatSets } from '../../src/render/node-state/tables.ts'
import type { Agent } from './agents.ts'
import type { Backend } from './availability.ts'
import { forwardingCommands, linkCommands, portCommands, switchSettings } from './links.ts'
import { bridgeOf, fabricPort, keepTtlRules, routedPorts, sourceChecks } from './provider.ts'
import { ruleCommands } from './routing-rules.ts'

/** Namespaces of the kernel that stand for those of a Network, and one for the wires between them. */
export interface Topology {
  readonly agents: ReadonlyMap<string, Agent>
  readonly fabric: Agent
}

/** The devices of a namespace with which the commands below deal. */
type Port = Extract<Device, { readonly type: 'ethernet' }>

/**
 * Makes in the kernel what the Network describes: devices, addresses, routes, settings, sets and rules. An ethernet
 * segment is a bridge in the fabric; a routed segment is the fabric's own routing table.
 */
export async function buildTopology(network: Network, topology: Topology, backend: Backend): Promise<void> {
  const { agents, fabric } = topology
  const namespaces = [...network.namespaces.keys()].flatMap((id) => network.namespaces.get(id) ?? [])
  const checks = sourceChecks(network)
  await Promise.all([
    writeSettings(fabric, { ...fabricSettings, ...(checks !== '' && seenByRules) }),
    ...namespaces.map((netns) => writeSettings(agentOf(agents, netns.id), settingsOf(netns))),
  ])
  await ip(fabric, [
    ...fabricBridges(network),
    ...wires(network, namespaces, agents),
    ...fabricRoutes(network, namespaces),
  ])
  await keepTtl(fabric, backend, routedPorts)
  if (checks !== '') await run(fabric, [restoreCommand(4, backend), '--noflush'], checks)
  await Promise.all(
    namespaces.map(async (netns) => {
      const agent = agentOf(agents, netns.id)
      await ip(agent, linkCommands(netns))
      await writeSettings(agent, { ...neighborHaste(netns), ...deviceSettings(netns) })
      await ip(agent, [
        ...portCommands(netns),
        ...deviceCommands(netns, network),
        ...routeCommands(netns),
        ...neighborCommands(netns, network),
      ])
      await batch(agent, ['bridge'], forwardingCommands(netns))
      for (const family of [4, 6] as const) await ip(agent, ruleCommands(netns, family), family)
      await loadRules(agent, netns, backend)
    }),
  )
}

/** Sets first: the rules name them. */
async function loadRules(agent: Agent, { sets = [], ruleSets, keepsTtl }: Netns, backend: Backend) {
  if (sets.length > 0) await run(agent, ['ipset', 'restore'], formatSets(sets))
  for (const ruleSet of ruleSets) {
    await run(agent, [restoreCommand(ruleSet.family, backend)], formatRuleSet(ruleSet))
  }
  if (keepsTtl) await keepTtl(agent, backend)
}

function restoreCommand(family: 4 | 6, backend: Backend): string {
  return `${family === 4 ? 'iptables' : 'ip6tables'}-${backend}-restore`
}

/** The fabric, which stands for wires, does not count either. */
async function keepTtl(agent: Agent, backend: Backend, devices?: string): Promise<void> {
  for (const family of [4, 6] as const) {
    await run(agent, [restoreCommand(family, backend), '--noflush'], keepTtlRules(family, devices))
  }
}

function agentOf(agents: ReadonlyMap<string, Agent>, id: string): Agent {
  const agent = agents.get(id)
  if (!agent) throw new Error(`no agent for ${id}`)
  return agent
}

async function run(agent: Agent, command: readonly string[], input: string): Promise<void> {
  const { status, stderr } = await agent.ask({ op: 'run', command, input })
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}\n${input}`)
}

async function ip(agent: Agent, lines: readonly string[], family?: 4 | 6): Promise<void> {
  await batch(agent, ['ip', ...(family ? [`-${family}`] : [])], lines)
}

async function batch(agent: Agent, command: readonly string[], lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return
  await run(agent, [...command, '-batch', '-'], `${lines.join('\n')}\n`)
}

type Settings = Readonly<Record<string, number>>

/** What a new namespace inherits from the machine is put back to the kernel's defaults. */
const kernelDefaults: Settings = {
  'net.ipv4.ip_forward': 0,
  ...bothScopes({ rp_filter: 0, route_localnet: 0, accept_local: 0, proxy_arp: 0, send_redirects: 1 }),
  ...bothScopes({ accept_redirects: 1, arp_ignore: 0, arp_announce: 0, arp_filter: 0 }),
  'net.ipv6.conf.all.forwarding': 0,
}

function bothScopes(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) =>
      ['all', 'default'].map((scope) => [`net.ipv4.conf.${scope}.${name}`, value] as const),
    ),
  )
}

/**
 * What differs from a real machine, so that many probes can be sent in a short time and each one counts: ICMP
 * errors are not rationed, IPv6 addresses can be used at once, and a neighbour that does not answer is given up
 * after 0.3 seconds instead of three.
 */
const haste: Settings = {
  'net.ipv4.icmp_ratelimit': 0,
  'net.ipv4.icmp_msgs_per_sec': 1_000_000,
  'net.ipv4.icmp_msgs_burst': 1_000_000,
  'net.ipv6.icmp.ratelimit': 0,
  'net.ipv6.conf.all.accept_dad': 0,
  'net.ipv6.conf.default.accept_dad': 0,
}

/** The same for the neighbours of each device, which has settings of its own. */
function neighborHaste({ devices }: Netns): Settings {
  return Object.fromEntries(
    devices.flatMap(({ name }) =>
      [4, 6].map((family) => [`net.ipv${family}.neigh.${inKey(name)}.retrans_time_ms`, 100] as const),
    ),
  )
}

/** As sysctl(8) writes the name of a device with dots in it. */
function inKey(device: string): string {
  return device.replaceAll('.', '/')
}

/** Settings of one device can be made only when it is there. */
function isOfDevice({ devices }: Netns, key: string): boolean {
  const [, device] = /^net\.ipv[46]\.(?:conf|neigh)\.(.+)\.[^.]+$/.exec(key) ?? []
  return devices.some(({ name }) => inKey(name) === device)
}

function deviceSettings(netns: Netns): Settings {
  return Object.fromEntries(Object.entries(netns.sysctls).filter(([key]) => isOfDevice(netns, key)))
}

/** A balancer spreads connections, not clients, over its ways. */
const spreadConnections: Settings = {
  'net.ipv4.fib_multipath_hash_policy': 1,
  'net.ipv6.fib_multipath_hash_policy': 1,
}

const fabricSettings: Settings = {
  ...kernelDefaults,
  ...haste,
  'net.ipv4.ip_forward': 1,
  'net.ipv6.conf.all.forwarding': 1,
  'net.ipv4.conf.all.send_redirects': 0,
  'net.bridge.bridge-nf-call-iptables': 0,
  'net.bridge.bridge-nf-call-ip6tables': 0,
}

/** Where frames between interfaces are checked, the fabric's bridges show them to iptables. */
const seenByRules: Settings = { 'net.bridge.bridge-nf-call-iptables': 1 }

function settingsOf(netns: Netns): Settings {
  const general = Object.entries(netns.sysctls).filter(([key]) => !isOfDevice(netns, key))
  return {
    ...kernelDefaults,
    ...haste,
    ...spreadConnections,
    ...Object.fromEntries(general),
    ...switchSettings(netns),
  }
}

/** Settings that exist only where a module has been loaded, and then have the value that is asked for. */
const optional = /^net\.(bridge|ipv4\.icmp_msgs)/

/** Dots and slashes change places. */
function pathOf(key: string): string {
  return key.replaceAll(/[./]/g, (one) => (one === '.' ? '/' : '.'))
}

async function writeSettings(agent: Agent, settings: Settings): Promise<void> {
  const files = Object.entries(settings).map(
    ([key, value]) => [`/proc/sys/${pathOf(key)}`, String(value)] as const,
  )
  const absent = await agent.ask({ op: 'write', files })
  const needed = absent.filter((path) => !optional.test(path.slice('/proc/sys/'.length).replaceAll('/', '.')))
  if (needed.length > 0) throw new Error(`the kernel has no ${needed.join(', ')}`)
}

function segmentOf(network: Network, port: Port): Segment {
  const segment = network.segments.get(port.segment)
  if (!segment) throw new Error(`there is no segment ${port.segment}`)
  return segment
}

/** What is known of all namespaces while their wires are made. */
interface Wiring {
  readonly network: Network
  readonly agents: ReadonlyMap<string, Agent>
  /** Veth pairs of which one end has been seen. */
  readonly made: Set<string>
}

/** A bridge for each ethernet segment. */
function fabricBridges(network: Network): readonly string[] {
  const names = [...network.segments.keys()]
    .filter((id) => network.segments.get(id)?.type === 'ethernet')
    .map((id) => bridgeOf(network, id))
  return [
    'link set lo up',
    ...names.flatMap((name) => [
      `link add ${name} type bridge forward_delay 0 stp_state 0 mcast_snooping 0`,
      `link set ${name} up`,
    ]),
  ]
}

/** Every veth pair: between namespaces, and from a namespace to the fabric. */
function wires(
  network: Network,
  namespaces: readonly Netns[],
  agents: ReadonlyMap<string, Agent>,
): readonly string[] {
  const wiring: Wiring = { network, agents, made: new Set() }
  return namespaces.flatMap((netns) => netns.devices.flatMap((device) => wire(wiring, netns, device)))
}

function wire(wiring: Wiring, netns: Netns, device: Device): readonly string[] {
  switch (device.type) {
    case 'loopback':
    case 'dummy':
    case 'bridge':
    case 'vxlan':
      return []
    case 'ethernet':
      return segmentWire(wiring, netns, device)
    case 'veth':
      return pairWire(wiring, netns, device)
    default:
      throw new Error(`a device of type ${device.type} is not built here`)
  }
}

function endIn({ agents }: Wiring, netns: string, { mac, mtu }: Device): string {
  return `address ${mac} mtu ${mtu} netns ${agentOf(agents, netns).pid}`
}

/** On a routed segment both ends bear one MAC address and do without ARP: the fabric alone decides. */
function segmentWire(wiring: Wiring, netns: Netns, device: Port): readonly string[] {
  const { network } = wiring
  const segment = segmentOf(network, device)
  const port = fabricPort(network, segment, netns.id, device.name)
  const routed = segment.type === 'routed'
  const near = routed ? `address ${device.mac} mtu ${device.mtu}` : `mtu ${device.mtu}`
  return [
    `link add ${port} ${near} type veth peer name ${device.name} ${endIn(wiring, netns.id, device)}`,
    `link set ${port} ${routed ? 'arp off' : `master ${bridgeOf(network, segment.id)}`} up`,
  ]
}

function pairWire(
  wiring: Wiring,
  netns: Netns,
  device: Extract<Device, { readonly type: 'veth' }>,
): readonly string[] {
  const { netns: farId, device: farName } = device.peer
  wiring.made.add(`${netns.id} ${device.name}`)
  if (wiring.made.has(`${farId} ${farName}`)) return []
  const far = wiring.network.namespaces.get(farId)?.devices.find(({ name }) => name === farName)
  if (!far) throw new Error(`${device.name} of ${netns.id} has no peer`)
  const near = endIn(wiring, netns.id, device)
  return [`link add ${device.name} ${near} type veth peer name ${farName} ${endIn(wiring, farId, far)}`]
}

/** The fabric hands each packet of a routed segment to the port with the longest prefix. */
function fabricRoutes(network: Network, namespaces: readonly Netns[]): readonly string[] {
  return namespaces.flatMap((netns) =>
    netns.devices.flatMap((device) => {
      if (device.type !== 'ethernet') return []
      const segment = segmentOf(network, device)
      if (segment.type !== 'routed') return []
      const name = fabricPort(network, segment, netns.id, device.name)
      const prefixes = segment.ports.find(
        (one) => one.netns === netns.id && one.device === device.name,
      )?.prefixes
      return (prefixes ?? []).map((prefix) => `route add ${formatCidr(prefix)} dev ${name}`)
    }),
  )
}

/** The kernel is not to add connected routes by itself: the Network lists every route. */
function deviceCommands(netns: Netns, network: Network): readonly string[] {
  return netns.devices.flatMap((device) => {
    const routed = device.type === 'ethernet' && segmentOf(network, device).type === 'routed'
    const addresses = device.addresses
      .filter(() => device.type !== 'loopback')
      .map(({ ip: address, bits }) => {
        const noDad = familyOf(address) === 6 ? ' nodad' : ''
        return `addr add ${formatIp(address)}/${bits} dev ${device.name} noprefixroute${noDad}`
      })
    return [...addresses, `link set ${device.name}${routed ? ' arp off' : ''} ${device.down ? 'down' : 'up'}`]
  })
}

/** Routes on a link first: a gateway must be within reach when its route is added. */
function routeCommands(netns: Netns): readonly string[] {
  const isDirect = ({ nextHops }: Route) => nextHops.every(({ via }) => via === undefined)
  const sorted = [...netns.routes.filter(isDirect), ...netns.routes.filter((one) => !isDirect(one))]
  return sorted.map(routeCommand)
}

function routeCommand(route: Route): string {
  const { destination, type, nextHops, source, metric, table, scope, mtu } = route
  const four = familyOf(destination.first) === 4
  const words = ['route add', ...(type === 'unicast' ? [] : [type]), formatCidr(destination)]
  const [first, ...more] = nextHops
  if (first && more.length === 0) words.push(hopWords(first))
  if (table !== 254) words.push(`table ${table}`)
  if (four && type === 'unicast') words.push(`scope ${scope}`)
  if (source !== undefined) words.push(`src ${formatIp(source)}`)
  if (metric !== 0) words.push(`metric ${metric}`)
  if (mtu !== undefined) words.push(`mtu ${mtu}`)
  if (more.length > 0) words.push(...nextHops.map((hop) => `nexthop ${hopWords(hop)} weight ${hop.weight}`))
  return words.join(' ')
}

function hopWords({ via, device, onlink }: NextHop): string {
  return `${via === undefined ? '' : `via ${formatIp(via)} `}dev ${device}${onlink ? ' onlink' : ''}`
}

/**
 * An address for which a port answers though it is not its own (a load balancer's, announced by a node) is told to
 * the other ports of the segment as a neighbour. So is every address of a machine with several interfaces on the segment:
 * the provider's network knows which is whose, where each of them would answer ARP for all.
 */
function neighborCommands(netns: Netns, network: Network): readonly string[] {
  const stated = (netns.neighbors ?? []).map(
    ({ ip: address, mac, device }) =>
      `neigh replace ${formatIp(address)} lladdr ${mac} dev ${device} nud permanent`,
  )
  const announced = netns.devices.flatMap((device) => {
    if (device.type !== 'ethernet') return []
    const segment = segmentOf(network, device)
    if (segment.type !== 'ethernet') return []
    return segment.ports
      .filter((port) => port.netns !== netns.id)
      .flatMap((port) => announcedBy(port, segment, network))
      .map(
        ({ address, mac }) =>
          `neigh replace ${formatIp(address)} lladdr ${mac} dev ${device.name} nud permanent`,
      )
  })
  return [...stated, ...announced]
}

/** What a port of the segment answers for and ARP would not tell. A port that is a bridge's answers for nothing itself. */
function announcedBy(port: SegmentPort, segment: Segment, network: Network) {
  const owner = network.namespaces.get(port.netns)
  const device = owner?.devices.find(({ name }) => name === port.device)
  if (!device || device.master !== undefined) return []
  const interfaces = segment.ports.filter(({ netns }) => netns === port.netns)
  const several = interfaces.some((one) => one.device !== port.device)
  const own = new Set(several ? [] : owner?.devices.flatMap(({ addresses }) => addresses.map(({ ip }) => ip)))
  return (port.addresses ?? [])
    .filter((address) => !own.has(address))
    .map((address) => ({ address, mac: device.mac }))
}
