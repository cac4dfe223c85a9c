import { formatCidr, overlaps } from '../base/ip.ts'
import type { DriftEntry } from '../model/drift.ts'
import type { RoutingRule } from '../model/network.ts'
import { defaultTable, localTable, mainTable } from '../model/network.ts'
import type { DriftContext } from './context.ts'

const usual: readonly (readonly [priority: number, table: number])[] = [
  [0, localTable],
  [32766, mainTable],
  [32767, defaultTable],
]

/** The rules that every namespace has, of both families; IPv6 has no default table. */
function usualRules(): readonly RoutingRule[] {
  return ([4, 6] as const).flatMap((family) =>
    usual
      .filter(([, table]) => family === 4 || table !== defaultTable)
      .map(([priority, table]): RoutingRule => ({ priority, family, action: { type: 'lookup', table } })),
  )
}

/**
 * Compares `ip rule` by what is matched and what is done; the order counts by priorities. Rules of others are told
 * where they may concern the cluster's addresses and the table that they look into has routes.
 */
export function routingRuleEntries(context: DriftContext): readonly DriftEntry[] {
  const { expected, dump } = context
  if (!dump.rules) return []
  const families = new Set(dump.rules.map(({ family }) => family))
  const wanted = (expected.rules ?? usualRules()).filter(({ family }) => families.has(family))
  const actual = new Map(dump.rules.map((rule) => [keyOf(rule), rule]))
  const keys = new Set(wanted.map(keyOf))
  const missing = wanted.filter((rule) => !actual.has(keyOf(rule)) && !isDefaultTable(rule))
  const extra = dump.rules.filter(
    (rule) => !keys.has(keyOf(rule)) && !isDefaultTable(rule) && mayMatter(rule, context),
  )
  const moved = wanted.flatMap((rule) => {
    const has = actual.get(keyOf(rule))
    return has && has.priority !== rule.priority ? [{ rule, has }] : []
  })
  return [
    ...missing.map((rule) => entry('missing', `the routing rule "${textOf(rule)}" is missing`, [rule], [])),
    ...extra.map((rule) =>
      entry(
        'extra',
        `the routing rule "${textOf(rule)}" is of no component that is modelled here`,
        [],
        [rule],
      ),
    ),
    ...moved.map(({ rule, has }) =>
      entry(
        'differs',
        `the routing rule "${textOf({ ...rule, priority: has.priority })}" should have priority ${rule.priority}`,
        [rule],
        [has],
      ),
    ),
  ]
}

function isDefaultTable({ action }: RoutingRule): boolean {
  return action.type === 'lookup' && action.table === defaultTable
}

function keyOf({ family, from, to, mark, in: device, out, inverted, action }: RoutingRule): string {
  return [
    family,
    from ? formatCidr(from) : '',
    to ? formatCidr(to) : '',
    mark ? `${mark.value}/${mark.mask}` : '',
    device ?? '',
    out ?? '',
    inverted === true,
    action.type === 'lookup' ? action.table : action.type,
  ].join(' ')
}

function mayMatter(rule: RoutingRule, { dump, ranges }: DriftContext): boolean {
  const { from, to, inverted, action, priority } = rule
  if (action.type === 'lookup') {
    const { table } = action
    const inTable = dump.routes?.filter((route) => route.table === table)
    if (inTable?.length === 0 || priority > 32766) return false
  }
  if (inverted === true || (!from && !to)) return true
  return [from, to].every((block) => !block || ranges.some((range) => overlaps(range, block)))
}

/** As `ip rule` prints it. */
function textOf({ priority, from, to, mark, in: device, out, inverted, action }: RoutingRule): string {
  const words = [
    `${priority}:`,
    inverted === true ? 'not' : '',
    `from ${from ? formatCidr(from) : 'all'}`,
    to ? `to ${formatCidr(to)}` : '',
    mark ? `fwmark 0x${mark.value.toString(16)}/0x${mark.mask.toString(16)}` : '',
    device === undefined ? '' : `iif ${device}`,
    out === undefined ? '' : `oif ${out}`,
    action.type === 'lookup' ? `lookup ${tableName(action.table)}` : action.type,
  ]
  return words.filter((word) => word !== '').join(' ')
}

function tableName(table: number): string {
  return table === localTable ? 'local' : table === mainTable ? 'main' : String(table)
}

function entry(
  type: DriftEntry['type'],
  message: string,
  expected: readonly RoutingRule[],
  actual: readonly RoutingRule[],
): DriftEntry {
  return {
    type,
    area: 'routing-rules',
    message,
    consequence: 'what it matches is routed by another table than it should be',
    expected: expected.map(textOf),
    actual: actual.map(textOf),
  }
}
