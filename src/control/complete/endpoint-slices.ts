import type { Ip } from '../../base/ip.ts'
import { familyOf, formatIp, parseIpSloppy } from '../../base/ip.ts'
import { by } from '../../base/ordering.ts'
import type { ObjectRef } from '../../base/source.ts'
import type {
  ClusterEndpoint,
  ClusterEndpointSlice,
  ClusterNode,
  ClusterPod,
  ClusterService,
} from '../../model/cluster.ts'
import type { EndpointSlice, Endpoints, Located } from '../../model/objects.ts'
import type { Completion } from './completion.ts'
import { addHints } from './hints.ts'
import { mirror, mirrorName } from './mirrored-slices.ts'
import { generatedName } from './names.ts'
import { matchesLabels } from './selectors.ts'

import { headlessLabel, managedByLabel, serviceNameLabel } from './slice-labels.ts'

const controllerName = 'endpointslice-controller.k8s.io'

/** What the slices are made from. */
export interface SliceSources {
  readonly services: readonly ClusterService[]
  readonly pods: readonly ClusterPod[]
  readonly nodes: readonly ClusterNode[]
  /** The cluster's minor release, which says what hints there are. */
  readonly minorVersion: number
}

/**
 * All EndpointSlices of the cluster: those of the input, those that the EndpointSlice controller makes from pods,
 * and those that the mirroring controller makes from Endpoints objects.
 */
export function completeEndpointSlices(
  completion: Completion,
  sources: SliceSources,
): readonly ClusterEndpointSlice[] {
  const given = completion.objects.EndpointSlice.flatMap((one) => readSlice(one))
  const index = indexSources(completion, sources, given)
  return [...given, ...sources.services.flatMap((service) => slicesFor(completion, service, index))]
}

interface SourceIndex {
  readonly minorVersion: number
  readonly podsByNamespace: ReadonlyMap<string, readonly ClusterPod[]>
  readonly nodes: ReadonlyMap<string, ClusterNode>
  readonly endpoints: ReadonlyMap<string, Located<Endpoints>>
  /** Services whose slices the input states. */
  readonly stated: ReadonlySet<string>
  readonly mirrored: ReadonlySet<string>
}

function indexSources(
  completion: Completion,
  { pods, nodes, minorVersion }: SliceSources,
  given: readonly ClusterEndpointSlice[],
): SourceIndex {
  const podsByNamespace = new Map<string, ClusterPod[]>()
  for (const pod of pods) {
    const list = podsByNamespace.get(pod.namespace)
    if (list) list.push(pod)
    else podsByNamespace.set(pod.namespace, [pod])
  }
  const managedBy = (name: string) =>
    new Set(
      given
        .filter((one) => one.labels[managedByLabel] === name)
        .map((one) => `${one.namespace}/${one.service}`),
    )
  return {
    minorVersion,
    podsByNamespace,
    nodes: new Map(nodes.map((node) => [node.name, node])),
    endpoints: new Map(
      completion.objects.Endpoints.map((one) => [`${one.ref.namespace}/${one.ref.name}`, one]),
    ),
    stated: managedBy(controllerName),
    mirrored: managedBy(mirrorName),
  }
}

function readSlice(source: Located<EndpointSlice>): ClusterEndpointSlice[] {
  const { object, ref } = source
  const labels = object.metadata.labels ?? {}
  const service = labels[serviceNameLabel]
  if (service === undefined || object.addressType === 'FQDN') return []
  return [
    {
      namespace: ref.namespace ?? 'default',
      name: ref.name,
      ref,
      service,
      family: object.addressType === 'IPv6' ? 6 : 4,
      ports: (object.ports ?? []).map(({ name, protocol, port }) => ({
        name: name ?? '',
        protocol: protocol ?? 'TCP',
        port: port || undefined,
      })),
      endpoints: (object.endpoints ?? []).map(readEndpoint),
      labels,
      from: 'input',
      source,
    },
  ]
}

