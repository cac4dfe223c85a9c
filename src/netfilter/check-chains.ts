import type { Report } from '../base/diagnostic.ts'
import type { Chain, HookName, Rule, Table } from './rule.ts'
import { isHookName } from './rule.ts'
import { isTargetName, targetModules } from './target/registry.ts'

/**
 * What the kernel checks when rules are loaded (mark_source_chains, xt_check_target, nft chain validation): jumps
 * lead to user-defined chains of the table, no chain reaches itself, and targets stand only in tables and hooks
 * that allow them.
 */
export function checkChains(table: Table, report: Report): void {
  for (const chain of table.chains()) {
    for (const rule of chain.rules) checkJump(rule, chain, table, report)
  }
  const cyclic = new Set<string>()
  const finished = new Set<string>()
  for (const chain of table.chains()) findCycle(chain, [], { table, finished, cyclic, report })
  for (const chain of table.chains()) {
    if (isHookName(chain.name) && chain.policy) checkHook(chain, chain.name, table, new Set(cyclic), report)
  }
}

function place(rule: Rule) {
  const at = rule.origin?.subject?.at
  return at ? { at } : {}
}

function checkJump(rule: Rule, chain: Chain, table: Table, report: Report): void {
  const { target } = rule
  if (target?.type === 'unknown') {
    if (target.tokens.length === 0 && !/^[A-Z][A-Z0-9]*$/.test(target.name)) {
      report(
        'iptables-dangling-jump',
        `chain ${chain.name} jumps to ${target.name}, which table ${table.name} has not`,
        {
          ...place(rule),
          fix: `declare it with ":${target.name} - [0:0]"`,
        },
      )
    }
    return
  }
  if (target?.type === 'drop' && table.name === 'nat') {
    report(
      'iptables-illegal-target',
      'DROP cannot stand in table nat; filter in the filter table',
      place(rule),
    )
  }
  if (target?.type !== 'jump' && target?.type !== 'goto') return
  const to = table.chain(target.chain)
  if (!to) {
    report(
      'iptables-dangling-jump',
      `chain ${chain.name} jumps to ${target.chain}, which table ${table.name} has not`,
      {
        ...place(rule),
      },
    )
  } else if (to.policy) {
    report(
      'iptables-illegal-target',
      `chain ${chain.name} jumps to the base chain ${target.chain}`,
      place(rule),
    )
  }
}

/** The chains that a chain's rules lead to. */
function successors(chain: Chain): readonly { readonly name: string; readonly rule: Rule }[] {
  return chain.rules.flatMap((rule) => {
    const { target } = rule
    return target?.type === 'jump' || target?.type === 'goto' ? [{ name: target.chain, rule }] : []
  })
}

/** What a search for cycles has seen: chains that lead nowhere bad, and those that are in a cycle. */
interface Search {
  readonly table: Table
  readonly finished: Set<string>
  readonly cyclic: Set<string>
  readonly report: Report
}

/** Depth-first search for a chain that reaches itself; each cycle is reported once. */
function findCycle(chain: Chain, path: readonly string[], search: Search): void {
  const { table, finished, cyclic, report } = search
  if (finished.has(chain.name) || cyclic.has(chain.name)) return
  const from = [...path, chain.name]
  for (const { name, rule } of successors(chain)) {
    const start = from.indexOf(name)
    const next = table.chain(name)
    if (start < 0) {
      if (next) findCycle(next, from, search)
      continue
    }
    const cycle = [...from.slice(start), name]
    if (!cycle.some((one) => cyclic.has(one))) {
      report(
        'iptables-chain-cycle',
        `chains of table ${table.name} form a loop: ${cycle.join(' → ')}`,
        place(rule),
      )
    }
    for (const one of cycle) cyclic.add(one)
  }
  finished.add(chain.name)
}

/** Every target that can be reached from a hook must be allowed in this table and hook. */
function checkHook(chain: Chain, hook: HookName, table: Table, seen: Set<string>, report: Report): void {
  if (seen.has(chain.name)) return
  seen.add(chain.name)
  for (const rule of chain.rules) checkPlace(rule, hook, table, report)
  for (const { name } of successors(chain)) {
    const next = table.chain(name)
    if (next) checkHook(next, hook, table, seen, report)
  }
}

function checkPlace(rule: Rule, hook: HookName, table: Table, report: Report): void {
  const { target } = rule
  if (!target || !isTargetName(target.type)) return
  const { tables, hooks } = targetModules[target.type]
  if ((!tables || tables.includes(table.name)) && (!hooks || hooks.includes(hook))) return
  const where = `${(tables ?? ['any']).join(', ')} ${(hooks ?? ['any hook']).join(', ')}`
  const text = `${target.type} in table ${table.name}, reached from ${hook}; it may stand in ${where}`
  report('iptables-illegal-target', text, place(rule))
}
