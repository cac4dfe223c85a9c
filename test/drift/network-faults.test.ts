import { describe, expect, test } from 'vitest'
import type { Ip } from '../../src/base/ip.ts'
import { parseCidr, parseIp } from '../../src/base/ip.ts'
import type { Route, RoutingRule } from '../../src/model/network.ts'
import { localTable, mainTable } from '../../src/model/network.ts'
import type { DumpedDevice, NodeDump } from '../../src/model/node-dump.ts'
import { parseCluster } from '../../src/simulator.ts'
import { loadShop, shop } from './shop.ts'
import { brief, driftOf, dumpOf } from './support.ts'

const routed = loadShop()
const flannel = parseCluster([{ name: 'shop.yaml', text: shop }], { cni: 'flannel' })

function ip(text: string): Ip {
  const found = parseIp(text)
  if (found === undefined) throw new Error(`${text} is no address`)
  return found
}

function route(
  text: string,
  how: { via?: string; device?: string; metric?: number; mtu?: number; type?: Route['type'] },
): Route {
  const destination = parseCidr(text)
  if (!destination) throw new Error(`${text} is no block`)
  const { via, device = 'eth0', metric = 0, mtu, type = 'unicast' } = how
  const nextHops =
    type === 'unicast' ? [{ device, weight: 1, ...(via !== undefined && { via: ip(via) }) }] : []
  return {
    destination,
    type,
    nextHops,
    metric,
    table: mainTable,
    scope: 'global',
    ...(mtu !== undefined && { mtu }),
  }
}

/** The routes, without the one to a block, and with others. */
function routes(dump: NodeDump, without: string, ...more: readonly Route[]): NodeDump {
  const gone = parseCidr(without)
  const kept = (dump.routes ?? []).filter(
    ({ destination }) => !(destination.first === gone?.first && destination.bits === gone.bits),
  )
  if (kept.length === dump.routes?.length && more.length === 0)
    throw new Error(`there is no route to ${without}`)
  return { ...dump, routes: [...kept, ...more] }
}

function device(
  dump: NodeDump,
  name: string,
  change: (one: DumpedDevice) => DumpedDevice | undefined,
): NodeDump {
  if (!dump.devices?.some((one) => one.name === name)) throw new Error(`there is no device ${name}`)
  return {
    ...dump,
    devices: dump.devices.flatMap((one) => (one.name === name ? (change(one) ?? []) : [one])),
  }
}

const usual: readonly RoutingRule[] = [
  { priority: 0, family: 4, action: { type: 'lookup', table: localTable } },
  { priority: 32766, family: 4, action: { type: 'lookup', table: mainTable } },
]

function sysctls(dump: NodeDump, changed: Readonly<Record<string, number>>): NodeDump {
  return { ...dump, sysctls: { ...dump.sysctls, ...changed } }
}

interface Fault {
  readonly name: string
  readonly fault: (dump: NodeDump) => NodeDump
  readonly entries: readonly string[]
}

