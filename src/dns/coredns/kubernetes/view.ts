import type { Ip } from '../../../base/ip.ts'
import { formatIp } from '../../../base/ip.ts'
import type { DnsEndpoint, DnsPod, DnsService, DnsSlice, KubernetesData } from '../../kubernetes-data.ts'
import { selects } from '../label-selector.ts'
import type { KubernetesOptions } from './options.ts'

/** What one kubernetes plugin sees of the cluster. */
export interface View {
  readonly options: KubernetesOptions
  readonly data: KubernetesData
  /** The server's own addresses. */
  readonly addresses: readonly Ip[]
}

/** Whether names of the namespace are served at all. Mirrors namespaceExposed. */
export function isExposed(view: View, namespace: string): boolean {
  const { namespaces, namespaceLabels } = view.options
  if (namespaces.length > 0 && !namespaces.includes(namespace)) return false
  const found = view.data.namespaces.get(namespace)
  return found !== undefined && (namespaceLabels === undefined || selects(namespaceLabels, found.labels))
}

/** Whether the plugin watches an object with these labels: the option `labels` is for Services, slices and pods alike. */
function isWatched(view: View, object: { readonly labels?: Readonly<Record<string, string>> }): boolean {
  return view.options.labels === undefined || selects(view.options.labels, object.labels ?? {})
}

export function serviceAt(view: View, namespace: string, name: string): DnsService | undefined {
  const service = view.data.services.get(`${namespace}/${name}`)
  return service !== undefined && isWatched(view, service) ? service : undefined
}

export function serviceByIp(view: View, ip: Ip): DnsService | undefined {
  const service = view.data.servicesByIp.get(ip)
  return service !== undefined && isWatched(view, service) ? service : undefined
}

export function slicesOf(view: View, service: DnsService): readonly DnsSlice[] {
  if (view.options.noEndpoints) return []
  const slices = view.data.slices.get(`${service.namespace}/${service.name}`) ?? []
  return slices.filter((slice) => isWatched(view, slice))
}

export function slicesByIp(view: View, ip: Ip): readonly DnsSlice[] {
  if (view.options.noEndpoints) return []
  return (view.data.slicesByIp.get(ip) ?? []).filter((slice) => isWatched(view, slice))
}

export function podsByIp(view: View, ip: Ip): readonly DnsPod[] {
  return (view.data.podsByIp.get(ip) ?? []).filter((pod) => isWatched(view, pod))
}

/** The label of an endpoint: its hostname, its pod's name if that is wanted, or its address. Mirrors endpointHostname. */
export function endpointLabel(view: View, endpoint: DnsEndpoint, ip: Ip): string {
  if (endpoint.hostname !== undefined && endpoint.hostname !== '') return endpoint.hostname
  const { podName } = endpoint
  if (view.options.endpointPodNames && podName !== undefined && podName.length < 64) return podName
  const label = formatIp(ip).replace(/[.:]/g, '-')
  return typeof ip === 'bigint' && label.endsWith('-') ? `${label}0` : label
}

/** The addresses of all ready endpoints of a slice, each with its endpoint. */
export function readyAddresses(
  slice: DnsSlice,
): readonly { readonly endpoint: DnsEndpoint; readonly ip: Ip }[] {
  return slice.endpoints
    .filter((endpoint) => endpoint.ready)
    .flatMap((endpoint) => endpoint.addresses.map((ip) => ({ endpoint, ip })))
}
