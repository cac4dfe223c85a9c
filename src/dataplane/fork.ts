import type { RuleStep } from '../model/trace.ts'
import type { Evaluation, RulePlace } from '../netfilter/evaluate.ts'
import type { HookName } from '../netfilter/rule.ts'
import type { Flight, Outcome, Walk } from './flight.ts'
import { note, stop } from './flight.ts'

/** A table's answer once all forks on the way to it are taken. */
export type Decided = Evaluation & { readonly type: 'decided' }

/** Both answers to more open questions than this are not followed: each doubles the ways, and the answer is unknown. */
const assumptionLimit = 8

/** Follows an evaluation through its forks; `next` is called for each way that is taken. */
export function settle(
  walk: Walk,
  flight: Flight,
  hook: HookName,
  evaluation: Evaluation,
  next: (flight: Flight, decided: Decided) => readonly Outcome[],
): readonly Outcome[] {
  const on = (weighted: Flight, side: () => Evaluation) => settle(walk, weighted, hook, side(), next)
  switch (evaluation.type) {
    case 'decided':
      return next(flight, evaluation)
    case 'random':
      return forkByChance(
        walk,
        flight,
        evaluation.probability,
        (weighted) => on(weighted, evaluation.matched),
        (weighted) => on(weighted, evaluation.unmatched),
      )
    case 'unknown': {
      const by = ruleStep(hook, evaluation.at, true)
      const what = evaluation.reason
      if (flight.assumptions.length >= assumptionLimit)
        return walk.end(stop(flight, 'not-modelled', what, by), { type: 'unknown' })
      const assume = (matched: boolean): Flight =>
        note(
          { ...flight, assumptions: [...flight.assumptions, what] },
          { type: 'assumed', what, matched, by },
        )
      return mergeUnknown(
        flight,
        what,
        on(assume(true), evaluation.matched),
        on(assume(false), evaluation.unmatched),
      )
    }
    default:
      return evaluation satisfies never
  }
}

/** Takes both sides of a chance, each with its share, or the one that the walk's sampling picks. */
export function forkByChance(
  walk: Walk,
  flight: Flight,
  probability: number,
  matched: (flight: Flight) => readonly Outcome[],
  unmatched: (flight: Flight) => readonly Outcome[],
): readonly Outcome[] {
  if (walk.choose) return walk.choose(probability) ? matched(flight) : unmatched(flight)
  return [
    ...matched({ ...flight, weight: flight.weight * probability }),
    ...unmatched({ ...flight, weight: flight.weight * (1 - probability) }),
  ]
}

/** A rule as a step of the trail. */
export function ruleStep(hook: HookName, place: RulePlace, matched: boolean): RuleStep {
  const { table, chain, number, rule } = place
  return rule
    ? { type: 'rule', hook, table, chain, number, rule, matched }
    : { type: 'rule', hook, table, chain, number, matched }
}

/** What of an outcome the user would notice. */
function noticeable(outcome: Outcome): string {
  const { disposition, destination, seenSource, errno } = outcome
  const port = seenSource?.randomPort ? 'random' : seenSource?.port
  return [
    disposition,
    destination?.netns,
    destination?.ip,
    destination?.port,
    seenSource?.ip,
    port,
    errno,
  ].join(' ')
}

/** The share of each noticeable result. */
function distribution(outcomes: readonly Outcome[]): ReadonlyMap<string, number> {
  const shares = new Map<string, number>()
  for (const outcome of outcomes) {
    const key = noticeable(outcome)
    shares.set(key, (shares.get(key) ?? 0) + outcome.probability)
  }
  return shares
}

function sameDistribution(a: readonly Outcome[], b: readonly Outcome[]): boolean {
  const [left, right] = [distribution(a), distribution(b)]
  return (
    left.size === right.size &&
    [...left].every(([key, share]) => Math.abs(share - (right.get(key) ?? -1)) < 1e-9)
  )
}

/** Both sides of something that is not modelled: one answer if they agree, else an `unknown` that holds both. */
function mergeUnknown(
  flight: Flight,
  what: string,
  matched: readonly Outcome[],
  unmatched: readonly Outcome[],
): readonly Outcome[] {
  if (sameDistribution(matched, unmatched) && !unmatched.some((one) => one.disposition === 'unknown')) {
    return unmatched.map((outcome) => ({ ...outcome, immaterial: [...(outcome.immaterial ?? []), what] }))
  }
  const first = unmatched[0] ?? matched[0]
  if (!first) return []
  return [
    {
      probability: flight.weight,
      disposition: 'unknown',
      leg: first.leg,
      state: first.state,
      alternatives: [
        { assuming: `${what}: it matches`, outcomes: matched },
        { assuming: `${what}: it does not match`, outcomes: unmatched },
      ],
    },
  ]
}
