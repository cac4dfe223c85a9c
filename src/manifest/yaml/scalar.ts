/**
 * The scalars of goyaml.v2's resolve.go, by which kubectl reads YAML: YAML 1.1's booleans, Go's four forms of
 * integers, decimal floats. Timestamps and sexagesimals stay text.
 */
export type ScalarValue = string | number | bigint | boolean | null

const trueTexts: readonly string[] = ['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']
const falseTexts: readonly string[] = [
  'n',
  'N',
  'no',
  'No',
  'NO',
  'false',
  'False',
  'FALSE',
  'off',
  'Off',
  'OFF',
]
const nullTexts: readonly string[] = ['', '~', 'null', 'Null', 'NULL']
const words = new Map<string, ScalarValue>([
  ...trueTexts.map((text) => [text, true] as const),
  ...falseTexts.map((text) => [text, false] as const),
  ...nullTexts.map((text) => [text, null] as const),
  ...['.nan', '.NaN', '.NAN'].map((text) => [text, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(
    (text) => [text, Number.POSITIVE_INFINITY] as const,
  ),
  ...['-.inf', '-.Inf', '-.INF'].map((text) => [text, Number.NEGATIVE_INFINITY] as const),
])

/** Whether this text is a boolean for kubectl though YAML 1.2 and most people take it for a word. */
export function isOldBoolean(text: string): boolean {
  return typeof words.get(text) === 'boolean' && !/^(?:true|false)$/i.test(text)
}

/** Whether a leading zero makes kubectl read this text as an octal number, of another value than it seems to have. */
export function isOldOctal(text: string): boolean {
  return /^[-+]?0[0-7_]*[1-7][0-7_]*$/.test(text) && readInteger(text) !== Number(text.replaceAll('_', ''))
}

/** What goyaml makes of a plain scalar. An integer beyond 2^53 is a bigint, so that no digit is lost. */
export function plainScalar(text: string): ScalarValue {
  const word = words.get(text)
  if (word !== undefined) return word
  if (!/^[-+.0-9]/.test(text)) return text
  return readInteger(text) ?? readFloat(text) ?? text
}

/** Mirrors strconv.ParseInt with base 0, after the underscores are taken out. */
function readInteger(text: string): number | bigint | undefined {
  if (!/^[-+]?[0-9]/.test(text)) return undefined
  const plain = text.replaceAll('_', '')
  const digits = plain.replace(/^[-+]/, '')
  if (!/^(?:0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)$/.test(digits)) return undefined
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase())
  const value = plain.startsWith('-') ? -magnitude : magnitude
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** A decimal float; one that no 64-bit float can hold stays text, as it does in Go. */
function readFloat(text: string): number | undefined {
  const plain = /^\._/.test(text) ? text : text.replaceAll('_', '')
  if (!/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(plain)) return undefined
  const value = Number(plain)
  return Number.isFinite(value) ? value : undefined
}
