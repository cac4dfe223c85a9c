import type { Ip } from '../../../base/ip.ts'
import { addressOfReverse } from '../../reverse-name.ts'
import type { Found, Lookup } from './services.ts'
import { findRecords } from './services.ts'
import type { View } from './view.ts'
import { endpointLabel, isExposed, readyAddresses, serviceByIp, slicesByIp } from './view.ts'

/** What a reverse name leads to; another name is looked up as any, and has no PTR. Mirrors Reverse. */
export function findReverse(view: View, name: string, zone: string): Lookup {
  const ip = addressOfReverse(name)
  if (ip === undefined) return findRecords(view, name, zone) && []
  const found = behindAddress(view, ip)
  return found.length === 0 ? undefined : found
}

/** Only the option `namespaces` hides what is found by its address. */
function isHidden(view: View, namespace: string): boolean {
  return view.options.namespaces.length > 0 && !isExposed(view, namespace)
}

/** The Service with this cluster IP, or else all endpoints with this address. Mirrors serviceRecordForIP. */
function behindAddress(view: View, ip: Ip): readonly Found[] {
  const zone = view.options.primaryZone
  const service = serviceByIp(view, ip)
  if (service !== undefined && !isHidden(view, service.namespace)) {
    const target = `${service.name}.${service.namespace}.svc.${zone}`
    return [{ host: ip, port: 0, target, object: service.ref }]
  }
  return slicesByIp(view, ip)
    .filter((slice) => !isHidden(view, slice.namespace))
    .flatMap((slice) =>
      readyAddresses(slice)
        .filter((one) => one.ip === ip)
        .map(({ endpoint }) => {
          const label = endpointLabel(view, endpoint, ip)
          const target = `${label}.${slice.service}.${slice.namespace}.svc.${zone}`
          return { host: ip, port: 0, target, object: slice.ref }
        }),
    )
}
