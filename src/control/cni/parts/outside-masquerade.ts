import type { Cidr } from '../../../base/ip.ts'
import { familyOf, formatCidr } from '../../../base/ip.ts'
import type { ClusterNode } from '../../../model/cluster.ts'
import type { TableContribution } from '../../../netfilter/table.ts'
import { podBlock } from './pod-block.ts'
import { writtenTable } from './written-rules.ts'

/** A chain of a plugin that masquerades what the node's pods send to anything but the given blocks. */
export interface OutsideMasquerade {
  readonly component: string
  readonly chain: string
  readonly kept: readonly Cidr[]
}

/** Appended, so that it comes after kube-proxy's. */
export function outsideMasquerade(
  node: ClusterNode,
  { component, chain, kept }: OutsideMasquerade,
  family: 4 | 6,
): readonly TableContribution[] {
  const own = podBlock(node, family)
  if (!own) return []
  const blocks = kept.filter((one) => familyOf(one.first) === family)
  return [
    writtenTable({
      ...{ origin: { component }, table: 'nat', family },
      lines: [
        `-A POSTROUTING -s ${formatCidr(own)} -m addrtype ! --dst-type LOCAL -j ${chain}`,
        ...blocks.map((one) => `-A ${chain} -d ${formatCidr(one)} -j RETURN`),
        `-A ${chain} -j MASQUERADE`,
      ],
      chains: [chain],
    }),
  ]
}
