import type { Ip } from '../../src/base/ip.ts'
import { compareIp, contains, familyOf, formatIp } from '../../src/base/ip.ts'
import { TCP, UDP } from '../../src/base/packet.ts'
import { connectedRoute } from '../../src/dataplane/routing.ts'
import type { Device, Listener, Netns, Network, Route, Segment } from '../../src/model/network.ts'
import { mainTable } from '../../src/model/network.ts'
import type { Dump } from './dumps.ts'
import { addressOf, cidrOfText, interfaceAddressOf, ipOf, listOf, readText, targetOf } from './dumps.ts'

/** The namespace that has the dump's rules. */
export const dumpedNode = 'node/dumped'

/** What hosts believe to be their router: the node's end of whatever they are attached to. */
const routerOf = { 4: ipOf('169.254.1.1'), 6: ipOf('fe80::1:1') }

/** A network interface of the node to which hosts are attached: a device, or a port of a bridge. */
interface Attachment {
  readonly name: string
  readonly bridge?: string
  /** The MAC address of the node there. */
  readonly mac: string
  readonly hosts: readonly Ip[]
}

/**
 * One node around the rules of a dump. Behind each of its devices is a network, and on it one host for each address
 * that the walks name and the node's routes lead to by that device. Hosts send everything to the node.
 */
export function dumpNetwork(dump: Dump): Network {
  const attachments = attachmentsOf(dump)
  const hosts = attachments.flatMap((one) => one.hosts.map((ip) => makeHost(dump, one, ip)))
  const spaces = [makeNode(dump, attachments), ...hosts]
  const segments = attachments
    .filter(({ bridge }) => bridge === undefined)
    .map(
      ({ name, hosts: behind }): Segment => ({
        id: name,
        type: 'ethernet',
        ports: [
          { netns: dumpedNode, device: name },
          ...behind.map((ip) => ({ netns: hostId(ip), device: 'eth0' })),
        ],
      }),
    )
  return {
    namespaces: new Map(spaces.map((one) => [one.id, one])),
    segments: new Map(segments.map((one) => [one.id, one])),
  }
}

/** The namespace of the host with this address. */
export function hostId(ip: Ip): string {
  return `host/${formatIp(ip)}`
}

function macOf(group: number, index: number): string {
  const octets = [index >>> 24, index >>> 16, index >>> 8, index].map((one) =>
    (one & 255).toString(16).padStart(2, '0'),
  )
  return `02:0${group}:${octets.join(':')}`
}

function attachmentsOf(dump: Dump): readonly Attachment[] {
  const { devices } = dump.about
  const own = new Set(nodeAddresses(dump))
  const named = [...new Set(walkAddresses(dump))].filter((ip) => !own.has(ip)).toSorted(compareIp)
  const routes = routesOf(dump)
  return Object.entries(devices).flatMap(([name, device], index): Attachment[] => {
    const mac = macOf(1, index)
    const here = named.filter((ip) => deviceFor(dump, routes, ip) === name)
    if (!device.ports) return [{ name, mac, hosts: here }]
    return Object.entries(device.ports).map(([port, behind]) => ({
      name: port,
      bridge: name,
      mac,
      hosts: behind.map(ipOf),
    }))
  })
}

function nodeAddresses({ about }: Dump): readonly Ip[] {
  return Object.values(about.devices).flatMap(({ addresses }) =>
    addresses.map((text) => interfaceAddressOf(text).ip),
  )
}

/** Every address that a walk names, but for those that only rules know (they have no route, or a default one). */
function walkAddresses({ about }: Dump): readonly Ip[] {
  return about.walks.flatMap(({ from, to, at = [] }) => [
    ...(from === undefined ? [] : [ipOf(from)]),
    ...listOf(at).map(addressOf),
    ...(listOf(at).length === 0 ? [targetOf(to).ip] : []),
  ])
}

/** The device that a packet with this source comes in by, or that the node's route to the address names. */
function deviceFor({ about }: Dump, routes: readonly Route[], ip: Ip): string | undefined {
  const stated = about.walks.find(
    ({ in: device, from }) => device !== 'local' && from !== undefined && ipOf(from) === ip,
  )
  if (stated) return stated.in
  const [best] = routes
    .filter(({ destination, type }) => type === 'unicast' && contains(destination, ip))
    .toSorted((a, b) => b.destination.bits - a.destination.bits)
  return best?.nextHops[0]?.device
}

/** `default dev eth0`, `10.244.2.0/24 dev flannel.1`, `blackhole 10.244.9.0/26`: everything is on the link. */
function routesOf({ about }: Dump): readonly Route[] {
  const written = about.routes.map(readRoute)
  const connected = Object.entries(about.devices).flatMap(([name, { addresses }]) =>
    addresses
      .map(interfaceAddressOf)
      .filter(({ ip, bits }) => bits < (familyOf(ip) === 4 ? 32 : 128))
      .map(({ ip, bits }) => connectedRoute(name, ip, bits)),
  )
  return [...connected, ...written]
}

