import { familyOf } from '../../base/ip.ts'
import type { Cluster, ClusterNode, ClusterService } from '../../model/cluster.ts'

const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers'
const toBeDeleted = 'ToBeDeletedByClusterAutoscaler'

/** What strconv.ParseBool takes for false; what is neither true nor false leaves a node out as well. */
const falseTexts: readonly string[] = ['0', 'f', 'F', 'false', 'FALSE', 'False']

/**
 * Mirrors the service controller's nodeIncludedPredicate, nodeUnTaintedPredicate and nodeNotDeletedPredicate. A
 * cordoned node stays in; that the exclusion label's value counts is new in 1.34.
 */
export function isInBalancers({ labels, taints, minorVersion, source }: ClusterNode): boolean {
  const excluded = labels[excludeLabel]
  const included = excluded === undefined || (minorVersion >= 34 && falseTexts.includes(excluded))
  const deleted = source?.object.metadata.deletionTimestamp !== undefined
  return included && !deleted && !taints.some((taint) => taint.key === toBeDeleted)
}

/**
 * The nodes that a balancer sends to: ready, not excluded by label, and under externalTrafficPolicy Local with a
 * ready endpoint of their own, which is what kube-proxy's health check port tells.
 */
export function healthyNodes(
  cluster: Cluster,
  service: ClusterService,
  family: 4 | 6,
): readonly ClusterNode[] {
  const reachable = cluster.nodes.filter(
    (node) => node.ready && isInBalancers(node) && node.addresses.some((ip) => familyOf(ip) === family),
  )
  if (!service.externalLocal) return reachable
  const local = nodesWithEndpoints(cluster, service, ({ ready }) => ready)
  return reachable.filter((node) => local.has(node.name))
}

/** The nodes that have an endpoint of the Service in a certain state. */
export function nodesWithEndpoints(
  cluster: Pick<Cluster, 'endpointSlices'>,
  service: Pick<ClusterService, 'namespace' | 'name'>,
  counts: (endpoint: Cluster['endpointSlices'][number]['endpoints'][number]) => boolean,
): ReadonlySet<string> {
  return new Set(
    cluster.endpointSlices
      .filter((slice) => slice.namespace === service.namespace && slice.service === service.name)
      .flatMap((slice) => slice.endpoints.filter(counts).flatMap((one) => one.nodeName ?? [])),
  )
}
