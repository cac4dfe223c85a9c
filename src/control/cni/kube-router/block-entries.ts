import type { Cidr } from '../../../base/ip.ts'
import { contains, familyOf, formatCidr, parseCidr } from '../../../base/ip.ts'
import type { IpBlock } from '../../../policy/policy.ts'

/** One entry of the set of blocks that a rule has. */
export interface BlockEntry {
  readonly cidr: Cidr
  /** An exception (`nomatch`). */
  readonly except: boolean
  /** The block of the policy that it is from. */
  readonly of: IpBlock
}

const halves = { 4: ['0.0.0.0/1', '128.0.0.0/1'], 6: ['2000::/3', 'fd00::/8'] } as const

/**
 * Mirrors evalIPBlockPeer: all blocks of a rule and their exceptions go into one set, in which the longest prefix decides
 * and of two equal ones the last. A set of type hash:net has no room for a prefix of 0: two blocks stand for it, which
 * for IPv6 are those of global and of local addresses alone.
 */
export function blockEntries(blocks: readonly IpBlock[]): readonly BlockEntry[] {
  const entries = new Map<string, BlockEntry>()
  for (const block of blocks) {
    const own = [
      ...split(block.cidr).map((cidr) => ({ cidr, except: false, of: block })),
      ...block.except.flatMap(split).map((cidr) => ({ cidr, except: true, of: block })),
    ]
    for (const entry of own) entries.set(formatCidr(entry.cidr), entry)
  }
  return [...entries.values()]
}

function split(cidr: Cidr): readonly Cidr[] {
  if (cidr.bits > 0) return [cidr]
  return halves[familyOf(cidr.first)].flatMap((text) => parseCidr(text) ?? [])
}

/** The set as blocks with exceptions, one for each entry that is none: its exceptions are all that lie within it. */
export function blocksOfEntries(entries: readonly BlockEntry[]): readonly IpBlock[] {
  const exceptions = entries.filter(({ except }) => except)
  return entries
    .filter(({ except }) => !except)
    .map(({ cidr, of }) => ({
      cidr,
      except: exceptions.map((one) => one.cidr).filter((one) => isWithin(one, cidr)),
      path: of.path,
    }))
}

function isWithin(inner: Cidr, outer: Cidr): boolean {
  return (
    familyOf(inner.first) === familyOf(outer.first) && inner.bits > outer.bits && contains(outer, inner.first)
  )
}
