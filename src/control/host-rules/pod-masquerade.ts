import type { Cluster } from '../../model/cluster.ts'
import type { Chain, Rule } from '../../netfilter/rule.ts'
import type { ChainSource, TableContribution } from '../../netfilter/table.ts'

/**
 * Whether the network plugin's rule that masquerades what leaves the pods' network is in place on a node: it is, unless
 * the Environment says that it is missing (`nodes.NAME.nat.POSTROUTING.podMasquerade: false`).
 */
export function masqueradesPods({ environment }: Pick<Cluster, 'environment'>, node: string): boolean {
  return environment.nodes?.[node]?.nat?.POSTROUTING?.podMasquerade !== false
}

/** A plugin's rules as they are where those that masquerade are missing; host ports keep theirs. */
export function withoutMasquerade(contributions: readonly TableContribution[]): readonly TableContribution[] {
  return contributions.map((one) =>
    one.table === 'nat'
      ? { ...one, baseRules: mapRules(one.baseRules), chains: stripSource(one.chains) }
      : one,
  )
}

function mapRules(baseRules: TableContribution['baseRules']): TableContribution['baseRules'] {
  const { POSTROUTING, ...others } = baseRules
  return { ...others, ...(POSTROUTING && { POSTROUTING: POSTROUTING.filter(isKept) }) }
}

function stripSource(source: ChainSource): ChainSource {
  const strip = (chain: Chain): Chain => ({ ...chain, rules: chain.rules.filter(isKept) })
  return {
    get: (name) => {
      const found = source.get(name)
      return found && strip(found)
    },
    all: () => source.all().map(strip),
  }
}

function isKept({ target, origin }: Rule): boolean {
  const translates = target?.type === 'MASQUERADE' || target?.type === 'SNAT'
  return !translates || origin?.component === 'portmap'
}
