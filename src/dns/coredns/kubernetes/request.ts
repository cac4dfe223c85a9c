import { labelsOf, trimZone } from '../../name.ts'

/** What a name asks of Kubernetes. */
export interface RecordRequest {
  /** `svc` or `pod`; absent for the zone itself and for these two names. */
  readonly kind?: 'svc' | 'pod'
  readonly namespace: string
  /** The Service, or the dashed address of a pod. */
  readonly service: string
  readonly endpoint: string
  readonly port: string
  readonly protocol: string
  /** The cluster of an endpoint in a multicluster zone. */
  readonly cluster: string
  /** The topology zone of a zone-scoped name. */
  readonly zone: string
  /** The whole Service stands in for a topology zone without endpoints. */
  readonly preferred: boolean
}

const nothing: RecordRequest = {
  namespace: '',
  service: '',
  endpoint: '',
  port: '',
  protocol: '',
  cluster: '',
  zone: '',
  preferred: false,
}

/**
 * Takes a lower-case name apart, from its right end: `svc` or `pod`, namespace, Service, and what stands before that.
 * `undefined` if no name of Kubernetes looks so. Mirrors parseRequest.
 */
export function parseRequest(
  name: string,
  zone: string,
  options: { readonly multicluster: boolean; readonly zonal: boolean },
): RecordRequest | undefined {
  const labels = labelsOf(trimZone(name, zone))
  const kind = labels.at(-1)
  if (kind === undefined) return nothing
  if (kind !== 'svc' && kind !== 'pod') return undefined
  if (labels.length === 1) return nothing
  const request: RecordRequest = {
    ...nothing,
    kind,
    namespace: labels.at(-2) ?? '',
    service: labels.at(-3) ?? '',
  }
  const before = labels.slice(0, -3)
  if (before.length === 0) return request
  if (before.length === 1) return { ...request, endpoint: before[0] ?? '' }
  if (before.length === 2) return withTwoLabels(request, before, options.multicluster)
  return options.zonal && !options.multicluster ? withTopologyZone(request, before) : undefined
}

/** Port and protocol, or an endpoint and its cluster. */
function withTwoLabels(
  request: RecordRequest,
  [first = '', second = '']: readonly string[],
  multicluster: boolean,
): RecordRequest {
  if (multicluster && !first.startsWith('_') && !second.startsWith('_')) {
    return { ...request, endpoint: first, cluster: second }
  }
  return { ...request, port: first.replace(/^_/, ''), protocol: second.replace(/^_/, '') }
}

/** `ZONE.pin._zone` and `ZONE.prefer._zone`; the name of a zone may have dots. */
function withTopologyZone(request: RecordRequest, before: readonly string[]): RecordRequest | undefined {
  const how = before.at(-2)
  if (before.at(-1) !== '_zone' || request.kind !== 'svc') return undefined
  if (how !== 'pin' && how !== 'prefer') return undefined
  return { ...request, zone: before.slice(0, -2).join('.'), preferred: how === 'prefer' }
}
