import type { Cluster, ClusterPod, ClusterService } from '../../model/cluster.ts'
import type { Gateway } from '../../model/gateway-objects.ts'
import type { Located } from '../../model/objects.ts'
import { matchesLabels } from '../complete/selectors.ts'
import { isAlive } from '../pod-namespace.ts'

/** The label by which implementations tell what they have made for a Gateway (GEP-1762). */
export const gatewayNameLabel = 'gateway.networking.k8s.io/gateway-name'

/** The pods that serve a Gateway, and the Services in front of them. */
export interface GatewayPods {
  readonly pods: readonly ClusterPod[]
  readonly services: readonly ClusterService[]
}

/** What an implementation has made for a Gateway in the cluster, by its labels. */
export function gatewayPods({ pods, services }: Cluster, { ref }: Located<Gateway>): GatewayPods {
  const namespace = ref.namespace ?? 'default'
  const isOf = (one: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> }) =>
    (one.labels[gatewayNameLabel] === ref.name && one.namespace === namespace) ||
    (one.labels['gateway.envoyproxy.io/owning-gateway-name'] === ref.name &&
      one.labels['gateway.envoyproxy.io/owning-gateway-namespace'] === namespace)
  return { pods: pods.filter((pod) => isOf(pod) && isAlive(pod)), services: services.filter(isOf) }
}

/** The port of a pod's process that stands for a listener's: what a Service in front of it translates to. */
export function containerPort(pod: ClusterPod, port: number, services: readonly ClusterService[]): number {
  for (const service of services) {
    const selects = service.selector && matchesLabels(service.selector, pod.labels)
    const found = selects ? service.ports.find((one) => one.port === port) : undefined
    if (!found) continue
    if (typeof found.targetPort === 'number') return found.targetPort
    const named = pod.ports.find((one) => one.name === found.targetPort)
    if (named) return named.port
  }
  return port
}
