import type { Ip } from '../base/ip.ts'
import type { Device, Netns, Network } from '../model/network.ts'
import type { Attachment, FrameWay } from './link.ts'
import { attachment, deviceOf, wireEnd } from './link.ts'
import { holderOf, otherPorts, segmentOf } from './segment.ts'

/** A port of a bridge. */
export interface BridgePort {
  readonly port: Device
  /** The device at the other end of its wire, if the port is one of a veth pair. */
  readonly far: Attachment | undefined
  /** The one host behind the port, unless another bridge or several hosts are. */
  readonly host: Attachment | undefined
}

/** What is known of one network's bridges: their ports, and behind which a MAC was found. */
interface BridgeIndex {
  readonly ports: Map<string, readonly BridgePort[]>
  readonly learnt: Map<string, BridgePort | undefined>
}

const bridgeIndexes = new WeakMap<Network, BridgeIndex>()

function indexOf(network: Network): BridgeIndex {
  const known = bridgeIndexes.get(network)
  if (known) return known
  const made: BridgeIndex = { ports: new Map(), learnt: new Map() }
  bridgeIndexes.set(network, made)
  return made
}

/** The ports of a bridge that lead anywhere. */
export function bridgePorts(network: Network, netns: Netns, bridge: string): readonly BridgePort[] {
  const { ports } = indexOf(network)
  const known = ports.get(`${netns.id} ${bridge}`)
  if (known) return known
  const made = netns.devices.flatMap((port): BridgePort[] => {
    if (port.master !== bridge || port.down) return []
    const far = wireEnd(network, port)
    const host = far?.device.master === undefined ? far : undefined
    return far || leadsOn(port) ? [{ port, far, host }] : []
  })
  ports.set(`${netns.id} ${bridge}`, made)
  return made
}

/** Whether the port leads to several devices: a segment's, or those of the tunnel's remote ends. */
function leadsOn({ type }: Device): boolean {
  return type === 'ethernet' || type === 'vxlan' || type === 'geneve'
}

/** The bridge port behind which a MAC is: what the bridge has learnt from the MAC's own frames. */
export function portOfMac(
  network: Network,
  netns: Netns,
  bridge: string,
  mac: string,
): BridgePort | undefined {
  const ports = bridgePorts(network, netns, bridge)
  const known = ports.find(({ host }) => host?.device.mac === mac)
  if (known || ports.every(({ host }) => host)) return known
  const { learnt } = indexOf(network)
  const key = `${netns.id} ${bridge} ${mac}`
  if (!learnt.has(key)) {
    const passed = [bridgeKey(netns, bridge)]
    learnt.set(
      key,
      ports.find((one) => !one.host && isBeyond(network, { netns, device: one.port }, mac, passed)),
    )
  }
  return learnt.get(key)
}

/** Names a bridge on the way of a search, so that it is not asked twice. */
export function bridgeKey(netns: Netns, bridge: string): string {
  return `${netns.id} ${bridge}`
}

/** Whether a frame to the MAC that leaves by the device can come to the MAC's owner. */
function isBeyond(network: Network, from: Attachment, mac: string, passed: readonly string[]): boolean {
  return farEnds(network, from).some((at) => comesTo(network, at, mac, passed))
}

/** Whether a frame that arrives at the device is for it, or for a device behind the bridge that it is a port of. */
function comesTo(
  network: Network,
  { netns, device }: Attachment,
  mac: string,
  passed: readonly string[],
): boolean {
  if (device.master === undefined) return device.mac === mac
  const key = bridgeKey(netns, device.master)
  if (passed.includes(key)) return false
  if (deviceOf(netns, device.master)?.mac === mac) return true
  return bridgePorts(network, netns, device.master).some(
    ({ port }) =>
      port.name !== device.name && isBeyond(network, { netns, device: port }, mac, [...passed, key]),
  )
}

/** The devices that a frame can reach when it leaves by this one. */
function farEnds(network: Network, from: Attachment): readonly Attachment[] {
  const { device } = from
  const far = wireEnd(network, device)
  if (far) return [far]
  if (device.type === 'vxlan' || device.type === 'geneve') {
    return remotesOf(device).flatMap((remote) => remoteEnd(network, device, remote) ?? [])
  }
  if (device.type !== 'ethernet') return []
  return otherPorts(segmentOf(network, device.segment), from).flatMap(
    ({ netns, device: name }) => attachment(network, netns, name) ?? [],
  )
}

type FrameTunnel = Device & { readonly type: 'vxlan' | 'geneve' }

/** The remote ends of a tunnel that carries frames, each once. */
export function remotesOf({ forwarding }: FrameTunnel): readonly Ip[] {
  return [...new Set(forwarding.map(({ remote }) => remote))]
}

/** The device of the same network at a remote end, if there is one and it is up. */
export function remoteEnd(network: Network, tunnel: FrameTunnel, remote: Ip): Attachment | undefined {
  const netns = holderOf(network, remote)
  const device = netns?.devices.find(
    (one) => one.type === tunnel.type && one.vni === tunnel.vni && one.port === tunnel.port && !one.down,
  )
  return netns && device ? { netns, device } : undefined
}

/** The remote end behind which a MAC is, as the tunnel learns it from the MAC's own frames. */
export function learntRemote(network: Network, tunnel: FrameTunnel, mac: string): Ip | undefined {
  return remotesOf(tunnel).find((remote) => {
    const end = remoteEnd(network, tunnel, remote)
    return end && comesTo(network, end, mac, [])
  })
}

/** Where a frame to this MAC goes from the device, if the MAC is known already. */
export function frameWay(network: Network, from: Attachment, mac: string): FrameWay | undefined {
  const { device, netns } = from
  switch (device.type) {
    case 'veth': {
      const far = wireEnd(network, device)
      return far && { at: far, mac }
    }
    case 'bridge': {
      const port = portOfMac(network, netns, device.name, mac)
      return port && frameWay(network, { netns, device: port.port }, mac)
    }
    case 'vxlan':
    case 'geneve':
      return { tunnel: device, mac }
    case 'ethernet': {
      const at = farEnds(network, from).find((one) => comesTo(network, one, mac, []))
      return at && { at, mac }
    }
    default:
      return undefined
  }
}
