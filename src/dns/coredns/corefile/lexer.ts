/** One word of a Corefile. */
export interface Token {
  readonly text: string
  /** Lines and columns count from 1; a token is where its first character or its quote stands. */
  readonly line: number
  readonly column: number
  /** The file that it was imported from; empty for the Corefile itself. */
  readonly file: string
}

/** What Go's unicode.IsSpace says yes to. */
const space = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/

/** How far the text was read. */
interface Reader {
  readonly characters: readonly string[]
  at: number
  line: number
  column: number
}

/**
 * Splits a Corefile into its words. Mirrors the lexer of coredns/caddy, with what is odd about it: a `#` in a word
 * starts a comment that ends at the next space once the word has begun, only `"` may be escaped in quotes, and a
 * carriage return is nothing at all.
 */
export function lex(text: string, file = ''): readonly Token[] {
  const reader: Reader = { characters: [...text.replace(/^\ufeff/, '')], at: 0, line: 1, column: 1 }
  const tokens: Token[] = []
  for (let token = nextToken(reader, file); token !== undefined; token = nextToken(reader, file)) {
    tokens.push(token)
  }
  return tokens
}

function read(reader: Reader): string | undefined {
  const character = reader.characters[reader.at]
  if (character === undefined) return undefined
  reader.at++
  if (character === '\n') {
    reader.line++
    reader.column = 1
  } else {
    reader.column += character.length
  }
  return character
}

function nextToken(reader: Reader, file: string): Token | undefined {
  skipToWord(reader)
  const start = { line: reader.line, column: reader.column }
  const first = read(reader)
  if (first === undefined) return undefined
  if (first === '"') return quotedToken(reader, start, file)
  return { text: first + restOfWord(reader), ...start, file }
}

/** Leaves out spaces, and comments up to the end of their line. */
function skipToWord(reader: Reader): void {
  let comment = false
  for (;;) {
    const character = reader.characters[reader.at]
    if (character === undefined) return
    if (character === '\n') comment = false
    comment ||= character === '#'
    if (!comment && !space.test(character)) return
    read(reader)
  }
}

/** Up to the next space; what stands behind a `#` is left out. */
function restOfWord(reader: Reader): string {
  let text = ''
  let comment = false
  for (;;) {
    const character = read(reader)
    if (character === undefined || (space.test(character) && character !== '\r')) return text
    comment ||= character === '#'
    if (!comment && character !== '\r') text += character
  }
}

/** The text up to the closing quote; one that is missing is taken to stand at the end of the file. */
function quotedToken(
  reader: Reader,
  start: { readonly line: number; readonly column: number },
  file: string,
): Token | undefined {
  let text = ''
  let escaped = false
  for (;;) {
    const character = read(reader)
    if (character === undefined) return text === '' ? undefined : { text, ...start, file }
    if (!escaped && character === '"') return { text, ...start, file }
    if (!escaped && character === '\\') {
      escaped = true
      continue
    }
    text += escaped && character !== '"' ? `\\${character}` : character
    escaped = false
  }
}
