import type { Report } from '../base/diagnostic.ts'
import type { DiagnosticCode } from '../base/diagnostic-catalog.ts'
import type { SourceFile, SourceLocation } from '../base/source.ts'
import type { Entry } from './entry.ts'
import { textIn } from './entry.ts'

/** What a file of a stranger may hold at most; beyond it nothing of the file is read. */
export const limits = {
  /** Characters of one file. */
  characters: 400_000_000,
  /** Characters of one line; ipset comments and rules with long lists stay far below. */
  line: 65_536,
  lines: 2_000_000,
  /** Lists and maps within one another in JSON. `ip -j -d link` has five. */
  depth: 32,
  /** Values of one JSON text. */
  values: 10_000_000,
  /** More problems of one file than this are counted and not told. */
  problems: 50,
} as const

/** One file of a dump while it is read: its text, and a way to say what is wrong with it. */
export interface DumpText {
  readonly name: string
  readonly text: string
  /** Says something about a place of the text. */
  problem(code: DiagnosticCode, offset: number, message: string, fix?: string): void
  place(offset: number): SourceLocation
}

/** Makes a text ready for reading. Problems beyond the limit are counted and told by `finish`. */
export function openDump(
  { name, text }: SourceFile,
  report: Report,
): DumpText & { readonly finish: () => void } {
  let lineStarts: readonly number[] | undefined
  let told = 0
  const place = (offset: number): SourceLocation => {
    lineStarts ??= startsOf(text)
    const line = lineAt(lineStarts, offset)
    return { file: name, line: line + 1, column: offset - (lineStarts[line] ?? 0) + 1 }
  }
  return {
    name,
    text,
    place,
    problem: (code, offset, message, fix) => {
      told++
      if (told <= limits.problems) {
        report(code, message, { at: place(offset), ...(fix !== undefined && { fix }) })
      }
    },
    finish: () => {
      const more = told - limits.problems
      if (more > 0) {
        report('dump-syntax', `${more} more problems in ${name} are not told`, {
          at: { file: name, line: 1, column: 1 },
          fix: 'mend those that are told first',
        })
      }
    },
  }
}

function startsOf(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** The last line that begins at or before the offset. */
function lineAt(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** The place of a field, or of the entry if it has none of this name. */
export function offsetOf(entry: Entry, name: string): number {
  return entry.fields.get(name)?.offset ?? entry.offset
}

/** What a field says, read by a function that gives `undefined` for what it cannot read. */
export function readField<T>(
  dump: DumpText,
  entry: Entry,
  name: string,
  how: { readonly read: (text: string) => T | undefined; readonly expected: string },
): T | undefined {
  if (!entry.fields.has(name)) return undefined
  const text = textIn(entry, name)
  const value = text === undefined ? undefined : how.read(text)
  if (value === undefined) {
    const found = text === undefined ? 'something else' : `"${clip(text)}"`
    dump.problem('dump-syntax', offsetOf(entry, name), `expected ${how.expected}, found ${found}`, recollect)
  }
  return value
}

/** What mends most of what is wrong with a dump. */
export const recollect = 'collect the file again with kubewalk node-dump-script, or take it out of the folder'

/** A text of a stranger, short enough for a message. */
export function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** Reads a whole number that is not negative. */
export function wholeNumber(text: string): number | undefined {
  if (/^0x[0-9a-f]{1,8}$/i.test(text)) return Number(text)
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
