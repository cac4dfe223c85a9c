import type { Report } from '../../base/diagnostic.ts'
import { nearest } from '../../base/nearest.ts'
import type { ObjectRef, SourceLocation } from '../../base/source.ts'
import { formatPath } from './path.ts'
import { describeValue, scalarFits, scalarRange, scalarWords } from './scalars.ts'
import type { Expression, Fields, ScalarName } from './types.ts'
import { schemaTypes } from './types.ts'

type Path = readonly (string | number)[]

/** Where the checker finds the places of what it reports. */
export interface SchemaTarget {
  readonly ref: ObjectRef
  locate(path: Path): SourceLocation
  locateKey(path: Path): SourceLocation
  /** A plain scalar as it is written. */
  sourceAt(path: Path): string
}

/** What is left of an object when everything of a wrong type is taken out. */
export interface CheckedObject {
  readonly value: unknown
  /** Whether the value at the path, or one around it, was at fault, or is missing because its name is misspelt. */
  faulty(path: Path): boolean
}

/** What is found on the way through one object. */
interface Check {
  readonly target: SchemaTarget
  readonly report: Report
  readonly faults: Set<string>
}

/**
 * Checks an object against a type of the schema: types of values, and fields that do not exist. Null is as good
 * as nothing, as it is to the API server, except in a map of texts, where it is the empty text.
 */
export function checkSchema(
  typeName: string,
  value: unknown,
  target: SchemaTarget,
  report: Report,
): CheckedObject {
  const check: Check = { target, report, faults: new Set() }
  const fields = schemaTypes.get(typeName)
  const clean = fields ? checkObject(fields, value, [], check) : value
  return { value: clean ?? {}, faulty: (path) => isFaulty(path, check.faults) }
}

function isFaulty(path: Path, faults: ReadonlySet<string>): boolean {
  return faults.size > 0 && path.some((_, index) => faults.has(formatPath(path.slice(0, index + 1))))
}

/** The value without its faults; nothing, if it is one itself. */
function checkValue(expected: Expression, value: unknown, path: Path, check: Check): unknown {
  switch (expected.type) {
    case 'any':
      return value
    case 'scalar':
      return checkScalar(expected.of, value, path, check)
    case 'list':
      return checkList(expected.of, value, path, check)
    case 'map':
      return checkMap(expected.of, value, path, check)
    case 'object':
      return checkObject(expected.fields(), value, path, check)
    default:
      return expected satisfies never
  }
}

/** An element at fault leaves an empty one behind, so that the others keep their numbers. */
function checkList(of: Expression, value: unknown, path: Path, check: Check): unknown {
  if (!Array.isArray(value)) return reportType('a list', value, path, check)
  let copy: unknown[] | undefined
  for (const [index, item] of value.entries()) {
    const clean = (item === null ? undefined : checkValue(of, item, [...path, index], check)) ?? emptyOf(of)
    if (clean === item) continue
    copy ??= [...value]
    copy[index] = clean
  }
  return copy ?? value
}

/** Go's zero value, which null in a list or a map decodes to. */
function emptyOf(expected: Expression): unknown {
  if (expected.type === 'list') return []
  if (expected.type !== 'scalar') return {}
  if (expected.of === 'boolean') return false
  return expected.of === 'string' || expected.of === 'quantity' ? '' : 0
}

function checkMap(of: Expression, value: unknown, path: Path, check: Check): unknown {
  if (!isRecord(value)) return reportType('a map', value, path, check)
  if (of.type === 'any') return value
  return cleanMembers(value, (key, item) => {
    if (item !== null) return checkValue(of, item, [...path, key], check)
    if (of.type === 'scalar') noteNull(key, [...path, key], check)
    return emptyOf(of)
  })
}

/** A copy with what `clean` makes of each member, without those that it takes out; the value itself if nothing changes. */
function cleanMembers(
  value: Readonly<Record<string, unknown>>,
  clean: (key: string, item: unknown) => unknown,
): unknown {
  let copy: Record<string, unknown> | undefined
  for (const key of Object.keys(value)) {
    const item = value[key]
    const cleaned = clean(key, item)
    if (cleaned === item) continue
    copy ??= { ...value }
    if (cleaned === undefined) delete copy[key]
    else copy[key] = cleaned
  }
  return copy ?? value
}

/** The fields that have a name; `*` stands for all others. */
function named(fields: Fields): readonly string[] {
  return [...fields.keys()].filter((key) => key !== '*')
}

function noteNull(key: string, path: Path, { target, report }: Check): void {
  report('null-value', `${formatPath(path)} has no value; the API server reads it as the empty text`, {
    at: target.locateKey(path),
    object: target.ref,
    fix: `give ${key} a value, or write "" if it is meant`,
  })
}

function checkObject(fields: Fields, value: unknown, path: Path, check: Check): unknown {
  if (!isRecord(value)) return reportType('a map', value, path, check)
  return cleanMembers(value, (key, item) => {
    const expected = fieldOf(key, fields)
    if (!expected) {
      reportUnknown(key, value, fields, path, check)
      return item
    }
    if (item === null) return expected.nullable ? null : undefined
    return checkValue(expected, item, [...path, key], check)
  })
}

/** A type with a field `*` has others that are not looked into; one that looks like a known field is none of them. */
function fieldOf(key: string, fields: Fields): Expression | undefined {
  const known = fields.get(key)
  return known ?? (fields.has('*') && !nearest(key, named(fields)) ? fields.get('*') : undefined)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function checkScalar(name: ScalarName, value: unknown, path: Path, check: Check): unknown {
  if (!scalarFits(name, value)) return reportType(scalarWords[name], value, path, check)
  const range = scalarRange(name, value)
  if (range === undefined) return value
  const { target, report, faults } = check
  faults.add(formatPath(path))
  report('invalid-value', `${formatPath(path)}: ${String(value)} is not from ${range}`, {
    at: target.locate(path),
    object: target.ref,
    fix: 'write a number that the field can hold',
  })
  return undefined
}

function reportType(expected: string, value: unknown, path: Path, check: Check): undefined {
  const { target, report, faults } = check
  faults.add(formatPath(path))
  const fix = typeFix(expected, value, path, target)
  report('wrong-type', `${formatPath(path) || 'this'} must be ${expected}, not ${describeValue(value)}`, {
    at: target.locate(path),
    object: target.ref,
    ...(fix !== undefined && { fix }),
  })
  return undefined
}

function typeFix(expected: string, value: unknown, path: Path, target: SchemaTarget): string | undefined {
  const plain = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
  if (expected === 'a text') return plain ? `write it in quotes: "${target.sourceAt(path)}"` : undefined
  if (expected === 'a list' && !Array.isArray(value) && value !== '') return 'begin it with "- "'
  if (typeof value !== 'string') return undefined
  const fits =
    (expected === 'an integer' && /^[-+]?\d+$/.test(value)) ||
    (expected === 'true or false' && /^(?:true|false)$/.test(value))
  return fits ? `write ${value} without quotes` : undefined
}

function reportUnknown(key: string, value: object, fields: Fields, path: Path, check: Check): void {
  const { target, report, faults } = check
  const near = nearest(key, named(fields))
  if (near !== undefined && !Object.hasOwn(value, near)) faults.add(formatPath([...path, near]))
  const question = near ? `; did you mean "${near}"?` : ''
  report('unknown-field', `unknown field "${formatPath([...path, key])}"${question}`, {
    at: target.locateKey([...path, key]),
    object: target.ref,
    severity: near ? 'error' : 'warning',
    fix: near ? `write ${near}` : 'remove it: kubectl apply refuses fields that do not exist',
  })
}
