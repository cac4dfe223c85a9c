import type { Family } from '../base/ip.ts'
import type { Netns, PacketFilter } from '../model/network.ts'
import type { Stage } from '../netfilter/hooks.ts'
import { priorityOf, stages } from '../netfilter/hooks.ts'
import type { HookName, RuleSet, Table, TableName } from '../netfilter/rule.ts'
import { hookNames, tableOf } from '../netfilter/rule.ts'
import { needsConntrack } from './conntrack-users.ts'

/** One thing that really happens at a hook of a namespace. */
export type PlannedStage =
  /** The tables of this name of all backends that hold rules here, in the order in which they are asked. */
  | { readonly type: 'filter'; readonly table: TableName; readonly tables: readonly Table[] }
  | { readonly type: 'nat'; readonly tables: readonly Table[] }
  | { readonly type: 'track' }
  | { readonly type: 'confirm' }
  | { readonly type: 'program'; readonly filter: PacketFilter }

type Plans = Readonly<Record<HookName, readonly PlannedStage[]>>

const plans = new WeakMap<Netns, Map<Family, Plans>>()

/** What happens at a hook, without the stages that have nothing to do; worked out once for a namespace. */
export function hookPlan(netns: Netns, family: Family, hook: HookName): readonly PlannedStage[] {
  const known = plans.get(netns) ?? new Map<Family, Plans>()
  plans.set(netns, known)
  const found = known.get(family)
  if (found) return found[hook]
  const made = planHooks(netns, family)
  known.set(family, made)
  return made[hook]
}

function planHooks(netns: Netns, family: Family): Plans {
  const ruleSets = netns.ruleSets.filter((one) => one.family === family)
  const tracks = needsConntrack(netns)
  const { filters = [] } = netns
  const plan = (hook: HookName) => withFilters(hook, planHook(ruleSets, tracks, hook), filters)
  return Object.fromEntries(
    hookNames.map((hook) => [hook, plan(hook).map((one) => one.stage)]),
  ) as unknown as Plans
}

/** A stage, and the number that it stands in the hook's order by. */
interface Placed {
  readonly priority: number
  readonly stage: PlannedStage
}

function withFilters(
  hook: HookName,
  placed: readonly Placed[],
  filters: readonly PacketFilter[],
): readonly Placed[] {
  const own = filters.flatMap((filter): Placed[] =>
    filter.at.type === 'hook' && filter.at.hook === hook
      ? [{ priority: filter.at.priority, stage: { type: 'program', filter } }]
      : [],
  )
  return own.length === 0 ? placed : [...placed, ...own].toSorted((a, b) => a.priority - b.priority)
}

function planHook(ruleSets: readonly RuleSet[], tracks: boolean, hook: HookName): readonly Placed[] {
  const stageOf = (stage: Stage): PlannedStage[] => {
    if (stage === 'track' || stage === 'confirm') return tracks ? [{ type: stage }] : []
    const tables = ruleSets.flatMap((one) => tableOf(one, stage) ?? [])
    // Of two nat tables at one priority the one loaded last is asked first; the walk takes the list's end for it.
    if (stage === 'nat') return tables.length > 0 ? [{ type: 'nat', tables: tables.toReversed() }] : []
    const asked = tables.filter((table) => decides(table, hook))
    return asked.length > 0 ? [{ type: 'filter', table: stage, tables: asked }] : []
  }
  return stages[hook].flatMap((stage) =>
    stageOf(stage).map((planned) => ({ priority: priorityOf(hook, stage), stage: planned })),
  )
}

/** Whether the table can do anything at the hook but let the packet pass. */
function decides(table: Table, hook: HookName): boolean {
  const base = table.chain(hook)
  return base !== undefined && (base.rules.length > 0 || base.policy === 'DROP')
}
