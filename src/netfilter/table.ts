import type { Origin } from '../base/source.ts'
import type { Backend, Chain, HookName, Rule, RuleSet, Table, TableName } from './rule.ts'
import { baseChains, saveOrder } from './rule.ts'

/** A table of chains that all exist already, listed in the order given. */
export function makeTable(name: TableName, chains: readonly Chain[], remarks: readonly string[] = []): Table {
  const byName = new Map(chains.map((chain) => [chain.name, chain]))
  return {
    name,
    chain: (chain) => byName.get(chain),
    chains: () => chains,
    ...(remarks.length > 0 && { remarks }),
  }
}

/** User-defined chains that are made when somebody asks for them. */
export interface ChainSource {
  /** The chain of this name, if it is one of this source's. */
  get(name: string): Chain | undefined
  /** Every chain of this source, in any order. */
  all(): readonly Chain[]
}

/** A user-defined chain whose rules are made anew each time they are asked for, and not kept. */
export class LazyChain implements Chain {
  readonly name: string
  readonly #make: () => readonly Rule[]

  constructor(name: string, make: () => readonly Rule[]) {
    this.name = name
    this.#make = make
  }

  get rules(): readonly Rule[] {
    return this.#make()
  }
}

/** A base chain's policy, and who set it. */
export interface ChainPolicy {
  readonly policy: 'ACCEPT' | 'DROP'
  readonly origin?: Origin
}

/** What one component puts into one table: rules in base chains, and chains of its own. */
export interface TableContribution {
  readonly table: TableName
  readonly baseRules: Partial<Readonly<Record<HookName, readonly Rule[]>>>
  /** Rules that it put before all that stood in the base chain then. */
  readonly prepended?: Partial<Readonly<Record<HookName, readonly Rule[]>>>
  /** Policies that it sets; where several components set one, DROP counts. */
  readonly policies?: Partial<Readonly<Record<HookName, ChainPolicy>>>
  readonly chains: ChainSource
}

/** A source of chains that are there already. */
export function fixedChains(chains: readonly Chain[]): ChainSource {
  const byName = new Map(chains.map((chain) => [chain.name, chain]))
  return { get: (name) => byName.get(name), all: () => chains }
}

/**
 * The rule set of a namespace from what its components put there. Base chains hold the contributions' rules in
 * the order given, and before them what was prepended, the latest first; a table exists if any component touches it.
 */
export function composeRuleSet(
  family: 4 | 6,
  contributions: readonly TableContribution[],
  backend?: Backend,
): RuleSet {
  const tables = saveOrder.flatMap((name) => {
    const mine = contributions.filter((one) => one.table === name)
    return mine.length === 0 ? [] : [composeTable(name, mine, backend)]
  })
  return { family, tables, ...(backend && { backend }) }
}

/** How a trace tells the tables of backends apart; those of the node's iptables go by their names. */
const labels: Readonly<Record<Backend, (name: TableName) => string | undefined>> = {
  nft: () => undefined,
  legacy: (name) => `legacy ${name}`,
  firewalld: () => 'inet firewalld',
}

function composeTable(
  name: TableName,
  contributions: readonly TableContribution[],
  backend: Backend | undefined,
): Table {
  const label = backend && labels[backend](name)
  const bases = baseChains[name].map(
    (hook): Chain => ({
      name: hook,
      policy: 'ACCEPT',
      ...statedPolicy(contributions, hook),
      rules: [
        ...contributions.toReversed().flatMap((one) => one.prepended?.[hook] ?? []),
        ...contributions.flatMap((one) => one.baseRules[hook] ?? []),
      ],
    }),
  )
  const byName = new Map(bases.map((chain) => [chain.name, chain]))
  const find = (chain: string) => {
    for (const one of contributions) {
      const found = one.chains.get(chain)
      if (found) return found
    }
    return undefined
  }
  const list = () => {
    const users = contributions.flatMap((one) => one.chains.all())
    // Names are unique within a table, so that one comparison is enough.
    return bases.concat(users.sort((a, b) => (a.name < b.name ? -1 : 1)))
  }
  return { name, ...(label && { label }), chain: (chain) => byName.get(chain) ?? find(chain), chains: list }
}

/** The policy that counts for the base chain: the first DROP, else the last that was set. */
function statedPolicy(contributions: readonly TableContribution[], hook: HookName): ChainPolicy | undefined {
  const stated = contributions.flatMap(({ policies }) => policies?.[hook] ?? [])
  return stated.find((one) => one.policy === 'DROP') ?? stated.at(-1)
}
