import { by } from '../../base/ordering.ts'
import type { Drift, DriftEntry } from '../../model/drift.ts'
import type { RuleSet } from '../../netfilter/rule.ts'
import type { DriftContext } from '../context.ts'
import type { LoneRule } from './compare-chains.ts'
import type { ComparedChain, ComparedTable } from './compare-tables.ts'
import { compareRuleSets, shareOf } from './compare-tables.ts'
import { detectorEntries, isDetector } from './detector.ts'
import type { Difference } from './difference.ts'
import { isOwned, judgeForeign } from './foreign.ts'
import { leftOver } from './left-over.ts'
import { orderEntries } from './order-entries.ts'
import type { OtherDifference } from './other-rules.ts'
import { otherEntries } from './other-rules.ts'
import { policyEntries } from './policy.ts'
import { proxiedIn } from './proxied.ts'
import type { ProxyShape } from './proxy-shape.ts'
import { isSharedByServices, proxyShapes, shapeEntries } from './proxy-shape.ts'
import { serviceEntry } from './service-drift.ts'
import { surroundingsOf } from './surroundings.ts'
import type { TableView } from './table-view.ts'
import { chainAfter, isBalancing, serviceOf, servicePortOf } from './table-view.ts'

type RuleDrift = Pick<Drift, 'entries' | 'foreign' | 'notes'>

/** Compares the rules of a node with those that it should have, by what they mean. */
export function ruleDrift(context: DriftContext): RuleDrift {
  const { tables, notes } = comparedTables(context)
  const shapes = proxyShapes(tables, context)
  const differences = tables.flatMap((table) => table.chains.flatMap((chain) => differencesOf(chain, table)))
  const judged = differences.filter((one) => !explainedBy(shapes, one))
  const ofServices = judged.filter((one) => one.servicePort !== undefined && !isDetector(one))
  const surroundings = surroundingsOf(context)
  const foreign = tables.flatMap((table) =>
    table.chains.filter((one) => one.hook).map((one) => judgeForeign(one, table, surroundings)),
  )
  const entries = [
    ...shapeEntries(shapes, tables),
    ...serviceEntries(ofServices, tables, context),
    ...detectorEntries(judged.filter(isDetector), context.objects),
    ...otherEntries(
      judged.filter((one) => one.servicePort === undefined && !isForeign(one)),
      context.objects,
    ),
    ...policyEntries(tables),
    ...orderEntries(tables, surroundings),
    ...foreign.flatMap((one) => one.entries),
  ]
  return {
    entries,
    foreign: foreign.flatMap((one) => one.chains),
    notes: [...notes, ...leftOver(tables)],
  }
}

/** The tables of both families. Of two backends, the one that kube-proxy has written to is compared. */
function comparedTables({ expected, dump, devices }: DriftContext) {
  const notes: string[] = []
  const tables = ([4, 6] as const).flatMap((family): readonly ComparedTable[] => {
    const before = chosen(expected.ruleSets.filter((one) => one.family === family))
    const collected = dump.ruleSets.filter((one) => one.family === family)
    const program = family === 4 ? 'iptables-save' : 'ip6tables-save'
    const after = chosen(collected)
    if (!after) {
      if (before && hasRules(before))
        notes.push(`${program} is not in the dump: IPv${family} rules are not compared`)
      return []
    }
    if (collected.filter(isProxied).length > 1) {
      notes.push(
        `kube-proxy's chains are in both backends of ${program}; the fuller one is compared, and both are asked`,
      )
    }
    return compareRuleSets(before ?? { family, tables: [] }, after, devices)
  })
  return { tables, notes }
}

function chosen(collected: readonly RuleSet[]): RuleSet | undefined {
  const proxied = collected.filter(isProxied)
  return (proxied.length > 0 ? proxied : collected).toSorted((a, b) => sizeOf(b) - sizeOf(a))[0]
}

function isProxied({ tables }: RuleSet): boolean {
  return tables.some((table) => table.chain('KUBE-SERVICES') !== undefined)
}

function sizeOf({ tables }: RuleSet): number {
  return tables.reduce((sum, table) => sum + table.chains().length, 0)
}

