import type { ObjectRef } from '../base/source.ts'
import type { Finding, Journey, JourneyOutcome } from '../model/journey.ts'
import { isServed } from '../model/journey.ts'
import { blockLines } from './layout.ts'
import type { Style } from './style.ts'
import { padEnd } from './style.ts'

/** `file:line` of an object; nothing for one that no file states. */
export function locationOf(ref: ObjectRef | undefined): string {
  return ref?.at ? `${ref.at.file}:${ref.at.line}` : ''
}

/** What a diagnosis is made from: the findings, and the first way that failed. */
export interface Diagnosed {
  readonly findings: readonly Finding[]
  readonly failed?: Pick<JourneyOutcome, 'symptom' | 'alternatives'>
}

/** The journey's findings, and the first of its ways that was not served. */
export function diagnosed({ findings, outcomes }: Journey): Diagnosed {
  const failed = outcomes.find((one) => !isServed(one))
  return { findings, ...(failed && { failed }) }
}

/** On failure: what the user would see, why, and what would mend it. */
export function diagnosis({ findings, failed }: Diagnosed, style: Style, columns: number): readonly string[] {
  const lines: string[] = []
  const say = (label: string, text: string, right = '') => {
    const left = `  ${style.bold(padEnd(label, 14))}  `
    lines.push(...blockLines({ left, text, right, paint: (line) => line }, columns, style))
  }
  if (failed) say('you would see', failed.symptom.text)
  for (const finding of findings) sayFinding(finding, say)
  for (const { assuming, outcomes } of failed?.alternatives ?? []) {
    say(assuming.endsWith('it matches') ? 'if it matches' : 'if not', leaves(outcomes).join(' or '))
  }
  return lines.length === 0 ? [] : [lines.join('\n')]
}

/** How the ways may end that an assumption leaves open; later packets may ask the same again. */
function leaves(outcomes: readonly JourneyOutcome[]): readonly string[] {
  const kinds = outcomes.flatMap(({ disposition, alternatives }) =>
    alternatives ? alternatives.flatMap((one) => leaves(one.outcomes)) : [disposition],
  )
  return [...new Set(kinds)].toSorted()
}

/** Objects that were filled in stand in no file that anybody could change. */
const assumedFile = '(assumed)'

/** Where the objects stand; a file that was just named is not named again: `web.yaml:12, :30`. */
function placesOf(objects: readonly ObjectRef[]): readonly string[] {
  const stated = objects.filter(({ at }) => at?.file !== assumedFile)
  const places = [...new Set(stated.map(locationOf))].filter((text) => text !== '')
  const fileOf = (place: string | undefined) => place?.slice(0, place.lastIndexOf(':'))
  const short = places.map((place, index) => {
    const file = fileOf(place) ?? ''
    return index > 0 && fileOf(places[index - 1]) === file ? place.slice(file.length) : place
  })
  return short.length === 0 ? [] : [short.join(', ')]
}

function sayFinding(finding: Finding, say: (label: string, text: string, right?: string) => void): void {
  const label = finding.severity === 'info' ? 'note' : 'because'
  say(label, finding.message, [`[${finding.code}]`, ...placesOf(finding.objects)].join(' '))
  if (finding.fix !== undefined) say('to mend it', finding.fix)
}
