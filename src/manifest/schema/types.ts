import { calicoSchema } from './calico.ts'
import { calicoPolicySchema } from './calico-policy.ts'
import { ciliumSchema } from './cilium.ts'
import { clusterPolicySchema } from './cluster-policy.ts'
import { configurationSchema } from './configuration.ts'
import { gatewaySchema } from './gateway.ts'
import { kubernetesSchema } from './kubernetes.ts'

/** What a field holds: a scalar, a list, a map, a type with fields of its own, or anything. */
export type Expression = (
  | { readonly type: 'scalar'; readonly of: ScalarName }
  | { readonly type: 'list' | 'map'; readonly of: Expression }
  | { readonly type: 'object'; readonly name: string; readonly fields: () => Fields }
  | { readonly type: 'any' }
) & {
  /** Whether null says something else than leaving the field out. */
  readonly nullable?: true
}

export type Fields = ReadonlyMap<string, Expression>
export type ScalarName = 'string' | 'integer' | 'long' | 'number' | 'boolean' | 'intOrString' | 'quantity'

const scalarNames: readonly ScalarName[] = [
  'string',
  'integer',
  'long',
  'number',
  'boolean',
  'intOrString',
  'quantity',
]

/** Every type of the schema, by its name. */
export const schemaTypes: ReadonlyMap<string, Fields> = parseSchema(
  kubernetesSchema +
    clusterPolicySchema +
    gatewaySchema +
    calicoSchema +
    calicoPolicySchema +
    ciliumSchema +
    configurationSchema,
)

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
  if (text.endsWith('?')) return { ...parseExpression(text.slice(0, -1), fieldsOf), nullable: true }
  if (text.startsWith('[]')) return { type: 'list', of: parseExpression(text.slice(2), fieldsOf) }
  if (text.startsWith('{}')) return { type: 'map', of: parseExpression(text.slice(2), fieldsOf) }
  if (text === 'any') return { type: 'any' }
  const scalar = scalarNames.find((name) => name === text)
  if (scalar) return { type: 'scalar', of: scalar }
  return { type: 'object', name: text, fields: () => fieldsOf(text) }
}