function hasRules({ tables }: RuleSet): boolean {
  return tables.some((table) => table.chains().some((chain) => chain.rules.length > 0))
}

function differencesOf(compared: ComparedChain, table: ComparedTable): readonly OtherDifference[] {
  const make = (type: Difference['type'], view: TableView) => {
    return ({ rule, position }: LoneRule): OtherDifference => {
      const after = chainAfter(rule)
      const endpoint = after?.startsWith('KUBE-SEP-') ? view.endpoint(after) : undefined
      const owner = compared.chain.startsWith('KUBE-')
        ? (servicePortOf(rule) ?? compared.servicePort)
        : undefined
      return {
        type,
        family: compared.family,
        table: compared.table,
        chain: type === 'missing' ? compared.expectedChain.name : compared.chain,
        rule,
        position,
        compared,
        in: table,
        ...(endpoint !== undefined && { endpoint }),
        ...(owner !== undefined && { servicePort: owner }),
      }
    }
  }
  return [
    ...compared.missing.map(make('missing', table.expected)),
    ...compared.extra.map(make('extra', table.actual)),
  ]
}

/** Whether a difference is told already by saying what kube-proxy this is. */
function explainedBy(shapes: readonly ProxyShape[], one: OtherDifference): boolean {
  const shape = shapes.find(({ family }) => family === one.family)
  if (!shape) return false
  const after = chainAfter(one.rule) ?? ''
  if (!shape.servicesComparable) {
    const component = one.rule.origin?.component
    return (
      one.servicePort !== undefined ||
      component === 'kube-proxy' ||
      (one.type === 'extra' && (isOwned(after) || isOwned(one.chain)))
    )
  }
  const masks = one.servicePort === undefined && (isSharedByServices(after) || isSharedByServices(one.chain))
  return masks || /^KUBE-(?:XLB|EXT|FW|MARK-DROP)\b/.test(after) || /^KUBE-(?:XLB|EXT|FW)-/.test(one.chain)
}

/** What somebody else writes into a base chain is judged apart. */
function isForeign({ type, compared, rule }: OtherDifference): boolean {
  return type === 'extra' && compared.hook !== undefined && !isOwned(chainAfter(rule))
}

function serviceEntries(
  differences: readonly Difference[],
  tables: readonly ComparedTable[],
  { objects }: DriftContext,
): readonly DriftEntry[] {
  const services = new Map<string, Difference[]>()
  const of = (servicePort: string) => {
    const name = serviceOf(servicePort)
    const list = services.get(name) ?? []
    services.set(name, list)
    return list
  }
  for (const one of differences) of(one.servicePort ?? '').push(one)
  const uneven = new Map<string, string[]>()
  for (const chain of tables.flatMap((table) => table.chains).filter(isUneven)) {
    of(chain.servicePort ?? '')
    const name = serviceOf(chain.servicePort ?? '')
    uneven.set(name, [...(uneven.get(name) ?? []), chain.chain])
  }
  if (services.size === 0) return []
  const [before, after] = [proxiedIn(tables, 'expected'), proxiedIn(tables, 'actual')]
  return [...services].toSorted(by(([name]) => name)).map(([service, own]) =>
    serviceEntry(
      {
        service,
        differences: own,
        unevenChains: uneven.get(service) ?? [],
        expected: before.of(service),
        actual: after.of(service),
      },
      objects,
    ),
  )
}

/** Whether the endpoints of a chain are right and are not chosen with equal chances. */
function isUneven({ chain, missing, extra, pairs, servicePort }: ComparedChain): boolean {
  if (!isBalancing(chain) || servicePort === undefined) return false
  if ([...missing, ...extra].some(({ rule }) => chainAfter(rule)?.startsWith('KUBE-SEP-'))) return false
  const choices = pairs.filter(
    ({ actual: { rule } }) =>
      chainAfter(rule)?.startsWith('KUBE-SEP-') && !rule.matches.some(({ type }) => type === 'recent'),
  )
  let left = 1
  return choices.some(({ actual }) => {
    const share = (left * shareOf(actual)) / 0x80000000
    left -= share
    return Math.abs(share - 1 / choices.length) > 1e-6
  })
}
