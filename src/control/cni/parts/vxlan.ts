import type { Cidr, Ip } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { Device, ForwardingEntry, Neighbor, Route } from '../../../model/network.ts'
import { route } from '../../routes.ts'

/** One remote node, as a routed VXLAN overlay knows it. */
export interface Vtep {
  /** What lies behind it. */
  readonly blocks: readonly Cidr[]
  /** The address of its VXLAN device, by which those are routed. */
  readonly gateway: Ip
  readonly mac: string
  /** Where its datagrams go. */
  readonly remote: Ip
  readonly origin: Origin
}

/** A VXLAN device, and what is fixed for each remote node: a route, a neighbour, an entry of the forwarding table. */
export interface VxlanOverlay {
  readonly device: Device
  readonly routes: readonly Route[]
  readonly neighbors: readonly Neighbor[]
}

/** The overlay of a daemon that programs every remote node itself, without flooding (nolearning): flannel, Calico, Canal; Geneve alike. */
export function vxlanOverlay(
  device: Omit<Device & { readonly type: 'vxlan' }, 'type' | 'forwarding'>,
  vteps: readonly Vtep[],
  type: 'vxlan' | 'geneve' = 'vxlan',
): VxlanOverlay {
  const forwarding: readonly ForwardingEntry[] = vteps.map(({ mac, remote }) => ({ mac, remote }))
  return {
    device: { ...device, type, forwarding },
    routes: vteps.flatMap(({ blocks, gateway: via, origin }) =>
      blocks.map((one) => route(one, device.name, { via, onlink: true, origin })),
    ),
    neighbors: vteps.map(({ gateway: ip, mac }) => ({ ip, mac, device: device.name })),
  }
}
