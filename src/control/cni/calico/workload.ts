import type { Ip } from '../../../base/ip.ts'
import { bitsOf, cidrOf, familyOf, hostCidr } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { ClusterNode, ClusterPod } from '../../../model/cluster.ts'
import type { Device, Route } from '../../../model/network.ts'
import { macOfName } from '../../device-names.ts'
import { everything, hostRoute, route } from '../../routes.ts'
import type { CniContext, CniNode, CniPod } from '../cni.ts'
import { workloadDevice } from './names.ts'

/** How Calico's CNI plugin connects pods: with a routed veth pair each, whose node's end answers every ARP request. */
export interface WorkloadOptions {
  readonly component: string
  /** What the names of the nodes' ends begin with. */
  readonly prefix: string
  readonly mtu: number
}

/** The gateway that every pod is told of; the node answers for it by proxy ARP, and nobody has it. */
const gateway4: Ip = 0xa9fe0101
const nodeMac = 'ee:ee:ee:ee:ee:ee'
/** The link-local address that follows from that MAC (RFC 4291, appendix A). */
const gateway6: Ip = 0xfe80_0000_0000_0000_ecee_eeff_feee_eeeen

function originOf({ component }: WorkloadOptions, pod: ClusterPod): Origin {
  return { component, subject: pod.ref }
}

function hasIpv6(pod: ClusterPod): boolean {
  return pod.ips.some((ip) => familyOf(ip) === 6)
}

/** A node's ends, the route to each pod, and the switches of each device (configureProcSysForInterface of Felix). */
export function workloadsOnNode(
  pods: readonly ClusterPod[],
  options: WorkloadOptions,
  rpFilter: number,
): CniNode {
  return {
    devices: pods.map((pod) => nodeEnd(pod, options)),
    routes: pods.flatMap((pod) => podRoutes(pod, options)),
    sysctls: Object.assign({}, ...pods.map((pod) => deviceSysctls(pod, options, rpFilter))),
  }
}

function nodeEnd(pod: ClusterPod, options: WorkloadOptions): Device {
  return {
    type: 'veth',
    name: workloadDevice(options.prefix, pod),
    mtu: options.mtu,
    mac: nodeMac,
    addresses: hasIpv6(pod) ? [{ ip: gateway6, bits: 64 }] : [],
    peer: { netns: `pod/${pod.namespace}/${pod.name}`, device: 'eth0' },
    origin: originOf(options, pod),
  }
}

function podRoutes(pod: ClusterPod, options: WorkloadOptions): readonly Route[] {
  const device = workloadDevice(options.prefix, pod)
  return pod.ips.map((ip) => route(hostCidr(ip), device, { scope: 'link', origin: originOf(options, pod) }))
}

function deviceSysctls(
  pod: ClusterPod,
  options: WorkloadOptions,
  rpFilter: number,
): Readonly<Record<string, number>> {
  const device = workloadDevice(options.prefix, pod)
  return {
    [`net.ipv4.conf.${device}.route_localnet`]: 1,
    [`net.ipv4.neigh.${device}.proxy_delay`]: 0,
    [`net.ipv4.conf.${device}.proxy_arp`]: 1,
    [`net.ipv4.conf.${device}.forwarding`]: 1,
    [`net.ipv4.conf.${device}.rp_filter`]: rpFilter,
    [`net.ipv6.conf.${device}.accept_ra`]: 0,
    ...(hasIpv6(pod) && {
      [`net.ipv6.conf.${device}.proxy_ndp`]: 1,
      [`net.ipv6.conf.${device}.forwarding`]: 1,
    }),
  }
}

/** A pod's end: an address that is alone on its network, and everything by the gateway. */
export function workloadPod(node: ClusterNode, pod: ClusterPod, options: WorkloadOptions): CniPod {
  const origin = originOf(options, pod)
  const eth0: Device = {
    type: 'veth',
    name: 'eth0',
    mtu: options.mtu,
    mac: macOfName(`eth0 ${pod.namespace}/${pod.name}`),
    addresses: pod.ips.map((ip) => ({ ip, bits: bitsOf(familyOf(ip)) })),
    peer: { netns: `node/${node.name}`, device: workloadDevice(options.prefix, pod) },
    origin,
  }
  const routes = pod.ips.flatMap((ip): readonly Route[] => {
    const family = familyOf(ip)
    const via = family === 4 ? gateway4 : gateway6
    const onward = route(everything(family), 'eth0', { via, origin })
    return family === 4
      ? [hostRoute(via, 'eth0', { scope: 'link', origin }), onward]
      : [linkLocal(origin), onward]
  })
  return { devices: [eth0], routes }
}

/** The connected route of the link-local address that the kernel gives the device. */
function linkLocal(origin: Origin): Route {
  return { ...route(cidrOf(gateway6, 64), 'eth0', { origin }), protocol: 'kernel' }
}

/** Felix gives each pod's device what new devices have. */
export function defaultReversePath({ cluster, node }: CniContext): number {
  const stated = cluster.environment.nodes?.[node.name]?.sysctl?.['net.ipv4.conf.default.rp_filter']
  return stated ?? 2
}
