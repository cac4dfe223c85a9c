import type { Ip } from '../../base/ip.ts'
import { contains, familyOf, formatIp } from '../../base/ip.ts'
import type { Packet } from '../../base/packet.ts'
import { isIcmp, TCP, UDP } from '../../base/packet.ts'
import type { Device, TunnelPeer } from '../../model/network.ts'
import type { Flight, Outcome, Walk } from '../flight.ts'
import { lose, stop } from '../flight.ts'
import { stackError } from '../icmp-error.ts'
import { frameLength } from '../size.ts'
import type { OuterPacket, Tunnel, Unwrapped } from './kind.ts'
import { sendOuter } from './outer.ts'
import { cutOuter } from './room.ts'

/** A device whose packets WireGuard or a program carries to the peer that has their destination. */
export type PeerTunnel = Device & { readonly type: 'tun' }

/** The peer whose longest block holds the address: wg_allowedips_lookup_dst. */
function peerFor({ peers }: PeerTunnel, ip: Ip): TunnelPeer | undefined {
  let best: { readonly peer: TunnelPeer; readonly bits: number } | undefined
  for (const peer of peers) {
    for (const block of peer.blocks) {
      if (contains(block, ip) && block.bits > (best?.bits ?? -1)) best = { peer, bits: block.bits }
    }
  }
  return best?.peer
}

function encapsulate(walk: Walk, flight: Flight, device: PeerTunnel): readonly Outcome[] {
  const peer = peerFor(device, flight.packet.dst)
  if (!peer)
    return device.carrier === 'wireguard' ? noKey(walk, flight, device) : noRoute(walk, flight, device)
  if (familyOf(peer.remote) !== familyOf(device.local)) {
    return lose(walk, flight, 'device', `${device.name} sends from no address of the family of its peer`)
  }
  return device.carrier === 'wireguard'
    ? sendOuter(walk, flight, device.name, sealed(device, peer.remote, flight.packet))
    : relay(walk, flight, device, peer.remote)
}

/** wg_xmit: ENOKEY to the sender of a datagram, and a host-unreachable to everyone. */
function noKey(walk: Walk, flight: Flight, device: PeerTunnel): readonly Outcome[] {
  const { packet } = flight
  const text = `no peer of ${device.name} is allowed ${formatIp(packet.dst)}`
  const stopped = stop(flight, 'no-neighbor', text)
  if (flight.in === undefined && packet.protocol !== TCP) {
    return walk.end(stopped, { type: 'failed', errno: 'ENOKEY' })
  }
  const answer = stackError(packet, 'hostUnreachable')
  return walk.end(stopped, answer ? { type: 'answered', answer } : { type: 'lost' })
}

/** flannel's relay writes a net-unreachable of its own into the device; never about ICMP. */
function noRoute(walk: Walk, flight: Flight, device: PeerTunnel): readonly Outcome[] {
  const { packet } = flight
  const text = `the relay behind ${device.name} has no node for ${formatIp(packet.dst)}`
  const stopped = stop(flight, 'no-neighbor', text)
  const error = isIcmp(packet.protocol) ? undefined : stackError(packet, 'netUnreachable')
  const own = device.addresses.find(({ ip }) => typeof ip === typeof packet.dst)?.ip
  if (!error || own === undefined) return walk.end(stopped, { type: 'lost' })
  return walk.end(stopped, { type: 'answered', answer: { ...error, src: own, ttl: 8 } })
}

/** A program's datagram: its relay counts the TTL down, silently. A socket's default is to set DF on what fits. */
function relay(walk: Walk, flight: Flight, device: PeerTunnel, remote: Ip): readonly Outcome[] {
  const inner: Packet = { ...flight.packet, ttl: flight.packet.ttl - 1, mark: 0 }
  if (inner.ttl === 0)
    return lose(walk, flight, 'ttl', 'its time to live is over in the relay, which says nothing')
  const header = familyOf(remote) === 4 ? 28 : 48
  const outer: OuterPacket = {
    ...datagram(device, remote),
    length: frameLength(inner) + header,
    dontFragment: true,
    tunnel: { kind: 'udp', inner },
  }
  return sendOuter(walk, flight, device.name, outer, { noRoom: cutOuter })
}

/** wg_packet_encrypt_worker: padded to 16 bytes, but not beyond the device's MTU; 32 bytes of header and tag. */
function sealed(device: PeerTunnel, remote: Ip, inner: Packet): OuterPacket {
  const length = frameLength(inner)
  const padded = Math.max(length, Math.min(device.mtu, Math.ceil(length / 16) * 16))
  const headers = (familyOf(remote) === 4 ? 28 : 48) + 32
  return {
    ...datagram(device, remote),
    length: padded + headers,
    dontFragment: false,
    mark: device.mark ?? 0,
    tunnel: { kind: 'wireguard', sender: device.local, inner: { ...inner, mark: 0 } },
  }
}

function datagram({ local, port }: PeerTunnel, remote: Ip) {
  return { src: local, dst: remote, protocol: UDP, sport: port, dport: port, tcpFlags: 0, ttl: 64, mark: 0 }
}

function unwrap(device: PeerTunnel, { src, tunnel }: OuterPacket): Unwrapped {
  const { inner, sender } = tunnel
  if (device.carrier === 'udp') {
    if (inner.ttl > 1) return { type: 'packet', inner: { ...inner, ttl: inner.ttl - 1 } }
    return { type: 'lost', reason: 'ttl', text: 'its time to live is over in the relay, which says nothing' }
  }
  const lost = (text: string): Unwrapped => ({ type: 'lost', reason: 'no-neighbor', text })
  const peer =
    device.peers.find(({ remote }) => remote === sender) ?? device.peers.find(({ remote }) => remote === src)
  if (!peer) return lost(`${device.name} knows no peer at ${formatIp(src)}`)
  // wg_allowedips_lookup_src: cryptokey routing holds for both directions.
  return peerFor(device, inner.src) === peer
    ? { type: 'packet', inner }
    : lost(`${device.name}: the peer at ${formatIp(src)} is not allowed the source ${formatIp(inner.src)}`)
}

function claim(device: PeerTunnel, { protocol, dst, dport, tunnel }: OuterPacket): number | undefined {
  if (protocol !== UDP || tunnel.kind !== device.carrier || dport !== device.port) return undefined
  // WireGuard listens on every address, the relay on its node's.
  return device.carrier === 'wireguard' || dst === device.local ? 1 : undefined
}

/** WireGuard (wg_xmit, wg_packet_consume_data_done), and flannel's relay between a tun device and a UDP socket. */
export function peerTunnel(device: PeerTunnel): Tunnel {
  return {
    device,
    encapsulate: (walk, flight) => encapsulate(walk, flight, device),
    claim: (outer) => claim(device, outer),
    unwrap: (outer) => unwrap(device, outer),
  }
}
