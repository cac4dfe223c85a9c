import type { Ip } from '../../base/ip.ts'
import { familyOf, formatIp } from '../../base/ip.ts'
import type { Packet } from '../../base/packet.ts'
import { GRE, IPIP, IPV6_IN_IP, packetFamily, protocolName } from '../../base/packet.ts'
import type { Device } from '../../model/network.ts'
import type { Flight, Outcome, Walk } from '../flight.ts'
import { lose } from '../flight.ts'
import { unspecified } from '../icmp-error.ts'
import { frameLength } from '../size.ts'
import type { OuterPacket, Tunnel } from './kind.ts'
import { sendOuter } from './outer.ts'
import { tellSender } from './room.ts'

/** A device that carries IP packets in IP packets. */
export type IpTunnel = Device & { readonly type: 'iptunnel' }

/** Bytes that the tunnel adds: the outer IP header, and GRE's four without key or checksum. */
function overhead(protocol: number, family: 4 | 6): number {
  return (family === 4 ? 20 : 40) + (protocol === GRE ? 4 : 0)
}

/** IPIP carries IPv4, sit IPv6, GRE both. */
function carries(protocol: number, family: 4 | 6): boolean {
  if (protocol === IPIP) return family === 4
  return protocol === IPV6_IN_IP ? family === 6 : true
}

/**
 * Mirrors ipip_tunnel_xmit and ip_tunnel_xmit: without a remote end of its own the device sends to the route's next
 * hop, as Calico's tunl0 does. The outer packet inherits the inner TTL and "don't fragment", and keeps the mark,
 * which its route look-up does not see.
 */
function encapsulate(walk: Walk, flight: Flight, device: IpTunnel, nextHop: Ip): readonly Outcome[] {
  const { packet } = flight
  const { name, protocol } = device
  const family = packetFamily(packet)
  if (!carries(protocol, family)) {
    return lose(
      walk,
      flight,
      'device',
      `${name} (protocol ${protocolName(protocol)}) carries no IPv${family}`,
    )
  }
  const remote = device.remote ?? nextHop
  const sameFamily = device.local === undefined || familyOf(device.local) === familyOf(remote)
  if (!sameFamily || (device.remote === undefined && familyOf(nextHop) === 6)) {
    return lose(walk, flight, 'device', `${name} has no remote end, and ${formatIp(nextHop)} cannot be one`)
  }
  return sendOuter(walk, flight, name, wrap(device, remote, packet), { noRoom: tellSender, routeMark: 0 })
}

function wrap(device: IpTunnel, remote: Ip, inner: Packet): OuterPacket {
  const family = familyOf(remote)
  const discovers = device.pathMtuDiscovery ?? device.remote !== undefined
  return {
    src: device.local ?? unspecified(family),
    dst: remote,
    protocol: device.protocol,
    sport: 0,
    dport: 0,
    tcpFlags: 0,
    ttl: inner.ttl,
    length: frameLength(inner) + overhead(device.protocol, family),
    dontFragment: discovers || (packetFamily(inner) === 4 && inner.dontFragment),
    mark: inner.mark,
    tunnel: { kind: 'ip', inner },
  }
}

/** Mirrors ip_tunnel_lookup: both ends, then the remote end alone, then the local end alone, then a device with neither. */
function claim({ protocol, local, remote }: IpTunnel, outer: Packet): number | undefined {
  if (protocol !== outer.protocol) return undefined
  if (local !== undefined && local !== outer.dst) return undefined
  if (remote !== undefined && remote !== outer.src) return undefined
  return 1 + (remote === undefined ? 0 : 2) + (local === undefined ? 0 : 1)
}

/** IPIP, sit and GRE: mirrors tunnel4_rcv, ipip_rcv and ip_tunnel_rcv. The mark stays. */
export function ipTunnel(device: IpTunnel): Tunnel {
  return {
    device,
    encapsulate: (walk, flight, nextHop) => encapsulate(walk, flight, device, nextHop),
    claim: (outer) => claim(device, outer),
    unwrap: ({ mark, tunnel }) => ({ type: 'packet', inner: { ...tunnel.inner, mark } }),
  }
}
