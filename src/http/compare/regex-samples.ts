import { compilePattern } from '../pattern.ts'

/** As many texts are made of one pattern. */
const limit = 12

/**
 * Texts that a regular expression matches: each branch of its alternatives, each optional part with and without.
 * Empty if none could be made, so that nothing is known of what the pattern does.
 */
export function regexSamples(pattern: string, ignoreCase: boolean): readonly string[] {
  const compiled = compilePattern(pattern, ignoreCase)
  if (!compiled) return []
  const source = pattern.replace(/^\(\?i\)/, '')
  const reader: Reader = { source, at: 0 }
  const made = readAlternatives(reader)
  return [...new Set(made)].filter((text) => compiled.test(text)).slice(0, limit)
}

interface Reader {
  readonly source: string
  at: number
}

/** `a|b|c`, up to the end or a closing parenthesis. */
function readAlternatives(reader: Reader): readonly string[] {
  const all = [...readSequence(reader)]
  while (reader.source[reader.at] === '|') {
    reader.at++
    all.push(...readSequence(reader))
  }
  return all.slice(0, limit)
}

function readSequence(reader: Reader): readonly string[] {
  let texts: readonly string[] = ['']
  while (reader.at < reader.source.length && !'|)'.includes(reader.source[reader.at] ?? '')) {
    const piece = repeated(readAtom(reader), reader)
    texts = texts.flatMap((text) => piece.map((one) => text + one)).slice(0, limit)
  }
  return texts
}

/** One element: what texts it stands for. */
function readAtom(reader: Reader): readonly string[] {
  const char = reader.source[reader.at] ?? ''
  reader.at++
  switch (char) {
    case '^':
    case '$':
      return ['']
    case '.':
      return ['x']
    case '[':
      return [readClass(reader)]
    case '(':
      return readGroup(reader)
    case '\\':
      return [readEscape(reader)]
    default:
      return [char]
  }
}

function readGroup(reader: Reader): readonly string[] {
  const rest = reader.source.slice(reader.at)
  const head = /^\?(?::|P?<[A-Za-z_]\w*>|=|!|<=|<!)/.exec(rest)?.[0] ?? ''
  reader.at += head.length
  const texts = readAlternatives(reader)
  reader.at++
  const looks = /^\?(?:=|!|<=|<!)$/.test(head)
  return looks ? [''] : texts
}

const escapes: Readonly<Record<string, string>> = {
  d: '1',
  w: 'x',
  s: ' ',
  D: 'x',
  W: '-',
  S: 'x',
  b: '',
  B: '',
  A: '',
  z: '',
}

function readEscape(reader: Reader): string {
  const char = reader.source[reader.at] ?? ''
  reader.at++
  return escapes[char] ?? char
}

/** One character of a class; of one that is negated, one that is not in it. */
function readClass(reader: Reader): string {
  const start = reader.at
  if (reader.source[reader.at] === '^') reader.at++
  if (reader.source[reader.at] === ']') reader.at++
  while (reader.at < reader.source.length && reader.source[reader.at] !== ']') {
    reader.at += reader.source[reader.at] === '\\' ? 2 : 1
  }
  const compiled = compilePattern(`[${reader.source.slice(start, reader.at)}]`, false)
  reader.at++
  const candidates = [...'ax1A/-_. z', ...reader.source.slice(start, reader.at)]
  return candidates.find((one) => compiled?.test(one)) ?? ''
}

/** The element as often as its quantifier asks for at least, and once more where that differs. */
function repeated(piece: readonly string[], reader: Reader): readonly string[] {
  const found = /^(?:([?*+])|\{(\d+)(,?)\d*\})[?+]?/.exec(reader.source.slice(reader.at))
  if (!found) return piece
  reader.at += found[0].length
  const [, sign, least, comma] = found
  const count = sign === undefined ? Number(least) : sign === '+' ? 1 : 0
  const counts = sign === undefined && comma === '' ? [count] : [count, count + 1]
  return counts.flatMap((times) => (times === 0 ? [''] : piece.map((one) => one.repeat(times))))
}
