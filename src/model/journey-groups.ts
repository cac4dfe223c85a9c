import type { Journey, JourneyOutcome } from './journey.ts'

/** Everything by which a user could tell two outcomes apart. */
function groupKey(outcome: JourneyOutcome): string {
  const { disposition, destination, seenSource, stoppedAt, from, errno, http, resolution } = outcome
  const port = seenSource?.randomPort ? '' : seenSource?.port
  // What a proxy answers by itself is the same whomever it takes the client for.
  const byProxy = disposition === 'tls-wrong-cert' || (http?.by === 'proxy' && http.status !== null)
  const seen = byProxy ? [] : [seenSource?.ip, port]
  return JSON.stringify([
    disposition,
    destination,
    seen,
    stoppedAt?.netns,
    stoppedAt?.ruleText,
    from?.name,
    errno,
    http && [http.status, http.location, http.backend, http.by],
    resolution?.addresses.length === 0,
  ])
}

/** Outcomes that a user could not tell apart become one, with their probabilities together and the first one's legs. */
export function groupOutcomes(outcomes: readonly JourneyOutcome[]): readonly JourneyOutcome[] {
  const groups = new Map<string, JourneyOutcome>()
  for (const outcome of outcomes) {
    const key = groupKey(outcome)
    const group = groups.get(key)
    const probability = (group?.probability ?? 0) + outcome.probability
    groups.set(key, { ...(group ?? outcome), probability })
  }
  return [...groups.values()]
}

/** The journey with its equal outcomes grouped. */
export function groupedJourney(journey: Journey): Journey {
  return { ...journey, outcomes: groupOutcomes(journey.outcomes) }
}
