import type { ObjectRef } from '../base/source.ts'
import type { Finding, Journey } from '../model/journey.ts'
import { blockLines } from './layout.ts'
import type { Style } from './style.ts'
import { padEnd } from './style.ts'

/** `file:line` of an object; nothing for one that no file states. */
export function locationOf(ref: ObjectRef | undefined): string {
  return ref?.at ? `${ref.at.file}:${ref.at.line}` : ''
}

/** On failure: what the user would see, why, and what would mend it. */
export function diagnosis(journey: Journey, style: Style, columns: number): readonly string[] {
  const failed = journey.outcomes.find((one) => one.disposition !== 'reached')
  const lines: string[] = []
  const say = (label: string, text: string, right = '') => {
    const left = `  ${style.bold(padEnd(label, 14))}  `
    lines.push(...blockLines({ left, text, right, paint: (line) => line }, columns, style))
  }
  if (failed) say('you would see', failed.symptom.text)
  for (const { assuming, outcomes } of failed?.alternatives ?? []) {
    const kinds = [...new Set(outcomes.map((outcome) => outcome.disposition))].join(' or ')
    say('if', `${assuming}: ${kinds}`)
  }
  for (const finding of journey.findings) sayFinding(finding, say)
  return lines.length === 0 ? [] : [lines.join('\n')]
}

function sayFinding(finding: Finding, say: (label: string, text: string, right?: string) => void): void {
  const label = finding.severity === 'info' ? 'note' : 'because'
  const places = finding.objects.map(locationOf).filter((text) => text !== '')
  say(label, finding.message, [`[${finding.code}]`, ...new Set(places)].join(' '))
  if (finding.fix !== undefined) say('to mend it', finding.fix)
}
