/**
 * A condition of Calico's selector language (libcalico-go/lib/selector) as it was written: Felix names ipsets by its text, so
 * `a == 'b'` and `a in {'b'}` are two.
 */
export type CalicoSelector =
  | { readonly type: 'all' | 'global' }
  | { readonly type: 'has'; readonly label: string }
  | { readonly type: Comparison; readonly label: string; readonly value: string }
  | { readonly type: 'in' | 'not in'; readonly label: string; readonly values: readonly string[] }
  | { readonly type: 'not'; readonly of: CalicoSelector }
  | { readonly type: 'and' | 'or'; readonly of: readonly CalicoSelector[] }

export type Comparison = '==' | '!=' | 'contains' | 'starts with' | 'ends with'

/** What a selector is made of: operators, brackets, quoted texts, calls as far as their bracket, and names. */
const token = /\s*(&&|\|\||==|!=|[(){},!]|'[^']*'|"[^"]*"|(?:has|all|global)\(|[\w./-]+)/y
/** After a name an operator stands, which may be two words. */
const operator = /\s*(==|!=|(?:contains|starts\s*with|ends\s*with|not\s*in|in)(?![\w./-]))/y

const longestName = 512

/**
 * Reads a selector (libcalico-go/lib/selector): `all()`, `global()`, `has(a)`, `!has(a)`, `a == 'b'`, `a != 'b'`,
 * `a in {'b', 'c'}`, `a not in {…}`, `a contains 'b'`, `a starts with 'b'`, `a ends with 'b'`, `&&`, `||` and brackets. Empty
 * selects everything; nothing comes back for what is none.
 */
export function parseSelector(text: string): CalicoSelector | undefined {
  if (text.trim() === '') return { type: 'all' }
  const reader = new Reader(text)
  const selector = reader.either()
  return reader.done ? selector : undefined
}

/** As many brackets may stand within each other. */
const maxDepth = 50

/** Reads from left to right; each method gives what it has read, or nothing if that is no condition. */
class Reader {
  #at = 0
  #depth = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  get done(): boolean {
    return this.#text.slice(this.#at).trim() === ''
  }

  either(): CalicoSelector | undefined {
    return this.#list('||', 'or', () => this.#list('&&', 'and', () => this.#one()))
  }

  #list(
    separator: string,
    type: 'and' | 'or',
    next: () => CalicoSelector | undefined,
  ): CalicoSelector | undefined {
    const all: CalicoSelector[] = []
    do {
      const one = next()
      if (!one) return undefined
      all.push(one)
    } while (this.#take(separator))
    return all.length === 1 ? all[0] : { type, of: all }
  }

  #one(): CalicoSelector | undefined {
    let negated = false
    while (this.#take('!')) negated = !negated
    const one = this.#operation()
    return negated && one ? { type: 'not', of: one } : one
  }

  #operation(): CalicoSelector | undefined {
    const first = this.#next()
    switch (first) {
      case '(':
        return this.#bracket()
      case 'all(':
        return this.#take(')') ? { type: 'all' } : undefined
      case 'global(':
        return this.#take(')') ? { type: 'global' } : undefined
      case 'has(': {
        const label = this.#next() ?? ''
        return isName(label) && this.#take(')') ? { type: 'has', label } : undefined
      }
      default:
        return first !== undefined && isName(first) ? this.#comparison(first) : undefined
    }
  }

  #bracket(): CalicoSelector | undefined {
    if (++this.#depth > maxDepth) return undefined
    const inner = this.either()
    this.#depth--
    return this.#take(')') ? inner : undefined
  }

  #comparison(label: string): CalicoSelector | undefined {
    const found = this.#match(operator)
    const word = found?.replace(/^(starts|ends|not)\s*/, '$1 ')
    switch (word) {
      case '==':
      case '!=':
      case 'contains':
      case 'starts with':
      case 'ends with':
        return this.#compared(label, word)
      case 'in':
      case 'not in':
        return this.#set(label, word)
      default:
        return undefined
    }
  }

  #compared(label: string, type: Comparison): CalicoSelector | undefined {
    const value = this.#quoted()
    return value === undefined ? undefined : { type, label, value }
  }

  #set(label: string, type: 'in' | 'not in'): CalicoSelector | undefined {
    if (!this.#take('{')) return undefined
    const values = new Set<string>()
    do {
      const value = this.#quoted()
      if (value === undefined) break
      values.add(value)
    } while (this.#take(','))
    return this.#take('}') ? { type, label, values: [...values].toSorted() } : undefined
  }

  #quoted(): string | undefined {
    const at = this.#at
    const next = this.#next()
    if (next !== undefined && /^['"]/.test(next)) return next.slice(1, -1)
    this.#at = at
    return undefined
  }

  #next(): string | undefined {
    return this.#match(token)
  }

  #take(wanted: string): boolean {
    const at = this.#at
    if (this.#next() === wanted) return true
    this.#at = at
    return false
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found) this.#at = pattern.lastIndex
    return found?.[1]
  }
}

function isName(text: string): boolean {
  return /^[\w./-]+$/.test(text) && text.length <= longestName
}
