import type { Ip } from '../../../base/ip.ts'
import { formatIp, parseIp } from '../../../base/ip.ts'
import type { ObjectRef } from '../../../base/source.ts'
import type { DnsPort, DnsService, DnsSlice } from '../../kubernetes-data.ts'
import { isSubdomain } from '../../name.ts'
import { isReverse } from '../../reverse-name.ts'
import type { RecordRequest } from './request.ts'
import { parseRequest } from './request.ts'
import type { View } from './view.ts'
import { endpointLabel, isExposed, podsByIp, readyAddresses, serviceAt, slicesOf } from './view.ts'

/** One thing that a name leads to: an address with a port, or another name. Mirrors msg.Service. */
export interface Found {
  /** The address, or the name of an ExternalName Service. */
  readonly host: Ip | string
  /** -1 where an object states no port. */
  readonly port: number
  /** The name of the thing itself, in which the zone is spelled as in the query. */
  readonly target: string
  readonly object?: ObjectRef
}

/** What a name leads to; nothing of it for a name that is there and has no records; `undefined` for none such. */
export type Lookup = readonly Found[] | undefined

/** A port that stands for none. */
const noPort: DnsPort = { name: '', protocol: '', port: -1 }

/** Mirrors Records: what the lower-case name leads to in the zone, which is spelled as in the query. */
export function findRecords(view: View, name: string, zone: string): Lookup {
  const multicluster = view.options.multicluster.some((one) => isSubdomain(one, zone))
  const request = parseRequest(name, zone, { multicluster, zonal: view.options.zonal })
  if (request === undefined) return undefined
  if (request.kind === undefined) return []
  if (isReverse(name) || !isExposed(view, request.namespace)) return undefined
  if (request.kind === 'pod') return findPods(view, request, zone)
  if (request.service === '') return []
  return multicluster ? findImports(view, request, zone) : findServices(view, request, zone)
}

function targetOf(zone: string, ...labels: readonly string[]): string {
  return [...labels, zone === '.' ? '' : zone].join('.')
}

/** The address that a pod's label spells: three dashes are IPv4. */
function addressOfLabel(label: string): string {
  const isV4 = label.split('-').length === 4 && !label.includes('--')
  return label.replaceAll('-', isV4 ? '.' : ':')
}

/** Mirrors findPods. */
function findPods(view: View, request: RecordRequest, zone: string): Lookup {
  if (view.options.pods === 'disabled') return undefined
  if (request.service === '') return []
  const text = addressOfLabel(request.service)
  const ip = parseIp(text)
  if (ip === undefined) return undefined
  const found = { host: ip, port: 0, target: targetOf(zone, request.service, request.namespace, 'pod') }
  if (view.options.pods === 'insecure') return [found]
  if (formatIp(ip) !== text) return undefined
  const pods = podsByIp(view, ip).filter((pod) => pod.namespace === request.namespace)
  if (pods.length === 0) return undefined
  return pods.map(({ namespace, name }) => ({ ...found, object: { kind: 'Pod', namespace, name } }))
}

function equal(asked: string, name: string): boolean {
  return asked === name.toLowerCase()
}

/** Mirrors matchPortAndProtocol: what is not asked matches. */
function portMatches(request: RecordRequest, port: DnsPort): boolean {
  return (
    (request.port === '' || equal(request.port, port.name)) &&
    (request.protocol === '' || equal(request.protocol, port.protocol))
  )
}

function orNone(ports: readonly DnsPort[]): readonly DnsPort[] {
  return ports.length === 0 ? [noPort] : ports
}

/** Mirrors findServices. */
function findServices(view: View, request: RecordRequest, zone: string): Lookup {
  const service = serviceAt(view, request.namespace, request.service)
  if (service === undefined || (request.zone !== '' && !service.headless)) return undefined
  if (service.externalName !== undefined) return findExternalName(service, request, zone)
  const slices = slicesOf(view, service)
  if (view.options.ignoreEmptyService && !service.headless && !slices.some(hasReady)) return undefined
  if (!service.headless && request.endpoint === '') return findClusterIps(service, request, zone)
  const found = slices.flatMap((slice) => inSlice(view, service, slice, request, zone))
  if (found.length > 0) return found
  if (request.zone === '') return undefined
  if (!request.preferred) return []
  return slices.flatMap((slice) => inSlice(view, service, slice, { ...request, zone: '' }, zone))
}

function hasReady(slice: DnsSlice): boolean {
  return readyAddresses(slice).length > 0
}

/** An address as external name is none, and nothing stands below an ExternalName Service. */
function findExternalName(service: DnsService, request: RecordRequest, zone: string): Lookup {
  const host = service.externalName ?? ''
  if (request.endpoint !== '' || request.port !== '' || request.protocol !== '') return undefined
  if (parseIp(host) !== undefined) return undefined
  return [{ host, port: 0, target: serviceTarget(service, zone), object: service.ref }]
}

function serviceTarget(service: DnsService, zone: string): string {
  return targetOf(zone, service.name, service.namespace, 'svc')
}

function findClusterIps(service: DnsService, request: RecordRequest, zone: string): Lookup {
  const ports = orNone(service.ports).filter((port) => portMatches(request, port))
  if (ports.length === 0) return undefined
  const target = serviceTarget(service, zone)
  return ports.flatMap(({ port }) =>
    service.clusterIps.map((host) => ({ host, port, target, object: service.ref })),
  )
}

/** What of a slice the request asks for. */
function inSlice(
  view: View,
  service: DnsService,
  slice: DnsSlice,
  request: RecordRequest,
  zone: string,
): readonly Found[] {
  return readyAddresses(slice).flatMap(({ endpoint, ip }) => {
    if (request.zone !== '' && request.zone !== (endpoint.zone ?? '').toLowerCase()) return []
    const label = endpointLabel(view, endpoint, ip)
    if (request.endpoint !== '' && !equal(request.endpoint, label)) return []
    const cluster = slice.clusterId === undefined ? [] : [slice.clusterId]
    const target = targetOf(zone, label, ...cluster, service.name, service.namespace, 'svc')
    return orNone(slice.ports)
      .filter((port) => portMatches(request, port))
      .map(({ port }) => ({ host: ip, port, target, object: slice.ref }))
  })
}

/** Mirrors findMultiClusterServices: ServiceImports, and the slices that came with them. */
function findImports(view: View, request: RecordRequest, zone: string): Lookup {
  const service = view.data.imports?.services.get(`${request.namespace}/${request.service}`)
  if (service === undefined) return undefined
  const all = view.data.imports?.slices.get(`${request.namespace}/${request.service}`) ?? []
  const slices = view.options.noEndpoints ? [] : all
  if (view.options.ignoreEmptyService && !service.headless && !slices.some(hasReady)) return undefined
  if (!service.headless && request.endpoint === '') return findClusterIps(service, request, zone)
  const found = slices
    .filter((slice) => request.endpoint === '' || equal(request.cluster, slice.clusterId ?? ''))
    .flatMap((slice) => inSlice(view, service, slice, request, zone))
  return found.length > 0 ? found : undefined
}
