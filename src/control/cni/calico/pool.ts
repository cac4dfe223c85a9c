import type { Cidr, Ip } from '../../../base/ip.ts'
import { bitsOf, cidrOf, contains, familyOf } from '../../../base/ip.ts'
import type { ObjectRef, SourceLocation } from '../../../base/source.ts'

/** When an encapsulation is used: towards every node, towards those of other subnets, or not at all. */
export type TunnelMode = 'Always' | 'CrossSubnet' | 'Never'

/** How a pool's packets travel. */
export interface PoolSettings {
  readonly ipip: TunnelMode
  readonly vxlan: TunnelMode
  readonly natOutgoing: boolean
  /** No new address comes from it; those given out keep working, and the masquerading goes on sparing it. */
  readonly disabled: boolean
  readonly blockSize: number
  /** Calico's own selector language; every node, if empty. */
  readonly nodeSelector: string
  /** Whether BIRD tells other nodes and routers of its blocks. */
  readonly exported: boolean
}

/** One of Calico's pools of addresses. */
export interface CalicoPool extends PoolSettings {
  readonly name: string
  readonly cidr: Cidr
  readonly ref?: ObjectRef
  /** Where a field of it stands. */
  locate?(field: string): SourceLocation
}

/** What a pool is that says nothing: blocks of /26 (IPv6: /122), no encapsulation. */
export function plainPool(family: 4 | 6): PoolSettings {
  return {
    ipip: 'Never',
    vxlan: 'Never',
    natOutgoing: false,
    disabled: false,
    blockSize: bitsOf(family) - 6,
    nodeSelector: '',
    exported: true,
  }
}

/** The pool that holds the address: of several the smallest. */
export function poolOf(pools: readonly CalicoPool[], ip: Ip): CalicoPool | undefined {
  const holding = pools.filter(({ cidr }) => contains(cidr, ip))
  return holding.toSorted((a, b) => b.cidr.bits - a.cidr.bits)[0]
}

/** The block of a pool that an address lies in. */
export function blockAround({ blockSize }: CalicoPool, ip: Ip): Cidr {
  return cidrOf(ip, blockSize)
}

export function poolsOfFamily(pools: readonly CalicoPool[], family: 4 | 6): readonly CalicoPool[] {
  return pools.filter(({ cidr }) => familyOf(cidr.first) === family)
}
