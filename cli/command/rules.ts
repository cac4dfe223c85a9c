import type { Command } from 'commander'
import { Option } from 'commander'
import type { LoadedCluster, RuleSet } from '../../src/index.ts'
import { formatRuleSet, formatTableSpec, nearest, RequestError } from '../../src/index.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { load, withClusterOptions } from '../cluster-options.ts'
import type { Io } from '../io.ts'
import type { Finish } from '../program.ts'

interface RulesOptions extends ClusterOptions {
  readonly ipv6?: boolean
  readonly table?: string
  readonly chain?: string
  readonly listRules?: boolean
  readonly backend?: string
}

const examples = `
Examples:
  kubewalk rules worker -f k8s/                          as iptables-save prints them
  kubewalk rules worker -f k8s/ -t nat -6                ip6tables, one table
  kubewalk rules worker -f k8s/ -t nat -S                as iptables -t nat -S prints them
  kubewalk rules worker -f k8s/ --chain KUBE-SERVICES    one chain, in each table that has it
  kubewalk rules worker -f k8s/ | iptables-restore --test`

export function addRules(program: Command, io: Io, _finish: Finish): void {
  withClusterOptions(program.command('rules'))
    .description("print a node's iptables rules as iptables-save would")
    .argument('<node>', 'the name of a node')
    .addOption(
      new Option('-t, --table <table>', 'one table alone').choices([
        'nat',
        'filter',
        'mangle',
        'raw',
        'security',
      ]),
    )
    .option('-6, --ipv6', 'ip6tables instead')
    .option('-S, --list-rules', 'in the form of iptables -S')
    .addOption(
      new Option(
        '--backend <backend>',
        "where a node has rules in both backends of iptables: which; or firewalld's own table, in iptables' words",
      ).choices(['nft', 'legacy', 'firewalld']),
    )
    .option('--chain <chain>', 'one chain alone, in the form of iptables -S')
    .addHelpText('after', examples)
    .action(async (node: string, options: RulesOptions) => {
      const cluster = await load(options, io)
      const family = options.ipv6 ? 6 : 4
      const sets = setsOf(cluster, node).filter((set) => set.family === family)
      const wanted = chosen(sets, options)
      if (!options.quiet) io.err(unseen(sets, wanted))
      for (const set of wanted) io.out(textOf(set, options))
    })
}

/** A set in the form that was asked for. */
function textOf(set: RuleSet, { table, chain, listRules }: RulesOptions): string {
  const shown = table === undefined ? set : oneTable(set, table)
  if (chain !== undefined) return chainText(shown, chain)
  return listRules ? specText(shown) : formatRuleSet(shown)
}

/** The sets that were asked for: without a backend, what the node's own iptables-save shows. */
function chosen(sets: readonly RuleSet[], { backend }: RulesOptions): readonly RuleSet[] {
  const visible = sets.filter((set) => set.backend !== 'firewalld')
  if (backend === undefined) {
    const [first] = visible
    return visible.filter((set) => set.backend === first?.backend)
  }
  const found = sets.filter((set) => (set.backend ?? 'nft') === backend)
  if (found.length > 0) return found
  const has = sets.map((set) => set.backend ?? 'nft').join(', ')
  throw new RequestError('unknown-chain', `the node has no rules of ${backend}`, `it has those of ${has}`)
}

/** Mirrors the warning of iptables-nft-save about tables that it does not show. */
function unseen(sets: readonly RuleSet[], shown: readonly RuleSet[]): string {
  return sets
    .filter((set) => !shown.includes(set))
    .flatMap(({ backend }) => {
      if (backend === 'firewalld')
        return ['# nftables also has table inet firewalld, see it with --backend firewalld\n']
      return backend
        ? [`# Warning: iptables-${backend} tables present, see them with --backend ${backend}\n`]
        : []
    })
    .join('')
}

function setsOf(cluster: LoadedCluster, node: string): readonly RuleSet[] {
  const sets = cluster.ruleSets(node)
  if (sets) return sets
  const names = cluster.cluster.nodes.map((one) => one.name)
  const near = nearest(node, names)
  const known =
    names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')
  throw new RequestError(
    'unknown-node',
    `there is no node ${node}`,
    near ? `did you mean ${near}?` : `nodes: ${known}`,
  )
}

/** One table of a set, without the comment lines between tables, which tell of the whole text. */
function oneTable({ family, tables }: RuleSet, name: string): RuleSet {
  const own = tables.filter((table) => table.name === name)
  return {
    family,
    tables: own.map((table) => ({
      name: table.name,
      chain: (chain) => table.chain(chain),
      chains: () => table.chains(),
    })),
  }
}

/** Each table under its name, where there are several. */
function specText({ tables, family }: RuleSet): string {
  return tables
    .map((table) => `${tables.length > 1 ? `# table ${table.name}\n` : ''}${formatTableSpec(table, family)}`)
    .join('')
}

function chainText({ tables, family }: RuleSet, chain: string): string {
  const having = tables.filter((table) => table.chain(chain))
  if (having.length > 0) {
    return having
      .map(
        (table) =>
          `${tables.length > 1 ? `# table ${table.name}\n` : ''}${formatTableSpec(table, family, chain)}`,
      )
      .join('')
  }
  const names = tables.flatMap((table) => table.chains().map((one) => one.name))
  const near = nearest(chain, names)
  throw new RequestError(
    'unknown-chain',
    `there is no chain ${chain}${tables.length === 1 ? ` in table ${tables[0]?.name}` : ''}`,
    near ? `did you mean ${near}?` : 'kubewalk rules NODE -S lists them',
  )
}
