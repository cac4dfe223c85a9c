/** Thrown inside the reader of one rule; `parseSave` turns it into a located diagnostic. */
export class RuleSyntaxError extends Error {
  override readonly name = 'RuleSyntaxError'
}

/** A quoted part with its escapes, blanks, or a run of anything else. */
const pieces = /"((?:[^"\\]|\\.)*)"|([ \t]+)|([^ \t"]+)|(")/g

/** Splits a line as iptables-restore does: blanks separate, double quotes group, backslash escapes in quotes. */
export function tokenize(line: string): string[] {
  const tokens: string[] = []
  let token: string | undefined
  for (const [, quoted, blank, bare] of line.matchAll(pieces)) {
    if (blank !== undefined) {
      if (token !== undefined) tokens.push(token)
      token = undefined
    } else if (quoted !== undefined) token = (token ?? '') + quoted.replace(/\\(.)/g, '$1')
    else if (bare !== undefined) token = (token ?? '') + bare
    else throw new RuleSyntaxError('a double quote is never closed')
  }
  if (token !== undefined) tokens.push(token)
  return tokens
}

/** Writes a text as `xtables_save_string` does: bare if only letters, digits, `_` and `-`, else in quotes. */
export function saveString(text: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(text)) return text
  return `"${text.replace(/["\\']/g, (char) => `\\${char}`)}"`
}
