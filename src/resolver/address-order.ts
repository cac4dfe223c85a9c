import type { Ip } from '../base/ip.ts'
import { cidrOf, contains } from '../base/ip.ts'

/** fc00::/7. */
const uniqueLocal = cidrOf(0xfcn << 120n, 7)

/**
 * The order in which getaddrinfo hands addresses out. Of RFC 6724 this is what decides between the families: an
 * address that the host cannot reach comes last (rule 1), and then the higher precedence first (rule 6), where glibc
 * puts all IPv6 before IPv4, and musl puts unique local addresses (fc00::/7) after it. Within a family the order of the
 * answer stays. Left out: scopes, labels and the longest common prefix with the source, which musl also applies to IPv4.
 */
export function orderAddresses(
  libc: 'glibc' | 'musl',
  addresses: readonly Ip[],
  ipv6: boolean,
): readonly Ip[] {
  const rank = (ip: Ip): number => {
    if (typeof ip === 'number') return 2
    if (ip === 1n) return 0
    if (!ipv6) return 4
    return libc === 'musl' && contains(uniqueLocal, ip) ? 3 : 1
  }
  return addresses.toSorted((a, b) => rank(a) - rank(b))
}
