import type { DiagnosticCode } from '../base/diagnostic-catalog.ts'
import { findIllegal } from './check-places.ts'
import type { Chain, HookName, Rule, Table } from './rule.ts'
import { isHookName } from './rule.ts'
import { unmodelledTargets } from './target/unmodelled.ts'

/** Something that the kernel or iptables refuses when rules are loaded. */
export interface Refusal {
  readonly code: DiagnosticCode
  readonly message: string
  readonly fix?: string
  readonly rule: Rule
  /** The tokens of the rule's text at which it is to be shown, such as `-j DNAT`. */
  readonly near: readonly string[]
}

/**
 * What is checked when rules are loaded (mark_source_chains, xt_check_match, xt_check_target, nft_chain_validate):
 * jumps lead to user-defined chains of the table, no chain that a base chain leads to reaches itself, and matches
 * and targets stand only in tables and hooks that allow them, by whatever way a packet comes to them.
 */
export function checkChains(table: Table, family: 4 | 6): readonly Refusal[] {
  const found: Refusal[] = []
  const refused = new Map<Rule, string[]>()
  /** Each part of a rule is refused once, whatever the number of hooks that lead to it. */
  const refuse = (refusal: Refusal) => {
    const { rule, near } = refusal
    const parts = refused.get(rule) ?? []
    const part = near.join(' ')
    if (!parts.includes(part)) found.push(refusal)
    refused.set(rule, [...parts, part])
  }
  for (const chain of table.chains()) {
    for (const rule of chain.rules) {
      checkJump(rule, chain, table, refuse)
      for (const illegal of findIllegal(rule, { family, table: table.name, base: baseOf(chain) }))
        refuse(illegal)
    }
  }
  const finished = new Set<string>()
  const cyclic = new Set<string>()
  for (const chain of table.chains()) {
    if (baseOf(chain)) findCycle(chain, [], { table, finished, cyclic, refuse })
  }
  for (const chain of table.chains()) {
    const hook = baseOf(chain)
    if (hook) checkHook(chain, { hook, table, family, seen: new Set(cyclic), refuse })
  }
  return found
}

type Refuse = (refusal: Refusal) => void

/** The hook whose base chain this is. */
function baseOf(chain: Chain): HookName | undefined {
  return chain.policy && isHookName(chain.name) ? chain.name : undefined
}

function checkJump(rule: Rule, chain: Chain, table: Table, refuse: Refuse): void {
  const { target } = rule
  if (target?.type === 'unknown') {
    if (target.tokens.length > 0 || Object.hasOwn(unmodelledTargets, target.name)) return
    refuse({
      code: 'iptables-dangling-jump',
      message: `chain ${chain.name} jumps to ${target.name}, which table ${table.name} has not`,
      fix: `declare it with ":${target.name} - [0:0]"`,
      rule,
      near: ['-j', target.name],
    })
    return
  }
  if (target?.type !== 'jump' && target?.type !== 'goto') return
  const to = table.chain(target.chain)
  const near = nearJump(rule, target.chain)
  if (!to) {
    refuse({
      code: 'iptables-dangling-jump',
      message: `chain ${chain.name} jumps to ${target.chain}, which table ${table.name} has not`,
      fix: `declare it with ":${target.chain} - [0:0]"`,
      rule,
      near,
    })
  } else if (to.policy) {
    const message = `chain ${chain.name} jumps to the base chain ${target.chain}`
    refuse({ code: 'iptables-illegal-target', message, rule, near })
  }
}

function nearJump({ target }: Rule, chain: string): readonly string[] {
  return [target?.type === 'goto' ? '-g' : '-j', chain]
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
  readonly refuse: Refuse
}

/** Depth-first search for a chain that reaches itself; each cycle is reported once. */
function findCycle(chain: Chain, path: readonly string[], search: Search): void {
  const { table, finished, cyclic, refuse } = search
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
      const message = `chains of table ${table.name} form a loop: ${cycle.join(' → ')}`
      refuse({ code: 'iptables-chain-cycle', message, rule, near: nearJump(rule, name) })
    }
    for (const one of cycle) cyclic.add(one)
  }
  finished.add(chain.name)
}

/** A walk over the chains that a hook leads to. */
interface HookCheck {
  readonly hook: HookName
  readonly table: Table
  readonly family: 4 | 6
  readonly seen: Set<string>
  readonly refuse: Refuse
}

/** Everything that can be reached from a hook must be allowed there. */
function checkHook(chain: Chain, check: HookCheck): void {
  const { hook, table, family, seen, refuse } = check
  if (seen.has(chain.name)) return
  seen.add(chain.name)
  for (const rule of chain.rules) {
    for (const illegal of findIllegal(rule, { family, table: table.name, hook })) refuse(illegal)
  }
  for (const { name } of successors(chain)) {
    const next = table.chain(name)
    if (next) checkHook(next, check)
  }
}
