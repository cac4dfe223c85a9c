import { formatIp } from '../base/ip.ts'
import type { JourneyOutcome } from '../model/journey.ts'
import type { ExchangeOutcome } from '../model/trace.ts'
import { destinationOf } from './destination.ts'
import { policyChecks } from './policy-checks.ts'
import type { RawResult } from './result.ts'
import { symptomOf } from './symptom.ts'
import type { World } from './world.ts'

/** One way as the journey tells it. */
export function present(world: World, result: RawResult, namesSender: boolean): JourneyOutcome {
  const { outcome, before, ending, resolution, http, asker, sender } = result
  const from = (asker ?? sender).ref
  const end = presentExchange(world, outcome, result)
  const own = outcome.leg.forward.length > 0 ? [outcome.leg] : []
  // Of a name that was not found nobody is the destination: the name server is none.
  const missed = ending && http === undefined ? { destination: null, seenSource: null } : {}
  const legs = [...before, ...own]
  const policies = policyChecks(world, legs)
  return {
    ...end,
    ...(policies.length > 0 && { policies }),
    ...(ending && { disposition: ending.disposition }),
    ...(ending?.symptom && { symptom: ending.symptom }),
    ...missed,
    legs,
    ...(resolution && { resolution }),
    ...(http && { http }),
    ...(namesSender && from && { from }),
  }
}

function presentExchange(world: World, outcome: ExchangeOutcome, result: RawResult): JourneyOutcome {
  const { seenSource, stoppedAt, errno, alternatives, leg, stall } = outcome
  return {
    probability: outcome.probability,
    disposition: outcome.disposition,
    symptom: symptomOf(outcome, result.addressed),
    destination: destinationOf(world, outcome) ?? null,
    seenSource: seenSource
      ? {
          ip: formatIp(seenSource.ip),
          port: seenSource.port,
          ...(seenSource.randomPort && { randomPort: true }),
        }
      : null,
    stoppedAt: stoppedAt ?? null,
    legs: leg.forward.length > 0 ? [leg] : [],
    ...(stall && { stall }),
    ...(errno !== undefined && { errno }),
    ...(alternatives && {
      alternatives: alternatives.map(({ assuming, outcomes }) => ({
        assuming,
        outcomes: outcomes.map((one) => presentExchange(world, one, result)),
      })),
    }),
  }
}
