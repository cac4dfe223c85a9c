import { fnv1a } from '../../base/hash.ts'
import type { Ip } from '../../base/ip.ts'
import { familyOf } from '../../base/ip.ts'
import type { Packet } from '../../base/packet.ts'
import { UDP } from '../../base/packet.ts'
import type { Device } from '../../model/network.ts'
import type { Flight, Outcome, Walk } from '../flight.ts'
import { lose, note } from '../flight.ts'
import { learntRemote } from '../frame-way.ts'
import { resolveNeighbor } from '../neighbor.ts'
import { frameLength } from '../size.ts'
import { unanswered } from '../unanswered.ts'
import type { OuterPacket, Tunnel } from './kind.ts'
import { sendOuter } from './outer.ts'
import { answerFrame, rememberRoom } from './room.ts'

/** A device that carries frames in UDP datagrams. */
export type FrameTunnel = Device & { readonly type: 'vxlan' | 'geneve' }

/** Bytes that VXLAN, and Geneve without options, add to the inner IP packet: Ethernet, tunnel, UDP and IP headers. */
function overhead(family: 4 | 6): number {
  return 14 + 8 + 8 + (family === 4 ? 20 : 40)
}

/**
 * udp_flow_src_port: the inner flow chooses the port, so that the underlay can spread flows. VXLAN draws from
 * net.ipv4.ip_local_port_range, Geneve from 1 up; the upper end is never drawn.
 */
const sourcePorts = {
  vxlan: { first: 32768, last: 60999 },
  geneve: { first: 1, last: 65535 },
}

function sourcePort(type: FrameTunnel['type'], { src, sport, dst, dport }: Packet): number {
  const { first, last } = sourcePorts[type]
  return first + (fnv1a(`${src} ${sport} ${dst} ${dport}`) % (last - first))
}

/** The addresses of a frame. */
interface Frame {
  readonly to: string
  readonly from: string | undefined
}

/** The MAC under which `bridge fdb` lists where floods go. */
const everybody = '00:00:00:00:00:00'

/**
 * A packet that is routed into the device: the next hop's frame address comes from the neighbour table, which flannel
 * and Calico fill for good; where the tunnel floods, it is asked for.
 */
function encapsulate(walk: Walk, flight: Flight, device: FrameTunnel, nextHop: Ip): readonly Outcome[] {
  const mac = addressOf(walk, flight, device, nextHop)
  if (mac === undefined) return unanswered(walk, flight, device.name, nextHop)
  const asked = note(flight, { type: 'neighbor', ip: nextHop, device: device.name, found: true })
  return sendFrameInside(walk, asked, device, { to: mac, from: device.mac })
}

function addressOf(walk: Walk, { netns }: Flight, device: FrameTunnel, ip: Ip): string | undefined {
  const floods = device.forwarding.filter(({ mac }) => mac === everybody)
  if (floods.length > 0) {
    return resolveNeighbor(walk.network, { netns, device: { ...device, forwarding: floods } }, ip)?.mac
  }
  return netns.neighbors?.find((one) => one.ip === ip && one.device === device.name)?.mac
}

/**
 * Mirrors vxlan_xmit and geneve_xmit: the forwarding table has the tunnel end for the frame's address, or a bridge's
 * tunnel has learnt it; the outer datagram is the namespace's own packet.
 */
export function sendFrameInside(
  walk: Walk,
  flight: Flight,
  device: FrameTunnel,
  frame: Frame,
): readonly Outcome[] {
  const stated = device.forwarding.find((one) => one.mac === frame.to)?.remote
  const learns = device.master !== undefined || device.forwarding.some(({ mac }) => mac === everybody)
  const remote = stated ?? (learns ? learntRemote(walk.network, device, frame.to) : undefined)
  if (remote === undefined) {
    return lose(walk, flight, 'no-neighbor', `no forwarding entry for ${frame.to} on ${device.name}`)
  }
  const noRoom = device.master === undefined ? rememberRoom : answerFrame(device)
  const outer = wrap(device, remote, frame, flight)
  return sendOuter(walk, flight, device.name, outer, { noRoom })
}

function wrap(device: FrameTunnel, remote: Ip, { to, from }: Frame, flight: Flight): OuterPacket {
  const { packet: inner, tracking } = flight
  const wrongChecksum = device.checksumFault && tracking?.connection?.sourceTranslated
  return {
    src: device.local,
    dst: remote,
    protocol: UDP,
    sport: sourcePort(device.type, inner),
    dport: device.port,
    tcpFlags: 0,
    ttl: 64,
    length: frameLength(inner) + overhead(familyOf(device.local)),
    // An outer IPv6 packet is never cut, not even by its own sender.
    dontFragment: familyOf(device.local) === 6,
    mark: inner.mark,
    tunnel: {
      kind: device.type,
      vni: identityOf(device, inner.mark) ?? device.vni,
      mac: to,
      ...(from !== undefined && { sourceMac: from }),
      ...(wrongChecksum && { wrongChecksum }),
      inner,
    },
  }
}

/** MARK_MAGIC_IDENTITY: the upper half of such a mark is the identity of the sender. */
const identityBits = 0xf00

function identityOf({ identities }: FrameTunnel, mark: number): number | undefined {
  return identities && (mark & identityBits) === identityBits ? mark >>> 16 : undefined
}

function markOf({ identities }: FrameTunnel, vni: number | undefined, mark: number): number {
  return identities && vni ? ((vni << 16) | identityBits) >>> 0 : mark
}

/** VXLAN and Geneve: mirrors vxlan_rcv and geneve_udp_encap_recv, which find the device by port and network. The mark stays. */
export function frameTunnel(device: FrameTunnel): Tunnel {
  return {
    device,
    encapsulate: (walk, flight, nextHop) => encapsulate(walk, flight, device, nextHop),
    claim: ({ protocol, dport, tunnel }) => {
      const isOwn = device.identities || device.vni === tunnel.vni
      return protocol === UDP && tunnel.kind === device.type && device.port === dport && isOwn ? 1 : undefined
    },
    unwrap: ({ mark, tunnel: { inner, vni, mac, sourceMac, wrongChecksum } }) =>
      wrongChecksum
        ? { type: 'lost', reason: 'checksum', text: 'the UDP checksum of the tunnel’s packet is wrong' }
        : {
            type: 'packet',
            inner: { ...inner, mark: markOf(device, vni, mark) },
            ...(mac !== undefined && { mac }),
            ...(sourceMac !== undefined && { frameSource: sourceMac }),
          },
  }
}
