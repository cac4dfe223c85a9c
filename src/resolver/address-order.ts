import type { Cidr, Ip } from '../base/ip.ts'
import { cidrOf, contains } from '../base/ip.ts'

/** One line of the policy table of RFC 6724. */
interface Policy {
  readonly block: Cidr
  readonly precedence: number
  readonly label: number
}

const line = (first: Ip, bits: number, precedence: number, label: number): Policy => ({
  block: cidrOf(first, bits),
  precedence,
  label,
})

const loopback = line(1n, 128, 50, 0)
const any = line(0n, 0, 40, 1)
const sixToFour = line(0x2002n << 112n, 16, 30, 2)

/** glibc's tables are those of RFC 3484, musl's those of RFC 6724, each without the lines that play no part here. */
const policies: Readonly<
  Record<'glibc' | 'musl', { readonly ipv4: Policy; readonly ipv6: readonly Policy[] }>
> = {
  glibc: {
    ipv4: line(0, 0, 10, 4),
    ipv6: [
      loopback,
      sixToFour,
      line(0x2001n << 112n, 32, 40, 7),
      line(0xfcn << 120n, 7, 40, 6),
      line(0xfec0n << 112n, 10, 40, 5),
      any,
    ],
  },
  musl: {
    ipv4: line(0, 0, 35, 4),
    ipv6: [loopback, sixToFour, line(0x2001n << 112n, 32, 5, 5), line(0xfcn << 120n, 7, 3, 13), any],
  },
}

/** Addresses that are good on their own link alone. */
const linkLocal = cidrOf(0xfe80n << 112n, 10)
const loopbackIpv4 = cidrOf(0x7f000000, 8)

/**
 * The order in which getaddrinfo hands addresses out, to a host that has these addresses of its own. Of RFC 6724 this is
 * what decides between the families: what the host has no address to reach from comes last (rule 1), then what shares a
 * label with an address of the host comes first (rule 5), then what has the higher precedence (rule 6). All else keeps
 * the order of the answer. Left out: the scope of link-local destinations, and the longest common prefix (rule 9), by
 * which glibc puts IPv4 addresses of the host's own subnet first.
 */
export function orderAddresses(
  libc: 'glibc' | 'musl',
  addresses: readonly Ip[],
  sources: readonly Ip[],
): readonly Ip[] {
  const { ipv4, ipv6 } = policies[libc]
  const policyOf = (ip: Ip) => ipv6.find(({ block }) => contains(block, ip)) ?? ipv4
  const usable = sources.filter((ip) => !contains(linkLocal, ip))
  const rank = (ip: Ip): number => {
    const policy = policyOf(ip)
    const near = policy === loopback || contains(loopbackIpv4, ip)
    const reachable = near || usable.some((source) => typeof source === typeof ip)
    const labelled = near || usable.some((source) => policyOf(source).label === policy.label)
    return (reachable ? 2000 : 0) + (labelled ? 1000 : 0) + policy.precedence
  }
  return addresses.toSorted((a, b) => rank(b) - rank(a))
}
