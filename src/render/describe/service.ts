import { byText } from '../../base/ordering.ts'
import type { EndpointSlice, Service } from '../../model/objects.ts'
import { listed, socketText } from '../get/endpoints.ts'
import { formatLabels } from '../get/table.ts'
import { padEnd, width } from '../style.ts'

/** A line of `kubectl describe`: what stands before the first tab, and after it. */
type Line = readonly [title: string, value: string]

/**
 * A Service as `kubectl describe svc` prints it. Mirrors describeService of kubectl's pkg/describe. Nothing
 * happened in a cluster that does not run, so there are no events; kubectl leaves their line out for several objects.
 */
export function describeService(
  service: Service,
  slices: readonly EndpointSlice[],
  { events = true }: { readonly events?: boolean } = {},
): string {
  const { metadata, spec = {} } = service
  const lines: readonly Line[] = [
    ['Name:', metadata.name ?? ''],
    ['Namespace:', metadata.namespace ?? ''],
    ...titled('Labels:', labelLines(metadata.labels ?? {})),
    ...titled('Annotations:', annotationLines(metadata.annotations ?? {})),
    ['Selector:', formatLabels(spec.selector)],
    ['Type:', spec.type ?? ''],
    ...addressLines(service),
    ...(spec.ports ?? []).flatMap((port) => portLines(port, slices)),
    ...policyLines(spec),
    ...(events ? [['Events:', '<none>'] as const] : []),
  ]
  const column = Math.max(...lines.map(([title]) => width(title))) + 2
  return lines.map(([title, value]) => `${padEnd(title, column)}${value}\n`).join('')
}

function optional(title: string, value: string | number | undefined): readonly Line[] {
  return value === undefined || value === '' || value === 0 ? [] : [[title, String(value)]]
}

function titled(title: string, values: readonly string[]): readonly Line[] {
  return values.length === 0
    ? [[title, '<none>']]
    : values.map((value, index) => [index === 0 ? title : '', value])
}

function labelLines(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(labels)
    .toSorted(byText)
    .map((key) => `${key}=${labels[key]}`)
}

const hiddenAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'
const longestAnnotation = 140

/** Those that are long or have several lines stand below their key, cut off on the right. */
function annotationLines(annotations: Readonly<Record<string, string>>): readonly string[] {
  const keys = Object.keys(annotations).filter((key) => key !== hiddenAnnotation)
  return keys.toSorted(byText).flatMap((key) => {
    const value = (annotations[key] ?? '').replace(/\n$/, '')
    if (key.length + value.length + 2 <= longestAnnotation && !value.includes('\n'))
      return [`${key}: ${value}`]
    const most = longestAnnotation - 2
    const cut = (line: string) => (line.length > most ? `${line.slice(0, most)}...` : line)
    return [`${key}:`, ...value.split('\n').map((line) => `  ${cut(line)}`)]
  })
}

function addressLines({ spec = {}, status }: Service): readonly Line[] {
  const { ipFamilies = [], clusterIPs = [], externalIPs = [] } = spec
  const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, ipMode, hostname = '' }) =>
    ip ? `${ip}${ipMode === undefined ? '' : ` (${ipMode})`}` : hostname,
  )
  return [
    ...optional('IP Family Policy:', spec.ipFamilyPolicy),
    ['IP Families:', ipFamilies.join(',') || '<none>'],
    ['IP:', spec.clusterIP ?? ''],
    ['IPs:', clusterIPs.join(',') || '<none>'],
    ...optional('External IPs:', externalIPs.join(',')),
    ...optional('Desired LoadBalancer IP:', spec.loadBalancerIP),
    ...optional('External Name:', spec.externalName),
    ...optional('LoadBalancer Ingress:', ingress.join(', ')),
  ]
}

type Port = NonNullable<NonNullable<Service['spec']>['ports']>[number]

function portLines(port: Port, slices: readonly EndpointSlice[]): readonly Line[] {
  const { name = '', port: number, protocol = 'TCP', targetPort, nodePort, appProtocol } = port
  const title = name || '<unset>'
  return [
    ['Port:', `${title}  ${number}/${protocol}`],
    ['TargetPort:', `${targetPort}/${protocol}`],
    ...optional('AppProtocol:', appProtocol),
    ...optional('NodePort:', nodePort ? `${title}  ${nodePort}/${protocol}` : undefined),
    ['Endpoints:', slices.length === 0 ? '<none>' : listed(slices.flatMap((one) => readySockets(one, name)))],
  ]
}

/** The first address of each endpoint that is ready or does not say, at the port of that name. */
function readySockets({ ports, endpoints }: EndpointSlice, name: string): readonly string[] {
  const ready = (endpoints ?? [])
    .filter((one) => one.conditions?.ready ?? true)
    .map((one) => one.addresses?.[0] ?? '')
  if (!ports?.length) return ready
  return ports
    .filter((one) => (one.name ?? '') === name)
    .flatMap(({ port = 0 }) => ready.map((ip) => socketText(ip, port)))
}

function policyLines(spec: NonNullable<Service['spec']>): readonly Line[] {
  return [
    ['Session Affinity:', spec.sessionAffinity ?? ''],
    ...optional('External Traffic Policy:', spec.externalTrafficPolicy),
    ...optional('Internal Traffic Policy:', spec.internalTrafficPolicy),
    ...optional('HealthCheck NodePort:', spec.healthCheckNodePort),
    ...optional('LoadBalancer Source Ranges:', spec.loadBalancerSourceRanges?.join(',')),
    ...optional('Traffic Distribution:', spec.trafficDistribution),
  ]
}
