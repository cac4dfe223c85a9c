/** A part of a regular expression. */
export type Part =
  /** One letter that this expression matches. */
  | { readonly type: 'letter'; readonly matches: RegExp }
  | { readonly type: 'assertion'; readonly holds: Assertion }
  | { readonly type: 'sequence'; readonly parts: readonly Part[] }
  | { readonly type: 'choice'; readonly parts: readonly Part[] }
  | { readonly type: 'group'; readonly index: number; readonly part: Part }
  | {
      readonly type: 'repeat'
      readonly part: Part
      readonly min: number
      readonly max: number
      readonly greedy: boolean
    }

/** What is asked of a place between two letters. */
export type Assertion = 'start' | 'end' | 'line-start' | 'line-end' | 'word-edge' | 'no-word-edge'

export interface Syntax {
  readonly part: Part
  /** The number of groups, and the names of those that have one. */
  readonly groups: number
  readonly names: ReadonlyMap<string, number>
}

/** What stands for one letter: an escape, a class, the dot, or the letter itself. */
const atom =
  /\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|c[A-Za-z]|[^1-9bBkpPxuc])|\[(?:\\[\s\S]|[^\]\\])*\]|[^\\[\](){}|*+?^$]|[\]{}]/y

const quantifier = /(?:([*+?])|\{(\d+)(,(\d*))?\})(\??)/y

const opening = /\((?:\?:|\?<([A-Za-z_]\w*)>|(?!\?))/y

/** Where the text begins or ends, whatever the flags, as other languages write it with `\A` and `\z`. */
const edges: readonly (readonly [text: string, holds: Assertion])[] = [
  ['(?<![\\s\\S])', 'start'],
  ['(?![\\s\\S])', 'end'],
  ['\\b', 'word-edge'],
  ['\\B', 'no-word-edge'],
]

/**
 * Reads a regular expression of this language, as far as it can be matched in linear time. `undefined` for what it has
 * beyond that: looking around, back references, classes of Unicode.
 */
export function readSyntax(source: string, flags: string): Syntax | undefined {
  const reader = new Reader(source, flags)
  try {
    return reader.read()
  } catch (error) {
    if (error instanceof Unreadable) return undefined
    throw error
  }
}

class Unreadable extends Error {}

class Reader {
  readonly #source: string
  readonly #flags: string
  readonly #names = new Map<string, number>()
  #at = 0
  #groups = 0

  constructor(source: string, flags: string) {
    this.#source = source
    this.#flags = flags
  }

  read(): Syntax {
    const part = this.#choice()
    if (this.#at < this.#source.length) throw new Unreadable()
    return { part, groups: this.#groups, names: this.#names }
  }

  #choice(): Part {
    const parts = [this.#sequence()]
    while (this.#takes('|')) parts.push(this.#sequence())
    const [only] = parts
    return parts.length === 1 && only ? only : { type: 'choice', parts }
  }

  #sequence(): Part {
    const parts: Part[] = []
    while (this.#at < this.#source.length && !'|)'.includes(this.#source.charAt(this.#at))) {
      parts.push(this.#repeated(this.#single()))
    }
    return { type: 'sequence', parts }
  }

  #single(): Part {
    const edge = edges.find(([text]) => this.#takes(text))
    if (edge) return { type: 'assertion', holds: edge[1] }
    const isLines = this.#flags.includes('m')
    if (this.#takes('^')) return { type: 'assertion', holds: isLines ? 'line-start' : 'start' }
    if (this.#takes('$')) return { type: 'assertion', holds: isLines ? 'line-end' : 'end' }
    const group = this.#match(opening)
    if (group) return this.#group(group)
    const letter = this.#match(atom)
    if (!letter) throw new Unreadable()
    const flags = this.#flags.replace(/[^is]/g, '')
    return { type: 'letter', matches: new RegExp(`^(?:${letter[0]})$`, flags) }
  }

  #group([text, name]: RegExpExecArray): Part {
    const isCapturing = text !== '(?:'
    if (isCapturing) this.#groups += 1
    const index = this.#groups
    if (name !== undefined) this.#names.set(name, index)
    const part = this.#choice()
    if (!this.#takes(')')) throw new Unreadable()
    return isCapturing ? { type: 'group', index, part } : part
  }

  #repeated(part: Part): Part {
    const found = this.#match(quantifier)
    if (!found) return part
    const [, sign, least, hasMost, most, lazy] = found
    const min = least === undefined ? Number(sign === '+') : Number(least)
    const counted = hasMost === undefined ? min : most === '' ? Infinity : Number(most)
    const max = least === undefined ? (sign === '?' ? 1 : Infinity) : counted
    return { type: 'repeat', part, min, max, greedy: lazy === '' }
  }

  #takes(text: string): boolean {
    const isThere = this.#source.startsWith(text, this.#at)
    if (isThere) this.#at += text.length
    return isThere
  }

  #match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at
    const found = expression.exec(this.#source)
    if (found) this.#at += found[0].length
    return found ?? undefined
  }
}
