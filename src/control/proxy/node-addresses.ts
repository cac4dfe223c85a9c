import type { Cidr, Ip } from '../../base/ip.ts'
import { contains, familyOf, isLoopback, parseCidr } from '../../base/ip.ts'
import type { ClusterNode, KubeProxySettings } from '../../model/cluster.ts'

/** Mirrors detectNodeIPs: InternalIPs, then ExternalIPs; loopback if the node has none of the family. */
export function primaryAddress(node: ClusterNode, family: 4 | 6): Ip {
  const first = [...node.addresses, ...node.externalAddresses]
  // 1.28 knows one address; the other family's is unspecified.
  if (node.minorVersion < 29 && first[0] !== undefined && familyOf(first[0]) !== family)
    return family === 4 ? 0 : 0n
  return first.find((ip) => familyOf(ip) === family) ?? (family === 4 ? 0x7f000001 : 1n)
}

/** Whether 127.0.0.1:nodePort works: switched on, and loopback is among the node port addresses. */
export function usesLocalhostNodePorts(settings: KubeProxySettings, family: 4 | 6): boolean {
  if (family === 6 || !settings.localhostNodePorts) return false
  const restriction = nodePortRestriction(settings, 4)
  if (restriction === 'all') return true
  return (
    restriction !== 'primary' &&
    restriction.some((cidr) => isLoopback(cidr.first) || contains(cidr, 0x7f000000))
  )
}

/** The node port addresses of one family: all, only the node's primary one, or those in some blocks. */
export function nodePortRestriction(
  { nodePortAddresses }: KubeProxySettings,
  family: 4 | 6,
): 'all' | 'primary' | readonly Cidr[] {
  if (nodePortAddresses.includes('primary')) return 'primary'
  const cidrs = nodePortAddresses.flatMap((text) => parseCidr(text) ?? [])
  const own = cidrs.filter((cidr) => familyOf(cidr.first) === family)
  return own.length === 0 || own.some((cidr) => cidr.bits === 0) ? 'all' : own
}
