import type { Ip } from './ip.ts'
import { familyOf, parseCidrSloppy, parseIp } from './ip.ts'

/** Addresses from the first to the last, both included. */
export interface IpBlock {
  readonly first: Ip
  readonly last: Ip
}

/** Reads `192.0.2.0/24` or `192.0.2.10-192.0.2.20`, as MetalLB's ParseCIDR does; `undefined` if it is neither. */
export function parseIpBlock(text: string): IpBlock | undefined {
  const parts = text.split('-').map((part) => part.trim())
  if (parts.length === 1) {
    const cidr = parseCidrSloppy(text.trim())
    return cidr && { first: cidr.first, last: cidr.last }
  }
  const [first, last] = parts.map(parseIp)
  if (parts.length !== 2 || first === undefined || last === undefined) return undefined
  return familyOf(first) === familyOf(last) && first <= last ? { first, last } : undefined
}

/** Whether the block holds the address. */
export function blockHolds({ first, last }: IpBlock, ip: Ip): boolean {
  return familyOf(first) === familyOf(ip) && first <= ip && ip <= last
}
