import type { Ip } from '../../../base/ip.ts'
import type { DnsSlice } from '../../kubernetes-data.ts'
import type { Found } from './services.ts'
import type { View } from './view.ts'
import { endpointLabel, readyAddresses, serviceAt, slicesByIp } from './view.ts'

/** The name that stands for the server where no Service does. */
const DEFAULT_NAME = 'ns.dns.'

/** Whether the name is `ns.dns.` and the zone. Mirrors isDefaultNS: the zone is compared as it is spelled. */
export function isDefaultNameServer(name: string, zone: string): boolean {
  return name.startsWith(DEFAULT_NAME) && name.indexOf(zone) === DEFAULT_NAME.length
}

/**
 * The names and addresses of the Services in front of this very server, or its own addresses if there is none.
 * Mirrors nsAddrs.
 */
export function nameServers(view: View, zone: string): readonly Found[] {
  const slices = view.addresses.flatMap((ip) =>
    slicesByIp(view, ip).filter((slice) => readyAddresses(slice).some((one) => one.ip === ip)),
  )
  if (slices.length === 0) {
    return view.addresses.map((host) => ({ host, port: 0, target: `${DEFAULT_NAME}${zone}` }))
  }
  return slices.flatMap((slice) => behindSlice(view, slice, zone))
}

function behindSlice(view: View, slice: DnsSlice, zone: string): readonly Found[] {
  const service = serviceAt(view, slice.namespace, slice.service)
  if (service === undefined) return []
  const name = `${service.name}.${service.namespace}.svc.${zone}`
  const found = (host: Ip, target: string): Found => ({ host, port: 0, target, object: service.ref })
  if (!service.headless) return service.clusterIps.map((ip) => found(ip, name))
  return readyAddresses(slice).map(({ endpoint, ip }) =>
    found(ip, `${endpointLabel(view, endpoint, ip)}.${name}`),
  )
}
