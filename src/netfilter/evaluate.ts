import type { Packet } from '../base/packet.ts'
import type { CompiledChain, CompiledRule } from './compiled-chain.ts'
import { compileChain, headerMatches, nextCandidate } from './compiled-chain.ts'
import type {
  ConnectionState,
  ConnectionView,
  DeviceView,
  HostView,
  MatchContext,
  MatchResult,
  Memory,
  PacketView,
} from './match/match.ts'
import { remembers, testMatch } from './match/registry.ts'
import type { HookName, Rule, Table } from './rule.ts'
import { applyTarget, isHarmless } from './target/registry.ts'
import type { Effect, NatRequest, RejectAnswer } from './target/target.ts'

/** Values that rules remember from packet to packet, as an immutable map: `set` gives a new one. */
export interface MemoryState {
  get(key: string): unknown
  set(key: string, value: unknown): MemoryState
}

/** Everything that a table is evaluated against. */
export interface Scene extends PacketView {
  readonly memory: MemoryState
  /** Which rules are kept in `hits`: those that matched, with `all` also those that did not. */
  readonly record: 'nothing' | 'matches' | 'all'
}

/** Where a rule stands; `number` counts from 1 as `iptables -L --line-numbers` does, 0 is the chain's policy. */
export interface RulePlace {
  readonly table: string
  readonly chain: string
  readonly number: number
  readonly rule?: Rule
}

/** One rule that was reached, newest first: a list that forks share. */
export interface Hit {
  readonly place: RulePlace
  readonly matched: boolean
  readonly previous: Hit | undefined
}

/** What a table decides in the end. ACCEPT ends this table at this hook; the others end the packet or rewrite it. */
export type Verdict =
  | { readonly type: 'accept' }
  | { readonly type: 'drop' }
  | { readonly type: 'queue' }
  | { readonly type: 'reject'; readonly answer: RejectAnswer }
  | { readonly type: 'nat'; readonly request: NatRequest }
  | { readonly type: 'unknown'; readonly reason: string }

/** One table's answer for one packet. Forks are evaluated when they are asked for. */
export type Evaluation =
  | {
      readonly type: 'decided'
      readonly verdict: Verdict
      /** The rule or the policy that decided. */
      readonly by: RulePlace
      readonly packet: Packet
      readonly connectionMark: number | undefined
      readonly untracked: boolean
      readonly memory: MemoryState
      readonly hits: Hit | undefined
    }
  | {
      readonly type: 'random'
      readonly at: RulePlace
      /** How likely the rule matches. */
      readonly probability: number
      readonly matched: () => Evaluation
      readonly unmatched: () => Evaluation
    }
  | {
      readonly type: 'unknown'
      readonly at: RulePlace
      readonly reason: string
      readonly matched: () => Evaluation
      readonly unmatched: () => Evaluation
    }

interface Frame {
  readonly chain: CompiledChain
  readonly position: number
  readonly below: Frame | undefined
}

/** One way through the table, while it is being walked. Forks copy it. */
interface Branch {
  chain: CompiledChain
  position: number
  callers: Frame | undefined
  packet: Packet
  connectionMark: number | undefined
  untracked: boolean
  memory: MemoryState
  hits: Hit | undefined
  /** What matches see of this branch; made again when the packet or the connection's mark changes. */
  context: MatchContext | undefined
}

/**
 * Runs the packet through one table from the base chain of the hook. Mirrors ipt_do_table: first match in
 * order, RETURN and the end of a user chain go back to the caller, a goto leaves no way back, and the base
 * chain's policy decides in the end. `undefined` if the table has no such base chain.
 */
export function evaluateTable(table: Table, scene: Scene): Evaluation | undefined {
  const base = table.chain(scene.hook)
  if (!base) return undefined
  return walk(table, scene, {
    chain: compileChain(base),
    position: 0,
    callers: undefined,
    packet: scene.packet,
    connectionMark: undefined,
    untracked: false,
    memory: scene.memory,
    hits: undefined,
    context: undefined,
  })
}

