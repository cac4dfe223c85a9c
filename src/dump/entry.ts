/**
 * One thing that a command printed: a device, a route, a neighbour. The plain text of a command and its JSON are read
 * into the same fields, under the names that the JSON has, so that what comes after need not know which it was.
 */
export interface Entry {
  /** Where it stands: an offset in the file. */
  readonly offset: number
  readonly fields: ReadonlyMap<string, Field>
}

export interface Field {
  readonly value: Value
  readonly offset: number
}

export type Value = string | number | boolean | undefined | Entry | readonly Field[]

/** A field with its name; without an offset of its own it stands where its entry does. */
export type NamedField = readonly [name: string, value: Value, offset?: number | undefined]

/** Makes an entry field by field. */
export function entryOf(offset: number, fields: Iterable<NamedField>): Entry {
  const map = new Map<string, Field>()
  for (const [name, value, at] of fields) map.set(name, { value, offset: at ?? offset })
  return { offset, fields: map }
}

export function isEntry(value: Value): value is Entry {
  return typeof value === 'object' && 'fields' in value
}

/** The list in a field; empty, if there is none. */
export function listIn(entry: Entry, name: string): readonly Field[] {
  const value = entry.fields.get(name)?.value
  return typeof value === 'object' && !isEntry(value) ? value : []
}

/** The entries of the list in a field. */
export function entriesIn(entry: Entry, name: string): readonly Entry[] {
  return listIn(entry, name).flatMap(({ value }) => (isEntry(value) ? [value] : []))
}

export function entryIn(entry: Entry, name: string): Entry | undefined {
  const value = entry.fields.get(name)?.value
  return isEntry(value) ? value : undefined
}

/** A field's text; a number that stands where a text may is given as one. */
export function textIn(entry: Entry, name: string): string | undefined {
  const value = entry.fields.get(name)?.value
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined
}

/** Whether a field is there that is not `false`: JSON has flags as `true`, as a bare name, or as `null`. */
export function hasFlag(entry: Entry, name: string): boolean {
  const field = entry.fields.get(name)
  return field !== undefined && field.value !== false
}

/** Whether a list of words, such as `flags` or `state`, holds the word. */
export function listHas(entry: Entry, name: string, word: string): boolean {
  return listIn(entry, name).some(({ value }) => value === word)
}
