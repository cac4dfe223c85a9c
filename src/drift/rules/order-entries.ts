import type { DriftEntry } from '../../model/drift.ts'
import type { ComparedTable } from './compare-tables.ts'
import { lineOf } from './difference.ts'
import type { Host } from './disjoint.ts'
import type { Swap } from './order.ts'
import { swapsIn } from './order.ts'
import { serviceOf } from './table-view.ts'

/** Chains whose rules stand in an order that changes what becomes of some packet: one entry a chain. */
export function orderEntries(tables: readonly ComparedTable[], host: Host): readonly DriftEntry[] {
  return tables.flatMap((table) =>
    table.chains.flatMap((chain): readonly DriftEntry[] => {
      const swaps = swapsIn(chain, table, host)
      const [first] = swaps
      if (!first) return []
      const { origin } = first.first.expected.rule
      const { family, servicePort } = chain
      const line = (rule: Swap['first']) => lineOf({ rule: rule.actual.rule, chain: chain.chain, family })
      const more = swaps.length > 1 ? ` (and ${swaps.length - 1} more pairs)` : ''
      const { actual } = first.first
      return [
        {
          type: 'differs',
          area: 'rules',
          ...(origin && { component: origin.component }),
          ...(origin?.subject && { subject: origin.subject }),
          message: `in ${chain.table} ${chain.chain}${servicePort === undefined ? '' : ` (Service ${serviceOf(servicePort)})`} rule ${actual.position} stands before rule ${first.second.actual.position} and should come after it${more}`,
          consequence: consequenceOf(first),
          expected: [line(first.second), line(first.first)],
          actual: [line(first.first), line(first.second)],
        },
      ]
    }),
  )
}

function consequenceOf({ clash }: Swap): string {
  if (clash === 'unknown')
    return 'what matches both meets the wrong one first; whether anything does is too much to tell'
  return `what matches both meets "${clash.other.deed.trim()}" and "${clash.one.deed.trim()}" the wrong way round`
}
