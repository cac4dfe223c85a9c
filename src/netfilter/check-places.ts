import type { Refusal } from './check-chains.ts'
import type { Match } from './match/registry.ts'
import { matchModules } from './match/registry.ts'
import type { HookName, Rule, TableName, Target } from './rule.ts'
import type { Extension, Places, RuleSite } from './save-format/options.ts'
import { protocolText } from './save-format/protocols.ts'
import { isTargetName, targetModules } from './target/registry.ts'
import { unmodelledTargets } from './target/unmodelled.ts'

/** Where a rule is checked: in its table as such, or there as reached from a hook. */
export interface PlaceToCheck {
  readonly family: 4 | 6
  readonly table: TableName
  /** The base chain in which the rule itself stands. */
  readonly base?: HookName | undefined
  /** The hook that the rule is reached from; without it, only what holds for every hook is checked. */
  readonly hook?: HookName
}

/** What of a rule may not stand here: its devices, its matches, its target. */
export function findIllegal(rule: Rule, place: PlaceToCheck): readonly Refusal[] {
  const { family, table, hook } = place
  const site: RuleSite = { family, table, header: rule.header, ...(hook && { hook }) }
  return [
    ...(place.base ? illegalDevices(rule, place.base) : []),
    ...rule.matches.flatMap((match) => illegalMatch(rule, match, site)),
    ...(rule.target ? illegalTarget(rule, rule.target, site) : []),
  ]
}

/** generic_opt_check of iptables: a base chain before routing has no outgoing device, one after it none that is incoming. */
function illegalDevices(rule: Rule, base: HookName): readonly Refusal[] {
  const noOut = base === 'PREROUTING' || base === 'INPUT'
  const noIn = base === 'OUTPUT' || base === 'POSTROUTING'
  const option = noOut && rule.header.out ? '-o' : noIn && rule.header.in ? '-i' : undefined
  if (!option) return []
  const message = `${option} cannot stand in ${base}, where there is no such device yet or any more`
  return [{ code: 'iptables-illegal-match', message, rule, near: [option] }]
}

function illegalMatch(rule: Rule, match: Match, site: RuleSite): readonly Refusal[] {
  if (match.type === 'unknown') return []
  const module: Extension<unknown> = matchModules[match.type]
  const problem = problemAt(module, site) ?? module.refuse?.(match, site)
  if (problem === undefined) return []
  const message = `-m ${match.type} in ${whereOf(site)}: ${problem}`
  return [{ code: 'iptables-illegal-match', message, rule, near: ['-m', match.type] }]
}

function illegalTarget(rule: Rule, target: Target, site: RuleSite): readonly Refusal[] {
  const name = target.type === 'unknown' ? target.name : target.type
  const problem = targetProblem(target, name, site)
  if (problem === undefined) return []
  const shown = name === 'drop' ? 'DROP' : name
  const message = `-j ${shown} in ${whereOf(site)}: ${problem}`
  return [{ code: 'iptables-illegal-target', message, rule, near: ['-j', shown] }]
}

function targetProblem(target: Target, name: string, site: RuleSite): string | undefined {
  if (target.type === 'drop')
    return site.table === 'nat' ? 'nat is not for filtering; drop in table filter' : undefined
  if (isTargetName(name)) {
    const module: Extension<unknown> = targetModules[name]
    return problemAt(module, site) ?? module.refuse?.(target, site)
  }
  const places = Object.hasOwn(unmodelledTargets, name) ? unmodelledTargets[name] : undefined
  return places && problemAt(places, site)
}

/** xt_check_target and xt_check_match, without what each extension checks for itself. */
function problemAt({ family, tables, hooks, protocols }: Places, site: RuleSite): string | undefined {
  if (family !== undefined && family !== site.family) return `it exists for IPv${family} only`
  if (tables && !tables.includes(site.table)) return `it may stand in table ${tables.join(', ')} only`
  if (hooks && site.hook && !hooks.includes(site.hook))
    return `it may be reached from ${hooks.join(', ')} only`
  const asked = site.header.protocol?.protocol
  if (protocols && (asked === undefined || !protocols.includes(asked)))
    return `it needs -p ${protocols.map(protocolText).join(' or ')}`
  return undefined
}

function whereOf({ table, hook }: RuleSite): string {
  return hook ? `table ${table}, reached from ${hook}` : `table ${table}`
}
