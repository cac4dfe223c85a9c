import type { Ip } from '../../../base/ip.ts'
import { bitsOf, familyOf } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { ClusterNode, ClusterPod } from '../../../model/cluster.ts'
import type { Device, Route } from '../../../model/network.ts'
import { macOf, macOfName } from '../../device-names.ts'
import { everything, hostRoute, route } from '../../routes.ts'
import type { CniPod } from '../cni.ts'

/** Pods with an address of their own and nothing else on the link: everything goes by a gateway that the node answers for. */
export interface RoutedPods {
  readonly component: string
  readonly mtu: number
  /** The node's device that leads to the pod. */
  deviceOf(pod: ClusterPod): string
  /** The pod's default gateway. */
  gatewayOf(family: 4 | 6): Ip | undefined
  /** The frame address of the node's end, where it is the same on every node. */
  readonly mac?: string
  /** `src` of the node's routes to its pods. */
  sourceOf?(family: 4 | 6): Ip | undefined
  /** `mtu` of the pod's default route. */
  readonly routeMtu?: number
}

function macAt(node: ClusterNode, name: string, { mac }: RoutedPods): string {
  return mac ?? macOfName(`${node.name} ${name}`)
}

/** The node's ends of the veth pairs: without an address. */
export function routedNodeEnds(
  node: ClusterNode,
  pods: readonly ClusterPod[],
  options: RoutedPods,
): readonly Device[] {
  return pods.map((pod) => {
    const name = options.deviceOf(pod)
    return {
      type: 'veth',
      name,
      mtu: options.mtu,
      mac: macAt(node, name, options),
      addresses: [],
      peer: { netns: `pod/${pod.namespace}/${pod.name}`, device: 'eth0' },
      origin: { component: options.component, subject: pod.ref },
    }
  })
}

/** The node's routes to its own pods. */
export function routedNodeRoutes(pods: readonly ClusterPod[], options: RoutedPods): readonly Route[] {
  return pods.flatMap((pod) =>
    pod.ips.map((ip) => {
      const source = options.sourceOf?.(familyOf(ip))
      const origin: Origin = { component: options.component, subject: pod.ref }
      return hostRoute(ip, options.deviceOf(pod), { ...(source !== undefined && { source }), origin })
    }),
  )
}

/** The pod's end: its address alone, the gateway on the link, and the gateway's frame address, which is known beforehand. */
export function routedPod(node: ClusterNode, pod: ClusterPod, options: RoutedPods): CniPod {
  const { component, mtu, routeMtu } = options
  const origin: Origin = { component, subject: pod.ref }
  const peer = options.deviceOf(pod)
  const eth0: Device = {
    type: 'veth',
    name: 'eth0',
    mtu,
    mac: macOf('0a:58', pod.ips[0] ?? 0),
    addresses: pod.ips.map((ip) => ({ ip, bits: bitsOf(familyOf(ip)) })),
    peer: { netns: `node/${node.name}`, device: peer },
    origin,
  }
  const gateways = pod.ips.flatMap((ip) => options.gatewayOf(familyOf(ip)) ?? [])
  return {
    devices: [eth0],
    routes: gateways.flatMap((via) => [
      hostRoute(via, 'eth0', { origin }),
      {
        ...route(everything(familyOf(via)), 'eth0', { via, origin }),
        ...(routeMtu !== undefined && { mtu: routeMtu }),
      },
    ]),
    neighbors: gateways.map((ip) => ({ ip, mac: macAt(node, peer, options), device: 'eth0' })),
  }
}
