import type { Ip } from '../../base/ip.ts'
import { offsetIp, parseIp } from '../../base/ip.ts'
import { byText } from '../../base/ordering.ts'
import type {
  Cluster,
  ClusterEndpointSlice,
  ClusterService,
  ClusterServicePort,
} from '../../model/cluster.ts'
import type { ServiceReference } from './service-references.ts'
import { serviceReferences } from './service-references.ts'

/** Services that stand for themselves alone, so that two configurations can be compared without what runs behind. */
export interface AbstractServices {
  readonly services: readonly ClusterService[]
  readonly endpointSlices: readonly ClusterEndpointSlice[]
  /** What had to be taken for granted. */
  readonly notes: readonly string[]
}

/**
 * Every Service that one of the clusters names or has, each with one ready endpoint. Those that no input states are
 * made, with the ports that are asked for.
 */
export function abstractServices(clusters: readonly Cluster[]): AbstractServices {
  const stated = new Map<string, ClusterService>()
  for (const service of clusters.flatMap((one) => one.services)) {
    const key = `${service.namespace}/${service.name}`
    if (!stated.has(key)) stated.set(key, service)
  }
  const asked = new Map<string, ServiceReference[]>()
  for (const reference of clusters.flatMap(serviceReferences)) {
    const key = `${reference.namespace}/${reference.name}`
    if (stated.has(key)) continue
    asked.set(key, [...(asked.get(key) ?? []), reference])
  }
  const made = [...asked]
    .toSorted(([a], [b]) => byText(a, b))
    .map(([, references]) => makeService(references))
  const services = [...stated.values(), ...made.map((one) => one.service)]
  const names = made.map(({ service }) => `${service.namespace}/${service.name}`)
  const assumed = names.length === 0 ? [] : [`taken to exist, as neither side states it: ${namesText(names)}`]
  return {
    services,
    endpointSlices: services.flatMap((service, index) => sliceOf(service, index)),
    notes: [...assumed, ...made.flatMap((one) => one.notes)],
  }
}

function namesText(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return `Service ${shown}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`
}

/** One name and one number that two sides use are taken for the same port. */
function makeService(references: readonly ServiceReference[]): {
  readonly service: ClusterService
  readonly notes: readonly string[]
} {
  const { namespace = 'default', name = '' } = references[0] ?? {}
  const numbers = [...new Set(references.flatMap((one) => one.number ?? []))]
  const named = [...new Set(references.flatMap((one) => one.port ?? []))]
  const [number] = numbers
  const [only] = named
  const paired = numbers.length === 1 && named.length === 1 && number !== undefined && only !== undefined
  const ports = paired
    ? [portOf(only, number)]
    : [
        ...numbers.map((one) => portOf(`p-${one}`, one)),
        ...named.map((one, index) => portOf(one, 60000 + index)),
      ]
  const notes = paired ? [`port ${only} of Service ${namespace}/${name} is taken to be ${number}`] : []
  return { service: { ...bare, namespace, name, ref: { kind: 'Service', namespace, name }, ports }, notes }
}

/** With a node port, as the controllers of clouds want one. */
function portOf(name: string, port: number): ClusterServicePort {
  return { name, protocol: 'TCP', port, targetPort: port, nodePort: 30000 + (port % 2768) }
}

const bare: Omit<ClusterService, 'namespace' | 'name' | 'ref' | 'ports'> = {
  type: 'NodePort',
  labels: {},
  annotations: {},
  headless: false,
  clusterIps: [],
  families: [4],
  externalIps: [],
  loadBalancer: [],
  sourceRanges: [],
  externalLocal: false,
  internalLocal: false,
  healthCheckNodePort: 0,
  affinitySeconds: 0,
  publishNotReady: false,
  object: { metadata: {} },
}

const firstAddress: Ip = parseIp('10.255.0.1') ?? 0

function sliceOf(service: ClusterService, index: number): readonly ClusterEndpointSlice[] {
  if (service.type === 'ExternalName') return []
  const { namespace, name, ports } = service
  return [
    {
      namespace,
      name: `${name}-abstract`,
      ref: { kind: 'EndpointSlice', namespace, name: `${name}-abstract` },
      service: name,
      family: service.families[0] ?? 4,
      ports: ports.map((one) => ({ name: one.name, protocol: one.protocol, port: one.port })),
      endpoints: [
        {
          addresses: [offsetIp(firstAddress, index)],
          ready: true,
          serving: true,
          terminating: false,
          zoneHints: [],
          nodeHints: [],
        },
      ],
      labels: { 'kubernetes.io/service-name': name },
      from: 'input',
    },
  ]
}
