import type { InterfaceAddress, Ip } from '../../base/ip.ts'
import { bitsOf, cidrOf, familyOf, formatIp, isLinkLocal } from '../../base/ip.ts'
import type { Device } from '../../model/network.ts'

/** Devices as `ip addr` prints them, numbered in their order; lifetimes are for ever. */
export function formatAddresses(devices: readonly Device[]): string {
  return devices
    .flatMap((device, index) => [
      `${index + 1}: ${nameOf(device)}: ${flagsOf(device)} mtu ${device.mtu} qdisc ${queueOf(device)}${masterOf(device)} state ${stateOf(device)} group default qlen 1000`,
      linkLine(device),
      ...device.addresses.flatMap((address) => addressLines(device, address)),
    ])
    .map((line) => `${line}\n`)
    .join('')
}

/** Devices as `ip -d link` prints them, as far as what it tells decides where packets go. */
export function formatLinks(devices: readonly Device[]): string {
  return devices
    .flatMap((device, index) => [
      `${index + 1}: ${nameOf(device)}: ${flagsOf(device)} mtu ${device.mtu} qdisc ${queueOf(device)}${masterOf(device)} state ${stateOf(device)} mode DEFAULT group default qlen 1000`,
      linkLine(device),
      ...kindLines(device),
    ])
    .map((line) => `${line}\n`)
    .join('')
}

/** A veth's other end is in another namespace: `veth1a2b3c01@if2`. */
function nameOf({ name, type }: Device): string {
  if (type === 'veth') return `${name}@if2`
  return type === 'iptunnel' ? `${name}@NONE` : name
}

function flagsOf({ type, down }: Device): string {
  if (type === 'loopback') return '<LOOPBACK,UP,LOWER_UP>'
  const kind = type === 'iptunnel' ? 'NOARP' : type === 'tun' ? 'POINTOPOINT,NOARP' : 'BROADCAST,MULTICAST'
  return down ? `<${kind}>` : `<${kind},UP,LOWER_UP>`
}

function queueOf({ type, down }: Device): string {
  if (down) return 'noop'
  return type === 'ethernet' ? 'fq_codel' : 'noqueue'
}

function stateOf({ type, down }: Device): string {
  if (down) return 'DOWN'
  return type === 'ethernet' || type === 'veth' || type === 'bridge' ? 'UP' : 'UNKNOWN'
}

function masterOf({ master }: Device): string {
  return master === undefined ? '' : ` master ${master}`
}

function linkLine(device: Device): string {
  const { type, mac } = device
  if (type === 'loopback') return '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00'
  if (type === 'iptunnel') return `    link/ipip ${end(device.local)} brd ${end(device.remote)}`
  if (type === 'tun') return '    link/none'
  const peer = type === 'veth' ? ' link-netnsid 0' : ''
  return `    link/ether ${mac} brd ff:ff:ff:ff:ff:ff${peer}`
}

function end(ip: Ip | undefined): string {
  return ip === undefined ? '0.0.0.0' : formatIp(ip)
}

function addressLines(device: Device, address: InterfaceAddress): readonly string[] {
  const { ip, bits } = address
  const forever = '       valid_lft forever preferred_lft forever'
  const text = `${formatIp(ip)}/${bits}`
  if (familyOf(ip) === 6) return [`    inet6 ${text} scope ${scopeOf(device, address)} `, forever]
  const hasBroadcast = device.type !== 'loopback' && bits < 31
  const broadcast = hasBroadcast ? ` brd ${formatIp(cidrOf(ip, bits).last)}` : ''
  return [`    inet ${text}${broadcast} scope ${scopeOf(device, address)} ${device.name}`, forever]
}

function scopeOf({ type }: Device, { ip, scope }: InterfaceAddress): string {
  if (scope) return scope
  if (type === 'loopback' && (ip === 1n || (typeof ip === 'number' && ip >>> 24 === 127))) return 'host'
  return familyOf(ip) === 6 && isLinkLocal(ip) ? 'link' : 'global'
}

/** The line with the device's kind, and the one of a bridge's port. */
function kindLines(device: Device): readonly string[] {
  const { master, hairpin } = device
  const slave =
    master === undefined ? [] : [`    bridge_slave state forwarding hairpin ${hairpin ? 'on' : 'off'}`]
  const kind = kindOf(device)
  return [...(kind === undefined ? [] : [`    ${kind}`]), ...slave]
}

function kindOf(device: Device): string | undefined {
  switch (device.type) {
    case 'veth':
    case 'dummy':
    case 'bridge':
      return device.type
    case 'vxlan':
      return `vxlan id ${device.vni} ${side('local', device.local)} dstport ${device.port} ${device.master === undefined ? 'nolearning' : 'learning'}`
    case 'geneve':
      return `geneve id ${device.vni} dstport ${device.port}`
    case 'iptunnel':
      return iptunnel(device)
    case 'tun':
      return device.carrier === 'wireguard' ? 'wireguard' : 'tun type tun'
    default:
      return undefined
  }
}

function iptunnel({ protocol, local, remote }: Device & { readonly type: 'iptunnel' }): string {
  const kind = protocol === 47 ? 'gre' : protocol === 41 ? 'sit' : 'ipip'
  const ends = [
    `remote ${remote === undefined ? 'any' : formatIp(remote)}`,
    `local ${local === undefined ? 'any' : formatIp(local)}`,
  ]
  return `${kind} ${ends.join(' ')} ttl inherit ${remote === undefined ? 'nopmtudisc' : 'pmtudisc'}`
}

function side(name: string, ip: Ip): string {
  return `${name}${bitsOf(familyOf(ip)) === 128 ? '6' : ''} ${formatIp(ip)}`
}
