import type { Ip } from '../base/ip.ts'
import { contains, formatIp, isLinkLocal } from '../base/ip.ts'
import { byText } from '../base/ordering.ts'
import type { DriftEntry } from '../model/drift.ts'
import type { Device } from '../model/network.ts'
import type { DumpedDevice } from '../model/node-dump.ts'
import type { DriftContext } from './context.ts'
import { actualDevice } from './match-devices.ts'
import { be, listed } from './words.ts'

/**
 * Compares devices: that they are there and up, their MTU and addresses, and what a tunnel is told to do. Names of
 * veth devices are drawn at random; one that no route leads to is a port of a bridge, and such ports are counted.
 */
export function deviceEntries(context: DriftContext): readonly DriftEntry[] {
  const { expected, dump } = context
  const { devices } = dump
  if (!devices) return []
  const entries: DriftEntry[] = []
  const mtus = new Map<string, Device[]>()
  for (const wanted of expected.devices) {
    if (wanted.type === 'loopback') continue
    const found = actualDevice(wanted, devices, context.devices)
    if (!found) {
      entries.push(...missingDevice(wanted, context))
      continue
    }
    entries.push(...stateEntries(wanted, found), ...addressEntries(wanted, found, context))
    if (wanted.mtu === found.mtu) continue
    const key = `${wanted.type} ${found.mtu} ${wanted.mtu}`
    mtus.set(key, [...(mtus.get(key) ?? []), { ...wanted, name: found.name }])
  }
  return [
    ...entries,
    ...portEntries(context, devices),
    ...[...mtus].map(([key, list]) => mtuEntry(key, list)),
  ]
}

function base({ origin }: Device): Partial<DriftEntry> {
  return {
    ...(origin && { component: origin.component }),
    ...(origin?.subject && { subject: origin.subject }),
  }
}

/** A pod's routed veth device that is not there shows as its missing route; a bridged one is counted. */
function missingDevice(wanted: Device, { expected }: DriftContext): readonly DriftEntry[] {
  if (wanted.type === 'veth') return []
  const what =
    wanted.type === 'ethernet'
      ? `no device has the node's address ${wanted.addresses.map(({ ip }) => formatIp(ip)).join(' or ')}`
      : `the ${wanted.type === 'iptunnel' ? 'tunnel' : wanted.type} device ${wanted.name} is missing`
  const ports = expected.devices.filter(({ master }) => master === wanted.name).length
  const consequence =
    wanted.type === 'bridge' && ports > 0
      ? `no pod of this node has a network (${ports} should be on it)`
      : isTunnel(wanted)
        ? 'pods of other nodes cannot be reached from here by the tunnel'
        : undefined
  return [
    {
      type: 'missing',
      area: 'devices',
      ...base(wanted),
      message: what,
      ...(consequence !== undefined && { consequence }),
      expected: [wanted.name],
      actual: [],
    },
  ]
}

function isTunnel({ type }: Device): boolean {
  return type === 'vxlan' || type === 'geneve' || type === 'iptunnel' || type === 'tun'
}

function stateEntries(wanted: Device, found: DumpedDevice): readonly DriftEntry[] {
  const parts = [...downPart(wanted, found), ...tunnelParts(wanted, found)]
  if (parts.length === 0) return []
  return [
    {
      type: 'differs',
      area: 'devices',
      ...base(wanted),
      message: `device ${found.name} ${parts.map(({ has, should }) => `${has} and should ${should}`).join('; ')}`,
      consequence: isTunnel(wanted)
        ? 'the other nodes and this one do not understand each other by this tunnel'
        : 'what should go by it is lost',
      expected: [],
      actual: [],
    },
  ]
}

interface Part {
  readonly has: string
  readonly should: string
}

function downPart(wanted: Device, found: DumpedDevice): readonly Part[] {
  if (found.up || wanted.down === true) return []
  return [{ has: 'is down', should: 'be up' }]
}

