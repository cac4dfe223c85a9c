import type { Packet } from '../../base/packet.ts'
import type { Device, Netns } from '../../model/network.ts'
import { frameTunnel } from './frame-tunnel.ts'
import { ipTunnel } from './ip-tunnel.ts'
import type { OuterPacket, Tunnel } from './kind.ts'
import { peerTunnel } from './peer-tunnel.ts'

/** The device as a tunnel, if it is one. */
export function tunnelOf(device: Device): Tunnel | undefined {
  switch (device.type) {
    case 'vxlan':
    case 'geneve':
      return frameTunnel(device)
    case 'iptunnel':
      return ipTunnel(device)
    case 'tun':
      return peerTunnel(device)
    default:
      return undefined
  }
}

/** The device that takes a tunnel's packet, if the namespace has one for it that is up. */
export function tunnelEnd(netns: Netns, outer: OuterPacket): Tunnel | undefined {
  let best: { readonly tunnel: Tunnel; readonly fit: number } | undefined
  for (const device of netns.devices) {
    const tunnel = device.down ? undefined : tunnelOf(device)
    const fit = tunnel?.claim(outer)
    if (tunnel && fit !== undefined && fit > (best?.fit ?? 0)) best = { tunnel, fit }
  }
  return best?.tunnel
}

/** Whether the packet carries another. */
export function isOuter(packet: Packet): packet is OuterPacket {
  return packet.tunnel !== undefined
}
