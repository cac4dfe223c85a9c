import type { Cluster, ClusterNode, ClusterPod } from '../model/cluster.ts'
import type { Netns } from '../model/network.ts'
import type { Applications } from './applications.ts'
import type { Cni } from './cni/cni.ts'
import { loopback } from './device-names.ts'
import { podListeners } from './listeners.ts'
import { klipper } from './load-balancer/klipper.ts'
import { uplink } from './node-namespace.ts'
import type { Underlay } from './underlay.ts'

/** Whether the pod has a network namespace of its own that works: it runs, has an address and a node. */
export function hasNamespace(pod: ClusterPod): boolean {
  return !pod.hostNetwork && pod.nodeName !== undefined && pod.ips.length > 0 && isAlive(pod)
}

export function isAlive(pod: ClusterPod): boolean {
  return pod.phase !== 'Succeeded' && pod.phase !== 'Failed'
}

/** What a pod's namespace is made from. */
export interface PodContext {
  readonly cluster: Cluster
  readonly node: ClusterNode
  readonly pod: ClusterPod
  readonly cni: Cni
  readonly underlay: Underlay
  readonly applications: Applications
}

/** The network namespace of a pod. It has no rules of its own, unless it is one of k3s's load balancers. */
export function podNamespace({ cluster, node, pod, cni, underlay, applications }: PodContext): Netns {
  const { mtu } = underlay
  const { devices, routes, neighbors } = cni.pod({ cluster, node, pods: [], uplink, mtu, underlay }, pod)
  return {
    id: podId(pod),
    role: 'pod',
    label: `pod/${pod.name}`,
    subject: pod.ref,
    devices: [loopback, ...devices],
    routes,
    ...(neighbors && { neighbors }),
    ...klipper(cluster, node, pod),
    listeners: applications.listenersOf(pod, podListeners(cluster, pod)),
  }
}

export function podId(pod: { readonly namespace: string; readonly name: string }): string {
  return `pod/${pod.namespace}/${pod.name}`
}
