import type { Cidr } from '../../../../base/ip.ts'
import { hostCidr } from '../../../../base/ip.ts'
import type { Cluster, ClusterPod } from '../../../../model/cluster.ts'
import type { NamedPort } from '../../../../policy/endpoint.ts'
import type { Labels } from '../../../../policy/label-expression.ts'
import { hasNamespace, podId } from '../../../pod-namespace.ts'
import { endpointsOf } from '../../../policy/endpoints.ts'
import {
  nameLabel,
  namespaceLabel,
  namespacePrefix,
  orchestratorLabel,
  serviceAccountLabel,
  serviceAccountPrefix,
} from './label-names.ts'

/** What Felix puts into its ipsets: pods, and what else has labels and addresses. */
export interface FelixEndpoint {
  /** Its own, and those that it has of its namespace and of its service account. */
  readonly labels: Labels
  readonly nets: readonly Cidr[]
  readonly ports: readonly NamedPort[]
}

/** A longer name of a service account is no label's value. */
const longestLabel = 63

/** The labels that Felix knows a pod by. Mirrors podToDefaultWorkloadEndpoint, and the profiles that pods have labels of. */
export function podLabels(cluster: Cluster, pod: ClusterPod): Labels {
  const { namespace, labels } = pod
  const endpoint = endpointsOf(cluster).byId(podId(pod))
  const { namespaceLabels = {}, serviceAccount = 'default', serviceAccountLabels = {} } = endpoint ?? {}
  return {
    ...withPrefix(namespacePrefix, { ...namespaceLabels, [nameLabel]: namespace }),
    ...withPrefix(serviceAccountPrefix, { ...serviceAccountLabels, [nameLabel]: serviceAccount }),
    ...labels,
    [namespaceLabel]: namespace,
    [orchestratorLabel]: 'k8s',
    ...(serviceAccount.length < longestLabel && { [serviceAccountLabel]: serviceAccount }),
  }
}

function withPrefix(prefix: string, labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${prefix}${key}`, value]))
}

const known = new WeakMap<Cluster, readonly FelixEndpoint[]>()

/** Everything of the cluster that ipsets can hold; worked out once. */
export function felixEndpoints(cluster: Cluster): readonly FelixEndpoint[] {
  const made = known.get(cluster) ?? cluster.pods.filter(hasNamespace).map((pod) => podOf(cluster, pod))
  known.set(cluster, made)
  return made
}

function podOf(cluster: Cluster, pod: ClusterPod): FelixEndpoint {
  return {
    labels: podLabels(cluster, pod),
    nets: pod.ips.map(hostCidr),
    ports: endpointsOf(cluster).byId(podId(pod))?.ports ?? [],
  }
}
