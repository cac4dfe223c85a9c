import { formatIp } from '../base/ip.ts'
import { by } from '../base/ordering.ts'
import type { ClusterEndpoint, ClusterEndpointSlice, ClusterService } from '../model/cluster.ts'
import type { EndpointAddress, EndpointPort, Endpoints } from '../model/objects.ts'
import { targetRef } from './stored-slice.ts'

/**
 * The Endpoints object of a Service, as the Endpoints controller writes it (the API server for default/kubernetes):
 * the Service's first family, endpoints that terminate left out. Where the controller orders ports by a hash of
 * Go's memory, they stand in the Service's order.
 */
export function storedEndpoints(service: ClusterService, slices: readonly ClusterEndpointSlice[]): Endpoints {
  const { namespace, name, headless, labels } = service
  const byApiServer = namespace === 'default' && name === 'kubernetes'
  const subsets = repackSubsets(service, slices)
  const own = {
    ...labels,
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    ...(headless && { 'service.kubernetes.io/headless': '' }),
  }
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name,
      namespace,
      labels: byApiServer ? { 'endpointslice.kubernetes.io/skip-mirror': 'true' } : own,
    },
    ...(subsets.length > 0 && { subsets }),
  }
}

type Subset = NonNullable<Endpoints['subsets']>[number]

/** One port, and who offers it; no port for a headless Service without any. */
interface Offer {
  readonly port?: EndpointPort
  readonly ready: EndpointAddress[]
  readonly notReady: EndpointAddress[]
}

/** Ports that the same addresses offer share a subset. Mirrors RepackSubsets of pkg/api/v1/endpoints. */
function repackSubsets(service: ClusterService, slices: readonly ClusterEndpointSlice[]): readonly Subset[] {
  const groups = new Map<string, Offer[]>()
  for (const offer of offersOf(service, slices)) {
    const texts = (list: readonly EndpointAddress[]) => list.map((one) => one.ip).join(' ')
    const key = `${texts(offer.ready)}/${texts(offer.notReady)}`
    groups.set(key, [...(groups.get(key) ?? []), offer])
  }
  return [...groups.values()].map((offers) => {
    const ports = offers.flatMap((one) => one.port ?? [])
    const [{ ready, notReady } = { ready: [], notReady: [] }] = offers
    return {
      ...(ready.length > 0 && { addresses: ready }),
      ...(notReady.length > 0 && { notReadyAddresses: notReady }),
      ...(ports.length > 0 && { ports }),
    }
  })
}

function offersOf(service: ClusterService, slices: readonly ClusterEndpointSlice[]): readonly Offer[] {
  const offers = new Map<string, Offer>()
  for (const slice of slices) {
    if (slice.family !== service.families[0]) continue
    const usable = slice.endpoints.filter((one) => service.publishNotReady || !one.terminating)
    if (usable.length === 0) continue
    for (const port of portsOf(service, slice)) {
      const key = port ? `${port.name}/${port.port}/${port.protocol}` : ''
      const offer = offers.get(key) ?? { ...(port && { port }), ready: [], notReady: [] }
      offers.set(key, offer)
      offer.ready.push(...usable.filter((one) => one.ready).flatMap(addressesOf))
      offer.notReady.push(...usable.filter((one) => !one.ready).flatMap(addressesOf))
    }
  }
  return [...offers.values()].map((offer) => ({
    ...offer,
    ready: offer.ready.toSorted(by((one) => one.ip ?? '')),
    notReady: offer.notReady.toSorted(by((one) => one.ip ?? '')),
  }))
}

function portsOf(
  service: ClusterService,
  slice: ClusterEndpointSlice,
): readonly (EndpointPort | undefined)[] {
  if (service.ports.length === 0) return service.headless ? [undefined] : []
  return slice.ports.flatMap(({ name, port, protocol }) =>
    port === undefined ? [] : [{ ...(name !== '' && { name }), port, protocol }],
  )
}

function addressesOf({ addresses, hostname, nodeName, target }: ClusterEndpoint): EndpointAddress[] {
  return addresses.map((ip) => ({
    ip: formatIp(ip),
    ...(hostname !== undefined && { hostname }),
    ...(nodeName !== undefined && { nodeName }),
    ...(target && { targetRef: targetRef(target) }),
  }))
}

/** An Endpoints object of the input with SetDefaults_Endpoints; one of a dump is kept as it is. */
export function givenEndpoints(endpoints: Endpoints): Endpoints {
  const { metadata, subsets } = endpoints
  if (metadata.uid !== undefined || !subsets) return endpoints
  const withProtocol = (subset: Subset): Subset => ({
    ...subset,
    ...(subset.ports && { ports: subset.ports.map((port) => ({ protocol: 'TCP', ...port })) }),
  })
  return { ...endpoints, subsets: subsets.map(withProtocol) }
}
