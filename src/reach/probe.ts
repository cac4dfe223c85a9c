import type { Cluster } from '../model/cluster.ts'
import type { Located } from '../model/objects.ts'
import type { NetworkPolicy, PolicyObjects } from '../model/policy-objects.ts'

/** The policies that a probe replaces a cluster's own by: everything is allowed, or nothing in one direction. */
export type Probe = 'allow' | 'deny-ingress' | 'deny-egress'

/**
 * The cluster with one policy in each namespace that is about every pod, in the place of its own. Walks in its network
 * show where policies are asked, and about which addresses; and what becomes of a packet that they deny.
 */
export function probeCluster(cluster: Cluster, probe: Probe): Cluster {
  const namespaces = new Set([
    ...cluster.namespaces.map(({ name }) => name),
    ...cluster.pods.map(({ namespace }) => namespace),
  ])
  const networkPolicies = [...namespaces].map((namespace) => probePolicy(namespace, probe))
  return { ...cluster, policies: { ...withoutPolicies(cluster.policies), networkPolicies } }
}

/** What is there beside the policies stays: service accounts, and what policies refer to by name. */
function withoutPolicies(objects: PolicyObjects): PolicyObjects {
  const emptied = Object.keys(objects)
    .filter((key) => key.endsWith('Policies'))
    .map((key) => [key, []] as const)
  return { ...objects, ...Object.fromEntries(emptied) }
}

function probePolicy(namespace: string, probe: Probe): Located<NetworkPolicy> {
  const ref = { kind: 'NetworkPolicy', namespace, name: 'probe' }
  const everything = [{}]
  return {
    ref,
    object: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace, name: ref.name },
      spec: {
        podSelector: {},
        policyTypes: ['Ingress', 'Egress'],
        ingress: probe === 'deny-ingress' ? [] : everything,
        egress: probe === 'deny-egress' ? [] : everything,
      },
    },
    locate: () => ({ file: '', line: 1, column: 1 }),
  }
}