// biome-ignore format: one fault a line
const ofRouted: readonly Fault[] = [
  { name: 'the route to a node is missing', fault: (dump) => routes(dump, '10.244.2.0/24'), entries: ['missing routes Node/worker2: the route to 10.244.2.0/24 (pods of node worker2) is missing'] },
  { name: 'the route to a node leads to its old address', fault: (dump) => routes(dump, '10.244.2.0/24', route('10.244.2.0/24', { via: '172.18.0.9' })), entries: ['differs routes Node/worker2: the route to 10.244.2.0/24 (pods of node worker2) is another: it leads to 172.18.0.9 by eth0 and should lead to 172.18.0.4 (node worker2) by eth0'] },
  { name: 'a better metric leads elsewhere', fault: (dump) => routes(dump, '10.244.2.0/24', route('10.244.2.0/24', { via: '172.18.0.4', metric: 50 }), route('10.244.2.0/24', { via: '172.18.0.9', metric: 10 })), entries: ['differs routes Node/worker2: the route to 10.244.2.0/24 (pods of node worker2) is another: it leads to 172.18.0.9 by eth0 and should lead to 172.18.0.4 (node worker2) by eth0'] },
  { name: 'a worse metric does not count', fault: (dump) => routes(dump, '10.244.2.0/24', route('10.244.2.0/24', { via: '172.18.0.9', metric: 50 }), route('10.244.2.0/24', { via: '172.18.0.4', metric: 10 })), entries: [] },
  { name: 'a blackhole instead', fault: (dump) => routes(dump, '10.244.2.0/24', route('10.244.2.0/24', { type: 'blackhole' })), entries: ['differs routes Node/worker2: the route to 10.244.2.0/24 (pods of node worker2) is another: it is of type blackhole and should be unicast'] },
  { name: 'a smaller MTU', fault: (dump) => routes(dump, '10.244.2.0/24', route('10.244.2.0/24', { via: '172.18.0.4', mtu: 1400 })), entries: ["differs routes Node/worker2: the route to 10.244.2.0/24 (pods of node worker2) is another: its MTU is 1400 and should be the device's"] },
  { name: 'a node that is gone', fault: (dump) => routes(dump, '10.244.9.0/24', route('10.244.9.0/24', { via: '172.18.0.13' })), entries: ['stale routes: 10.244.9.0/24 via 172.18.0.13: no Node has this pod CIDR: a node that is gone?'] },
  { name: 'a pod that is gone', fault: (dump) => routes(dump, '10.244.1.99/32', route('10.244.1.99/32', { device: 'vethgone' })), entries: ['stale routes: 10.244.1.99: no pod has this address: a pod that is gone, or is not in the input?'] },
  { name: 'a route to one pod of another node', fault: (dump) => routes(dump, '10.244.2.10/32', route('10.244.2.10/32', { via: '172.18.0.9' })), entries: ['extra routes Pod/shop/web-1: the route to 10.244.2.10 (pod shop/web-1) should not be there'] },
  { name: 'the route to a pod is missing', fault: (dump) => routes(dump, '10.244.1.10/32'), entries: ['missing routes Pod/shop/web-0: the route to 10.244.1.10 (pod shop/web-0) is missing'] },
  { name: 'no default route', fault: (dump) => routes(dump, '0.0.0.0/0'), entries: ['missing routes: the route to default is missing'] },
  { name: 'another default route', fault: (dump) => routes(dump, '0.0.0.0/0', route('0.0.0.0/0', { via: '172.18.0.254', metric: 100 })), entries: [] },
  { name: "a route of somebody else's", fault: (dump) => routes(dump, '172.17.0.0/16', route('172.17.0.0/16', { device: 'docker0' })), entries: [] },
  { name: 'routes in another order', fault: (dump) => ({ ...dump, routes: dump.routes?.toReversed() ?? [] }), entries: [] },
  { name: 'other names of veth devices and of the card', fault: renamed, entries: [] },
  { name: 'ip_forward is off', fault: (dump) => sysctls(dump, { 'net.ipv4.ip_forward': 0 }), entries: ['differs sysctls: net.ipv4.ip_forward is 0 and should be 1'] },
  { name: 'the reverse path filter is strict', fault: (dump) => sysctls(dump, { 'net.ipv4.conf.eth0.rp_filter': 1, 'net.ipv4.conf.docker0.rp_filter': 1 }), entries: ['differs sysctls: the reverse path filter is strict on eth0'] },
  { name: 'a setting of tuning', fault: (dump) => sysctls(dump, { 'net.core.somaxconn': 4096, 'net.ipv4.tcp_keepalive_time': 600 }), entries: [] },
  { name: 'no route_localnet for a host port', fault: (dump) => sysctls(dump, Object.fromEntries(Object.keys(dump.sysctls ?? {}).filter((key) => /veth.*route_localnet/.test(key)).map((key) => [key, 0]))), entries: ['differs sysctls Pod/shop/edge: net.ipv4.conf.vethaa734488.route_localnet is 0 and should be 1'] },
  { name: "another node's address", fault: (dump) => device(dump, 'eth0', (one) => ({ ...one, addresses: [...one.addresses, { ip: ip('172.18.0.4'), bits: 16 }] })), entries: ['extra addresses: device eth0 has 172.18.0.4 (node worker2), which is not its own'] },
  { name: "an address of the machine's own", fault: (dump) => device(dump, 'eth0', (one) => ({ ...one, addresses: [...one.addresses, { ip: ip('172.18.9.9'), bits: 16 }] })), entries: [] },
  { name: 'the card is down', fault: (dump) => device(dump, 'eth0', (one) => ({ ...one, up: false })), entries: ['differs devices: device eth0 is down and should be up'] },
  { name: 'pods with a larger MTU', fault: (dump) => ({ ...dump, devices: dump.devices?.map((one) => (one.kind === 'veth' ? { ...one, mtu: 9000 } : one)) ?? [] }), entries: ['differs devices: the MTU of veth060c576e, veth47cab8e8 and vethaa734488 is 9000 and should be 1500'] },
  { name: 'a rule of a VPN for all', fault: (dump) => ({ ...dump, rules: [...usual, { priority: 5270, family: 4, action: { type: 'lookup', table: 52 } }], routes: [...(dump.routes ?? []), { ...route('100.64.0.0/10', { device: 'tailscale0' }), table: 52 }] }), entries: ['extra routing-rules: the routing rule "5270: from all lookup 52" is of no component that is modelled here'] },
  { name: 'a rule that looks into an empty table', fault: (dump) => ({ ...dump, rules: [...usual, { priority: 5270, family: 4, action: { type: 'lookup', table: 52 } }] }), entries: [] },
  { name: 'the main table is not asked', fault: (dump) => ({ ...dump, rules: usual.slice(0, 1) }), entries: ['missing routing-rules: the routing rule "32766: from all lookup main" is missing'] },
]

