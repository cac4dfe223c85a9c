import type { DriftEntry, ForeignChains } from '../../model/drift.ts'
import type { DeviceMatch, Rule } from '../../netfilter/rule.ts'
import { listed } from '../words.ts'
import type { LoneRule } from './compare-chains.ts'
import type { ComparedChain, ComparedTable } from './compare-tables.ts'
import { lineOf } from './difference.ts'
import type { Host } from './disjoint.ts'
import { withRule } from './effect.ts'
import type { Leaf } from './leaves.ts'
import { clashOf, leavesOf } from './leaves.ts'
import type { TableView } from './table-view.ts'
import { chainAfter } from './table-view.ts'

/** What is known of the node's devices and addresses. */
export interface Surroundings extends Host {
  /** Whether cluster traffic may pass a device of this name; it may where that is not known. */
  mayCarry(device: DeviceMatch): boolean
}

/** What stands in a base chain that no component modelled here writes. */
export interface ForeignFound {
  readonly entries: readonly DriftEntry[]
  readonly chains: readonly ForeignChains[]
}

/** Judges the rules of a base chain that the other side does not have. */
export function judgeForeign(
  compared: ComparedChain,
  table: ComparedTable,
  surroundings: Surroundings,
): ForeignFound {
  const foreign = compared.extra.filter(({ rule }) => !isOwned(chainAfter(rule)))
  if (foreign.length === 0) return { entries: [], chains: [] }
  const entries = foreign.flatMap((one) => judgeRule(one, compared, table, surroundings) ?? [])
  const names = new Set<string>()
  for (const { rule } of foreign) reach(chainAfter(rule), table.actual, names)
  const rules = [...names].reduce((sum, name) => sum + (table.actual.table.chain(name)?.rules.length ?? 0), 0)
  const direct = foreign.filter(({ rule }) => chainAfter(rule) === undefined)
  const chains: ForeignChains = {
    family: compared.family,
    table: compared.table,
    from: compared.chain,
    chains: [...names],
    rules: rules + direct.length,
  }
  return { entries, chains: entries.length === foreign.length && names.size === 0 ? [] : [chains] }
}

/** Chains of kube-proxy and kubelet, and of portmap, have names that nobody else gives. */
export function isOwned(chain: string | undefined): boolean {
  return chain !== undefined && /^(?:KUBE-|CNI-HOSTPORT-)/.test(chain)
}

function reach(chain: string | undefined, view: TableView, names: Set<string>): void {
  if (chain === undefined || names.has(chain)) return
  names.add(chain)
  for (const rule of view.table.chain(chain)?.rules ?? []) reach(chainAfter(rule), view, names)
}

function judgeRule(
  { rule, position }: LoneRule,
  compared: ComparedChain,
  table: ComparedTable,
  surroundings: Surroundings,
): DriftEntry | undefined {
  const leaves = leavesOf(rule, compared.chain, table.actual)
  const relevant = leaves?.filter((leaf) => mayMatter(leaf, surroundings))
  const deciding =
    chainAfter(rule) === undefined
      ? relevant?.filter((leaf) => changesOutcome(leaf, position, compared, table, surroundings))
      : relevant?.filter((leaf) => turnsAway(leaf) || translatesFirst(leaf, position, compared))
  if (!deciding || deciding.length === 0) return undefined
  const last = deciding.flatMap(({ path, chain }) => {
    const one = path.at(-1)
    return one ? [lineOf({ rule: one, chain, family: compared.family })] : []
  })
  const where = `${compared.table} ${compared.chain}`
  const after = chainAfter(rule)
  const consequence = withRule(deciding)
  return {
    type: 'extra',
    area: 'rules',
    message:
      after === undefined
        ? `rule ${position} of ${where} is of no component that is modelled here`
        : `chain ${after}, which rule ${position} of ${where} leads to, may ${verbOf(deciding)} traffic of the cluster`,
    ...(consequence !== undefined && { consequence }),
    expected: [],
    actual: [...new Set([lineOf({ rule, chain: compared.chain, family: compared.family }), ...last])],
  }
}

function verbOf(leaves: readonly Leaf[]): string {
  const turning = leaves.some(turnsAway)
  const translating = leaves.some(({ deed }) => / (?:DNAT|REDIRECT|NETMAP) /.test(deed))
  return listed([...(turning ? ['turn away'] : []), ...(translating ? ['translate'] : [])])
}

function typeOf({ path }: Leaf): string | undefined {
  return path.at(-1)?.target?.type
}

function turnsAway(leaf: Leaf): boolean {
  const type = typeOf(leaf)
  return type === 'drop' || type === 'REJECT'
}

/** Whether it translates destinations before a rule that should be there gets to. */
function translatesFirst(leaf: Leaf, position: number, { pairs }: ComparedChain): boolean {
  const type = typeOf(leaf)
  if (type !== 'DNAT' && type !== 'REDIRECT' && type !== 'NETMAP') return false
  return pairs.some(({ actual }) => actual.position > position)
}

/**
 * Whether a packet of the cluster may meet it. Not, if all on the way is asked of devices that the cluster does not use,
 * or of packets that belong to no connection.
 */
function mayMatter({ path }: Leaf, surroundings: Surroundings): boolean {
  return path.every(({ header, matches }) => {
    const devices = [header.in, header.out].flatMap((one) => one ?? [])
    if (devices.some((one) => !one.inverted && !surroundings.mayCarry(one))) return false
    return !matches.some((match) => isInvalidOnly(match))
  })
}

function isInvalidOnly(match: Rule['matches'][number]): boolean {
  if (match.type === 'state') return !match.inverted && match.states.join() === 'INVALID'
  return (
    match.type === 'conntrack' && match.states?.inverted === false && match.states.value.join() === 'INVALID'
  )
}

/** Whether the base chain ends otherwise for some packet because of a rule that stands in it itself. */
function changesOutcome(
  leaf: Leaf,
  position: number,
  compared: ComparedChain,
  table: ComparedTable,
  host: Host,
): boolean {
  const type = typeOf(leaf)
  const policy = compared.actualChain?.policy ?? 'ACCEPT'
  if (compared.table === 'nat' && type === 'accept')
    return clashesLater([leaf], position, compared, table, host)
  if (type !== 'accept' && type !== 'return') return true
  if (policy === 'DROP') return true
  return clashesLater([leaf], position, compared, table, host)
}

function clashesLater(
  leaves: readonly Leaf[],
  position: number,
  { actualChain, chain }: ComparedChain,
  { actual }: ComparedTable,
  host: Host,
): boolean {
  const later = actualChain?.rules.slice(position) ?? []
  return later.some((rule) => {
    const others = leavesOf(rule, chain, actual)
    return (
      clashOf(
        leaves,
        others?.filter((one) => !isMartian(one)),
        host,
      ) !== undefined
    )
  })
}

/** Whether it is about packets from elsewhere to 127.0.0.0/8, which no traffic of a cluster is. */
function isMartian({ path }: Leaf): boolean {
  return path.some(({ header: { source, destination } }) => {
    if (!source?.inverted || !destination || destination.inverted) return false
    return source.address === destination.address && destination.address === 0x7f000000
  })
}
