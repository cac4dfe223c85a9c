import type { InterfaceAddress, Ip } from '../../src/base/ip.ts'
import { parseCidr, parseInterfaceAddress, parseIp } from '../../src/base/ip.ts'
import { TCP, UDP } from '../../src/base/packet.ts'
import { connectedRoute } from '../../src/dataplane/routing.ts'
import type { Device, Listener, Netns, Network, Route, Segment } from '../../src/model/network.ts'
import { mainTable } from '../../src/model/network.ts'

/** Where everything is: two nodes, their pods, a client on the nodes' network, another behind its gateway. */
export const A = '192.168.50.11'
export const B = '192.168.50.12'
export const C = '192.168.50.200'
export const F = '198.51.100.7'
export const gateway = '192.168.50.254'
export const A1 = '10.244.1.10'
export const A2 = '10.244.1.20'
export const B1 = '10.244.2.10'
/** The service: an address that nobody has. */
export const VIP = '10.96.0.1'

export interface LabOptions {
  /** How pods' packets get from node to node: routes on the nodes, an overlay, or not at all. */
  readonly cni?: 'host-gw' | 'vxlan' | 'none'
  /** How pods are attached: ports of a bridge, or routed veth pairs with proxy ARP. */
  readonly link?: 'bridge' | 'routed'
  /** The gateway has routes to the pods' blocks. */
  readonly fabricRoutes?: boolean
  readonly podMtu?: number
  readonly hairpin?: boolean
  /** Settings of node a. */
  readonly sysctls?: Readonly<Record<string, number>>
  /** Addresses on node a's loopback device. */
  readonly addresses?: readonly string[]
  /** Blocks that the client c reaches by node a. */
  readonly clientRoutes?: readonly string[]
  /** A process of node a listens on this TCP port. */
  readonly nodeListens?: number
}

export function ip(text: string): Ip {
  const found = parseIp(text)
  if (found === undefined) throw new Error(`${text} is no address`)
  return found
}

function address(text: string): InterfaceAddress {
  const found = parseInterfaceAddress(text)
  if (!found) throw new Error(`${text} is no address with a prefix length`)
  return found
}

/** A route, as `ip route` would print it. */
export function route(
  text: string,
  how: { via?: string; device?: string; type?: Route['type']; scope?: Route['scope']; onlink?: boolean },
): Route {
  const destination = parseCidr(text === 'default' ? '0.0.0.0/0' : text)
  if (!destination) throw new Error(`${text} is no block`)
  const { via, device, type = 'unicast', scope = via === undefined ? 'link' : 'global', onlink } = how
  const hop = device === undefined ? [] : [{ device, weight: 1, ...(onlink && { onlink }) }]
  return {
    destination,
    type,
    nextHops: hop.map((one) => ({ ...one, ...(via !== undefined && { via: ip(via) }) })),
    metric: 0,
    table: mainTable,
    scope,
  }
}

const loopback: Device = {
  type: 'loopback',
  name: 'lo',
  mtu: 65536,
  mac: '00:00:00:00:00:00',
  addresses: [address('127.0.0.1/8')],
}

/** A MAC made of an address, as the CNI's bridge plugin does. */
export function macOf(text: string, prefix = '0a:58'): string {
  const octets = text.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'))
  return `${prefix}:${octets.join(':')}`
}

function connected(devices: readonly Device[]): Route[] {
  return devices
    .filter((device) => device.type !== 'loopback')
    .flatMap((device) =>
      device.addresses
        .filter(({ bits }) => bits < 32)
        .map((one) => connectedRoute(device.name, one.ip, one.bits)),
    )
}

/** As the kernel tests have it: ICMP errors are not rationed. */
const quietSysctls = { 'net.ipv4.icmp_ratelimit': 0 }

function makeNetns(
  id: string,
  role: Netns['role'],
  devices: readonly Device[],
  routes: readonly Route[],
  more: Partial<Netns> = {},
): Netns {
  const all = [loopback, ...devices]
  return {
    id,
    role,
    label: id,
    devices: all,
    routes: [...connected(all), ...routes],
    ruleSets: [],
    listeners: [],
    ...more,
    sysctls: { ...quietSysctls, ...more.sysctls },
  }
}

