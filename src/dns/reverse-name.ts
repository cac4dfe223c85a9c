import type { Cidr, Ip } from '../base/ip.ts'
import { bitsOf, cidrOf, familyOf, formatIp, offsetIp, parseIp } from '../base/ip.ts'

/** Whether the name lies below `in-addr.arpa.` or `ip6.arpa.`; those zones themselves do not. Mirrors dnsutil.IsReverse. */
export function isReverse(name: string): boolean {
  return name.endsWith('.in-addr.arpa.') || name.endsWith('.ip6.arpa.')
}

/** The address that a reverse name stands for, if it is a whole one. Mirrors dnsutil.ExtractAddressFromReverse. */
export function addressOfReverse(name: string): Ip | undefined {
  const v4 = /^(.+)\.in-addr\.arpa\.$/.exec(name)?.[1]
  if (v4 !== undefined) return parseIp(v4.split('.').reverse().join('.'))
  const nibbles = /^(.+)\.ip6\.arpa\.$/.exec(name)?.[1]?.split('.').reverse()
  if (nibbles === undefined || nibbles.length !== 32) return undefined
  const groups = Array.from({ length: 8 }, (_, group) => nibbles.slice(group * 4, group * 4 + 4).join(''))
  return parseIp(groups.join(':'))
}

/** The labels of an address from the least significant: octets of IPv4, nibbles of IPv6. */
function reverseLabels(ip: Ip): readonly string[] {
  if (typeof ip === 'number') return formatIp(ip).split('.').reverse()
  return [...ip.toString(16).padStart(32, '0')].reverse()
}

/** The reverse name of one address. */
export function reverseOf(ip: Ip): string {
  return `${reverseLabels(ip).join('.')}.${suffixOf(ip)}`
}

function suffixOf(ip: Ip): string {
  return familyOf(ip) === 4 ? 'in-addr.arpa.' : 'ip6.arpa.'
}

/**
 * The reverse zones of a block: one, if its prefix ends at an octet (IPv4) or nibble (IPv6), and otherwise one for
 * each block of the next such length. Mirrors plugin/pkg/cidr Split and Reverse.
 */
export function reverseZones(block: Cidr): readonly string[] {
  const step = familyOf(block.first) === 4 ? 8 : 4
  const bits = Math.ceil(block.bits / step) * step
  const size = 2 ** (bitsOf(familyOf(block.first)) - bits)
  return Array.from({ length: 2 ** (bits - block.bits) }, (_, index) => {
    const first = cidrOf(offsetIp(block.first, index * size), bits).first
    const labels = reverseLabels(first)
    return [...labels.slice(labels.length - bits / step), suffixOf(first)].join('.')
  })
}
