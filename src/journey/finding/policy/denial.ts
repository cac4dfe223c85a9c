import { formatIp } from '../../../base/ip.ts'
import type { ObjectRef } from '../../../base/source.ts'
import type { PolicyRemedy } from '../../../model/journey.ts'
import type { Miss } from '../../../policy/miss.ts'
import type { NearMiss } from '../../../policy/near-miss.ts'
import type { Policy } from '../../../policy/policy.ts'
import { endpointName, partyName, protocolWord } from '../../../policy/words.ts'
import type { JudgedPlace } from '../../policy-checks.ts'
import { explainPlace, judgedPlaces } from '../../policy-checks.ts'
import { presentRemedy } from '../../policy-remedy.ts'
import type { Failure } from '../failure.ts'

/** Policies that stopped a packet: where, what came near, and what would have let it pass. */
export interface Denial {
  readonly place: JudgedPlace
  /** Of each policy that could have let it pass, the rule that came nearest, the nearest policy first. */
  readonly misses: readonly NearMiss[]
  readonly remedy?: PolicyRemedy
}

/** Reads the cause of a failure from what policies said. Gives nothing if it is another. */
export type FindPolicyCause = (failure: Failure, denial: Denial) => PolicyCause | undefined

/** A cause with the places in policies that state it. */
export interface PolicyCause {
  readonly message: string
  readonly fix?: string
  readonly objects: readonly (ObjectRef | undefined)[]
}

/** The policies that stopped the failing packet, if policies did. */
export function denialOf({ world, outcome, stop }: Failure): Denial | undefined {
  if (!world.policies || !stop) return undefined
  const place = judgedPlaces(world, [outcome.leg]).findLast(
    ({ decision, netns }) => decision.verdict === 'denied' && netns === stop.netns,
  )
  if (!place) return undefined
  const { misses, remedy } = explainPlace(place)
  return {
    place,
    misses: misses.toSorted((a, b) => a.misses.length - b.misses.length),
    ...(remedy && { remedy: presentRemedy(world, remedy, place.policies.set.tiers) }),
  }
}

/** The nearest miss in which nothing but these is off. */
export function onlyMissing(
  { misses }: Denial,
  types: readonly Miss['type'][],
): (NearMiss & { readonly first: Miss }) | undefined {
  for (const one of misses) {
    const [first] = one.misses
    if (first && one.misses.every(({ type }) => types.includes(type))) return { ...one, first }
  }
  return undefined
}

/** A policy, with a place in it. */
export function inPolicy({ ref, locate }: Policy, path: Miss['path']): ObjectRef {
  const at = locate(path)
  return { ...ref, ...(at && { at }) }
}

/** `NetworkPolicy web`. */
export function policyName({ ref }: Policy): string {
  return `${ref.kind} ${ref.name}`
}

/** What was stopped, as the person who asked would say it: `pod shop/client may not reach pod shop/web, TCP 8080`. */
export function stoppedWords({ place: { flow } }: Denial): string {
  const { direction, self, peer, protocol, dport, icmp } = flow
  const [from, to] = direction === 'ingress' ? [peer, self] : [self, peer]
  const port = icmp ? 'ICMP' : `${protocolWord(protocol)} ${dport}`
  const own = direction === 'egress' ? 'may not send to' : 'may not reach'
  return `${partyName(from)} ${own} ${to.endpoint ? endpointName(to.endpoint) : formatIp(to.ip)}, ${port}`
}

/** Whether a packet is a question to a name server. */
export function isNameQuery({ place: { sent, packet } }: Denial): boolean {
  return (sent?.dport ?? packet.dport) === 53
}
