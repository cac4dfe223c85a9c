import type { Ip } from '../base/ip.ts'
import { familyOf, parseIp } from '../base/ip.ts'
import { orderAddresses } from './address-order.ts'
import type { Libc, LookupResult } from './lookup.ts'
import { ipv4Sources } from './lookup.ts'
import { absolute } from './names.ts'

/** One line of a hosts file: an address and its names, the canonical one first. */
export interface HostsEntry {
  readonly ip: Ip
  readonly names: readonly string[]
}

/** Reads a hosts file (hosts(5)): `#` begins a comment anywhere; lines that do not begin with an address are passed over. */
export function parseHosts(text: string): readonly HostsEntry[] {
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*$/, '').trim().split(/\s+/)
    const ip = parseIp(address.replace(/%.*$/, ''))
    return ip === undefined || names.length === 0 ? [] : [{ ip, names }]
  })
}

/** ::1 and 127.0.0.1. */
const loopback = { 6: 1n, 4: 0x7f000001 }

/**
 * Asks the hosts file before DNS, as `hosts: files dns` of nsswitch.conf says and musl always does. `undefined`: the
 * name is not answered here, and DNS is asked. All lines with the name count. glibc compares without regard to case,
 * takes ::1 for 127.0.0.1 where only IPv4 is wanted, and goes on to DNS if the name has only addresses of the other
 * family; musl compares exactly, and then fails. What looks names up as they are does not read the file.
 */
export function lookUpHosts(
  hosts: readonly HostsEntry[],
  name: string,
  family: 4 | 6 | undefined,
  { libc = 'glibc', sources = ipv4Sources }: { readonly libc?: Libc; readonly sources?: readonly Ip[] } = {},
): LookupResult | undefined {
  if (libc === 'as-is') return undefined
  const same = (one: string) => (libc === 'musl' ? one === name : one.toLowerCase() === name.toLowerCase())
  const lines = hosts.filter(({ names }) => names.some(same))
  const mapped = lines.map(({ ip }) =>
    libc === 'glibc' && family === 4 && ip === loopback[6] ? loopback[4] : ip,
  )
  const addresses = mapped.filter((ip) => family === undefined || familyOf(ip) === family)
  if (addresses.length > 0) {
    return { type: 'found', name: absolute(name), addresses: orderAddresses(libc, addresses, sources) }
  }
  return lines.length > 0 && libc === 'musl' ? { type: 'failed', error: 'no-data' } : undefined
}
