import type { SourceLocation } from '../base/source.ts'
import type { Journey, JourneyOutcome } from '../model/journey.ts'
import { groupOutcomes } from '../model/journey-groups.ts'
import type { Step } from '../model/trace.ts'
import { diagnosis } from './diagnosis.ts'
import { blockLines, locationNames } from './layout.ts'
import { shownWalks } from './shown-walks.ts'
import type { Style } from './style.ts'
import { padEnd, width } from './style.ts'
import type { WalkOptions } from './walk-brief.ts'
import { briefWalk } from './walk-brief.ts'
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
  const walkOptions = { ...options, location }
  const parts = [
    headline(journey.request, groups, options.style),
    ...resolvedLine(journey, options),
    ...shown.map((group) => walkText(group, shown.length > 1, walkOptions)),
    ...(groups.length > 1 ? [sharesText(groups, options)] : []),
    ...diagnosis(journey, options.style, options.columns),
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
  for (const { disposition, probability } of groups)
    kinds.set(disposition, (kinds.get(disposition) ?? 0) + probability)
  const paint = (kind: string) => (kind === 'reached' ? style.good(kind) : style.bad(kind))
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
  const failed = journey.outcomes.find((one) => one.disposition !== 'reached')
  const symptom = failed ? `   ${failed.symptom.text}` : ''
  return `${headline(journey.request, groupOutcomes(journey.outcomes), style)}${symptom}`
}

function percent(share: number): string {
  const value = share * 100
  return `${value >= 99.95 || value < 0.05 ? value.toFixed(value < 0.05 ? 3 : 0) : value.toFixed(1)} %`
}

function resolvedLine({ resolved }: Journey, { style, columns }: TextOptions): readonly string[] {
  if (!resolved) return []
  const is = resolved.assumed ? 'is taken to be' : 'is'
  const text = `${resolved.name} ${is} ${resolved.addresses.join(', ')}`
  const note = resolved.assumed
    ? 'nothing in the input states its address'
    : 'the DNS query itself is not walked'
  const left = '  '
  return [blockLines({ left, text, right: note, paint: (line) => line }, columns, style).join('\n')]
}

function walkText(group: JourneyOutcome, titled: boolean, options: TextOptions & WalkOptions): string {
  const [leg] = group.legs
  if (!leg) return ''
  const title = titled
    ? [`  ${options.style.bold(`${group.disposition}, ${percent(group.probability)}`)}`]
    : []
  const { detail } = options
  const walk = detail === 'brief' ? briefWalk(leg, options) : verboseWalk(leg, detail === 'all', options)
  return [...title, ...walk].join('\n')
}

/** Where everything that a leg's steps speak of was read. */
function locationsIn({ legs }: JourneyOutcome): readonly (SourceLocation | undefined)[] {
  const hops = legs.flatMap(({ forward, reply, later = [] }) => [
    ...forward,
    ...reply,
    ...later.flatMap((walk) => walk.hops),
  ])
  return hops.flatMap(({ steps }) => steps.map(locationOfStep))
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
    ok: first.disposition === 'reached',
    disposition: first.disposition,
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
