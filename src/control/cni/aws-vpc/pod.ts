import { sha1Hex } from '../../../base/hash.ts'
import { bitsOf, familyOf, parseIp } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { ClusterPod } from '../../../model/cluster.ts'
import type { Device, Neighbor } from '../../../model/network.ts'
import { macOf, macOfName } from '../../device-names.ts'
import { everything, hostRoute, route } from '../../routes.ts'
import type { CniPod } from '../cni.ts'
import type { AwsVpcSettings } from './settings.ts'

/** GeneratePodHostVethName: the prefix and eleven digits of a hash, as Calico's policies expect it. */
export function eniName({ vethPrefix }: Pick<AwsVpcSettings, 'vethPrefix'>, pod: ClusterPod): string {
  return `${vethPrefix}${sha1Hex(`${pod.namespace}.${pod.name}`).slice(0, 11)}`
}

/** The pod as the one for whom something is made. */
export function podRef({ ref }: ClusterPod): Origin {
  return { component: 'aws-node', subject: ref }
}

/** The node's end of a pod's veth pair: it has no address, and nothing answers for the pod's router there. */
export function nodeEnd(settings: AwsVpcSettings, node: string, pod: ClusterPod): Device {
  const name = eniName(settings, pod)
  return {
    type: 'veth',
    name,
    mtu: settings.mtu,
    mac: nodeEndMac(node, name),
    addresses: [],
    peer: { netns: `pod/${pod.namespace}/${pod.name}`, device: 'eth0' },
    origin: podRef(pod),
  }
}

function nodeEndMac(node: string, device: string): string {
  return macOfName(`${node} ${device}`)
}

/** What stands for the router within a pod (CalculatePodIPv4GatewayIP and its twin). */
const gateways = { 4: parseIp('169.254.1.1') ?? 0, 6: parseIp('fe80::1') ?? 0n } as const

/** An address of its own, and a router whose frame address is fixed: nobody answers for it. */
export function podParts(settings: AwsVpcSettings, pod: ClusterPod, node: string): CniPod {
  const own = podRef(pod)
  const far = eniName(settings, pod)
  const families = [...new Set(pod.ips.map(familyOf))]
  const eth0: Device = {
    type: 'veth',
    name: 'eth0',
    mtu: settings.mtu,
    mac: macOf('0a:58', pod.ips[0] ?? 0),
    addresses: pod.ips.map((ip) => ({ ip, bits: bitsOf(familyOf(ip)) })),
    peer: { netns: `node/${node}`, device: far },
    origin: own,
  }
  const neighbor = (family: 4 | 6): Neighbor => ({
    ip: gateways[family],
    mac: nodeEndMac(node, far),
    device: 'eth0',
  })
  return {
    devices: [eth0],
    routes: families.flatMap((family) => [
      hostRoute(gateways[family], 'eth0', { origin: own }),
      route(everything(family), 'eth0', { via: gateways[family], origin: own }),
    ]),
    neighbors: families.map(neighbor),
  }
}
