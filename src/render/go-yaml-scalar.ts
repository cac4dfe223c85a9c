/** Where a value stands: the indentation of its further lines, and the column of its first character. */
export interface ScalarPlace {
  readonly indent: number
  readonly column: number
}

/** Lines are folded at the first single space after this column. */
const bestWidth = 80

/**
 * One text in the style that go-yaml chooses for it: plain, single or double quotes, or a literal block. A text
 * without a place is a key, which is never folded. Mirrors stringv and yaml_emitter_select_scalar_style.
 */
export function scalarText(value: string, place?: ScalarPlace): string {
  const printable = isPrintable(value)
  if (value.includes('\n')) {
    const literal = place && printable && !value.includes(' \n') && !value.endsWith(' ')
    return literal ? literalBlock(value, place.indent) : doubleQuoted(value, place)
  }
  if (!printable || readsAsOther(value)) return doubleQuoted(value, place)
  if (!notPlain.test(value)) return fold(value, place, place?.column ?? 0)
  return `'${fold(value.replaceAll("'", "''"), place, (place?.column ?? 0) + 1)}'`
}

/** Words that YAML 1.1 reads as something else than a text. */
const reserved =
  /^(?:|~|null|Null|NULL|[yYnN]|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF|[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/

const numbers = [
  /^[-+]?(?:0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)$/,
  /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/,
]
const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/
const timestamp =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)| (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?)?$/

/** Whether a text, written plain, would be read back as a number, a time, a boolean or nothing. */
function readsAsOther(value: string): boolean {
  if (reserved.test(value) || base60.test(value) || isTime(value)) return true
  // Underscores may part digits, but not begin a number.
  const digits = /^[-+0-9]/.test(value) ? value.replaceAll('_', '') : value
  return numbers.some((one) => one.test(digits))
}

/** A time that exists; go-yaml reads others as texts. */
function isTime(value: string): boolean {
  const parts = timestamp.exec(value)
  if (!parts) return false
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .flatMap((part) => (part === undefined ? [] : [Number(part)]))
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return month >= 1 && month <= 12 && day >= 1 && day <= lastDay && hour < 24 && minute < 60 && second < 60
}

/** Indicators, comments and white space at the edges, which a plain text cannot hold. Mirrors yaml_emitter_analyze_scalar. */
const notPlain = /^[#,[\]{}&*!|>'"%@`]|^[?:-](?: |$)|^(?:---|\.\.\.)|:(?: |$)| #|^ | $/

/** Mirrors is_printable, which knows no character beyond the basic plane. */
function isPrintable(value: string): boolean {
  return /^[\n\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]*$/.test(value)
}

/** Breaks lines at single spaces beyond the best width. */
function fold(value: string, place: ScalarPlace | undefined, start: number): string {
  if (!place || start + value.length <= bestWidth) return value
  let out = ''
  let column = start
  const chars = [...value]
  for (const [index, char] of chars.entries()) {
    const single = char === ' ' && chars[index - 1] !== ' ' && chars[index + 1] !== ' '
    if (single && index > 0 && index < chars.length - 1 && column > bestWidth) {
      out += `\n${' '.repeat(place.indent)}`
      column = place.indent
    } else {
      out += char
      column++
    }
  }
  return out
}

function literalBlock(value: string, indent: number): string {
  const hint = /^[ \n]/.test(value) ? '2' : ''
  const chomp = !value.endsWith('\n') ? '-' : value === '\n' || value.endsWith('\n\n') ? '+' : ''
  const pad = ' '.repeat(indent)
  const lines = value.replace(/\n$/, '').split('\n')
  return `|${hint}${chomp}\n${lines.map((line) => (line === '' ? '' : pad + line)).join('\n')}`
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '0',
  '\u0007': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\u001b': 'e',
  '"': '"',
  '\\': '\\',
  '\u0085': 'N',
  '\u2028': 'L',
  '\u2029': 'P',
}

function escaped(char: string): string {
  if (char !== '"' && char !== '\\' && char !== '\n' && isPrintable(char)) return char
  const short = escapes[char]
  if (short !== undefined) return `\\${short}`
  const code = char.codePointAt(0) ?? 0
  const digits = (count: number) => code.toString(16).toUpperCase().padStart(count, '0')
  if (code <= 0xff) return `\\x${digits(2)}`
  return code <= 0xffff ? `\\u${digits(4)}` : `\\U${digits(8)}`
}

/** Mirrors yaml_emitter_write_double_quoted_scalar: a fold before a space is marked with a backslash. */
function doubleQuoted(value: string, place: ScalarPlace | undefined): string {
  let out = '"'
  let column = (place?.column ?? 0) + 1
  const chars = [...value]
  for (const [index, char] of chars.entries()) {
    const breaks = place && char === ' ' && chars[index - 1] !== ' ' && column > bestWidth
    if (breaks && index > 0 && index < chars.length - 1) {
      const mark = chars[index + 1] === ' ' ? '\\' : ''
      out += `\n${' '.repeat(place.indent)}${mark}`
      column = place.indent + mark.length
    } else {
      const text = escaped(char)
      out += text
      column += text.length
    }
  }
  return `${out}"`
}
