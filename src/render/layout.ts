import type { SourceLocation } from '../base/source.ts'
import type { Style } from './style.ts'
import { padEnd, width } from './style.ts'

/** Breaks a text between words so that no line takes more columns, except where one word does. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && width(longer) > columns) {
      lines.push(line)
      line = word
    } else line = longer
  }
  lines.push(line)
  return lines
}

/** One long word, such as a name, in pieces that fit the columns. */
export function cut(word: string, columns: number): readonly string[] {
  const size = Math.max(24, columns)
  const pieces = Math.ceil(word.length / size)
  return Array.from({ length: pieces }, (_, index) => word.slice(index * size, (index + 1) * size))
}

/** Says a file and line in as few letters as tell the files of one output apart. */
export type ShowLocation = (at: SourceLocation | undefined) => string

/** Files are called by their last name, except where two files share it. */
export function locationNames(locations: Iterable<SourceLocation | undefined>): ShowLocation {
  const files = new Set<string>()
  for (const at of locations) if (at) files.add(at.file)
  const bases = new Map<string, number>()
  for (const file of files) bases.set(baseName(file), (bases.get(baseName(file)) ?? 0) + 1)
  return (at) => {
    if (!at) return ''
    const base = baseName(at.file)
    return `${bases.get(base) === 1 ? base : at.file}:${at.line}`
  }
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1)
}

/** A block of text with something before its first line and something at the end of its last. */
export interface Block {
  /** What stands before the text, already padded and marked up; later lines get as many blanks. */
  readonly left: string
  readonly text: string
  /** More blanks before later lines of the text. */
  readonly hanging?: number
  /** Set against the right margin, on the last line if there is room. */
  readonly right: string
  readonly paint: (text: string) => string
}

/** The block's lines: the text wrapped, `right` against the margin. */
export function blockLines({ left, text, hanging = 0, right, paint }: Block, columns: number, style: Style) {
  const indent = width(left)
  const lines = hangingWrap(text, Math.max(24, columns - indent), hanging)
  const out = lines.map((line, index) => {
    const before = index === 0 ? left : ' '.repeat(indent)
    return line.trim() === '' ? before.trimEnd() : `${before}${paint(line)}`
  })
  if (right === '') return out
  const last = out.at(-1) ?? ''
  if (width(last) + 2 + width(right) <= columns) {
    return [...out.slice(0, -1), `${padEnd(last, columns - width(right))}${style.dim(right)}`]
  }
  return [...out, `${' '.repeat(Math.max(indent, columns - width(right)))}${style.dim(right)}`]
}

function hangingWrap(text: string, columns: number, hanging: number): readonly string[] {
  const [first = '', ...rest] = wrap(text, columns)
  if (rest.length === 0) return [first]
  return [first, ...wrap(rest.join(' '), columns - hanging).map((line) => ' '.repeat(hanging) + line)]
}
