import type { Ip } from '../../../base/ip.ts'
import type { DnsPort, DnsService } from '../../kubernetes-data.ts'
import { labelsOf, trimZone } from '../../name.ts'
import type { Found } from './services.ts'
import type { View } from './view.ts'
import { endpointLabel, isExposed, readyAddresses, serviceAt, slicesByIp, slicesOf } from './view.ts'

/** What a name below an external zone leads to; nothing for a name that is there, `undefined` for none such. */
export type External = readonly Found[] | undefined

/** Mirrors Kubernetes.External but for PTR: `[endpoint.|port.protocol.]service.namespace` and the zone. */
export function findExternal(view: View, name: string, zone: string, headless: boolean): External {
  const labels = labelsOf(trimZone(name, zone))
  const [namespace = '', serviceName, ...before] = labels.toReversed()
  if (!isExposed(view, namespace)) return undefined
  if (serviceName === undefined) return []
  if (before.length > 2) return undefined
  const [first = '', second = ''] = before.map((label) => label.replace(/^_/, ''))
  const asked = before.length === 2 ? { protocol: first, port: second } : { protocol: '', port: '' }
  const endpoint = before.length === 1 ? first : ''
  const service = serviceAt(view, namespace, serviceName)
  if (service === undefined) return undefined
  const matches = (port: DnsPort) =>
    (asked.port === '' || asked.port === port.name.toLowerCase()) &&
    (asked.protocol === '' || asked.protocol === port.protocol.toLowerCase())
  const byEndpoints = headless && service.externalIps.length === 0 && (service.headless || endpoint !== '')
  const found = byEndpoints
    ? endpointsOf(view, service, zone, endpoint, matches)
    : addressesOf(service, zone, matches)
  return found.length > 0 ? found : undefined
}

function portsOf(ports: readonly DnsPort[]): readonly DnsPort[] {
  return ports.length === 0 ? [{ name: '', protocol: '', port: -1 }] : ports
}

function addressesOf(
  service: DnsService,
  zone: string,
  matches: (port: DnsPort) => boolean,
): readonly Found[] {
  const target = `${service.name}.${service.namespace}.${zone}`
  return service.externalIps.flatMap((host) =>
    portsOf(service.ports)
      .filter(matches)
      .map(({ port }) => ({ host, port, target, object: service.ref })),
  )
}

function endpointsOf(
  view: View,
  service: DnsService,
  zone: string,
  asked: string,
  matches: (port: DnsPort) => boolean,
): readonly Found[] {
  return slicesOf(view, service).flatMap((slice) =>
    readyAddresses(slice).flatMap(({ endpoint, ip }) => {
      const label = endpointLabel(view, endpoint, ip)
      if (asked !== '' && asked !== label.toLowerCase()) return []
      const target = `${label}.${service.name}.${service.namespace}.${zone}`
      return portsOf(slice.ports)
        .filter(matches)
        .map(({ port }) => ({ host: ip, port, target, object: slice.ref }))
    }),
  )
}

/** The Services with this external address, as `name.namespace`. Mirrors serviceRecordForExternalIP. */
export function behindExternalIp(view: View, ip: Ip): readonly string[] {
  return [...view.data.services.values()]
    .filter(({ externalIps }) => externalIps.includes(ip))
    .filter(({ namespace }) => view.options.namespaces.length === 0 || isExposed(view, namespace))
    .map(({ name, namespace }) => `${name}.${namespace}`)
}

/** The external addresses of the Services in front of this server, or its own. Mirrors nsAddrs for external zones. */
export function externalAddresses(view: View, headless: boolean): readonly Ip[] {
  const slices = view.addresses.flatMap((ip) => slicesByIp(view, ip))
  if (slices.length === 0) return view.addresses
  return slices.flatMap((slice) => {
    const service = serviceAt(view, slice.namespace, slice.service)
    if (service === undefined) return []
    if (headless && service.headless) return readyAddresses(slice).map(({ ip }) => ip)
    return service.externalIps
  })
}
