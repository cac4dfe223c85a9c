/** A condition of Calico's selector language, as a function of labels. */
export type Selector = (labels: Readonly<Record<string, string>>) => boolean

/** What a selector is made of: operators, brackets, quoted texts, label names and words. */
const token = /\s*(&&|\|\||==|!=|[(){},!]|'[^']*'|"[^"]*"|[\w./-]+)/y

/**
 * Reads a selector (libcalico-go/lib/selector): `all()`, `has(a)`, `!has(a)`, `a == 'b'`, `a != 'b'`, `a in {'b', 'c'}`,
 * `a not in {…}`, `a contains 'b'`, `a starts with 'b'`, `a ends with 'b'`, `&&`, `||` and brackets. Empty selects
 * everything; nothing comes back for what is none.
 */
export function parseSelector(text: string): Selector | undefined {
  if (text.trim() === '') return () => true
  const tokens = tokensOf(text)
  const reader = tokens && new Reader(tokens)
  const selector = reader?.either()
  return reader?.done ? selector : undefined
}

function tokensOf(text: string): readonly string[] | undefined {
  const tokens: string[] = []
  token.lastIndex = 0
  while (token.lastIndex < text.trimEnd().length) {
    const found = token.exec(text)?.[1]
    if (found === undefined) return undefined
    tokens.push(found)
  }
  return tokens
}

/** As many brackets may stand within each other. */
const maxDepth = 50

/** Reads from left to right; each method gives what it has read, or nothing if that is no condition. */
class Reader {
  #at = 0
  #depth = 0
  readonly #tokens: readonly string[]

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  get done(): boolean {
    return this.#at === this.#tokens.length
  }

  either(): Selector | undefined {
    return this.#list(
      '||',
      () => this.#both(),
      (all) => (labels) => all.some((one) => one(labels)),
    )
  }

  #both(): Selector | undefined {
    return this.#list(
      '&&',
      () => this.#one(),
      (all) => (labels) => all.every((one) => one(labels)),
    )
  }

  #list(
    operator: string,
    next: () => Selector | undefined,
    join: (all: readonly Selector[]) => Selector,
  ): Selector | undefined {
    const all: Selector[] = []
    do {
      const one = next()
      if (!one) return undefined
      all.push(one)
    } while (this.#take(operator))
    return join(all)
  }

  #one(): Selector | undefined {
    if (this.#take('!')) {
      const inner = this.#one()
      return inner && ((labels) => !inner(labels))
    }
    if (this.#take('(')) {
      if (++this.#depth > maxDepth) return undefined
      const inner = this.either()
      this.#depth--
      return this.#take(')') ? inner : undefined
    }
    const name = this.#next()
    if (name === undefined || !/^[\w./-]+$/.test(name)) return undefined
    if (this.#take('(')) return this.#call(name)
    return this.#comparison(name)
  }

  #call(name: string): Selector | undefined {
    if (name === 'has') {
      const label = this.#next() ?? ''
      return this.#take(')') ? (labels) => labels[label] !== undefined : undefined
    }
    if (!this.#take(')')) return undefined
    return name === 'all' || name === 'global' ? () => true : undefined
  }

  #comparison(label: string): Selector | undefined {
    const operator = this.#next()
    switch (operator) {
      case '==':
        return this.#text((value) => (labels) => labels[label] === value)
      case '!=':
        return this.#text((value) => (labels) => labels[label] !== value)
      case 'contains':
        return this.#text((value) => (labels) => labels[label]?.includes(value) ?? false)
      case 'starts':
        if (!this.#take('with')) return undefined
        return this.#text((value) => (labels) => labels[label]?.startsWith(value) ?? false)
      case 'ends':
        if (!this.#take('with')) return undefined
        return this.#text((value) => (labels) => labels[label]?.endsWith(value) ?? false)
      case 'in':
        return this.#set((values) => (labels) => values.includes(labels[label] ?? '\u0000'))
      case 'not':
        if (!this.#take('in')) return undefined
        return this.#set((values) => (labels) => !values.includes(labels[label] ?? '\u0000'))
      default:
        return undefined
    }
  }

  #text(make: (value: string) => Selector): Selector | undefined {
    const quoted = this.#next()
    return quoted !== undefined && /^['"]/.test(quoted) ? make(quoted.slice(1, -1)) : undefined
  }

  #set(make: (values: readonly string[]) => Selector): Selector | undefined {
    if (!this.#take('{')) return undefined
    const values: string[] = []
    while (!this.#take('}')) {
      const quoted = this.#next()
      if (quoted === undefined || !/^['"]/.test(quoted)) return undefined
      values.push(quoted.slice(1, -1))
      this.#take(',')
    }
    return make(values)
  }

  #next(): string | undefined {
    return this.#tokens[this.#at++]
  }

  #take(wanted: string): boolean {
    if (this.#tokens[this.#at] !== wanted) return false
    this.#at++
    return true
  }
}
