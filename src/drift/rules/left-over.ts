import { counted } from '../words.ts'
import type { ComparedTable } from './compare-tables.ts'
import { chainAfter } from './table-view.ts'

/**
 * kube-proxy's chains to which nothing leads. In large clusters it deletes stale chains long after it has taken the
 * jumps away; no packet meets them.
 */
export function leftOver(tables: readonly ComparedTable[]): readonly string[] {
  const left = tables.reduce((sum, table) => sum + unreachable(table), 0)
  return left === 0
    ? []
    : [
        `${counted(left, 'chain')} of kube-proxy that no rule leads to: no packet meets them, and kube-proxy deletes them later`,
      ]
}

function unreachable({ actual, reached }: ComparedTable): number {
  const seen = new Set(reached)
  const open = [...reached]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const rule of actual.table.chain(name)?.rules ?? []) {
      const after = chainAfter(rule)
      if (after === undefined || seen.has(after)) continue
      seen.add(after)
      open.push(after)
    }
  }
  const own = (name: string) => /^KUBE-(?:SVC|SVL|SEP|EXT|FW|XLB)-/.test(name)
  return actual.table.chains().filter(({ name }) => own(name) && !seen.has(name)).length
}
