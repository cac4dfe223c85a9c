import type { ScalarName } from './types.ts'

/** What each scalar type is called in messages. */
export const scalarWords: Readonly<Record<ScalarName, string>> = {
  string: 'a text',
  integer: 'an integer',
  long: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  intOrString: 'an integer or a text',
  quantity: 'a quantity',
}

const isInteger = (value: unknown) => typeof value === 'bigint' || Number.isInteger(value)

const tests: Readonly<Record<ScalarName, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: isInteger,
  long: isInteger,
  number: (value) => typeof value === 'number' || typeof value === 'bigint',
  boolean: (value) => typeof value === 'boolean',
  intOrString: (value) => typeof value === 'string' || isInteger(value),
  quantity: (value) => typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint',
}

export function scalarFits(name: ScalarName, value: unknown): boolean {
  return tests[name](value)
}

const widths: Partial<Readonly<Record<ScalarName, number>>> = { integer: 32, intOrString: 32, long: 64 }

/** The range of the Go type (int32, int64) if the number is outside it. */
export function scalarRange(name: ScalarName, value: unknown): string | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined
  const bits = widths[name]
  if (bits === undefined) return undefined
  const limit = 2n ** BigInt(bits - 1)
  return value >= -limit && value < limit ? undefined : `${-limit} to ${limit - 1n}`
}

/** A value as messages show it. */
export function describeValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (value === null) return 'nothing'
  if (typeof value === 'object') return 'a map'
  if (typeof value === 'string') return `the text "${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`
  if (typeof value === 'boolean') return String(value)
  return Number.isFinite(value) || typeof value === 'bigint'
    ? `the number ${String(value)}`
    : 'a number too large for any field'
}