function walk(table: Table, scene: Scene, branch: Branch): Evaluation {
  for (;;) {
    const at =
      scene.record === 'all'
        ? branch.position < branch.chain.rules.length
          ? branch.position
          : -1
        : nextCandidate(branch.chain, branch.packet, branch.position)
    const rule = branch.chain.rules[at]
    if (rule === undefined) {
      const ended = endOfChain(table, scene, branch)
      if (ended) return ended
      continue
    }
    branch.position = at + 1
    const decided = tryRule(table, scene, branch, rule, 0)
    if (decided) return decided
  }
}

/** Goes back to the caller, or at the end of the base chain to its policy. */
function endOfChain(table: Table, scene: Scene, branch: Branch): Evaluation | undefined {
  const caller = branch.callers
  if (caller) {
    branch.chain = caller.chain
    branch.position = caller.position
    branch.callers = caller.below
    return undefined
  }
  const policy = table.chain(scene.hook)?.policy ?? 'ACCEPT'
  const place: RulePlace = { table: table.label ?? table.name, chain: scene.hook, number: 0 }
  return decide(branch, policy === 'DROP' ? plainVerdicts.drop : plainVerdicts.accept, place)
}

const plainVerdicts = {
  accept: { type: 'accept' },
  drop: { type: 'drop' },
  queue: { type: 'queue' },
} as const

function decide(branch: Branch, verdict: Verdict, by: RulePlace): Evaluation {
  const { packet, connectionMark, untracked, memory, hits } = branch
  return { type: 'decided', verdict, by, packet, connectionMark, untracked, memory, hits }
}

/** Tests the rule's matches from the given one on, and does what its target says if all hold. */
function tryRule(
  table: Table,
  scene: Scene,
  branch: Branch,
  rule: CompiledRule,
  from: number,
): Evaluation | undefined {
  if (from === 0 && !headerMatches(rule, branch.packet, scene.devices))
    return miss(table, scene, branch, rule)
  branch.context ??= new BranchContext(table, scene, branch)
  const { context } = branch
  for (let at = from; at < rule.matches.length; at++) {
    const match = rule.matches[at]
    if (match === undefined) break
    const result: MatchResult =
      match.type === 'unknown'
        ? { unknown: `match "${textOf(match)}" is not modelled` }
        : testMatch(match, context)
    if (result === false) return miss(table, scene, branch, rule)
    if (result === true) continue
    if ('unknown' in result && makesNoDifference(rule, at, context)) return miss(table, scene, branch, rule)
    return fork(table, scene, branch, rule, at, result)
  }
  return take(table, scene, branch, rule.rule, context)
}

/** Whether the packet goes on alike, however a match that is not modelled answers: nothing is done, or not to this packet. */
function makesNoDifference(rule: CompiledRule, at: number, context: MatchContext): boolean {
  for (const match of rule.matches.slice(at + 1)) {
    if (remembers(match)) return false
    if (match.type !== 'unknown' && testMatch(match, context) === false) return true
  }
  const { target } = rule.rule
  return target === undefined || isHarmless(target)
}

function miss(table: Table, scene: Scene, branch: Branch, rule: CompiledRule): undefined {
  if (scene.record === 'all') {
    branch.hits = { place: placeOf(table, branch, rule.rule), matched: false, previous: branch.hits }
  }
  return undefined
}

function placeOf(table: Table, branch: Branch, rule: Rule): RulePlace {
  return { table: table.label ?? table.name, chain: branch.chain.chain.name, number: branch.position, rule }
}

/** What matches see of a branch. A class: the walk makes one for nearly every table that it asks. */
class BranchContext implements MatchContext, Memory {
  readonly packet: Packet
  readonly hook: HookName
  readonly devices: DeviceView
  readonly state: ConnectionState
  readonly connection: ConnectionView | undefined
  readonly host: HostView
  readonly now: number
  readonly #table: Table
  readonly #branch: Branch

  constructor(table: Table, scene: Scene, branch: Branch) {
    const { connection } = scene
    const { connectionMark } = branch
    this.packet = branch.packet
    this.hook = scene.hook
    this.devices = scene.devices
    this.state = branch.untracked ? 'UNTRACKED' : scene.state
    this.connection =
      connection && connectionMark !== undefined ? { ...connection, mark: connectionMark } : connection
    this.host = scene.host
    this.now = scene.now
    this.#table = table
    this.#branch = branch
  }