function tunnelParts(wanted: Device, { tunnel }: DumpedDevice): readonly Part[] {
  if (!tunnel || (wanted.type !== 'vxlan' && wanted.type !== 'geneve')) return []
  const parts: Part[] = []
  const compare = (what: string, has: number | undefined, should: number) => {
    if (has !== undefined && has !== should)
      parts.push({ has: `has ${what} ${has}`, should: `have ${should}` })
  }
  compare('network identifier', tunnel.vni, wanted.vni)
  compare('UDP port', tunnel.port, wanted.port)
  if (tunnel.local !== undefined && tunnel.local !== wanted.local) {
    parts.push({ has: `sends from ${formatIp(tunnel.local)}`, should: `send from ${formatIp(wanted.local)}` })
  }
  return parts
}

function addressEntries(wanted: Device, found: DumpedDevice, context: DriftContext): readonly DriftEntry[] {
  const has = new Set<Ip>(found.addresses.map(({ ip }) => ip))
  const should = new Set<Ip>(wanted.addresses.map(({ ip }) => ip))
  const missing = [...should].filter((ip) => !has.has(ip) && !isLinkLocal(ip))
  const extra = [...has].filter((ip) => !should.has(ip) && isSuspect(ip, wanted, context))
  const parts = [
    ...(missing.length > 0 ? [`lacks ${listed(missing.map(formatIp))}`] : []),
    ...(extra.length > 0
      ? [`has ${listed(extra.map((ip) => named(ip, context)))}, which ${be(extra)} not its own`]
      : []),
  ]
  if (parts.length === 0) return []
  const type = missing.length === 0 ? 'extra' : extra.length === 0 ? 'missing' : 'differs'
  return [
    {
      type,
      area: 'addresses',
      ...base(wanted),
      message: `device ${found.name} ${parts.join(' and ')}`,
      expected: missing.map(formatIp),
      actual: extra.map(formatIp),
    },
  ]
}

/** Further addresses of a card are its machine's matter, unless they are the cluster's. */
function isSuspect(ip: Ip, wanted: Device, { ranges, objects, expected }: DriftContext): boolean {
  if (isLinkLocal(ip)) return false
  if (wanted.type !== 'ethernet') return true
  const node = objects.nodeAt(ip)
  if (node && `node/${node.name}` !== expected.id) return true
  return ranges.some((range) => contains(range, ip))
}

function named(ip: Ip, { objects }: DriftContext): string {
  const node = objects.nodeAt(ip)
  return `${formatIp(ip)}${node ? ` (node ${node.name})` : ''}`
}

/** Ports of a bridge have random names, and nothing on the node tells whose they are: too few are said to be. */
function portEntries({ expected }: DriftContext, devices: readonly DumpedDevice[]): readonly DriftEntry[] {
  const bridges = expected.devices.filter(({ type }) => type === 'bridge')
  return bridges.flatMap((bridge): readonly DriftEntry[] => {
    const should = expected.devices.filter(({ type, master }) => type === 'veth' && master === bridge.name)
    const has = devices.filter(({ master }) => master === bridge.name)
    if (has.length >= should.length || !devices.some(({ name }) => name === bridge.name)) return []
    const [first] = should
    const pods = should.flatMap(({ origin }) => (origin?.subject ? [origin.subject.name] : []))
    return [
      {
        type: 'missing',
        area: 'devices',
        ...(first?.origin && { component: first.origin.component }),
        message: `bridge ${bridge.name} has ${has.length} of ${should.length} ports (for pods ${listed(pods.toSorted(byText))})`,
        consequence: 'a pod without its port cannot reach anything, nor be reached',
        expected: [],
        actual: has.map(({ name }) => name),
      },
    ]
  })
}

function mtuEntry(key: string, list: readonly Device[]): DriftEntry {
  const [, has = '', should = ''] = key.split(' ')
  const names = list.map(({ name }) => name).sort(byText)
  const origin = list.length === 1 ? list[0]?.origin : undefined
  const component = list[0]?.origin?.component
  return {
    type: 'differs',
    area: 'devices',
    ...(component !== undefined && { component }),
    ...(origin?.subject && { subject: origin.subject }),
    message: `the MTU of ${listed(names)} is ${has} and should be ${should}`,
    consequence:
      Number(has) > Number(should)
        ? 'packets that are too large for the way on are lost or cost an ICMP error'
        : 'packets are smaller than they need be',
    expected: [`mtu ${should}`],
    actual: [`mtu ${has}`],
  }
}
