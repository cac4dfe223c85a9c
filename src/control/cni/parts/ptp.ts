import { bitsOf, familyOf } from '../../../base/ip.ts'
import type { ClusterPod } from '../../../model/cluster.ts'
import type { Device, Route } from '../../../model/network.ts'
import { macOf, macOfName, vethName } from '../../device-names.ts'
import { everything, hostRoute, route } from '../../routes.ts'
import type { CniContext, CniPod } from '../cni.ts'
import { gatewayOf, podBits, podBlock } from './pod-block.ts'

/** The CNI plugin `ptp` with host-local: a routed veth pair for each pod, the gateway's address on every node end. */
export function ptpDevices({ node, pods, mtu }: CniContext, component: string): readonly Device[] {
  return pods.map((pod) => {
    const gateways = pod.ips.flatMap((ip) => gatewayOf(node, familyOf(ip)) ?? [])
    const name = vethName(pod)
    return {
      type: 'veth',
      name,
      mtu,
      mac: macOfName(`${node.name} ${name}`),
      addresses: gateways.map((ip) => ({ ip, bits: bitsOf(familyOf(ip)) })),
      peer: { netns: `pod/${pod.namespace}/${pod.name}`, device: 'eth0' },
      origin: { component, subject: pod.ref },
    }
  })
}

/** The node's routes to its pods. */
export function ptpRoutes(pods: readonly ClusterPod[], component: string): readonly Route[] {
  return pods.flatMap((pod) =>
    pod.ips.map((ip) =>
      hostRoute(ip, vethName(pod), { scope: 'host', origin: { component, subject: pod.ref } }),
    ),
  )
}

/** The pod's end: the gateway on the link, then everything by it, neighbour pods included. */
export function ptpPod({ node, mtu }: CniContext, pod: ClusterPod, component: string): CniPod {
  const origin = { component, subject: pod.ref }
  const routes = pod.ips.flatMap((ip): Route[] => {
    const gateway = gatewayOf(node, familyOf(ip))
    const own = podBlock(node, familyOf(ip))
    if (gateway === undefined || !own) return []
    return [
      hostRoute(gateway, 'eth0', { source: ip, origin }),
      route(own, 'eth0', { via: gateway, source: ip, origin }),
      route(everything(familyOf(ip)), 'eth0', { via: gateway, origin }),
    ]
  })
  const eth0: Device = {
    type: 'veth',
    name: 'eth0',
    mtu,
    mac: macOf('0a:58', pod.ips[0] ?? 0),
    addresses: pod.ips.map((ip) => ({ ip, bits: podBits(node, ip) })),
    peer: { netns: `node/${node.name}`, device: vethName(pod) },
    origin,
  }
  return { devices: [eth0], routes }
}
