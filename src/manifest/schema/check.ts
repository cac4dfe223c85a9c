import type { Report } from '../../base/diagnostic.ts'
import { nearest } from '../../base/nearest.ts'
import type { ObjectRef, SourceLocation } from '../../base/source.ts'
import { configurationSchema } from './configuration.ts'
import { kubernetesSchema } from './kubernetes.ts'

/** What a field holds: a scalar, a list, a map, a type with fields of its own, or anything. */
type Expression =
  | { readonly type: 'scalar'; readonly of: ScalarName }
  | { readonly type: 'list' | 'map'; readonly of: Expression }
  | { readonly type: 'object'; readonly fields: () => Fields }
  | { readonly type: 'any' }

type Fields = ReadonlyMap<string, Expression>
type ScalarName = 'string' | 'integer' | 'number' | 'boolean' | 'intOrString' | 'quantity'

const scalarNames: readonly string[] = ['string', 'integer', 'number', 'boolean', 'intOrString', 'quantity']

const types = parseSchema(kubernetesSchema + configurationSchema)

function parseSchema(text: string): ReadonlyMap<string, Fields> {
  const made = new Map<string, Fields>()
  const fieldsOf = (name: string): Fields => made.get(name) ?? new Map()
  for (const line of text.replace(/\n {2}/g, ' ').split('\n')) {
    const [name = '', ...fields] = line.split(' ').filter((word) => word !== '')
    if (name === '') continue
    made.set(name, new Map(fields.map((field) => splitField(field, fieldsOf))))
  }
  return made
}

function splitField(field: string, fieldsOf: (name: string) => Fields): [string, Expression] {
  const colon = field.indexOf(':')
  return [field.slice(0, colon), parseExpression(field.slice(colon + 1), fieldsOf)]
}

function parseExpression(text: string, fieldsOf: (name: string) => Fields): Expression {
  if (text.startsWith('[]')) return { type: 'list', of: parseExpression(text.slice(2), fieldsOf) }
  if (text.startsWith('{}')) return { type: 'map', of: parseExpression(text.slice(2), fieldsOf) }
  if (text === 'any') return { type: 'any' }
  if (scalarNames.includes(text)) return { type: 'scalar', of: text as ScalarName }
  return { type: 'object', fields: () => fieldsOf(text) }
}

/** Where the checker finds the places of what it reports. */
export interface SchemaTarget {
  readonly ref: ObjectRef
  locate(path: readonly (string | number)[]): SourceLocation
  locateKey(path: readonly (string | number)[]): SourceLocation
}

type Path = readonly (string | number)[]

/** Checks an object against a type of the schema: types of values, and fields that do not exist. */
export function checkSchema(typeName: string, value: unknown, target: SchemaTarget, report: Report): void {
  const fields = types.get(typeName)
  if (fields) checkObject(fields, value, [], target, report)
}

function checkValue(
  expected: Expression,
  value: unknown,
  path: Path,
  target: SchemaTarget,
  report: Report,
): void {
  if (value === null || value === undefined || expected.type === 'any') return
  switch (expected.type) {
    case 'scalar':
      checkScalar(expected.of, value, path, target, report)
      return
    case 'list':
      if (!Array.isArray(value)) reportType('a list', value, path, target, report)
      else
        for (const [index, item] of value.entries())
          checkValue(expected.of, item, [...path, index], target, report)
      return
    case 'map':
      if (!isRecord(value)) reportType('a map', value, path, target, report)
      else
        for (const [key, item] of Object.entries(value))
          checkValue(expected.of, item, [...path, key], target, report)
      return
    case 'object':
      checkObject(expected.fields(), value, path, target, report)
      return
    default:
      expected satisfies never
  }
}

function checkObject(fields: Fields, value: unknown, path: Path, target: SchemaTarget, report: Report): void {
  if (!isRecord(value)) {
    reportType('a map', value, path, target, report)
    return
  }
  for (const [key, item] of Object.entries(value)) {
    const expected = fields.get(key)
    if (expected) checkValue(expected, item, [...path, key], target, report)
    else reportUnknown(key, fields, [...path, key], target, report)
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const scalarTests: Readonly<Record<ScalarName, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: (value) => typeof value === 'bigint' || Number.isInteger(value),
  number: (value) => typeof value === 'number' || typeof value === 'bigint',
  boolean: (value) => typeof value === 'boolean',
  intOrString: (value) => typeof value === 'string' || typeof value === 'bigint' || Number.isInteger(value),
  quantity: (value) => typeof value === 'string' || typeof value === 'number',
}

const scalarWords: Readonly<Record<ScalarName, string>> = {
  string: 'a text',
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  intOrString: 'an integer or a text',
  quantity: 'a quantity',
}

function checkScalar(
  name: ScalarName,
  value: unknown,
  path: Path,
  target: SchemaTarget,
  report: Report,
): void {
  if (!scalarTests[name](value)) {
    reportType(scalarWords[name], value, path, target, report)
  } else if (typeof value === 'bigint') {
    report(
      'invalid-value',
      `${formatPath(path)}: ${value} does not fit a 64-bit integer that Kubernetes would take`,
      {
        at: target.locate(path),
        object: target.ref,
      },
    )
  }
}

function reportType(
  expected: string,
  value: unknown,
  path: Path,
  target: SchemaTarget,
  report: Report,
): void {
  const quoted = typeof value === 'number' || typeof value === 'boolean'
  report('wrong-type', `${formatPath(path)} must be ${expected}, not ${describe(value)}`, {
    at: target.locate(path),
    object: target.ref,
    ...(expected === 'a text' && quoted && { fix: `write it in quotes: "${String(value)}"` }),
  })
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  if (typeof value === 'string') return `the text "${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`
  return typeof value === 'boolean' ? String(value) : `the number ${String(value)}`
}

function reportUnknown(key: string, fields: Fields, path: Path, target: SchemaTarget, report: Report): void {
  const near = nearest(key, [...fields.keys()])
  report('unknown-field', `unknown field "${formatPath(path)}"${near ? `; did you mean "${near}"?` : ''}`, {
    at: target.locateKey(path),
    object: target.ref,
    severity: near ? 'error' : 'warning',
    ...(near && { fix: `write ${near}` }),
  })
}

/** The field's name as kubectl writes it: `spec.ports[0].targetPort`. */
export function formatPath(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`))
    .join('')
}
