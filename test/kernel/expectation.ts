import { formatEndpoint } from '../../src/base/ip.ts'
import type { LoadedCluster } from '../../src/index.ts'
import type { JourneyOutcome } from '../../src/model/journey.ts'
import type { Probe } from './probes.ts'

/** What kubewalk says of a probe, in words that the kernel's answer can be given in too. */
export interface Expectation {
  /** Every way that it may go, with its probability. */
  readonly ways: ReadonlyMap<string, number>
  /** Whether a rule remembers the client, so that attempts are not independent of each other. */
  readonly remembers: boolean
  /** Whether a load balancer outside spreads connections, so that not every one finds the same memory. */
  readonly spread: boolean
}

export const silence = 'silence'

export function answeredBy(socket: string, seen: string, ttl?: number): string {
  return `answered by ${socket}, which sees ${seen}${ttl === undefined ? '' : ` with TTL ${ttl}`}`
}

export function errorNamed(errno: string): string {
  return `error ${errno}`
}

/** Asks kubewalk. The time to live is compared only where the kernel takes note of it. */
export function expectationOf(
  loaded: LoadedCluster,
  { from, ip, port, protocol }: Probe,
  { withTtl = false } = {},
): Expectation {
  const { outcomes } = loaded.trace({ from, to: formatEndpoint(ip, port), protocol })
  const ways = new Map<string, number>()
  for (const outcome of outcomes) {
    const way = wayOf(outcome, withTtl)
    ways.set(way, (ways.get(way) ?? 0) + outcome.probability)
  }
  return {
    ways,
    remembers: outcomes.some(remembersClient),
    spread: outcomes.some((one) => hopsOf(one).some(({ netns }) => netns.startsWith('balancer/'))),
  }
}

function hopsOf({ legs }: JourneyOutcome) {
  return legs.flatMap(({ forward }) => forward)
}

function remembersClient(outcome: JourneyOutcome): boolean {
  return hopsOf(outcome).some(({ steps }) =>
    steps.some((step) => step.type === 'rule' && step.rule?.matches.some(({ type }) => type === 'recent')),
  )
}

/** With which time to live the packet came to its socket. */
function ttlOf({ legs }: JourneyOutcome): number | undefined {
  const steps = legs.at(-1)?.forward.at(-1)?.steps ?? []
  return steps.flatMap((step) => (step.type === 'delivered' ? step.packet.ttl : [])).at(-1)
}

function wayOf(outcome: JourneyOutcome, withTtl: boolean): string {
  const { disposition, destination, seenSource, stoppedAt, errno, symptom } = outcome
  const last = hopsOf(outcome).at(-1)?.netns ?? ''
  switch (disposition) {
    case 'reached':
      return answeredBy(
        `${last} ${destination?.ip} ${destination?.port}`,
        seenSource?.ip ?? '',
        withTtl ? ttlOf(outcome) : undefined,
      )
    case 'refused':
      return `refused by ${last}`
    case 'rejected':
      return `rejected by ${stoppedAt?.netns}`
    case 'dropped':
      return silence
    case 'no-route':
      return errorNamed(errno ?? errnoNamed(symptom.text))
    default:
      return disposition
  }
}

/** The error whose words a symptom ends with. */
function errnoNamed(text: string): string {
  if (text.endsWith('No route to host')) return 'EHOSTUNREACH'
  if (text.endsWith('Network is unreachable')) return 'ENETUNREACH'
  return text
}
