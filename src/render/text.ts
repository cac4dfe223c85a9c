import type { SourceLocation } from '../base/source.ts'
import type { Journey, JourneyOutcome, PolicyCheck } from '../model/journey.ts'
import { endingOf, isServed } from '../model/journey.ts'
import { groupOutcomes } from '../model/journey-groups.ts'
import type { Leg, Step } from '../model/trace.ts'
import { diagnosed, diagnosis } from './diagnosis.ts'
import { httpText, proxyText } from './http-text.ts'
import { blockLines, locationNames } from './layout.ts'
import { resolutionText } from './resolution-text.ts'
import { shownWalks } from './shown-walks.ts'
import { sizesText } from './sizes-text.ts'
import type { Style } from './style.ts'
import { padEnd, width } from './style.ts'
import type { WalkColumns, WalkOptions } from './walk-brief.ts'
import { briefWalk, walkColumns } from './walk-brief.ts'
import { verboseWalk } from './walk-verbose.ts'

/** How much of a walk is shown: what changed it, every rule that matched, every rule that was looked at. */
export type Detail = 'brief' | 'matched' | 'all'

/** What a text form depends on beside the journey. */
export interface TextOptions {
  readonly style: Style
  readonly detail: Detail
  readonly columns: number
  /** The name of a namespace as people say it. */
  readonly label: (netns: string) => string
}

