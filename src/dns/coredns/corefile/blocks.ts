import { nearest } from '../../../base/nearest.ts'
import { Dispenser } from './dispenser.ts'
import { replaceVariables } from './environment.ts'
import type { CorefileFault } from './fault.ts'
import { CorefileFault as Fault } from './fault.ts'
import type { Token } from './lexer.ts'
import { lex } from './lexer.ts'

/** A server block before its plugins are read. */
export interface RawBlock {
  readonly keys: readonly Token[]
  /** The tokens of each directive, of all its occurrences one after the other. */
  readonly directives: ReadonlyMap<string, readonly Token[]>
}

/** What the parser of blocks is given. */
export interface BlockInput {
  readonly files: ReadonlyMap<string, string>
  readonly environment: ReadonlyMap<string, string>
  readonly isDirective: (name: string) => boolean
  readonly directives: readonly string[]
}

/** Expansions of snippets after which an import is taken to be endless. */
const MAX_IMPORTS = 10000

/** The same of files; what CoreDNS says then names the other number. */
const MAX_FILE_IMPORTS = 100000

/** Where the other keys of the ConfigMap are mounted, and relative imports begin. */
export const CONFIG_FOLDER = '/etc/coredns'

/** Groups tokens by server block and directive. Mirrors the parser of coredns/caddy. */
export function parseBlocks(
  text: string,
  input: BlockInput,
): {
  readonly blocks: readonly RawBlock[]
  readonly faults: readonly CorefileFault[]
  readonly warnings: readonly CorefileFault[]
} {
  const parser = new BlockParser(text, input)
  return parser.parse()
}

class BlockParser {
  readonly #input: BlockInput
  readonly #dispenser: Dispenser
  readonly #snippets = new Map<string, readonly Token[]>()
  readonly #faults: CorefileFault[] = []
  readonly #warnings: CorefileFault[] = []
  #imports = 0
  #fileImports = 0
  #keys: Token[] = []
  #directives = new Map<string, Token[]>()

  constructor(text: string, input: BlockInput) {
    this.#input = input
    this.#dispenser = new Dispenser(lex(text))
  }

  /** Everything up to the first fault after which the rest cannot be told apart. */
  parse() {
    const blocks: RawBlock[] = []
    try {
      while (this.#dispenser.next()) {
        this.#keys = []
        this.#directives = new Map()
        this.#block()
        if (this.#keys.length > 0) blocks.push({ keys: this.#keys, directives: this.#directives })
      }
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault
      this.#faults.push(fault)
    }
    return { blocks, faults: this.#faults, warnings: this.#warnings }
  }

  #replaced(): string {
    return replaceVariables(this.#dispenser.val, this.#input.environment)
  }

  #block(): void {
    if (!this.#addresses()) return
    const name = this.#snippetName()
    if (name === undefined) this.#contents()
    else this.#snippet(name)
  }

  /** Reads the keys of a block; false if the file ends with them. */
  #addresses(): boolean {
    let another = false
    for (;;) {
      if (!this.#expandImports()) return false
      const text = this.#replaced()
      if (text === '{') return this.#endOfKeys(another)
      another = this.#addKey(text, another)
      if (!this.#hasNextKey(another)) return false
      if (!another && this.#dispenser.isNewLine) return true
    }
  }

  /** Puts what is imported in the place of imports at the start of a line; false if nothing is left then. */
  #expandImports(): boolean {
    while (this.#replaced() === 'import' && this.#dispenser.isNewLine) {
      this.#import()
      if (!this.#dispenser.next()) return false
    }
    return true
  }

  #endOfKeys(another: boolean): boolean {
    if (!another) return true
    throw this.#dispenser.err("Expected another address but had '{' - check for extra comma")
  }

  /** After a comma a key must follow. */
  #hasNextKey(another: boolean): boolean {
    const hasNext = this.#dispenser.next()
    if (another && !hasNext) throw this.#dispenser.eofErr()
    return hasNext
  }

  /** Takes one key; true if a comma after it says that another follows. */
  #addKey(text: string, another: boolean): boolean {
    const token = this.#dispenser.token
    if (text === '' || token === undefined) return another
    const comma = text.endsWith(',')
    this.#keys.push({ ...token, text: comma ? text.slice(0, -1) : text })
    return comma
  }

  #snippetName(): string | undefined {
    const [key, ...others] = this.#keys
    if (key === undefined || others.length > 0) return undefined
    return /^\((.*)\)$/s.exec(key.text)?.[1]
  }

  #snippet(name: string): void {
    if (this.#snippets.has(name)) {
      throw this.#dispenser.err(`redeclaration of previously declared snippet ${name}`)
    }
    const tokens = this.#snippetTokens()
    const importsItself = tokens.some(
      (token, index) =>
        token.text === 'import' &&
        tokens[index - 1]?.line !== token.line &&
        replaceVariables(tokens[index + 1]?.text ?? '', this.#input.environment) === name,
    )
    if (importsItself) {
      throw this.#dispenser.err(`maximum snippet import depth (${MAX_IMPORTS}) exceeded`)
    }
    this.#snippets.set(name, tokens)
    this.#keys = []
  }

