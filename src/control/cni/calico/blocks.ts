import { parseSelector } from '../../../base/calico-selector.ts'
import type { Cidr, Ip } from '../../../base/ip.ts'
import { cidrOf, compareIp, contains, familyOf, hostCidr, overlaps, parseCidr } from '../../../base/ip.ts'
import type { CalicoObjects } from '../../../model/cni-objects.ts'
import type { BlockNode, BlocksContext } from '../cni.ts'
import type { CalicoPool } from './pool.ts'
import { blockAround, poolOf } from './pool.ts'
import { matchesLabels } from './selector.ts'

/**
 * Which blocks of the pools are whose, as Calico's IPAM would have given them out: those that a BlockAffinity or an
 * IPAMBlock states; those that the addresses of a node's pods lie in; else, for a node that has none, the part of its
 * podCIDR that lies in a pool, or the next free block. An address that a pod has from another node's block is
 * borrowed: a block of one address.
 */
export function assignBlocks(
  { nodes, podIps }: BlocksContext,
  pools: readonly CalicoPool[],
  objects: CalicoObjects,
): ReadonlyMap<string, readonly Cidr[]> {
  const owners = new Owners()
  for (const { node, block } of statedAffinities(objects)) owners.add(node, block)
  for (const { node, block } of claims(nodes, podIps, pools)) owners.add(node, block)
  const enabled = pools.filter((pool) => !pool.disabled)
  for (const node of nodes) {
    for (const family of [4, 6] as const) {
      const mine = enabled.filter((pool) => familyOf(pool.cidr.first) === family && isFor(pool, node))
      if (mine.length === 0 || owners.has(node.name, family)) continue
      const block = preferred(node, mine, owners) ?? owners.nextFree(mine)
      if (block) owners.add(node.name, block)
    }
  }
  return new Map(nodes.map(({ name }) => [name, blocksOf(owners.of(name), podIps.get(name) ?? [], pools)]))
}

interface Owned {
  readonly node: string
  readonly block: Cidr
}

function keyOf({ first, bits }: Cidr): string {
  return `${first}/${bits}`
}

/** Who has which block. A block is one node's; the first to have it keeps it. */
class Owners {
  readonly #taken = new Set<string>()
  readonly #bySize = new Map<number, Cidr[]>()
  readonly #byNode = new Map<string, Cidr[]>()
  /** Where the search for a free block goes on in each pool. */
  readonly #next = new Map<CalicoPool, Cidr>()

  add(node: string, block: Cidr): void {
    if (this.#taken.has(keyOf(block))) return
    this.#taken.add(keyOf(block))
    const size = this.#bySize.get(block.bits) ?? []
    size.push(block)
    this.#bySize.set(block.bits, size)
    this.#byNode.set(node, [...this.of(node), block])
  }

  of(node: string): readonly Cidr[] {
    return this.#byNode.get(node) ?? []
  }

  has(node: string, family: 4 | 6): boolean {
    return this.of(node).some((block) => familyOf(block.first) === family)
  }

  /** Blocks of one size never overlap in part: only those of other sizes are compared. */
  isFree(block: Cidr): boolean {
    if (this.#taken.has(keyOf(block))) return false
    return ![...this.#bySize].some(
      ([bits, blocks]) => bits !== block.bits && blocks.some((one) => overlaps(one, block)),
    )
  }

  nextFree(pools: readonly CalicoPool[]): Cidr | undefined {
    for (const pool of pools) {
      const { cidr, blockSize } = pool
      let block = this.#next.get(pool) ?? cidrOf(cidr.first, Math.max(blockSize, cidr.bits))
      while (contains(cidr, block.first)) {
        if (this.isFree(block)) {
          this.#next.set(pool, block)
          return block
        }
        const next = typeof block.last === 'number' ? block.last + 1 : block.last + 1n
        if (!contains(cidr, next)) break
        block = cidrOf(next, block.bits)
      }
    }
    return undefined
  }
}

/** Affinities that are on their way out count no more. */
function statedAffinities({ blockAffinities, ipamBlocks }: CalicoObjects): readonly Owned[] {
  const affinities = blockAffinities.flatMap(({ object: { spec = {} } }) => {
    const block = parseCidr(spec.cidr ?? '')
    const counts = String(spec.deleted ?? false) !== 'true' && (spec.state ?? 'confirmed') === 'confirmed'
    return block && counts && spec.node !== undefined ? [{ node: spec.node, block }] : []
  })
  const blocks = ipamBlocks.flatMap(({ object: { spec = {} } }) => {
    const block = parseCidr(spec.cidr ?? '')
    const node = /^host:(.+)$/.exec(spec.affinity ?? '')?.[1]
    return block && node !== undefined ? [{ node, block }] : []
  })
  return [...affinities, ...blocks]
}

/** Each block that pods have addresses of, with the node that it is taken to be of: the one with the most of them. */
function claims(
  nodes: readonly BlockNode[],
  podIps: ReadonlyMap<string, readonly Ip[]>,
  pools: readonly CalicoPool[],
): readonly Owned[] {
  const counts = new Map<string, { readonly block: Cidr; readonly of: Map<string, number> }>()
  for (const { name } of nodes) {
    for (const ip of podIps.get(name) ?? []) {
      const pool = poolOf(pools, ip)
      if (!pool) continue
      const block = blockAround(pool, ip)
      const entry = counts.get(keyOf(block)) ?? { block, of: new Map<string, number>() }
      counts.set(keyOf(block), entry)
      entry.of.set(name, (entry.of.get(name) ?? 0) + 1)
    }
  }
  const sorted = [...counts.values()].toSorted((a, b) => compareIp(a.block.first, b.block.first))
  return sorted.flatMap(({ block, of }) => {
    const own = nodes.find(({ podCidrs }) => podCidrs.some((cidr) => contains(cidr, block.first)))
    const most = Math.max(...of.values())
    const [first] = [...of].find(([, count]) => count === most) ?? []
    const node = own && of.get(own.name) === most ? own.name : first
    return node === undefined ? [] : [{ node, block }]
  })
}

function isFor({ nodeSelector }: CalicoPool, { name, source }: BlockNode): boolean {
  const labels = { 'kubernetes.io/hostname': name, ...source?.object.metadata.labels }
  const selector = parseSelector(nodeSelector)
  return selector === undefined || matchesLabels(selector, labels)
}

/** The first block of the node's podCIDR, if a pool holds it: a choice that can be followed by eye. */
function preferred({ podCidrs }: BlockNode, pools: readonly CalicoPool[], owners: Owners): Cidr | undefined {
  for (const { first } of podCidrs) {
    const pool = poolOf(pools, first)
    const block = pool && blockAround(pool, first)
    if (block && owners.isFree(block)) return block
  }
  return undefined
}

/** A node's own blocks in order, then the addresses that it has borrowed from others. */
function blocksOf(
  own: readonly Cidr[],
  podIps: readonly Ip[],
  pools: readonly CalicoPool[],
): readonly Cidr[] {
  const borrowed = podIps.filter((ip) => poolOf(pools, ip) && !own.some((block) => contains(block, ip)))
  const inOrder = own.toSorted((a, b) => familyOf(a.first) - familyOf(b.first) || compareIp(a.first, b.first))
  return [...inOrder, ...borrowed.map(hostCidr)]
}
