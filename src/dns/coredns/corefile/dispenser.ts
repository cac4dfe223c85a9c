import { CorefileFault } from './fault.ts'
import type { Token } from './lexer.ts'

/** What messages call the Corefile. */
const COREFILE = 'Corefile'

/** Hands out tokens with some notion of lines and blocks. Mirrors the Dispenser of coredns/caddy, name by name. */
export class Dispenser {
  #tokens: Token[]
  #cursor = -1
  #nesting = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = [...tokens]
  }

  get cursor(): number {
    return this.#cursor
  }

  get token(): Token | undefined {
    return this.#tokens[this.#cursor]
  }

  /** The text of the current token; empty before the first. */
  get val(): string {
    return this.token?.text ?? ''
  }

  /** Whether the current token is this one. */
  is(text: string): boolean {
    return this.val === text
  }

  /** Whether the current token stands on a later line than the one before it, or in another file. */
  get isNewLine(): boolean {
    const [before, token] = [this.#tokens[this.#cursor - 1], this.token]
    if (before === undefined) return true
    if (token === undefined) return false
    return before.file !== token.file || lastLine(before) < token.line
  }

  /** Whether the token after this one stands on the line on which this one ends. */
  get #nextOnLine(): boolean {
    const [token, next] = [this.token, this.#tokens[this.#cursor + 1]]
    return (
      token !== undefined && next !== undefined && token.file === next.file && lastLine(token) === next.line
    )
  }

  next(): boolean {
    if (this.#cursor >= this.#tokens.length - 1) return false
    this.#cursor++
    return true
  }

  /** Goes one token back. */
  back(): void {
    this.#cursor--
  }

  /** Goes on to the next token if it is on the same line. */
  nextArg(): boolean {
    if (this.#cursor >= 0 && !this.#nextOnLine) return false
    return this.next()
  }

  /** For loops over a block: true for each token that begins a line of it, false at its end or if there is none. */
  nextBlock(): boolean {
    if (this.#nesting > 0) {
      if (!this.next()) return false
      if (this.is('}')) {
        this.#nesting--
        return false
      }
      return true
    }
    if (!this.nextArg()) return false
    if (!this.is('{')) {
      this.back()
      return false
    }
    if (!this.next() || this.is('}')) return false
    this.#nesting++
    return true
  }

  /** The further tokens of the line, up to an opening brace. */
  remainingArgs(): string[] {
    const found: string[] = []
    while (this.nextArg()) {
      if (this.is('{')) {
        this.back()
        break
      }
      found.push(this.val)
    }
    return found
  }

  /** Puts tokens in the place of some others, and stands before them. */
  splice(start: number, count: number, tokens: readonly Token[]): void {
    this.#tokens = [...this.#tokens.slice(0, start), ...tokens, ...this.#tokens.slice(start + count)]
    this.#cursor = start - 1
  }

  replaceText(text: string): void {
    const token = this.token
    if (token !== undefined) this.#tokens[this.#cursor] = { ...token, text }
  }

  get #place(): string {
    return `${this.token?.file || COREFILE}:${this.token?.line ?? 0}`
  }

  err(message: string, fix?: string): CorefileFault {
    return new CorefileFault(`${this.#place} - Error during parsing: ${message}`, this.token, fix)
  }

  argErr(fix?: string): CorefileFault {
    if (this.is('{')) return this.err("Unexpected token '{', expecting argument", fix)
    return this.err(`Wrong argument count or unexpected line ending after '${this.val}'`, fix)
  }

  syntaxErr(expected: string): CorefileFault {
    return new CorefileFault(
      `${this.#place} - Syntax error: Unexpected token '${this.val}', expecting '${expected}'`,
      this.token,
    )
  }

  eofErr(): CorefileFault {
    return this.err('Unexpected EOF', 'close the block with a } on a line of its own')
  }

  /** A fault without a place in its words, as many plugins give; it still points at the current token. */
  plain(message: string, fix?: string): CorefileFault {
    return new CorefileFault(message, this.token, fix)
  }
}

/** The line on which a token ends, as quoted text may span lines. */
function lastLine(token: Token): number {
  return token.line + token.text.split('\n').length - 1
}
