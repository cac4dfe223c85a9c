import type { Cluster, ClusterNode, ClusterPod } from '../model/cluster.ts'
import type { Netns, Route } from '../model/network.ts'
import type { RuleSet } from '../netfilter/rule.ts'
import { composeRuleSet } from '../netfilter/table.ts'
import type { Applications } from './applications.ts'
import type { Cni, CniContext } from './cni/cni.ts'
import { loopback } from './device-names.ts'
import { readRoute } from './hosts.ts'
import { podListeners } from './listeners.ts'
import { klipper } from './load-balancer/klipper.ts'
import { uplink } from './node-namespace.ts'
import { withStatedMtu } from './stated-mtu.ts'
import type { Underlay } from './underlay.ts'
import { uplinkMtu } from './underlay.ts'

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

/** The network namespace of a pod. It has no rules, unless the plugin gives it some or it is one of k3s's load balancers. */
export function podNamespace({ cluster, node, pod, cni, underlay, applications }: PodContext): Netns {
  const mtu = uplinkMtu(cluster, underlay, node, cni.uplinkMtu)
  const context: CniContext = { cluster, node, pods: [], uplink, mtu, underlay }
  const { devices, routes, neighbors } = cni.pod(context, pod)
  const balancer = klipper(cluster, node, pod)
  let ruleSets: readonly RuleSet[] | undefined
  return {
    id: podId(pod),
    role: 'pod',
    label: `pod/${pod.name}`,
    subject: pod.ref,
    devices: [loopback, ...withStatedMtu(cluster, devices)],
    routes: statedRoutes(cluster, pod) ?? routes,
    ...(neighbors && { neighbors }),
    sysctls: balancer.sysctls,
    get ruleSets() {
      ruleSets ??= [...balancer.ruleSets, ...rulesOfPlugin(cni, context, pod)]
      return ruleSets
    },
    listeners: applications.listenersOf(pod, podListeners(cluster, pod)),
  }
}

/** Routes that the Environment states for the pod: then it has no others. */
function statedRoutes(
  { environment }: Cluster,
  { namespace, name }: ClusterPod,
): readonly Route[] | undefined {
  return environment.podRoutes?.[`${namespace}/${name}`]?.flatMap((text) => readRoute(text, 'eth0'))
}

function rulesOfPlugin(cni: Cni, context: CniContext, pod: ClusterPod): readonly RuleSet[] {
  return ([4, 6] as const).flatMap((family) => {
    const own = cni.podRules?.(context, pod, family) ?? []
    return own.length === 0 ? [] : [{ ...composeRuleSet(family, own), conntrack: true }]
  })
}

export function podId(pod: { readonly namespace: string; readonly name: string }): string {
  return `pod/${pod.namespace}/${pod.name}`
}