interface NodePlan {
  readonly name: 'a' | 'b'
  readonly ip: string
  /** The first three octets of its pods' block. */
  readonly block: string
  readonly pods: Readonly<Record<string, string>>
}

const plans: readonly NodePlan[] = [
  { name: 'a', ip: A, block: '10.244.1', pods: { a1: A1, a2: A2 } },
  { name: 'b', ip: B, block: '10.244.2', pods: { b1: B1 } },
]

function otherOf(plan: NodePlan): NodePlan {
  const other = plans.find((one) => one !== plan)
  if (!other) throw new Error('there are two nodes')
  return other
}

function ethernet(text: string, mac = macOf(text.split('/')[0] ?? '', '02:00')): Device {
  return { type: 'ethernet', name: 'eth0', mtu: 1500, mac, addresses: [address(text)], segment: 'lan' }
}

function podListeners(): Listener[] {
  return [TCP, UDP].map((protocol) => ({ protocol, address: 'any', port: 8080 }))
}

/** The far end's MAC of a routed veth pair, as Calico has it. */
const routedMac = 'ee:ee:ee:ee:ee:ee'

function makePod(name: string, podIp: string, plan: NodePlan, options: LabOptions): Netns {
  const routed = options.link === 'routed'
  const mtu = podMtuOf(options)
  const device: Device = {
    type: 'veth',
    name: 'eth0',
    mtu,
    mac: macOf(podIp),
    addresses: [address(`${podIp}/${routed ? 32 : 24}`)],
    peer: { netns: `node/${plan.name}`, device: `v${name}` },
  }
  const routes = routed
    ? [route('169.254.1.1/32', { device: 'eth0' }), route('default', { via: '169.254.1.1', device: 'eth0' })]
    : [route('default', { via: `${plan.block}.1`, device: 'eth0' })]
  return makeNetns(`pod/${name}`, 'pod', [device], routes, { listeners: podListeners() })
}

function podMtuOf({ podMtu, cni }: LabOptions): number {
  return podMtu ?? (cni === 'vxlan' ? 1450 : 1500)
}

function makeNode(plan: NodePlan, options: LabOptions): Netns {
  const { link = 'bridge', cni = 'host-gw' } = options
  const own = plan.name === 'a' ? options : {}
  const routed = link === 'routed'
  const devices: Device[] = [
    ethernet(`${plan.ip}/24`),
    ...nodePodDevices(plan, options),
    ...(cni === 'vxlan' ? [vxlan(plan)] : []),
    ...(own.addresses ?? []).map(
      (text, index): Device => ({
        type: 'dummy',
        name: `extra${index}`,
        mtu: 1500,
        mac: '02:00:00:00:00:01',
        addresses: [address(text)],
      }),
    ),
  ]
  const pods = Object.entries(plan.pods)
  const routes = [
    route('default', { via: gateway, device: 'eth0' }),
    ...(routed ? [route(`${plan.block}.0/24`, { type: 'blackhole' })] : []),
    ...(routed ? pods.map(([name, podIp]) => route(`${podIp}/32`, { device: `v${name}` })) : []),
    ...routesToOther(plan, cni),
  ]
  const perPort = routed
    ? pods.flatMap(([name]) => [
        [`net.ipv4.conf.v${name}.proxy_arp`, 1] as const,
        [`net.ipv4.conf.v${name}.rp_filter`, 1] as const,
      ])
    : []
  return makeNetns(`node/${plan.name}`, 'node', devices, routes, {
    sysctls: {
      'net.ipv4.ip_forward': 1,
      'net.ipv4.conf.default.rp_filter': 2,
      ...Object.fromEntries(perPort),
      ...own.sysctls,
    },
    ...(own.nodeListens !== undefined && {
      listeners: [{ protocol: TCP, address: 'any' as const, port: own.nodeListens, label: 'process' }],
    }),
    ...(cni === 'vxlan' && { neighbors: [vtepNeighbor(otherOf(plan))] }),
  })
}

