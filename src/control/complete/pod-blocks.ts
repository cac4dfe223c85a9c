import type { Cidr } from '../../base/ip.ts'
import { cidrOf, contains, familyOf, formatCidr, overlaps } from '../../base/ip.ts'
import type { ClusterSettings } from '../../model/cluster.ts'
import type { Located, Node } from '../../model/objects.ts'
import { statedPodCidrs } from './address-ranges.ts'
import type { Completion } from './completion.ts'
import { dumpedPods, statedPodIps } from './stated-addresses.ts'

/** The node IPAM controller's masks: /24 and /64. */
const nodeBits = { 4: 24, 6: 64 } as const

interface NodeDraft {
  readonly name: string
  readonly source?: Located<Node>
}

/**
 * Every node's blocks of pod addresses: those that its Node object states; else the one that the addresses of its
 * dumped pods lie in; else the next free one of the cluster's range, as the node IPAM controller gives them out.
 */
export function fillPodBlocks(
  completion: Completion,
  drafts: readonly NodeDraft[],
  settings: ClusterSettings,
): readonly (readonly Cidr[])[] {
  const stated = drafts.map(({ source }) => statedPodCidrs(source?.object.spec))
  reportOverlaps(completion, drafts, stated, settings)
  const taken = stated.flat()
  const told = drafts.map((draft, index) => {
    const blocks = (stated[index] ?? []).length > 0 ? [] : blocksOfPods(completion, draft, taken)
    taken.push(...blocks)
    return blocks
  })
  return drafts.map((draft, index) => {
    const own = stated[index] ?? []
    if (own.length > 0) return own
    const chosen = settings.podCidrs.flatMap((pool) => {
      const family = familyOf(pool.first)
      const known = told[index]?.find((one) => familyOf(one.first) === family)
      if (known) return [known]
      const block = nextBlock(completion, draft, pool, taken)
      if (block) taken.push(block)
      return block ? [block] : []
    })
    if (chosen.length > 0) {
      completion.assume(
        `node ${draft.name} has the pod block ${chosen.map(formatCidr).join(', ')}`,
        draft.source?.ref,
      )
    }
    return chosen
  })
}

/** One block for each family, if all of the node's dumped pods lie in it and nobody else has it. */
function blocksOfPods({ objects }: Completion, { name }: NodeDraft, taken: readonly Cidr[]): readonly Cidr[] {
  const own = dumpedPods(objects).filter(({ object }) => object.spec.nodeName === name)
  const ips = own.flatMap(({ object }) => statedPodIps(object))
  return ([4, 6] as const).flatMap((family) => {
    const blocks = ips.filter((ip) => familyOf(ip) === family).map((ip) => cidrOf(ip, nodeBits[family]))
    const [first] = blocks
    if (!first || blocks.some((one) => one.first !== first.first)) return []
    return taken.some((one) => overlaps(one, first)) ? [] : [first]
  })
}

function nextBlock(
  { report }: Completion,
  { name, source }: NodeDraft,
  pool: Cidr,
  taken: readonly Cidr[],
): Cidr | undefined {
  const bits = Math.max(nodeBits[familyOf(pool.first)], pool.bits)
  let block = cidrOf(pool.first, bits)
  while (taken.some((one) => overlaps(one, block))) {
    const next = typeof block.last === 'number' ? block.last + 1 : block.last + 1n
    if (!contains(pool, next)) {
      report('overlapping-cidrs', `no pod block is left for node ${name} in ${formatCidr(pool)}`, {
        ...(source && { object: source.ref }),
        fix: 'give the cluster a larger pod subnet',
      })
      return undefined
    }
    block = cidrOf(next, bits)
  }
  return block
}

function reportOverlaps(
  { report }: Completion,
  drafts: readonly NodeDraft[],
  stated: readonly (readonly Cidr[])[],
  { serviceCidrs }: ClusterSettings,
): void {
  const blocks = drafts.flatMap((draft, index) =>
    (stated[index] ?? []).map((block, place) => ({ draft, block, place })),
  )
  for (const [index, { draft, block, place }] of blocks.entries()) {
    const say = (other: string) => reportOverlap(report, draft, { block, place, other })
    const earlier = blocks.slice(0, index).find((one) => overlaps(one.block, block))
    if (earlier) say(`that of node ${earlier.draft.name}`)
    const range = serviceCidrs.find((one) => overlaps(one, block))
    if (range) say(`the Service addresses ${formatCidr(range)}`)
  }
}

function reportOverlap(
  report: Completion['report'],
  { name, source }: NodeDraft,
  { block, place, other }: { readonly block: Cidr; readonly place: number; readonly other: string },
): void {
  const listed = (source?.object.spec?.podCIDRs ?? []).length > 0
  report('overlapping-cidrs', `the pod block ${formatCidr(block)} of node ${name} overlaps ${other}`, {
    ...(source && {
      at: source.locate(listed ? ['spec', 'podCIDRs', place] : ['spec', 'podCIDR']),
      object: source.ref,
    }),
    fix: 'choose blocks that do not share addresses',
  })
}
