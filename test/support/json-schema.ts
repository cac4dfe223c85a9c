/** The part of JSON Schema (2020-12) that our schemas use. */
export interface Schema {
  readonly description?: string
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
}

/** The schema that a `$ref` of the root's own definitions names. */
export function resolve(root: Schema, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema
  const found = root.$defs?.[schema.$ref.replace('#/$defs/', '')]
  if (!found) throw new Error(`the schema has no ${schema.$ref}`)
  return found
}

/** What is wrong with a value, each with its place. A field that the schema does not name is wrong, too. */
export function violations(
  root: Schema,
  value: unknown,
  schema: Schema = root,
  path = '$',
): readonly string[] {
  const own = resolve(root, schema)
  const choices = own.anyOf ?? own.oneOf
  if (choices) {
    const tried = choices.map((choice) => violations(root, value, choice, path))
    if (tried.some((found) => found.length === 0)) return []
    const nearest = choices.findIndex((choice) => hasSameType(resolve(root, choice), value))
    return nearest < 0
      ? [`${path}: fits none of the forms: ${JSON.stringify(value)}`]
      : (tried[nearest] ?? [])
  }
  if ('const' in own && own.const !== value)
    return [`${path}: ${JSON.stringify(value)} is not ${JSON.stringify(own.const)}`]
  if (own.enum && !own.enum.includes(value))
    return [`${path}: ${JSON.stringify(value)} is none of ${own.enum.join(', ')}`]
  return own.type === undefined ? [] : ofType(root, own, value, path)
}

function hasSameType(choice: Schema, value: unknown): boolean {
  const type = (value as { type?: unknown } | null)?.type
  return choice.properties?.['type']?.const === type
}

function ofType(root: Schema, schema: Schema, value: unknown, path: string): readonly string[] {
  const wrong = [`${path}: expected ${schema.type}, found ${JSON.stringify(value)}`]
  switch (schema.type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? ofObject(root, schema, value as Record<string, unknown>, path)
        : wrong
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((item, index) => violations(root, item, schema.items ?? {}, `${path}[${index}]`))
        : wrong
    case 'integer':
    case 'number':
      return isNumber(schema, value) ? [] : wrong
    case 'null':
      return value === null ? [] : wrong
    default:
      return typeof value === schema.type ? [] : wrong
  }
}

function isNumber({ type, minimum, maximum, exclusiveMinimum }: Schema, value: unknown): boolean {
  if (typeof value !== 'number' || (type === 'integer' && !Number.isInteger(value))) return false
  if (minimum !== undefined && value < minimum) return false
  if (maximum !== undefined && value > maximum) return false
  return exclusiveMinimum === undefined || value > exclusiveMinimum
}

function ofObject(
  root: Schema,
  schema: Schema,
  value: Readonly<Record<string, unknown>>,
  path: string,
): readonly string[] {
  const { properties = {}, required = [], additionalProperties } = schema
  const missing = required.filter((key) => !(key in value)).map((key) => `${path}.${key}: is missing`)
  const rest = typeof additionalProperties === 'object' ? additionalProperties : undefined
  const wrong = Object.entries(value).flatMap(([key, item]) => {
    const own = properties[key] ?? rest
    if (own) return violations(root, item, own, `${path}.${key}`)
    return additionalProperties === true ? [] : [`${path}.${key}: is not in the schema`]
  })
  return [...missing, ...wrong]
}

/** A table of an object's fields, as the pages show it. */
export function fieldTable(root: Schema, name: string): readonly string[] {
  const schema = name === '' ? root : resolve(root, { $ref: `#/$defs/${name}` })
  const { properties = {}, required = [] } = schema
  const rows = Object.entries(properties).map(([key, field]) => {
    const optional = required.includes(key) ? '' : ' ?'
    return `| \`${key}\`${optional} | ${typeText(field)} | ${field.description ?? ''} |`
  })
  return ['| field | type | |', '|---|---|---|', ...rows]
}

function typeText(schema: Schema): string {
  if (schema.$ref !== undefined) return schema.$ref.replace('#/$defs/', '')
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum) return schema.enum.map((one) => `\`${one}\``).join(', ')
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return choices.map(typeText).join(' or ')
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {})}`
  if (typeof schema.additionalProperties === 'object')
    return `map of ${typeText(schema.additionalProperties)}`
  return schema.type ?? 'any'
}
