import type { Cluster, ClusterEndpointSlice, ClusterSecret, ClusterService } from '../../model/cluster.ts'
import type { GatewayApiObjects } from '../../model/gateway-objects.ts'

/** The cluster with what is looked up in it again and again. */
export interface GatewayContext {
  readonly cluster: Cluster
  readonly api: GatewayApiObjects
  service(namespace: string, name: string): ClusterService | undefined
  slices(service: ClusterService): readonly ClusterEndpointSlice[]
  secret(namespace: string, name: string): ClusterSecret | undefined
  /** Labels of a namespace, whether the input states it or not. */
  labels(namespace: string): Readonly<Record<string, string>>
}

export function gatewayContext(cluster: Cluster): GatewayContext {
  const services = new Map(cluster.services.map((one) => [`${one.namespace}/${one.name}`, one]))
  const secrets = new Map(cluster.secrets.map((one) => [`${one.namespace}/${one.name}`, one]))
  const namespaces = new Map(cluster.namespaces.map((one) => [one.name, one.labels]))
  const slices = new Map<string, ClusterEndpointSlice[]>()
  for (const slice of cluster.endpointSlices) {
    const key = `${slice.namespace}/${slice.service}`
    const list = slices.get(key)
    if (list) list.push(slice)
    else slices.set(key, [slice])
  }
  return {
    cluster,
    api: cluster.gatewayApi,
    service: (namespace, name) => services.get(`${namespace}/${name}`),
    slices: ({ namespace, name }) => slices.get(`${namespace}/${name}`) ?? [],
    secret: (namespace, name) => secrets.get(`${namespace}/${name}`),
    labels: (name) => namespaces.get(name) ?? { 'kubernetes.io/metadata.name': name },
  }
}

/** The namespace of an object that has one. */
export function namespaceOf({ ref }: { readonly ref: { readonly namespace?: string } }): string {
  return ref.namespace ?? 'default'
}