/** Endpoints whose name is no Service's, and slices whose label names none. */
export function orphanEndpoints(
  { Endpoints: endpoints, EndpointSlice: slices }: Completion['objects'],
  services: readonly ClusterService[],
): readonly ObjectRef[] {
  const known = new Set(services.map(({ namespace, name }) => `${namespace}/${name}`))
  const isOrphan = (namespace: string | undefined, service: string | undefined) =>
    service === undefined || !known.has(`${namespace}/${service}`)
  return [
    ...endpoints.filter(({ ref }) => isOrphan(ref.namespace, ref.name)),
    ...slices.filter(({ ref, object }) =>
      isOrphan(ref.namespace, object.metadata.labels?.[serviceNameLabel]),
    ),
  ].map(({ ref }) => ref)
}

type RawEndpoint = NonNullable<EndpointSlice['endpoints']>[number]

/** Missing conditions count as true for ready and serving, as false for terminating. */
function readEndpoint(endpoint: RawEndpoint): ClusterEndpoint {
  const { conditions = {}, hints, nodeName, zone, hostname, targetRef } = endpoint
  return {
    addresses: (endpoint.addresses ?? []).flatMap((text) => parseIpSloppy(text) ?? []),
    ready: conditions.ready ?? true,
    serving: conditions.serving ?? true,
    terminating: conditions.terminating ?? false,
    ...(nodeName && { nodeName }),
    ...(zone && { zone }),
    ...(hostname && { hostname }),
    zoneHints: (hints?.forZones ?? []).flatMap((one) => one.name ?? []),
    nodeHints: (hints?.forNodes ?? []).flatMap((one) => one.name ?? []),
    ...(targetRef?.name && {
      target: { kind: targetRef.kind ?? 'Pod', namespace: targetRef.namespace ?? '', name: targetRef.name },
    }),
  }
}

function slicesFor(
  completion: Completion,
  service: ClusterService,
  index: SourceIndex,
): readonly ClusterEndpointSlice[] {
  const key = `${service.namespace}/${service.name}`
  const object = index.endpoints.get(key)
  if (!service.selector) return object && !index.mirrored.has(key) ? mirror(service, object) : []
  if (service.type === 'ExternalName' || index.stated.has(key)) return []
  const pods = (index.podsByNamespace.get(service.namespace) ?? []).filter((pod) =>
    matchesLabels(service.selector, pod.labels),
  )
  if (object) {
    if (pods.length === 0 && hasAddresses(object.object)) {
      completion.assume(
        `the pods of Service ${key} are not in the input; its Endpoints object stands for them`,
        object.ref,
      )
      return mirror(service, object)
    }
    noteOverwritten(completion, service, object)
  }
  const { minorVersion } = index
  const made = slicesFromPods(service, pods, index.nodes)
  return addHints(completion, made, { service, nodes: [...index.nodes.values()], minorVersion })
}

function hasAddresses({ subsets = [] }: Endpoints): boolean {
  return subsets.some((subset) => (subset.addresses ?? []).length > 0)
}

/** A hand-made Endpoints object beside a selector has no effect; one of a dump says what the pods say. */
function noteOverwritten(
  completion: Completion,
  service: ClusterService,
  { object, ref }: Located<Endpoints>,
): void {
  const byController = object.metadata.labels?.['endpoints.kubernetes.io/managed-by'] !== undefined
  if (object.metadata.uid !== undefined || byController) return
  completion.report(
    'endpoints-ignored',
    `Endpoints ${ref.namespace}/${ref.name} has no effect: Service ${service.name} has a selector, whose controller overwrites it`,
    { object: ref, fix: 'remove the selector to keep the Endpoints' },
  )
}