/** A journey for people: the answer, one walk, the shares of all, and what to do about a failure. */
export function journeyText(journey: Journey, options: TextOptions): string {
  const groups = groupOutcomes(journey.outcomes)
  const shown = shownWalks(groups)
  const location = locationNames(shown.flatMap(locationsIn))
  const walkOptions = { ...options, location, sized: journey.request.size !== undefined }
  const parts = [
    headline(journey.request, groups, options.style),
    ...shown.map((group) => walkText(group, shown.length > 1, walkOptions)),
    ...(groups.length > 1 ? [sharesText(groups, options)] : []),
    ...diagnosis(diagnosed(journey), options.style, options.columns),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** The request and how it ends: `pod/client → web:80   reached, 3 ways`. */
export function headline(
  request: Journey['request'],
  groups: readonly JourneyOutcome[],
  style: Style,
): string {
  const kinds = new Map<string, number>()
  const good = new Set<string>()
  for (const group of groups) {
    const kind = endingOf(group)
    kinds.set(kind, (kinds.get(kind) ?? 0) + group.probability)
    if (isServed(group)) good.add(kind)
  }
  const paint = (kind: string) => (good.has(kind) ? style.good(kind) : style.bad(kind))
  const [only] = kinds.keys()
  const places = new Set(groups.map(placeName)).size
  const verdict =
    kinds.size === 1 && only !== undefined
      ? `${paint(only)}${places > 1 ? `, ${places} ways` : ''}`
      : [...kinds].map(([kind, share]) => `${paint(kind)} ${percent(share)}`).join(', ')
  return `${style.bold(`${request.from} → ${request.to}`)}   ${verdict}`
}

/** A journey in one line; on failure with what the user would see. */
export function journeySummary(journey: Journey, style: Style): string {
  const failed = journey.outcomes.find((one) => !isServed(one))
  const symptom = failed ? `   ${failed.symptom.text}` : ''
  return `${headline(journey.request, groupOutcomes(journey.outcomes), style)}${symptom}`
}

function percent(share: number): string {
  const value = share * 100
  return `${value >= 99.95 || value < 0.05 ? value.toFixed(value < 0.05 ? 3 : 0) : value.toFixed(1)} %`
}

/** The legs of one way, each with what it was for, and what was answered in the end. */
function walkText(group: JourneyOutcome, titled: boolean, options: TextOptions & WalkOptions): string {
  const title = titled ? [`  ${options.style.bold(`${endingOf(group)}, ${percent(group.probability)}`)}`] : []
  const legs = group.legs.filter((leg) => isShown(leg, group, options))
  const widths = walkColumns(legs, options.label)
  const blocks = [
    resolutionText(group, options).join('\n'),
    ...legs.map((leg) => legText(leg, group, { ...options, widths })),
    httpText(group, { ...options, places: labelColumns(widths, group, options.detail) }).join('\n'),
  ].filter((block) => block !== '')
  return blocks.length === 0 ? '' : [...title, blocks.join('\n\n')].join('\n')
}

/** The packets of a look-up are shown where they failed, and where every rule is asked for. */
function isShown({ purpose }: Leg, group: JourneyOutcome, { detail }: TextOptions): boolean {
  if (purpose !== 'resolve' || detail !== 'brief') return true
  return group.disposition === 'dns-timeout' || group.disposition === 'unknown'
}

/** Wide enough for what stands before the lines of a proxy and of the answer. */
function labelColumns({ places }: WalkColumns, { http }: JourneyOutcome, detail: Detail): number {
  if (detail !== 'brief') return 13
  return Math.max(places, http?.proxy ? 13 : 8)
}

function legText(
  leg: Leg,
  group: JourneyOutcome,
  options: TextOptions & WalkOptions & { readonly widths: WalkColumns },
): string {
  const { detail, style, columns, widths } = options
  const at = group.legs.indexOf(leg)
  const all = group.policies ?? []
  const policies = all
    .filter((one) => one.leg === at)
    .map((one) => (detail === 'brief' ? briefly(one, all) : one))
  const told = { ...options, policies }
  const walk = detail === 'brief' ? briefWalk(leg, widths, told) : verboseWalk(leg, detail === 'all', told)
  const places = labelColumns(widths, group, detail)
  const before = leg.purpose === 'proxy' ? [...proxyText(group, { ...options, places }), ''] : []
  const about =
    leg.purpose === 'resolve' && leg.about
      ? blockLines({ left: '  ', text: leg.about, right: '', hanging: 2, paint: style.dim }, columns, style)
      : []
  return [...before, ...about, ...walk, ...sizesText(leg, group, options)].join('\n')
}

/** What came near is told once: queries for one name after the other meet the same policies. */
function briefly(check: PolicyCheck, all: readonly PolicyCheck[]): PolicyCheck {
  const { misses, ...rest } = check
  const said = JSON.stringify(misses)
  const isToldAlready = all.some(
    (one) => one.leg < check.leg && one.endpoint === check.endpoint && JSON.stringify(one.misses) === said,
  )
  return isToldAlready ? rest : check
}

/** Where everything that a leg's steps speak of was read. */
function locationsIn({ legs, http, policies = [] }: JourneyOutcome): readonly (SourceLocation | undefined)[] {
  const hops = legs.flatMap(({ forward, reply, later = [] }) => [
    ...forward,
    ...reply,
    ...later.flatMap((walk) => walk.hops),
  ])
  return [
    ...hops.flatMap(({ steps }) => steps.map(locationOfStep)),
    ...policies.flatMap((one) => one.policies.map(({ at }) => at)),
    http?.route?.object.at,
    ...(http?.nearMisses ?? []).map(({ object }) => object.at),
  ]
}

function locationOfStep(step: Step): SourceLocation | undefined {
  if (step.type === 'rule') return step.rule?.origin?.subject?.at
  if (step.type === 'route') return step.route.origin?.subject?.at
  return 'by' in step ? step.by?.rule?.origin?.subject?.at : undefined
}

function sharesText(groups: readonly JourneyOutcome[], { style }: TextOptions): string {
  const rows = groups.map((first) => ({
    share: percent(first.probability),
    sender: first.from ? `${first.from.name} →` : '',
    name: placeName(first),
    node: first.destination?.node ?? '',
    seen: seenText(first),
    ok: isServed(first),
    disposition: endingOf(first),
  }))
  const column = (pick: (row: (typeof rows)[number]) => string) =>
    Math.max(...rows.map((row) => width(pick(row))))
  const [shares, senders, names, nodes] = [
    column((r) => r.share),
    column((r) => r.sender),
    column((r) => r.name),
    column((r) => r.node),
  ]
  return rows
    .map((row) => {
      const sender = senders > 0 ? `${padEnd(row.sender, senders)} ` : ''
      const end = row.ok ? row.seen : style.bad(row.disposition)
      return `  ${row.share.padStart(shares)}  ${sender}${padEnd(row.name, names)}  ${padEnd(row.node, nodes)}  ${end}`.trimEnd()
    })
    .join('\n')
}

export function placeName({ destination, stoppedAt }: JourneyOutcome): string {
  if (!destination) return stoppedAt ? `stopped on ${stoppedAt.netns.replace(/^[^/]*\//, '')}` : '-'
  return destination.kind === 'Host'
    ? destination.name
    : `${destination.kind.toLowerCase()}/${destination.name}`
}

export function seenText({ seenSource }: JourneyOutcome): string {
  return seenSource ? `sees ${seenSource.ip}` : ''
}
