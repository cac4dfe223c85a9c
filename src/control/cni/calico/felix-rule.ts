import { chainedSha224 } from '../../../base/hash.ts'
import type { Origin } from '../../../base/source.ts'
import type { Chain, HookName, Rule, TableName } from '../../../netfilter/rule.ts'
import { parseRuleTokens } from '../../../netfilter/save-format/parse-rule.ts'
import { tokenize } from '../../../netfilter/save-format/tokens.ts'
import type { ChainSource, TableContribution } from '../../../netfilter/table.ts'

/**
 * A rule as Felix hands it to iptables-restore, in parts (generictables.Rule). The text is kept as Felix spells it,
 * since the hash in each rule's comment is one of that text.
 */
export interface FelixRule {
  readonly match?: string
  /** `--jump ACCEPT`; a rule without one only counts. */
  readonly action?: string
  readonly comment?: string | readonly string[]
  /** Why it is there; that of its chain, if left out. */
  readonly origin?: Origin
}

/** One of Felix's own chains. */
export interface FelixChain {
  readonly name: string
  readonly rules: readonly FelixRule[]
  readonly origin?: Origin
}

/** What stands in a rule's text at the place of its hash, when that hash is worked out. */
const hashPlace = 'HASH'
const hashLength = 16
const maxComment = 256

/** The hashes of a chain's rules, which their comments carry. Mirrors RuleHashes of felix/generictables. */
export function ruleHashes(chain: string, rules: readonly FelixRule[]): readonly string[] {
  const texts = rules.map((rule) => render(`-A ${chain} ${hashPlace}`, rule))
  return chainedSha224(chain, texts).map((hash) => hash.slice(0, hashLength))
}

function render(begin: string, { comment = [], match, action }: FelixRule): string {
  const comments = typeof comment === 'string' ? [comment] : comment
  const notes = comments.map((text) => `-m comment --comment "${escapeComment(text)}"`)
  return [begin, ...notes, match, action].filter((part) => part !== undefined && part !== '').join(' ')
}

/** Mirrors escapeComment and truncateComment of felix/iptables: what a shell might take amiss is an underscore. */
function escapeComment(text: string): string {
  return text.replace(/[^\w @%+=:,./-]/g, '_').slice(0, maxComment)
}

const felix: Origin = { component: 'calico' }

/** The rules as iptables has them afterwards; `chain` is the name that their hashes begin with. */
export function toRules(
  chain: string,
  rules: readonly FelixRule[],
  family: 4 | 6,
  origin: Origin = felix,
): readonly Rule[] {
  const hashes = ruleHashes(chain, rules)
  return rules.map((rule, index) => {
    const text = render(`-m comment --comment "cali:${hashes[index]}"`, rule)
    const parsed = parseRuleTokens(tokenize(text), family)
    const { target } = parsed
    // Every name that is no target is one of Felix's chains.
    const known = target?.type === 'unknown' ? { type: 'jump' as const, chain: target.name } : target
    return { ...parsed, ...(known && { target: known }), origin: rule.origin ?? origin }
  })
}

/** Chains whose rules are made when they are first asked for. */
export function felixChains(chains: readonly FelixChain[], family: 4 | 6): ChainSource {
  const known = new Map(chains.map((chain) => [chain.name, chain]))
  const made = new Map<string, Chain>()
  const get = (name: string): Chain | undefined => {
    const ready = made.get(name)
    const chain = known.get(name)
    if (ready || !chain) return ready
    const rules = toRules(name, chain.rules, family, chain.origin)
    const compiled: Chain = { name, rules }
    made.set(name, compiled)
    return compiled
  }
  return { get, all: () => [...known.keys()].flatMap((name) => get(name) ?? []) }
}

/** What Felix puts into base chains that are not its own. */
export interface BaseRules {
  /** Before what is there, or after it, as `chainInsertMode` says. */
  readonly inserted?: readonly FelixRule[]
  readonly appended?: readonly FelixRule[]
}

/** What Felix hashes in the place of a base chain's name for rules that it appends there. */
const appendedTo = (hook: HookName): string => `${hook}*appends*`

/** What Felix puts into one table. */
export function felixTable(
  table: TableName,
  family: 4 | 6,
  insertMode: 'insert' | 'append',
  {
    base,
    chains,
  }: { readonly base: Partial<Record<HookName, BaseRules>>; readonly chains: readonly FelixChain[] },
): TableContribution {
  const prepended: Partial<Record<HookName, readonly Rule[]>> = {}
  const baseRules: Partial<Record<HookName, readonly Rule[]>> = {}
  for (const [hook, { inserted = [], appended = [] }] of Object.entries(base) as [HookName, BaseRules][]) {
    const own = toRules(hook, inserted, family)
    const after = toRules(appendedTo(hook), appended, family)
    if (insertMode === 'insert' && own.length > 0) prepended[hook] = own
    baseRules[hook] = insertMode === 'append' ? [...own, ...after] : after
  }
  return { table, prepended, baseRules, chains: felixChains(chains, family) }
}
