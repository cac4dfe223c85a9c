import type { JourneyOutcome } from '../model/journey.ts'
import { isServed } from '../model/journey.ts'

/**
 * What of many ways is worth a walk: one that reaches, and one of each way to fail. Ten replicas that refuse alike are
 * one walk with the share of all ten; which ten they are stands in the table of shares.
 */
export function shownWalks(groups: readonly JourneyOutcome[]): readonly JourneyOutcome[] {
  const shown = new Map<string, JourneyOutcome>()
  for (const group of groups) {
    const key = isServed(group) ? 'reached' : failureKey(group)
    const first = shown.get(key)
    const probability = (first?.probability ?? 0) + group.probability
    shown.set(key, { ...(first ?? group), probability })
  }
  return [...shown.values()]
}

/** A socket that is missing is the same failure wherever it is; one rule is; else the machine tells them apart. */
function failureKey({ disposition, stoppedAt, errno, symptom, alternatives }: JourneyOutcome): string {
  const where = stoppedAt?.reason === 'no-listener' ? '' : (stoppedAt?.ruleText ?? stoppedAt?.netns)
  const assuming = alternatives?.map((one) => one.assuming)
  return JSON.stringify([
    disposition,
    stoppedAt?.reason,
    stoppedAt?.onReply,
    where,
    errno,
    symptom.text,
    assuming,
  ])
}
