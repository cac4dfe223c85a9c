import type { Cluster } from '../../../model/cluster.ts'
import type { Endpoint } from '../../../policy/endpoint.ts'
import type { EndpointSelector } from '../../../policy/policy.ts'
import { endpointsOf } from '../endpoints.ts'

const indexes = new WeakMap<Cluster, ReadonlyMap<string, readonly Endpoint[]>>()

/** The endpoints that a selector may take: those of its namespace, if it names one. */
export function endpointsFor(cluster: Cluster, { namespace }: EndpointSelector): readonly Endpoint[] {
  if (typeof namespace !== 'string') return endpointsOf(cluster).all
  const known = indexes.get(cluster) ?? indexByNamespace(cluster)
  indexes.set(cluster, known)
  return known.get(namespace) ?? []
}

function indexByNamespace(cluster: Cluster): ReadonlyMap<string, readonly Endpoint[]> {
  const index = new Map<string, Endpoint[]>()
  for (const endpoint of endpointsOf(cluster).all) {
    const { namespace = '' } = endpoint
    const list = index.get(namespace)
    if (list) list.push(endpoint)
    else index.set(namespace, [endpoint])
  }
  return index
}
