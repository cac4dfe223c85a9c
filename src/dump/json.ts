import type { DumpText } from './dump-text.ts'
import { clip, limits, recollect } from './dump-text.ts'
import type { Entry, Field, Value } from './entry.ts'
import { isEntry } from './entry.ts'

/** A JSON text while it is read. */
interface Reading {
  readonly text: string
  at: number
  values: number
}

/** Something that no JSON has at this place, or more of it than is read. */
class JsonFault extends Error {
  override readonly name = 'JsonFault'
  readonly offset: number
  readonly tooLarge: boolean

  constructor(offset: number, message: string, tooLarge = false) {
    super(message)
    this.offset = offset
    this.tooLarge = tooLarge
  }
}

/**
 * The entries of a JSON text, with the places of all their values: a list of maps, as `ip -j` prints it. Reads by
 * itself since JSON.parse tells no places and has no bound on depth.
 */
export function jsonEntries(dump: DumpText, start: number): readonly Entry[] {
  const reading: Reading = { text: dump.text, at: start, values: 0 }
  try {
    const entries: Entry[] = []
    // `bridge -j` and several outputs one after the other give several lists.
    for (skipSpace(reading); reading.at < reading.text.length; skipSpace(reading)) {
      entries.push(...asEntries(dump, readValue(reading, 0)))
    }
    return entries
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    const code = error.tooLarge ? 'dump-too-large' : 'dump-syntax'
    dump.problem(code, error.offset, error.message, recollect)
    return []
  }
}

function asEntries(dump: DumpText, { value, offset }: Field): readonly Entry[] {
  if (isEntry(value)) return [value]
  if (typeof value !== 'object') {
    dump.problem('dump-syntax', offset, 'expected a list of JSON maps', recollect)
    return []
  }
  // ip prints an empty map where a device was filtered out.
  return value.flatMap((one) => {
    if (isEntry(one.value)) return one.value.fields.size > 0 ? [one.value] : []
    dump.problem('dump-syntax', one.offset, 'expected a JSON map', recollect)
    return []
  })
}

function skipSpace(reading: Reading): void {
  const { text } = reading
  while (reading.at < text.length && text.charCodeAt(reading.at) <= 32) reading.at++
}

function readValue(reading: Reading, depth: number): Field {
  skipSpace(reading)
  const offset = reading.at
  reading.values++
  if (reading.values > limits.values) {
    throw new JsonFault(offset, `more than ${limits.values} values in one file are not read`, true)
  }
  if (depth > limits.depth) {
    throw new JsonFault(offset, `lists and maps more than ${limits.depth} deep are not read`, true)
  }
  switch (reading.text[offset]) {
    case '{':
      return { offset, value: readMap(reading, depth) }
    case '[':
      return { offset, value: readList(reading, depth) }
    case '"':
      return { offset, value: readString(reading) }
    default:
      return { offset, value: readWord(reading) }
  }
}

function readMap(reading: Reading, depth: number): Entry {
  const offset = reading.at
  const fields = new Map<string, Field>()
  each(reading, '}', () => {
    skipSpace(reading)
    if (reading.text[reading.at] !== '"') throw unexpected(reading, 'a key in double quotes')
    const name = readString(reading)
    skipSpace(reading)
    if (reading.text[reading.at] !== ':') throw unexpected(reading, '":"')
    reading.at++
    const field = readValue(reading, depth + 1)
    // `ip -j` prints some keys twice, with the same value.
    if (!fields.has(name)) fields.set(name, field)
  })
  return { offset, fields }
}

function readList(reading: Reading, depth: number): readonly Field[] {
  const list: Field[] = []
  each(reading, ']', () => list.push(readValue(reading, depth + 1)))
  return list
}

/** Reads members with commas between them up to the closing bracket. */
function each(reading: Reading, close: string, member: () => void): void {
  reading.at++
  skipSpace(reading)
  if (reading.text[reading.at] === close) {
    reading.at++
    return
  }
  for (;;) {
    member()
    skipSpace(reading)
    const next = reading.text[reading.at]
    if (next !== ',' && next !== close) throw unexpected(reading, `"," or "${close}"`)
    reading.at++
    if (next === close) return
  }
}

const stringPattern = /"((?:[^"\\\n]|\\.)*)"/y

function readString(reading: Reading): string {
  const end = reading.text.indexOf('"', reading.at + 1)
  const plain = end < 0 ? '' : reading.text.slice(reading.at + 1, end)
  if (end >= 0 && plain.length <= limits.line && !/[\\\n]/.test(plain)) {
    reading.at = end + 1
    return plain
  }
  stringPattern.lastIndex = reading.at
  const found = plain.length > limits.line || end < 0 ? undefined : stringPattern.exec(reading.text)
  if (!found) throw new JsonFault(reading.at, 'a text in double quotes is not closed, or too long')
  const [whole] = found
  const offset = reading.at
  reading.at += whole.length
  try {
    return String(JSON.parse(whole))
  } catch {
    throw new JsonFault(offset, `cannot read the text ${clip(whole)}`)
  }
}

const wordPattern = /true|false|null|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/y

function readWord(reading: Reading): Value {
  wordPattern.lastIndex = reading.at
  const word = wordPattern.exec(reading.text)?.[0]
  if (word === undefined) throw unexpected(reading, 'a JSON value')
  reading.at += word.length
  if (word === 'true' || word === 'false') return word === 'true'
  return word === 'null' ? undefined : Number(word)
}

function unexpected({ text, at }: Reading, expected: string): JsonFault {
  const found = at < text.length ? `"${text.slice(at, at + 20).split(/\s/)[0]}"` : 'the end'
  return new JsonFault(at, `expected ${expected}, found ${found}: the file may be cut off`)
}