/** The node with the names that a real machine gives its devices. */
function renamed(dump: NodeDump): NodeDump {
  const name = (one: string) => (one === 'eth0' ? 'ens192' : one.replace(/^veth(.{4}).*/, 'vethX$1'))
  return {
    ...dump,
    devices: dump.devices?.map((one) => ({ ...one, name: name(one.name) })) ?? [],
    routes:
      dump.routes?.map((one) => ({
        ...one,
        nextHops: one.nextHops.map((hop) => ({ ...hop, device: name(hop.device) })),
      })) ?? [],
    sysctls: Object.fromEntries(
      Object.entries(dump.sysctls ?? {}).map(([key, value]) => [
        key.replace(/conf\.([^.]*)\./, (_, one) => `conf.${name(one)}.`),
        value,
      ]),
    ),
  }
}

/** The tunnel's entries, changed. */
function forwarding(
  dump: NodeDump,
  change: (one: { mac: string; remote: Ip }) => { mac: string; remote: Ip } | undefined,
): NodeDump {
  return device(dump, 'flannel.1', (one) => ({
    ...one,
    forwarding: one.forwarding?.flatMap((line) => change(line) ?? []) ?? [],
  }))
}

// biome-ignore format: one fault a line
const ofFlannel: readonly Fault[] = [
  { name: 'nothing is wrong', fault: (dump) => dump, entries: [] },
  { name: 'no forwarding entry', fault: (dump) => forwarding(dump, () => undefined), entries: ['missing forwarding Node/worker2: no forwarding entry of flannel.1 leads to 172.18.0.4'] },
  { name: 'a forwarding entry to an old address', fault: (dump) => forwarding(dump, (one) => ({ ...one, remote: ip('172.18.0.9') })), entries: ['differs forwarding Node/worker2: flannel.1 sends what is for 10.244.2.0 to 172.18.0.9, which no node has and should send it to 172.18.0.4 (node worker2)'] },
  { name: 'no neighbour entry', fault: (dump) => ({ ...dump, neighbors: [] }), entries: ['missing neighbors Node/worker2: no neighbour entry says which frame address 10.244.2.0 has on flannel.1'] },
  { name: 'other frame addresses', fault: (dump) => forwarding({ ...dump, neighbors: dump.neighbors?.map((one) => ({ ...one, mac: '02:11:22:33:44:55' })) ?? [] }, (one) => ({ ...one, mac: '02:11:22:33:44:55' })), entries: [] },
  { name: 'a node of which nothing is known yet', fault: (dump) => forwarding({ ...routes(dump, '10.244.2.0/24'), neighbors: [] }, () => undefined), entries: ['missing routes Node/worker2: the route to 10.244.2.0/24 (pods of node worker2) is missing, and so is how the tunnel finds the node'] },
  { name: 'the tunnel device is missing', fault: (dump) => device(dump, 'flannel.1', () => undefined), entries: ['missing devices: the vxlan device flannel.1 is missing'] },
  { name: 'another network identifier', fault: (dump) => device(dump, 'flannel.1', (one) => ({ ...one, tunnel: { ...one.tunnel, vni: 7 } })), entries: ['differs devices: device flannel.1 has network identifier 7 and should have 1'] },
  { name: 'a bridge without the ports', fault: (dump) => ({ ...dump, devices: dump.devices?.filter(({ master }) => master === undefined) ?? [] }), entries: ['missing devices: bridge cni0 has 0 of 3 ports (for pods cart-0, edge and web-0)'] },
  { name: 'bridged packets do not meet iptables', fault: (dump) => sysctls(dump, { 'net.bridge.bridge-nf-call-iptables': 0 }), entries: ['differs sysctls: net.bridge.bridge-nf-call-iptables is 0 and should be 1'] },
]

describe('routed pods: one fault, one entry', () => {
  test.for(ofRouted)('$name', ({ fault, entries }) => {
    const dump = dumpOf(routed, 'worker')
    expect(brief(driftOf(routed, fault(dump)))).toEqual(entries)
  })
})

describe('pods behind a bridge and a tunnel: one fault, one entry', () => {
  test.for(ofFlannel)('$name', ({ fault, entries }) => {
    const dump = dumpOf(flannel, 'worker')
    expect(brief(driftOf(flannel, fault(dump)))).toEqual(entries)
  })
})