function readRoute(text: string): Route {
  const found = /^(?:(blackhole|unreachable) )?(\S+)(?: dev (\S+))?(?: src (\S+))?$/.exec(text)
  if (!found) throw new Error(`"${text}" is no route`)
  const [, type = 'unicast', destination = '', device, source] = found
  const block = destination === 'default' ? '0.0.0.0/0' : destination === 'default6' ? '::/0' : destination
  return {
    destination: cidrOfText(block.includes('/') ? block : `${block}/${block.includes(':') ? 128 : 32}`),
    type: type === 'blackhole' || type === 'unreachable' ? type : 'unicast',
    nextHops: device === undefined ? [] : [{ device, weight: 1 }],
    metric: 0,
    table: mainTable,
    scope: 'link',
    ...(source !== undefined && { source: ipOf(source) }),
  }
}

const loopback: Device = {
  type: 'loopback',
  name: 'lo',
  mtu: 65536,
  mac: '00:00:00:00:00:00',
  addresses: [interfaceAddressOf('127.0.0.1/8'), interfaceAddressOf('::1/128')],
}

function makeNode(dump: Dump, attachments: readonly Attachment[]): Netns {
  const { about, texts, sets } = dump
  const devices = Object.entries(about.devices).flatMap(([name, device], index): Device[] => {
    const base = {
      name,
      mtu: 1500,
      mac: macOf(1, index),
      addresses: device.addresses.map(interfaceAddressOf),
    }
    if (!device.ports) return [{ ...base, type: 'ethernet', segment: name }]
    const ports = attachments.filter(({ bridge }) => bridge === name)
    return [{ ...base, type: 'bridge' }, ...ports.flatMap((port, at) => makePort(port, at))]
  })
  return {
    id: dumpedNode,
    role: 'node',
    label: 'dumped',
    devices: [loopback, ...devices],
    routes: routesOf(dump),
    sysctls: {
      'net.ipv4.ip_forward': 1,
      'net.ipv6.conf.all.forwarding': 1,
      'net.ipv4.conf.all.send_redirects': 0,
      'net.ipv4.conf.default.send_redirects': 0,
      'net.ipv4.icmp_ratelimit': 0,
      ...about.sysctls,
    },
    ruleSets: texts.map((text) => readText(dump, text).ruleSet),
    listeners: listenEverywhere(),
    sets,
  }
}

/** A bridge port whose far end is the one host behind it. */
function makePort({ name, bridge, hosts }: Attachment, index: number): Device[] {
  const [host] = hosts
  if (host === undefined || bridge === undefined) throw new Error(`nobody is behind ${name}`)
  return [
    {
      type: 'veth',
      name,
      mtu: 1500,
      mac: macOf(3, index),
      addresses: [],
      peer: { netns: hostId(host), device: 'eth0' },
      master: bridge,
      hairpin: true,
    },
  ]
}

function listenEverywhere(): readonly Listener[] {
  return [TCP, UDP].map((protocol) => ({ protocol, address: 'any', port: 'any' }))
}

function makeHost({ about }: Dump, { name, bridge, mac }: Attachment, ip: Ip): Netns {
  const family = familyOf(ip)
  const router = routerOf[family]
  const own = {
    name: 'eth0',
    mtu: 1500,
    mac: macOf(2, Number(BigInt(ip) & 0xffff_ffffn)),
    addresses: [{ ip, bits: family === 4 ? 32 : 128 }],
  }
  const device: Device =
    bridge === undefined
      ? { ...own, type: 'ethernet', segment: name }
      : { ...own, type: 'veth', peer: { netns: dumpedNode, device: name } }
  const neighbours =
    bridge === undefined ? [] : (about.devices[bridge]?.addresses ?? []).map(interfaceAddressOf)
  const routes: Route[] = [
    ...neighbours.map((one) => connectedRoute('eth0', one.ip, one.bits)),
    {
      destination: cidrOfText(family === 4 ? '0.0.0.0/0' : '::/0'),
      type: 'unicast',
      nextHops: [{ device: 'eth0', via: router, weight: 1, onlink: true }],
      metric: 0,
      table: mainTable,
      scope: 'global',
    },
  ]
  return {
    id: hostId(ip),
    role: 'host',
    label: formatIp(ip),
    devices: [loopback, device],
    routes,
    neighbors: [{ ip: router, mac, device: 'eth0' }],
    sysctls: { 'net.ipv4.icmp_ratelimit': 0 },
    ruleSets: [],
    listeners: listenEverywhere(),
  }
}

/** The same network with one wire for all devices, which is how the kernel's is built; frames find their ends by MAC. */
export function onOneWire({ namespaces, segments }: Network): Network {
  const ports = [...segments.keys()].flatMap((id) => segments.get(id)?.ports ?? [])
  const moved = [...namespaces.keys()].flatMap((id) => {
    const netns = namespaces.get(id)
    const devices = netns?.devices.map((one) => (one.type === 'ethernet' ? { ...one, segment: 'wire' } : one))
    return netns && devices ? [[id, { ...netns, devices }] as const] : []
  })
  return {
    namespaces: new Map(moved),
    segments: new Map([['wire', { id: 'wire', type: 'ethernet', ports }]]),
  }
}
