import type { Cidr, Ip } from '../../../base/ip.ts'
import { cidrOf, contains, familyOf, overlaps } from '../../../base/ip.ts'
import type { BlocksContext } from '../cni.ts'

/** Where a plugin with a pool of its own gives each node a block from. */
export interface NodePools {
  readonly pools: readonly Cidr[]
  /** The prefix length of a node's block. */
  bitsOf(family: 4 | 6): number
  /** What an object states for the node. */
  stated?(node: string): readonly Cidr[]
}

/**
 * Each node's block: what an object states; else the block that its pods' stated addresses lie in; else the next free one
 * of the pool, in the order of the nodes.
 */
export function blocksOfPools(
  { nodes, podIps }: BlocksContext,
  { pools, bitsOf, stated }: NodePools,
): ReadonlyMap<string, readonly Cidr[]> {
  const families = [...new Set(pools.map((one) => familyOf(one.first)))]
  const taken: Cidr[] = []
  const known = nodes.map((node) => {
    const own = knownBlocks(podIps.get(node.name) ?? [], stated?.(node.name) ?? [], bitsOf, taken)
    taken.push(...own)
    return own
  })
  const free = (family: 4 | 6): readonly Cidr[] => {
    const block = nextFree(pools, family, bitsOf(family), taken)
    if (block) taken.push(block)
    return block ? [block] : []
  }
  return new Map(
    nodes.map(({ name }, index) => {
      const own = known[index] ?? []
      const lacking = families.filter((family) => !own.some((one) => familyOf(one.first) === family))
      return [name, [...own, ...lacking.flatMap(free)]]
    }),
  )
}

/** What is stated, and the blocks of addresses that pods have. */
function knownBlocks(
  ips: readonly Ip[],
  stated: readonly Cidr[],
  bitsOf: NodePools['bitsOf'],
  taken: readonly Cidr[],
): readonly Cidr[] {
  const own = [...stated]
  for (const ip of ips) {
    const block = cidrOf(ip, bitsOf(familyOf(ip)))
    if (![...taken, ...own].some((one) => overlaps(one, block))) own.push(block)
  }
  return own
}

function nextFree(
  pools: readonly Cidr[],
  family: 4 | 6,
  bits: number,
  taken: readonly Cidr[],
): Cidr | undefined {
  for (const pool of pools.filter((one) => familyOf(one.first) === family)) {
    let block = cidrOf(pool.first, Math.max(bits, pool.bits))
    while (contains(pool, block.first)) {
      const known = taken.find((one) => overlaps(one, block))
      if (!known) return block
      const last = known.bits < block.bits ? known.last : block.last
      const next = typeof last === 'number' ? last + 1 : last + 1n
      if (!contains(pool, next)) break
      block = cidrOf(next, block.bits)
    }
  }
  return undefined
}
