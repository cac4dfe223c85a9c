import { width } from './style.ts'

/** The columns at which dig sets a record's TTL, class, type and data, and how wide it takes a tab to be. */
const columns = [24, 32, 40, 48]
const tabWidth = 8

/**
 * A record as dig prints it, its fields set apart by tabs: `a.b.\t\t\t5\tIN\tA\t10.96.0.7`. What is wider than its
 * column is followed by a space. Mirrors rdataset_totext and indent of BIND's lib/dns/masterdump.c in the style of dig.
 */
export function formatRecord(record: string): string {
  const [name = '', ttl = '', ofClass = '', type = '', ...data] = record.split(' ')
  return atColumns(name, [ttl, ofClass, type, data.join(' ')], columns)
}

/** A question as dig prints it: `;a.b.\t\t\t\tIN\tA`. The semicolon does not count. */
export function formatRecordQuestion(name: string, type: string): string {
  return `;${atColumns(name, ['IN', type], columns.slice(1))}`
}

function atColumns(name: string, fields: readonly string[], at: readonly number[]): string {
  let line = name
  let column = width(name)
  for (const [index, field] of fields.entries()) {
    const from = column
    const to = Math.max(at[index] ?? 0, from + 1)
    const tabs = Math.floor(to / tabWidth) - Math.floor(from / tabWidth)
    const reached = tabs > 0 ? Math.floor(to / tabWidth) * tabWidth : from
    line += '\t'.repeat(tabs) + ' '.repeat(to - reached) + field
    column = to + width(field)
  }
  return line
}
