import type { Cidr } from '../../../base/ip.ts'
import { familyOf } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { ClusterNode, ClusterPod } from '../../../model/cluster.ts'
import type { Device, Route } from '../../../model/network.ts'
import { macOf, macOfName, vethName } from '../../device-names.ts'
import { connected, everything, route } from '../../routes.ts'
import type { CniPod } from '../cni.ts'
import { gatewayOf, podBits, podBlock } from './pod-block.ts'

/** How the CNI plugin `bridge` is configured, with host-local for the addresses. */
export interface BridgeOptions {
  readonly component: string
  /** The bridge's name: `cni0`, `cbr0`, `kube-bridge`. */
  readonly bridge: string
  readonly mtu: number
  /** `hairpinMode` of the ports, or the bridge in promiscuous mode, which lets a pod reach itself as well. */
  readonly hairpin: boolean
  /** Further blocks that pods reach by the gateway (`ipam.routes`), beside the default route. */
  readonly routes?: readonly Cidr[]
}

/** Mirrors `bridge` with isGateway: the bridge, with its gateway addresses, and a port for each pod. It is made with the first pod. */
export function bridgeDevices(
  node: ClusterNode,
  pods: readonly ClusterPod[],
  options: BridgeOptions,
): readonly Device[] {
  if (pods.length === 0) return []
  const { component, bridge, mtu, hairpin } = options
  const addresses = ([4, 6] as const).flatMap((family) => {
    const ip = gatewayOf(node, family)
    const block = podBlock(node, family)
    return ip === undefined || !block ? [] : [{ ip, bits: block.bits }]
  })
  const mac = macOfName(`${node.name} ${bridge}`)
  return [
    { type: 'bridge', name: bridge, mtu, mac, addresses, origin: { component } },
    ...pods.map((pod): Device => {
      const name = vethName(pod)
      return {
        type: 'veth',
        name,
        mtu,
        mac: macOfName(`${node.name} ${name}`),
        addresses: [],
        master: bridge,
        hairpin,
        peer: { netns: `pod/${pod.namespace}/${pod.name}`, device: 'eth0' },
        origin: { component, subject: pod.ref },
      }
    }),
  ]
}

/** The connected routes of the bridge. */
export function bridgeRoutes(devices: readonly Device[]): readonly Route[] {
  return devices
    .filter((device) => device.type === 'bridge')
    .flatMap((bridge) =>
      bridge.addresses.map(({ ip, bits }) => ({
        ...connected(bridge.name, ip, bits),
        ...(bridge.origin && { origin: bridge.origin }),
      })),
    )
}

/** What the plugin gives to a pod: an address of the node's block with its prefix length, and the gateway for everything else. */
export function bridgedPod(node: ClusterNode, pod: ClusterPod, options: BridgeOptions): CniPod {
  const origin: Origin = { component: options.component, subject: pod.ref }
  const addresses = pod.ips.map((ip) => ({ ip, bits: podBits(node, ip) }))
  const eth0: Device = {
    type: 'veth',
    name: 'eth0',
    mtu: options.mtu,
    mac: macOf('0a:58', pod.ips[0] ?? 0),
    addresses,
    peer: { netns: `node/${node.name}`, device: vethName(pod) },
    origin,
  }
  const routes = addresses.flatMap(({ ip, bits }): readonly Route[] => {
    const family = familyOf(ip)
    const via = gatewayOf(node, family)
    const further = (options.routes ?? []).filter((one) => familyOf(one.first) === family)
    return [
      { ...connected('eth0', ip, bits), origin },
      ...(via === undefined
        ? []
        : [...further, everything(family)].map((one) => route(one, 'eth0', { via, origin }))),
    ]
  })
  return { devices: [eth0], routes }
}