  get memory(): Memory {
    return this
  }

  get ruleId(): string {
    return `${this.#table.label ?? this.#table.name}/${this.#branch.chain.chain.name}/${this.#branch.position}`
  }

  get(key: string): unknown {
    return this.#branch.memory.get(key)
  }

  set(key: string, value: unknown): void {
    this.#branch.memory = this.#branch.memory.set(key, value)
  }
}

/** Two ways on: the rule's match held, or it did not. */
function fork(
  table: Table,
  scene: Scene,
  branch: Branch,
  rule: CompiledRule,
  matchAt: number,
  result: { readonly probability: number } | { readonly unknown: string },
): Evaluation {
  const at = placeOf(table, branch, rule.rule)
  const start: Branch = { ...branch, context: undefined }
  const matched = () => {
    const copy = { ...start }
    return tryRule(table, scene, copy, rule, matchAt + 1) ?? walk(table, scene, copy)
  }
  const unmatched = () => {
    const copy = { ...start }
    miss(table, scene, copy, rule)
    return walk(table, scene, copy)
  }
  return 'probability' in result
    ? { type: 'random', at, probability: result.probability, matched, unmatched }
    : { type: 'unknown', at, reason: result.unknown, matched, unmatched }
}

/** Does what the target of a matching rule says; a result ends the table. */
function take(
  table: Table,
  scene: Scene,
  branch: Branch,
  rule: Rule,
  context: MatchContext,
): Evaluation | undefined {
  if (scene.record !== 'nothing') {
    branch.hits = { place: placeOf(table, branch, rule), matched: true, previous: branch.hits }
  }
  const { target } = rule
  if (!target) return undefined
  switch (target.type) {
    case 'accept':
    case 'drop':
    case 'queue':
      return decide(branch, plainVerdicts[target.type], placeOf(table, branch, rule))
    case 'return':
      return endOfChain(table, scene, branch)
    case 'jump':
    case 'goto':
      enterChain(table, branch, target)
      return undefined
    case 'unknown':
      return isHarmless(target)
        ? undefined
        : unknownTarget(table, scene, branch, rule, `target "${textOf(target)}" is not modelled`)
    default:
      return applyEffect(table, scene, branch, rule, applyTarget(target, context))
  }
}

function enterChain(
  table: Table,
  branch: Branch,
  target: { readonly type: 'jump' | 'goto'; readonly chain: string },
): void {
  const chain = table.chain(target.chain)
  if (!chain) return
  if (target.type === 'jump') {
    branch.callers = { chain: branch.chain, position: branch.position, below: branch.callers }
  }
  branch.chain = compileChain(chain)
  branch.position = 0
}

function applyEffect(
  table: Table,
  scene: Scene,
  branch: Branch,
  rule: Rule,
  effect: Effect,
): Evaluation | undefined {
  switch (effect.type) {
    case 'continue':
      if (effect.packet) branch.packet = effect.packet
      if (effect.connectionMark !== undefined) branch.connectionMark = effect.connectionMark
      if (effect.untracked) branch.untracked = true
      branch.context = undefined
      return undefined
    case 'accept':
      return decide(branch, plainVerdicts.accept, placeOf(table, branch, rule))
    case 'nat':
    case 'reject':
      return decide(branch, effect, placeOf(table, branch, rule))
    case 'unknown':
      return unknownTarget(table, scene, branch, rule, effect.reason)
    default:
      return effect satisfies never
  }
}

/** A target that is not understood: it may let the packet go on, or do anything else with it. */
function unknownTarget(table: Table, scene: Scene, branch: Branch, rule: Rule, reason: string): Evaluation {
  const at = placeOf(table, branch, rule)
  const start: Branch = { ...branch, context: undefined }
  return {
    type: 'unknown',
    at,
    reason,
    matched: () => decide(start, { type: 'unknown', reason }, at),
    unmatched: () => walk(table, scene, { ...start }),
  }
}

/** An extension that is not modelled, as it is written in its rule. */
function textOf({ name, tokens }: { readonly name: string; readonly tokens: readonly string[] }): string {
  return [name, ...tokens].join(' ')
}
