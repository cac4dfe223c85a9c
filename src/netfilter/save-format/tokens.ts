/** Thrown inside the reader of one rule; `parseSave` turns it into a located diagnostic. */
export class RuleSyntaxError extends Error {
  override readonly name = 'RuleSyntaxError'
  /** Which of the rule's tokens is at fault, counting from 0; `undefined` for the line as a whole. */
  readonly token: number | undefined

  constructor(message: string, token?: number) {
    super(message)
    this.token = token
  }
}

/** A quoted part with its escapes, blanks, or a run of anything else. */
const pieces = /"((?:[^"\\]|\\.)*)"|([ \t]+)|([^ \t"]+)|(")/g

/** Splits a line as iptables-restore does: blanks separate, double quotes group, backslash escapes in quotes. */
export function tokenize(line: string): string[] {
  return split(line).map((token) => token.text)
}

/** The column at which each token of a line starts, counting from 1. */
export function tokenColumns(line: string): number[] {
  return split(line).map((token) => token.column)
}

function split(line: string): { text: string; readonly column: number }[] {
  const tokens: { text: string; readonly column: number }[] = []
  let token: { text: string; readonly column: number } | undefined
  for (const found of line.matchAll(pieces)) {
    const [, quoted, blank, bare] = found
    if (blank !== undefined) {
      token = undefined
      continue
    }
    if (quoted === undefined && bare === undefined)
      throw new RuleSyntaxError('a double quote is never closed', tokens.length)
    if (token === undefined) {
      token = { text: '', column: found.index + 1 }
      tokens.push(token)
    }
    token.text += quoted === undefined ? bare : quoted.replace(/\\(.)/g, '$1')
  }
  return tokens
}

/** Writes a text as `xtables_save_string` does: bare if only letters, digits, `_` and `-`, else in quotes. */
export function saveString(text: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(text)) return text
  return `"${text.replace(/["\\']/g, (char) => `\\${char}`)}"`
}
