import { familyOf, formatCidr, formatIp } from '../../src/base/ip.ts'
import type { Device, Netns, Network, NextHop, Route, RoutingRule, Segment } from '../../src/model/network.ts'
import { formatRuleSet } from '../../src/netfilter/save-format/format.ts'
import type { Agent } from './agents.ts'
import type { Backend } from './availability.ts'

/** Namespaces of the kernel that stand for those of a Network, and one for the wires between them. */
export interface Topology {
  readonly agents: ReadonlyMap<string, Agent>
  readonly fabric: Agent
}

/** The devices of a namespace with which the commands below deal. */
type Port = Extract<Device, { readonly type: 'ethernet' }>

/**
 * Makes in the kernel what the Network describes: devices, addresses, routes, settings and rules. An ethernet
 * segment is a bridge in the fabric; a routed segment is the fabric's own routing table.
 */
export async function buildTopology(network: Network, topology: Topology, backend: Backend): Promise<void> {
  const { agents, fabric } = topology
  const namespaces = [...network.namespaces.keys()].flatMap((id) => network.namespaces.get(id) ?? [])
  await Promise.all([
    writeSettings(fabric, fabricSettings),
    ...namespaces.map((netns) => writeSettings(agentOf(agents, netns.id), settingsOf(netns))),
  ])
  await ip(fabric, [...wires(network, namespaces, agents), ...fabricRoutes(network, namespaces)])
  await Promise.all(
    namespaces.map(async (netns) => {
      const agent = agentOf(agents, netns.id)
      await writeSettings(agent, { ...neighborHaste(netns), ...deviceSettings(netns) })
      await ip(agent, [
        ...deviceCommands(netns),
        ...routeCommands(netns),
        ...neighborCommands(netns, network),
      ])
      for (const family of [4, 6] as const) await ip(agent, ruleCommands(netns, family), family)
      for (const ruleSet of netns.ruleSets) {
        const command = `${ruleSet.family === 4 ? 'iptables' : 'ip6tables'}-${backend}-restore`
        await run(agent, [command], formatRuleSet(ruleSet))
      }
    }),
  )
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
  if (lines.length === 0) return
  await run(agent, ['ip', ...(family ? [`-${family}`] : []), '-batch', '-'], `${lines.join('\n')}\n`)
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
    existingDevices(devices).flatMap(({ name }) =>
      [4, 6].map((family) => [`net.ipv${family}.neigh.${inKey(name)}.retrans_time_ms`, 100] as const),
    ),
  )
}

/** As sysctl(8) writes the name of a device with dots in it. */
function inKey(device: string): string {
  return device.replaceAll('.', '/')
}

/** Those that are there once the wires are made. */
function existingDevices(devices: readonly Device[]): readonly Device[] {
  return devices.filter(({ type }) => type !== 'dummy')
}

