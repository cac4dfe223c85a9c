import type { Journey, JourneyOutcome } from '../model/journey.ts'
import { endingOf, isServed } from '../model/journey.ts'
import { diagnosed, diagnosis } from './diagnosis.ts'
import type { Style } from './style.ts'
import { padEnd, width } from './style.ts'
import { headline, placeName, seenText } from './text.ts'

/** How a list of journeys is shown. */
export interface SessionTextOptions {
  readonly style: Style
  readonly columns: number
  /** Milliseconds from one connection to the next. */
  readonly interval: number
}

/** More connections than this are summed up only. */
const listed = 50

/** Connections made one after the other: a line each, then how many went where. */
export function sessionText(
  journeys: readonly Journey[],
  { style, interval, columns }: SessionTextOptions,
): string {
  const [first] = journeys
  if (!first) return ''
  const rows = journeys.map((journey, index) => row(journey, index, interval))
  const parts = [
    headline(
      first.request,
      journeys.flatMap(({ outcomes }) => weighed(outcomes, journeys.length)),
      style,
    ),
  ]
  if (rows.length <= listed) parts.push(table(rows, style))
  parts.push(summary(rows, style))
  const failed = journeys.find(({ outcomes }) => outcomes.some((one) => !isServed(one)))
  if (failed) parts.push(...diagnosis(diagnosed(failed), style, columns))
  return `${parts.join('\n\n')}\n`
}

function weighed(outcomes: readonly JourneyOutcome[], count: number): readonly JourneyOutcome[] {
  return outcomes.map((one) => ({ ...one, probability: one.probability / count }))
}

interface Row {
  readonly number: string
  readonly time: string
  readonly port: string
  readonly place: string
  readonly node: string
  readonly end: string
  readonly ok: boolean
}

function row({ request, outcomes }: Journey, index: number, interval: number): Row {
  const [outcome] = outcomes
  const ok = outcome !== undefined && isServed(outcome)
  return {
    number: `${index + 1}`,
    time: `${((index * interval) / 1000).toFixed(interval % 1000 === 0 ? 0 : 3)} s`,
    port: request.sport === undefined ? '' : `port ${request.sport}`,
    place: outcome ? placeName(outcome) : '-',
    node: outcome?.destination?.node ?? '',
    end: ok ? seenText(outcome) : outcome ? endingOf(outcome) : '',
    ok,
  }
}

function table(rows: readonly Row[], style: Style): string {
  const column = (pick: (one: Row) => string) => Math.max(...rows.map((one) => width(pick(one))))
  const numbers = column((one) => one.number)
  const times = column((one) => one.time)
  const ports = column((one) => one.port)
  const places = column((one) => one.place)
  const nodes = column((one) => one.node)
  return rows
    .map((one) => {
      const head = `  ${one.number.padStart(numbers)}  ${one.time.padStart(times)}  ${padEnd(one.port, ports)}`
      const end = one.ok ? one.end : style.bad(one.end)
      return `${style.dim(head)}  ${padEnd(one.place, places)}  ${padEnd(one.node, nodes)}  ${end}`.trimEnd()
    })
    .join('\n')
}

function summary(rows: readonly Row[], style: Style): string {
  const counts = new Map<string, number>()
  for (const { place, end, ok } of rows) {
    const key = ok ? place : `${place} ${style.bad(end)}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const widest = String(Math.max(...counts.values())).length
  return [...counts]
    .toSorted(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))
    .map(([place, count]) => `  ${String(count).padStart(widest)} of ${rows.length}  ${place}`)
    .join('\n')
}
