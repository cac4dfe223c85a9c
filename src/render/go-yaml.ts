import { byNaturalOrder } from './go-yaml-keys.ts'
import { scalarText } from './go-yaml-scalar.ts'

/**
 * Plain data as kubectl prints it (sigs.k8s.io/yaml over go-yaml 2), byte for byte: keys in go-yaml's order, lists
 * at the column of their key, long texts folded after 80 columns. Fields that are undefined are left out.
 */
export function goYaml(value: unknown): string {
  return block(value, 0, 0).replace(/^[\n ]/, '')
}

/** What stands after `key:` or `-`: on the same line, or on lines of its own after a line break. */
function block(value: unknown, indent: number, column: number): string {
  if (Array.isArray(value)) return value.length === 0 ? ' []\n' : `\n${sequence(value, indent)}`
  if (isMapping(value)) return isEmpty(value) ? ' {}\n' : `\n${mapping(value, indent)}`
  const text = typeof value === 'string' ? scalarText(value, { indent, column }) : String(value)
  return ` ${text}\n`
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isEmpty(value: Readonly<Record<string, unknown>>): boolean {
  return Object.values(value).every((one) => one === undefined)
}

function mapping(value: Readonly<Record<string, unknown>>, indent: number): string {
  const pad = ' '.repeat(indent)
  return Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .toSorted(byNaturalOrder)
    .map((key) => {
      const item = value[key]
      const start = `${pad}${scalarText(key)}:`
      return start + block(item, Array.isArray(item) ? indent : indent + 2, start.length + 1)
    })
    .join('')
}

function sequence(items: readonly unknown[], indent: number): string {
  const pad = ' '.repeat(indent)
  return items
    .map((item) => {
      const inner = block(item, indent + 2, indent + 2)
      // The first line of a mapping or a list goes on after the dash.
      return inner.startsWith('\n') ? `${pad}- ${inner.slice(indent + 3)}` : `${pad}-${inner}`
    })
    .join('')
}
