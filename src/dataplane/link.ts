import type { Device, Netns, NetnsId, Network } from '../model/network.ts'

/** A device in its namespace. */
export interface Attachment {
  readonly netns: Netns
  readonly device: Device
}

/** Where frames to one MAC go when they are sent by one device: the device at the other end of the wire. */
export interface FrameTarget {
  /** The device that the frame reaches first: the owner of the MAC, or a bridge port on the way to it. */
  readonly at: Attachment
  readonly mac: string
}

/** Frames to one MAC go into a tunnel: the sender's own device carries them on. */
export interface TunnelWay {
  readonly tunnel: Device & { readonly type: 'vxlan' | 'geneve' }
  readonly mac: string
}

/** Where frames to one MAC go: onto a wire, or into a tunnel. */
export type FrameWay = FrameTarget | TunnelWay

const devicesByName = new WeakMap<Netns, ReadonlyMap<string, Device>>()

/** The namespace's device of this name. */
export function deviceOf(netns: Netns, name: string): Device | undefined {
  const known = devicesByName.get(netns)
  if (known) return known.get(name)
  const made = new Map(netns.devices.map((device) => [device.name, device]))
  devicesByName.set(netns, made)
  return made.get(name)
}

/** A namespace's device, if both are there and the device is up. */
export function attachment(network: Network, netnsId: NetnsId, deviceName: string): Attachment | undefined {
  const netns = network.namespaces.get(netnsId)
  const device = netns && deviceOf(netns, deviceName)
  return netns && device && !device.down ? { netns, device } : undefined
}

/** The device at the other end of a veth pair. */
export function wireEnd(network: Network, device: Device): Attachment | undefined {
  return device.type === 'veth' ? attachment(network, device.peer.netns, device.peer.device) : undefined
}