  #snippetTokens(): readonly Token[] {
    if (!this.#dispenser.is('{')) throw this.#dispenser.syntaxErr('{')
    const tokens: Token[] = []
    let depth = 1
    while (this.#dispenser.next()) {
      if (this.#dispenser.is('}')) depth--
      if (depth === 0) return tokens
      if (this.#dispenser.is('{')) depth++
      if (this.#dispenser.token !== undefined) tokens.push(this.#dispenser.token)
    }
    throw this.#dispenser.syntaxErr('}')
  }

  /** Braces may be left out if the file has one block alone. */
  #contents(): void {
    const braced = this.#dispenser.is('{')
    if (!braced) this.#dispenser.back()
    while (this.#dispenser.next()) {
      if (this.#dispenser.is('}')) break
      if (this.#dispenser.is('import')) this.#import()
      else this.#directive()
    }
    if (braced && !this.#dispenser.is('}')) throw this.#dispenser.syntaxErr('}')
  }

  #directive(): void {
    const name = this.#replaced()
    const known = this.#input.isDirective(name)
    if (!known) this.#faults.push(this.#unknown(name))
    const tokens = this.#directives.get(name) ?? []
    if (known) this.#directives.set(name, tokens)
    this.#take(tokens)
    let depth = 0
    while (this.#dispenser.next()) {
      if (depth === 0 && this.#dispenser.isNewLine && !this.#dispenser.is('{')) {
        this.#dispenser.back()
        break
      }
      if (this.#dispenser.is('import') && this.#dispenser.isNewLine) {
        this.#import()
        continue
      }
      depth = this.#depthAfter(depth)
      this.#dispenser.replaceText(this.#replaced())
      this.#take(tokens)
    }
    if (depth > 0) throw this.#dispenser.eofErr()
  }

  #take(tokens: Token[]): void {
    if (this.#dispenser.token !== undefined) tokens.push(this.#dispenser.token)
  }

  #depthAfter(depth: number): number {
    if (this.#dispenser.is('{')) return depth + 1
    return this.#dispenser.is('}') ? this.#closed(depth) : depth
  }

  #closed(depth: number): number {
    if (depth === 0) throw this.#dispenser.err("Unexpected '}' because no matching opening brace")
    return depth - 1
  }

  #unknown(name: string): CorefileFault {
    const meant = nearest(name, this.#input.directives)
    return this.#dispenser.err(
      `Unknown directive '${name}'`,
      meant === undefined ? undefined : `write ${meant}`,
    )
  }

  /** Puts what is imported in the place of the directive; the next token is then the first of it. */
  #import(): void {
    const start = this.#dispenser.cursor
    if (!this.#dispenser.nextArg()) throw this.#dispenser.argErr()
    const pattern = this.#replaced()
    if (pattern === '') throw this.#dispenser.err('Import requires a non-empty filepath')
    if (this.#dispenser.nextArg()) {
      throw this.#dispenser.err('Import takes only one argument (glob pattern or file)')
    }
    const snippet = this.#snippets.get(pattern)
    this.#countImport(snippet === undefined ? 'file' : 'snippet')
    const tokens = snippet ?? this.#fileTokens(pattern)
    this.#dispenser.splice(start, 2, tokens)
  }

  #countImport(what: 'snippet' | 'file'): void {
    if (what === 'snippet') this.#imports++
    else this.#fileImports++
    if (this.#imports > MAX_IMPORTS || this.#fileImports > MAX_FILE_IMPORTS) {
      throw this.#dispenser.err(`maximum ${what} import depth (${MAX_IMPORTS}) exceeded`)
    }
  }

  #fileTokens(pattern: string): readonly Token[] {
    const path = pattern.startsWith('/') ? pattern : `${CONFIG_FOLDER}/${pattern}`
    const stars = path.split('*').length + path.split('?').length - 2
    if (stars > 1 || /\[.*\]/.test(path)) {
      throw this.#dispenser.err(`Glob pattern may only contain one wildcard (*), but has others: ${path}`)
    }
    const matches = filesMatching(path, this.#input.files)
    if (matches.length === 0 && stars === 0) {
      throw this.#dispenser.err(
        `File to import not found: ${pattern}`,
        'add a key of this name to the ConfigMap, or declare the snippet before it is imported',
      )
    }
    if (matches.length === 0) {
      this.#warnings.push(this.#dispenser.plain(`No files matching import glob pattern: ${pattern}`))
    }
    return matches.flatMap((file) => lex(this.#input.files.get(file) ?? '', `${CONFIG_FOLDER}/${file}`))
  }
}

/** The keys whose mounted paths match, in the order of their names. */
function filesMatching(path: string, files: ReadonlyMap<string, string>): readonly string[] {
  const pattern = path
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace('*', '[^/]*')
    .replace('?', '[^/]')
  const expression = new RegExp(`^${pattern}$`)
  return [...files.keys()].filter((file) => expression.test(`${CONFIG_FOLDER}/${file}`)).sort()
}