/** Mirrors podToEndpoint and shouldPodBeInEndpoints of the EndpointSlice controller. */
function slicesFromPods(
  service: ClusterService,
  pods: readonly ClusterPod[],
  nodes: ReadonlyMap<string, ClusterNode>,
): readonly ClusterEndpointSlice[] {
  return service.families.flatMap((family) => {
    const groups = new Map<string, { ports: ClusterEndpointSlice['ports']; endpoints: ClusterEndpoint[] }>()
    for (const pod of pods) {
      const ip = pod.ips.find((one) => familyOf(one) === family)
      if (ip === undefined || pod.phase === 'Succeeded' || pod.phase === 'Failed') continue
      const node = nodes.get(pod.nodeName ?? '')
      if (!node && !service.publishNotReady) continue
      const ports = resolvePorts(service, pod)
      const key = ports.map((port) => `${port.name}/${port.protocol}/${port.port}`).join(' ')
      const group = groups.get(key) ?? { ports, endpoints: [] }
      groups.set(key, group)
      group.endpoints.push(endpointOf(service, pod, ip, node))
    }
    if (groups.size === 0) return [makeSlice(service, family, [], [], 'empty')]
    return [...groups].flatMap(([key, { ports, endpoints }]) =>
      splitSlices(service, family, ports, endpoints, key),
    )
  })
}

/** The controller's limit of endpoints in one slice. */
const maxEndpoints = 100

function splitSlices(
  service: ClusterService,
  family: 4 | 6,
  ports: ClusterEndpointSlice['ports'],
  endpoints: readonly ClusterEndpoint[],
  key: string,
): ClusterEndpointSlice[] {
  const sorted = endpoints.toSorted(by((one) => `${one.target?.name} ${formatIp(one.addresses[0] ?? 0)}`))
  const slices: ClusterEndpointSlice[] = []
  for (let at = 0; at < sorted.length; at += maxEndpoints) {
    slices.push(makeSlice(service, family, ports, sorted.slice(at, at + maxEndpoints), `${key} ${at}`))
  }
  return slices
}

function makeSlice(
  service: ClusterService,
  family: 4 | 6,
  ports: ClusterEndpointSlice['ports'],
  endpoints: readonly ClusterEndpoint[],
  seed: string,
): ClusterEndpointSlice {
  const { namespace, name, ref } = service
  const sliceName = generatedName(`${name}-`, `slice ${namespace}/${name} ${family} ${seed}`)
  return {
    namespace,
    name: sliceName,
    ref: { kind: 'EndpointSlice', namespace, name: sliceName, ...(ref.at && { at: ref.at }) },
    service: name,
    family,
    ports,
    endpoints,
    labels: sliceLabels(service),
    from: 'pods',
  }
}

/** Mirrors setEndpointSliceLabels: the Service's own labels, but for the three that the controller keeps. */
function sliceLabels({ labels, headless, name }: ClusterService): ClusterEndpointSlice['labels'] {
  const own = Object.entries(labels).filter(([key]) => key !== headlessLabel)
  return {
    ...Object.fromEntries(own),
    [managedByLabel]: controllerName,
    [serviceNameLabel]: name,
    ...(headless && { [headlessLabel]: '' }),
  }
}

function endpointOf(
  service: ClusterService,
  pod: ClusterPod,
  ip: Ip,
  node: ClusterNode | undefined,
): ClusterEndpoint {
  const { ready, terminating, nodeName, hostname, subdomain, ref } = pod
  return {
    addresses: [ip],
    ready: service.publishNotReady || (ready && !terminating),
    serving: ready,
    terminating,
    ...(nodeName !== undefined && { nodeName }),
    ...(node?.zone && { zone: node.zone }),
    ...(hostname && subdomain === service.name && { hostname }),
    zoneHints: [],
    nodeHints: [],
    target: ref,
  }
}

/** The Service's ports as this pod has them; a named port that the pod lacks is left out (FindPort). */
function resolvePorts(service: ClusterService, pod: ClusterPod): ClusterEndpointSlice['ports'] {
  return service.ports.flatMap((port) => {
    const number =
      typeof port.targetPort === 'number' ? port.targetPort : namedPort(pod, port.targetPort, port.protocol)
    return number === undefined ? [] : [{ name: port.name, protocol: port.protocol, port: number }]
  })
}

function namedPort(pod: ClusterPod, name: string, protocol: string): number | undefined {
  return pod.ports.find((port) => port.running && port.name === name && port.protocol === protocol)?.port
}
