import { parseCidr } from '../../base/ip.ts'
import { isDomainName, normalName } from '../name.ts'
import { reverseZones } from '../reverse-name.ts'

/** How queries reach a server block. */
export type Transport = 'dns' | 'tls' | 'quic' | 'grpc' | 'https3' | 'https' | 'unix'

const schemes: readonly Transport[] = ['tls', 'dns', 'quic', 'grpc', 'https3', 'https', 'unix']

/** Cuts `tls://` and its like off; `dns`, if there is none. Mirrors parse.Transport. */
export function splitTransport(text: string): { readonly transport: Transport; readonly rest: string } {
  const transport = schemes.find((scheme) => text.startsWith(`${scheme}://`))
  if (transport === undefined) return { transport: 'dns', rest: text }
  return { transport, rest: text.slice(transport.length + 3) }
}

/** The zones and the port that a key states, or what is wrong with it. Mirrors plugin.SplitHostPort. */
export function splitHostPort(
  text: string,
): { readonly hosts: readonly string[]; readonly port?: number } | { readonly error: string } {
  if (text.endsWith(':')) return { error: `expecting data after last colon: ${JSON.stringify(text)}` }
  const found = /^(.*):([+-]?\d+)$/s.exec(text)
  const host = found?.[1] ?? text
  const port = found?.[2] === undefined ? {} : { port: Number(found[2]) }
  if (host.length > 255) return { error: `specified zone is too long: ${host.length} > 255` }
  if (!isDomainName(host)) return { error: `zone is not a valid domain name: ${host}` }
  const block = parseCidr(host)
  if (block === undefined) return { hosts: [host], ...port }
  if (/^:|^0.*:/.test(host)) return { error: `invalid CIDR ${host}` }
  return { hosts: reverseZones(block), ...port }
}

/** The zones that one argument states, in lower case with final dots; none if it cannot be read. Mirrors Host.NormalizeExact. */
export function zonesOf(text: string): readonly string[] {
  const split = splitHostPort(splitTransport(text).rest)
  return 'error' in split ? [] : split.hosts.map(normalName)
}
