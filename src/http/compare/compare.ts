import type { Filter } from '../proxy.ts'
import type { SideAnswer } from './answer.ts'
import { sideAnswer } from './answer.ts'
import type { Cause } from './cause.ts'
import { causeOf } from './cause.ts'
import { regexSamples } from './regex-samples.ts'
import type { SampleRequest } from './samples.ts'
import { meansHttps, sampleHosts, sampleRequests, weight } from './samples.ts'
import type { CompareSide, Scheme } from './side.ts'
import { routesFor } from './side.ts'

/** A request that the two sides do not answer alike. */
export interface RouteDifference {
  readonly request: SampleRequest
  readonly left: SideAnswer
  readonly right: SideAnswer
  readonly cause: Cause
  /** How many further sample requests differ for the same cause between the same rules. */
  readonly more: number
}

/** Whether two configurations route alike. */
export interface RouteComparison {
  /** The smallest first, one for each cause and pair of rules; empty if the sides are alike. */
  readonly differences: readonly RouteDifference[]
  /** The number of requests that were tried. */
  readonly requests: number
  /** The number of classes that they stand for: pairs of rules, one of each side, under a host and a scheme. */
  readonly classes: number
  /** What could matter and was not compared. */
  readonly notes: readonly string[]
}

/** Sends every sample request to both sides and compares the answers. */
export function compareProxies(left: CompareSide, right: CompareSide): RouteComparison {
  const sides = [left, right]
  const classes = new Set<string>()
  const groups = new Map<string, RouteDifference>()
  const notes = new Set<string>()
  let requests = 0
  for (const host of sampleHosts(sides)) {
    for (const scheme of schemesOf(sides, host)) {
      notePatterns(sides, host, scheme, notes)
      for (const request of sampleRequests(sides, host, scheme)) {
        const answers = [sideAnswer(left, request), sideAnswer(right, request)] as const
        requests++
        classes.add([scheme, host, ...answers.map((one) => one.rule?.name ?? '-')].join('\n'))
        for (const one of answers) noteUnmodelled(one, notes)
        if (answers[0].text !== answers[1].text) addDifference(groups, request, ...answers)
      }
    }
  }
  const differences = [...groups.values()].toSorted((a, b) => bySize(a.request, b.request))
  return { differences, requests, classes: classes.size, notes: [...notes, ...portNotes(sides)] }
}

/** HTTPS is compared for hosts for which a side has a certificate. */
function schemesOf(sides: readonly CompareSide[], host: string): readonly Scheme[] {
  return meansHttps(sides, host) ? ['http', 'https'] : ['http']
}

function addDifference(
  groups: Map<string, RouteDifference>,
  request: SampleRequest,
  left: SideAnswer,
  right: SideAnswer,
): void {
  const cause = causeOf(left, right)
  const key = [
    cause.code,
    left.rule?.name ?? left.status ?? left.type,
    right.rule?.name ?? right.status ?? right.type,
  ].join('\n')
  const known = groups.get(key)
  if (!known) groups.set(key, { request, left, right, cause, more: 0 })
  else if (bySize(request, known.request) < 0)
    groups.set(key, { request, left, right, cause, more: known.more + 1 })
  else groups.set(key, { ...known, more: known.more + 1 })
}

/** The request that says least goes first: conditions, path, scheme, host. */
function bySize(a: SampleRequest, b: SampleRequest): number {
  return (
    weight(a) - weight(b) ||
    a.path.length - b.path.length ||
    Number(a.scheme === 'https') - Number(b.scheme === 'https') ||
    a.host.length - b.host.length ||
    (a.host + a.path < b.host + b.path ? -1 : 1)
  )
}

function noteUnmodelled({ decision }: SideAnswer, notes: Set<string>): void {
  for (const { what, object } of decision.notModelled) notes.add(`not modelled: ${what} (${place(object)})`)
}

function place({ kind, name, at }: Extract<Filter, { type: 'not-modelled' }>['object']): string {
  return at ? `${at.file}:${at.line}` : `${kind} ${name}`
}

function notePatterns(sides: readonly CompareSide[], host: string, scheme: Scheme, notes: Set<string>): void {
  for (const { match, object } of sides.flatMap((side) => routesFor(side, host, scheme))) {
    if (match.path?.type !== 'regex') continue
    const samples = regexSamples(match.path.pattern, match.path.ignoreCase)
    notes.add(
      samples.length === 0
        ? `no path could be made that the pattern ${match.path.pattern} matches (${place(object)})`
        : 'regular expressions are compared by sample paths made from them, not by all that they match',
    )
  }
}

/** Listeners beside the one of each scheme that was compared. */
function portNotes(sides: readonly CompareSide[]): readonly string[] {
  return sides.flatMap(({ name, proxies }) => {
    const notes: string[] = []
    const others = proxies.flatMap(({ listeners }) =>
      listeners.filter((one) => ['tcp', 'udp'].includes(one.protocol)),
    )
    const ports = [...new Set(others.map((one) => `${one.port}/${one.protocol}`))]
    if (ports.length > 0)
      notes.push(`${name}: ports that take no HTTP are not compared (${ports.join(', ')})`)
    const web = proxies.flatMap(({ listeners }) => listeners.filter((one) => one.protocol === 'http'))
    if (web.length > proxies.length)
      notes.push(`${name}: of several HTTP ports of one proxy port 80 or the first is compared`)
    const ignored = proxies.flatMap((one) => one.ignored)
    return [
      ...notes,
      ...ignored.map(
        (one) => `${name}: ${one.object.kind} ${one.object.name} is not served as written: ${one.reason}`,
      ),
    ]
  })
}
