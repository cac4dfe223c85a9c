import { byText } from '../base/ordering.ts'

/**
 * Plain data as kubectl prints it with `-o json`: four spaces, keys sorted, and Go's escapes for HTML.
 * Mirrors encoding/json. Fields that are undefined are left out.
 */
export function goJson(value: unknown): string {
  return `${print(value, '')}\n`
}

function print(value: unknown, pad: string): string {
  const inner = `${pad}    `
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[\n${value.map((one) => inner + print(one, inner)).join(',\n')}\n${pad}]`
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .toSorted(([a], [b]) => byText(a, b))
    if (entries.length === 0) return '{}'
    const lines = entries.map(([key, one]) => `${inner}${text(key)}: ${print(one, inner)}`)
    return `{\n${lines.join(',\n')}\n${pad}}`
  }
  if (typeof value === 'string') return text(value)
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'null')
}

/** Go escapes what would end a script in a page, and the line separators of old JavaScript. */
function text(value: string): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
