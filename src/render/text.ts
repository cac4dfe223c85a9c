import type { ObjectRef } from '../base/source.ts'
import type { Finding, Journey, JourneyOutcome } from '../model/journey.ts'
import { groupOutcomes } from '../model/journey-groups.ts'
import type { Leg } from '../model/trace.ts'
import type { Style } from './style.ts'
import { padEnd, width } from './style.ts'
import type { Detail, TraceLine } from './trace-lines.ts'
import { traceLines } from './trace-lines.ts'

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
  const shown = groups.filter(
    (group, index) => group.disposition !== 'reached' || index === firstReached(groups),
  )
  const parts = [
    headline(journey.request, groups, options.style),
    ...resolvedLine(journey, options),
    ...shown.map((group) => walkText(group, groups.length > 1 && shown.length > 1, options)),
    ...(groups.length > 1 ? [sharesText(groups, options)] : []),
    ...diagnosis(journey, options.style),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function firstReached(groups: readonly JourneyOutcome[]): number {
  return groups.findIndex((group) => group.disposition === 'reached')
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

function resolvedLine({ resolved }: Journey, { style }: TextOptions): readonly string[] {
  if (!resolved) return []
  const name = resolved.name === resolved.asked ? '' : `${resolved.name} → `
  return [
    `  resolve  ${name}${resolved.addresses.join(', ')}  ${style.dim('by the rules of cluster DNS; the query itself is not walked')}`,
  ]
}

function walkText(group: JourneyOutcome, titled: boolean, options: TextOptions): string {
  const [leg] = group.legs
  if (!leg) return ''
  const title = titled
    ? [`  ${options.style.bold(`${group.disposition}, ${percent(group.probability)}`)}`]
    : []
  return [...title, ...layout(legLines(leg, options), options)].join('\n')
}

/** The first packet's walk, and of the answer's what changed it, or the whole where it was lost. */
function legLines(leg: Leg, { label, detail }: TextOptions): TraceLine[] {
  const forward = traceLines(leg.forward, label, detail)
  const reply = traceLines(leg.reply, label, detail)
  const later = (leg.later ?? []).flatMap((walk) => [
    separator(`the ${walk.name} that follows`),
    ...traceLines(walk.hops, label, detail),
  ])
  if (reply.length === 0) return [...forward, ...later]
  const lost = reply.some((line) => line.tone === 'bad')
  if (detail === 'brief' && !lost) return [...forward, ...briefReply(leg, reply), ...later]
  return [...forward, separator('the answer'), ...reply, ...later]
}

function separator(text: string): TraceLine {
  return { place: text, device: '', text: '', cause: '', tone: 'dim' }
}

function briefReply(leg: Leg, reply: readonly TraceLine[]): TraceLine[] {
  const place = leg.reply.length === 0 ? '' : 'answer'
  const changes = reply.filter((line) => line.text.includes('undone'))
  const [first] = reply
  if (changes.length === 0) return [{ place, device: '', text: first?.text ?? '', cause: '', tone: 'plain' }]
  return changes.map((line, index) => ({
    place: index === 0 ? place : '',
    device: '',
    text: `${line.text}${line.place === '' ? '' : ` on ${line.place}`}`,
    cause: '',
    tone: 'plain' as const,
  }))
}

/** `file:line` of an object; nothing for one that no file states. */
export function locationOf(ref: ObjectRef | undefined): string {
  return ref?.at ? `${ref.at.file}:${ref.at.line}` : ''
}

/** Lays lines out in columns; a cause that does not fit goes on a line of its own. */
function layout(lines: readonly TraceLine[], { style, columns }: TextOptions): string[] {
  const places = Math.min(28, Math.max(...lines.map((line) => (line.text === '' ? 0 : width(line.place)))))
  const devices = Math.max(...lines.map((line) => width(line.device)))
  return lines.flatMap((line) => {
    if (line.text === '') return [`  ${style.dim(line.place)}`]
    const left = `  ${style.name(padEnd(line.place, places))}  ${devices > 0 ? `${style.dim(padEnd(line.device, devices))}  ` : ''}`
    const text =
      line.tone === 'bad' ? style.bad(line.text) : line.tone === 'dim' ? style.dim(line.text) : line.text
    const cause = [line.cause, locationOf(line.subject)].filter((part) => part !== '').join('  ')
    if (cause === '') return [`${left}${text}`.trimEnd()]
    if (width(left) + width(text) + 2 + width(cause) <= columns)
      return [`${left}${text}  ${style.dim(cause)}`]
    return [`${left}${text}`, `${' '.repeat(width(left))}${style.dim(cause)}`]
  })
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

/** On failure: what the user would see, why, and what would mend it. */
export function diagnosis(journey: Journey, style: Style): readonly string[] {
  const failed = journey.outcomes.find((one) => one.disposition !== 'reached')
  const lines = failed ? [labelled('you would see', failed.symptom.text)] : []
  const alternatives = failed?.alternatives ?? []
  for (const { assuming, outcomes } of alternatives) {
    const kinds = [...new Set(outcomes.map((outcome) => outcome.disposition))].join(' or ')
    lines.push(labelled('if', `${assuming}, then ${kinds}`))
  }
  for (const finding of journey.findings) lines.push(...findingLines(finding, style))
  return lines.length === 0 ? [] : [lines.join('\n')]
}

function labelled(label: string, text: string): string {
  return `  ${padEnd(label, 14)}  ${text}`
}

function findingLines(finding: Finding, style: Style): string[] {
  const label = finding.severity === 'info' ? 'note' : 'because'
  const places = finding.objects.map(locationOf).filter((text) => text !== '')
  const at = places.length > 0 ? `  ${style.dim(places.join(', '))}` : ''
  return [
    labelled(label, `${finding.message}${at}  ${style.dim(`[${finding.code}]`)}`),
    ...(finding.fix === undefined ? [] : [labelled('to mend it', finding.fix)]),
  ]
}