function nodePodDevices(plan: NodePlan, options: LabOptions): Device[] {
  const mtu = podMtuOf(options)
  const bridged = options.link !== 'routed'
  const ports = Object.keys(plan.pods).map(
    (name, index): Device => ({
      type: 'veth',
      name: `v${name}`,
      mtu,
      mac: bridged ? `02:aa:00:00:00:0${index + 1}` : routedMac,
      addresses: [],
      peer: { netns: `pod/${name}`, device: 'eth0' },
      ...(bridged && { master: 'cni0', hairpin: options.hairpin ?? true }),
    }),
  )
  if (!bridged) return ports
  const gatewayIp = `${plan.block}.1`
  return [
    { type: 'bridge', name: 'cni0', mtu, mac: macOf(gatewayIp), addresses: [address(`${gatewayIp}/24`)] },
    ...ports,
  ]
}

function vtepMac(plan: NodePlan): string {
  return macOf(plan.ip, '0e:fe')
}

function vtepNeighbor(plan: NodePlan) {
  return { ip: ip(`${plan.block}.0`), mac: vtepMac(plan), device: 'flannel.1' }
}

function vxlan(plan: NodePlan): Device {
  const other = otherOf(plan)
  return {
    type: 'vxlan',
    name: 'flannel.1',
    mtu: 1450,
    mac: vtepMac(plan),
    addresses: [address(`${plan.block}.0/32`)],
    vni: 1,
    local: ip(plan.ip),
    port: 8472,
    forwarding: [{ mac: vtepMac(other), remote: ip(other.ip) }],
  }
}

function routesToOther(plan: NodePlan, cni: NonNullable<LabOptions['cni']>): Route[] {
  const other = otherOf(plan)
  const block = `${other.block}.0/24`
  if (cni === 'host-gw') return [route(block, { via: other.ip, device: 'eth0' })]
  if (cni === 'vxlan') return [route(block, { via: `${other.block}.0`, device: 'flannel.1', onlink: true })]
  return []
}

function makeGateway({ fabricRoutes }: LabOptions): Netns {
  const toF: Device = {
    type: 'veth',
    name: 'far',
    mtu: 1500,
    mac: '02:00:00:00:ff:01',
    addresses: [address('169.254.1.1/32')],
    peer: { netns: 'host/f', device: 'eth0' },
  }
  const routes = [
    route('default', { type: 'blackhole' }),
    route(`${F}/32`, { device: 'far' }),
    ...(fabricRoutes ? plans.map((one) => route(`${one.block}.0/24`, { via: one.ip, device: 'eth0' })) : []),
  ]
  return makeNetns('router', 'router', [ethernet(`${gateway}/24`), toF], routes, {
    sysctls: {
      'net.ipv4.ip_forward': 1,
      'net.ipv4.conf.all.send_redirects': 0,
      'net.ipv4.conf.default.send_redirects': 0,
    },
  })
}

function makeClients({ clientRoutes = [] }: LabOptions): Netns[] {
  const far: Device = {
    type: 'veth',
    name: 'eth0',
    mtu: 1500,
    mac: macOf(F, '02:00'),
    addresses: [address(`${F}/32`)],
    peer: { netns: 'router', device: 'far' },
  }
  return [
    makeNetns(
      'host/c',
      'host',
      [ethernet(`${C}/24`)],
      [
        route('default', { via: gateway, device: 'eth0' }),
        ...clientRoutes.map((block) => route(block, { via: A, device: 'eth0' })),
      ],
    ),
    makeNetns(
      'host/f',
      'host',
      [far],
      [route('default', { via: '169.254.1.1', device: 'eth0', onlink: true })],
    ),
  ]
}

/** The laboratory's network, without any rules. */
export function labNetwork(options: LabOptions): Network {
  const spaces = [
    ...plans.map((plan) => makeNode(plan, options)),
    ...plans.flatMap((plan) =>
      Object.entries(plan.pods).map(([name, podIp]) => makePod(name, podIp, plan, options)),
    ),
    makeGateway(options),
    ...makeClients(options),
  ]
  const lan: Segment = {
    id: 'lan',
    type: 'ethernet',
    ports: ['node/a', 'node/b', 'host/c', 'router'].map((netns) => ({ netns, device: 'eth0' })),
  }
  return {
    namespaces: new Map(spaces.map((one) => [one.id, one])),
    segments: new Map([['lan', lan]]),
  }
}
