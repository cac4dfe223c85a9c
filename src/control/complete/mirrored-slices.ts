import type { Ip } from '../../base/ip.ts'
import { compareIp, familyOf, formatIp, parseIpSloppy } from '../../base/ip.ts'
import { byText } from '../../base/ordering.ts'
import type { ClusterEndpoint, ClusterEndpointSlice, ClusterService } from '../../model/cluster.ts'
import type { EndpointAddress, Endpoints, Located } from '../../model/objects.ts'
import { generatedName } from './names.ts'
import { managedByLabel, serviceNameLabel } from './slice-labels.ts'

export const mirrorName = 'endpointslicemirroring-controller.k8s.io'
const skipMirrorLabel = 'endpointslice.kubernetes.io/skip-mirror'
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader'

/** The controller mirrors no more addresses of one subset than this. */
const maxPerSubset = 1000

type SlicePort = ClusterEndpointSlice['ports'][number]

/** Ports that the same addresses offer. */
interface Subset {
  readonly ports: readonly SlicePort[]
  readonly addresses: readonly ClusterEndpoint[]
}

/**
 * Mirrors the EndpointSlice mirroring controller: the subsets are repacked, and each gives one slice for each family
 * that its addresses have. Objects that ask not to be mirrored, and the locks of old leader elections, are left out.
 */
export function mirror(
  service: ClusterService,
  { object, ref }: Located<Endpoints>,
): readonly ClusterEndpointSlice[] {
  const { labels = {}, annotations = {} } = object.metadata
  if (labels[skipMirrorLabel] === 'true' || leaderAnnotation in annotations) return []
  return slicesFromEndpoints(service, { object, ref })
}

/** The slices that an Endpoints object would be mirrored to, whatever it asks for. */
export function slicesFromEndpoints(
  { namespace, name }: ClusterService,
  { object, ref }: Pick<Located<Endpoints>, 'object' | 'ref'>,
): readonly ClusterEndpointSlice[] {
  return repackSubsets(object).flatMap(({ ports, addresses }) => {
    const mirrored = addresses.slice(0, maxPerSubset)
    return ([4, 6] as const).flatMap((family): ClusterEndpointSlice[] => {
      const endpoints = mirrored.filter((one) => one.addresses.some((ip) => familyOf(ip) === family))
      if (endpoints.length === 0) return []
      const key = ports.map((port) => `${port.name}/${port.protocol}/${port.port}`).join(' ')
      const sliceName = generatedName(`${name}-`, `slice ${namespace}/${name} ${family} ${key}`)
      return [
        {
          namespace,
          name: sliceName,
          ref: { kind: 'EndpointSlice', namespace, name: sliceName, ...(ref.at && { at: ref.at }) },
          service: name,
          family,
          ports,
          endpoints,
          labels: {
            ...object.metadata.labels,
            [managedByLabel]: mirrorName,
            [serviceNameLabel]: name,
          },
          from: 'endpoints',
        },
      ]
    })
  })
}

/** The addresses that offer one port, and whether each is ready; no port for subsets that name none. */
interface Offer {
  readonly port: SlicePort | undefined
  readonly ready: Map<Ip, boolean>
}

/** Mirrors RepackSubsets: ports that exactly the same addresses offer, in the same state, make one subset. */
function repackSubsets(object: Endpoints): readonly Subset[] {
  const known = new Map<Ip, EndpointAddress>()
  const groups = new Map<string, { readonly ports: SlicePort[]; readonly ready: Offer['ready'] }>()
  for (const { port, ready } of offersOf(object, known)) {
    const key = [...ready]
      .map(([ip, isReady]) => `${formatIp(ip)} ${isReady}`)
      .toSorted()
      .join(' ')
    const group = groups.get(key) ?? { ports: [], ready }
    groups.set(key, group)
    if (port) group.ports.push(port)
  }
  return [...groups.values()].map(({ ports, ready }) => ({
    ports,
    addresses: [...ready]
      .toSorted(([a], [b]) => compareIp(a, b))
      .map(([ip, isReady]) => mirroredEndpoint(ip, isReady, known.get(ip))),
  }))
}

function offersOf({ subsets = [] }: Endpoints, known: Map<Ip, EndpointAddress>): readonly Offer[] {
  const offers = new Map<string, Offer>()
  for (const subset of subsets) {
    const ports = subset.ports?.length ? subset.ports.map(slicePort) : [undefined]
    for (const port of ports) {
      const key = port ? `${port.name}/${port.protocol}/${port.port}` : ''
      const offer = offers.get(key) ?? { port, ready: new Map<Ip, boolean>() }
      offers.set(key, offer)
      addAddresses(subset, offer, known)
    }
  }
  return [...offers].toSorted(([a], [b]) => byText(a, b)).map(([, offer]) => offer)
}

type RawSubset = NonNullable<Endpoints['subsets']>[number]

function addAddresses(
  { addresses = [], notReadyAddresses = [] }: RawSubset,
  { ready }: Offer,
  known: Map<Ip, EndpointAddress>,
): void {
  for (const address of addresses) remember(address, true, ready, known)
  for (const address of notReadyAddresses) remember(address, false, ready, known)
}

function slicePort({ name, port, protocol }: NonNullable<RawSubset['ports']>[number]): SlicePort {
  return { name: name ?? '', protocol: protocol ?? 'TCP', port }
}

/** An address that stands in both lists is not ready. What is no address is not mirrored. */
function remember(
  address: EndpointAddress,
  isReady: boolean,
  ready: Map<Ip, boolean>,
  known: Map<Ip, EndpointAddress>,
): void {
  const ip = parseIpSloppy(address.ip ?? '')
  if (ip === undefined) return
  ready.set(ip, isReady && (ready.get(ip) ?? true))
  if (!known.has(ip)) known.set(ip, address)
}

/** Mirrors addressToEndpoint: only `ready` is set, so that serving counts as true. */
function mirroredEndpoint(ip: Ip, ready: boolean, address: EndpointAddress | undefined): ClusterEndpoint {
  const { nodeName, hostname, targetRef } = address ?? {}
  return {
    addresses: [ip],
    ready,
    serving: true,
    terminating: false,
    ...(nodeName && { nodeName }),
    ...(hostname && { hostname }),
    zoneHints: [],
    nodeHints: [],
    ...(targetRef?.name && {
      target: { kind: targetRef.kind ?? 'Pod', namespace: targetRef.namespace ?? '', name: targetRef.name },
    }),
  }
}