/** Settings of one device can be made only when it is there. */
function isOfDevice({ devices }: Netns, key: string): boolean {
  return devices.some(({ name }) => key.startsWith(`net.ipv4.conf.${name}.`))
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

function settingsOf(netns: Netns): Settings {
  const general = Object.entries(netns.sysctls).filter(([key]) => !isOfDevice(netns, key))
  return { ...kernelDefaults, ...haste, ...spreadConnections, ...Object.fromEntries(general) }
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

/** The name of the fabric's end of a port's wire. */
function fabricPort(segment: Segment, netns: string, device: string): string {
  const index = segment.ports.findIndex((port) => port.netns === netns && port.device === device)
  if (index < 0) throw new Error(`${device} of ${netns} is no port of segment ${segment.id}`)
  return `${segment.type === 'routed' ? 'r' : 'e'}${index}`
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

const fabricBridge = [
  'link set lo up',
  'link add ether type bridge forward_delay 0 stp_state 0 mcast_snooping 0',
  'link set ether up',
]

/** Every veth pair: between namespaces, and from a namespace to the fabric. */
function wires(
  network: Network,
  namespaces: readonly Netns[],
  agents: ReadonlyMap<string, Agent>,
): readonly string[] {
  const wiring: Wiring = { network, agents, made: new Set() }
  const each = namespaces.flatMap((netns) => netns.devices.flatMap((device) => wire(wiring, netns, device)))
  return [...fabricBridge, ...each]
}

function wire(wiring: Wiring, netns: Netns, device: Device): readonly string[] {
  switch (device.type) {
    case 'loopback':
    case 'dummy':
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
  const segment = segmentOf(wiring.network, device)
  const port = fabricPort(segment, netns.id, device.name)
  const routed = segment.type === 'routed'
  const near = routed ? `address ${device.mac} mtu ${device.mtu}` : `mtu ${device.mtu}`
  return [
    `link add ${port} ${near} type veth peer name ${device.name} ${endIn(wiring, netns.id, device)}`,
    `link set ${port} ${routed ? 'arp off' : 'master ether'} up`,
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
      const name = fabricPort(segment, netns.id, device.name)
      const prefixes = segment.ports.find(
        (one) => one.netns === netns.id && one.device === device.name,
      )?.prefixes
      return (prefixes ?? []).map((prefix) => `route add ${formatCidr(prefix)} dev ${name}`)
    }),
  )
}

/** The kernel is not to add connected routes by itself: the Network lists every route. */
function deviceCommands(netns: Netns): readonly string[] {
  return netns.devices.flatMap((device) => {
    const routed = device.type === 'ethernet' && device.segment === 'internet'
    const addresses = device.addresses
      .filter(() => device.type !== 'loopback')
      .map(({ ip: address, bits }) => {
        const noDad = familyOf(address) === 6 ? ' nodad' : ''
        return `addr add ${formatIp(address)}/${bits} dev ${device.name} noprefixroute${noDad}`
      })
    const made = device.type === 'dummy' ? dummyCommands(device.name) : []
    return [
      ...made,
      ...addresses,
      `link set ${device.name}${routed ? ' arp off' : ''} ${device.down ? 'down' : 'up'}`,
    ]
  })
}

/** Not every kernel has the module dummy. A bridge without ports and without ARP does as it does: nothing. */
function dummyCommands(name: string): readonly string[] {
  return [`link add ${name} type bridge`, `link set ${name} arp off`]
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

/** The three rules that every namespace has from the start. */
const isDefaultRule = ({ priority }: RoutingRule) => [0, 32766, 32767].includes(priority)

function ruleCommands({ rules = [] }: Netns, family: 4 | 6): readonly string[] {
  return rules
    .filter((rule) => rule.family === family && !isDefaultRule(rule))
    .map((rule) => {
      const { priority, in: from, action } = rule
      if (action.type !== 'lookup' || rule.from || rule.to || rule.mark || rule.out) {
        throw new Error(`routing rule ${priority} is of a form that is not built here`)
      }
      return `rule add priority ${priority}${from === undefined ? '' : ` iif ${from}`} lookup ${action.table}`
    })
}

/**
 * An address for which a port answers though it is not its own (a load balancer's, announced by a node) is told to
 * the other ports of the segment as a neighbour.
 */
function neighborCommands(netns: Netns, network: Network): readonly string[] {
  const stated = (netns.neighbors ?? []).map(
    ({ ip: address, mac, device }) =>
      `neigh replace ${formatIp(address)} lladdr ${mac} dev ${device} nud permanent`,
  )
  const announced = netns.devices.flatMap((device) => {
    if (device.type !== 'ethernet') return []
    const { type, ports } = segmentOf(network, device)
    if (type !== 'ethernet') return []
    return ports
      .filter((port) => port.netns !== netns.id)
      .flatMap((port) => {
        const owner = network.namespaces.get(port.netns)
        const mac = owner?.devices.find(({ name }) => name === port.device)?.mac
        const own = new Set(owner?.devices.flatMap(({ addresses }) => addresses.map((one) => one.ip)))
        return (port.addresses ?? [])
          .filter((address) => !own.has(address) && mac !== undefined)
          .map(
            (address) => `neigh replace ${formatIp(address)} lladdr ${mac} dev ${device.name} nud permanent`,
          )
      })
  })
  return [...stated, ...announced]
}
