import type { EndpointSlice, Endpoints } from '../../model/objects.ts'
import { ageOf } from './age.ts'
import type { KindPrinter } from './table.ts'
import { columns } from './table.ts'

/** How many are named before `+ N more...`. */
export const shownEndpoints = 3

/** Mirrors printEndpoints: only addresses that are ready are listed. */
export const endpointsPrinter: KindPrinter<Endpoints> = {
  columns: columns('NAME,ENDPOINTS,AGE'),
  cells: ({ metadata, subsets = [] }, { now }) => [
    metadata.name ?? '',
    subsets.length === 0 ? '<none>' : listed(subsets.flatMap(socketsOf)),
    ageOf(metadata.creationTimestamp, now),
  ],
}

function socketsOf({
  addresses = [],
  ports = [],
}: NonNullable<Endpoints['subsets']>[number]): readonly string[] {
  if (ports.length === 0) return addresses.map((one) => one.ip ?? '')
  return ports.flatMap(({ port = 0 }) => addresses.map(({ ip = '' }) => socketText(ip, port)))
}

/** `address:port`, IPv6 in brackets. */
export function socketText(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}

/** The first three, and how many more there are. */
export function listed(items: readonly string[]): string {
  const shown = items.slice(0, shownEndpoints).join(',')
  return items.length > shownEndpoints ? `${shown} + ${items.length - shownEndpoints} more...` : shown
}

/** Mirrors printEndpointSlice: every address is listed, ready or not. */
export const endpointSlicePrinter: KindPrinter<EndpointSlice> = {
  columns: columns('NAME,ADDRESSTYPE,PORTS,ENDPOINTS,AGE'),
  cells: ({ metadata, addressType, ports, endpoints }, { now }) => [
    metadata.name ?? '',
    addressType ?? '',
    listed((ports ?? []).map(({ port, name }) => String(port ?? name ?? '*'))) || '<unset>',
    listed((endpoints ?? []).flatMap((one) => one.addresses ?? [])) || '<unset>',
    ageOf(metadata.creationTimestamp, now),
  ],
}
