/** What a template is filled with: texts, lists and maps. */
export type Value =
  | string
  | number
  | boolean
  | undefined
  | readonly Value[]
  | { readonly [key: string]: Value }

/** A part of a template. */
type Part =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'value'; readonly pipeline: Pipeline }
  | { readonly type: 'set'; readonly variable: string; readonly pipeline: Pipeline }
  | {
      readonly type: 'if'
      readonly pipeline: Pipeline
      readonly yes: readonly Part[]
      readonly no: readonly Part[]
    }

/** Commands of which each gets what the one before gave as its last argument. */
type Pipeline = readonly Command[]
type Command = readonly Operand[]
type Operand =
  | { readonly type: 'literal'; readonly value: Value }
  | { readonly type: 'field'; readonly path: readonly string[] }
  | { readonly type: 'variable'; readonly name: string; readonly path: readonly string[] }
  | { readonly type: 'function'; readonly name: string }
  | { readonly type: 'group'; readonly pipeline: Pipeline; readonly path: readonly string[] }

export type Template = readonly Part[]

/** Thrown for a template that cannot be read or filled; nothing else leaves this file. */
export class TemplateFault extends Error {
  override readonly name = 'TemplateFault'
}

/** Reads the part of Go's text/template that answers need: fields, `index`, `printf`, comparisons, `if`, variables. */
export function parseTemplate(text: string): Template {
  const pieces = piecesOf(text)
  const { parts, rest } = parseParts(pieces)
  if (rest.length > 0) throw new TemplateFault(`unexpected {{${rest[0]?.text}}}`)
  return parts
}

/** Fills the template. Throws a TemplateFault where Go's Execute gives an error. */
export function fillTemplate(template: Template, data: Value): string {
  return fillParts(template, { data, variables: new Map([['$', data]]) })
}

interface Piece {
  readonly action: boolean
  readonly text: string
}

function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const found of text.matchAll(/\{\{(-\s)?(.*?)(\s-)?\}\}/gs)) {
    const [whole, trimLeft, action = '', trimRight] = found
    const before = text.slice(at, found.index)
    pieces.push({ action: false, text: trimLeft === undefined ? before : before.trimEnd() })
    pieces.push({ action: true, text: action.trim() })
    at = found.index + whole.length
    if (trimRight !== undefined) at += text.slice(at).length - text.slice(at).trimStart().length
  }
  const last = text.slice(at)
  if (last.includes('{{')) throw new TemplateFault('unclosed action')
  return [...pieces, { action: false, text: last }]
}

interface Parsed {
  readonly parts: readonly Part[]
  readonly rest: readonly Piece[]
}

/** Reads up to the end, or to an `else` or `end` that belongs to what stands around. */
function parseParts(pieces: readonly Piece[]): Parsed {
  const parts: Part[] = []
  let rest = pieces
  for (let piece = rest[0]; piece !== undefined; piece = rest[0]) {
    if (piece.action && /^(end|else\b)/.test(piece.text)) break
    const read = parsePart(piece, rest.slice(1))
    parts.push(...read.parts)
    rest = read.rest
  }
  return { parts, rest }
}

function parsePart(piece: Piece, rest: readonly Piece[]): Parsed {
  if (!piece.action) return { parts: [{ type: 'text', text: piece.text }], rest }
  if (piece.text === '') throw new TemplateFault('missing value for command')
  if (piece.text.startsWith('/*')) return { parts: [], rest }
  if (piece.text.startsWith('if ')) {
    const branch = parseIf(piece.text.slice(3), rest)
    return { parts: [branch.part], rest: branch.rest }
  }
  const set = /^(\$\w+)\s*:?=\s*(.*)$/s.exec(piece.text)
  const part: Part =
    set?.[1] === undefined
      ? { type: 'value', pipeline: parsePipeline(piece.text) }
      : { type: 'set', variable: set[1], pipeline: parsePipeline(set[2] ?? '') }
  return { parts: [part], rest }
}

function parseIf(
  condition: string,
  pieces: readonly Piece[],
): { readonly part: Part; readonly rest: readonly Piece[] } {
  const yes = parseParts(pieces)
  const [closing, ...after] = yes.rest
  const pipeline = parsePipeline(condition)
  if (closing?.text === 'end') {
    return { part: { type: 'if', pipeline, yes: yes.parts, no: [] }, rest: after }
  }
  if (closing?.text.startsWith('else if ')) {
    const other = parseIf(closing.text.slice(8), after)
    return { part: { type: 'if', pipeline, yes: yes.parts, no: [other.part] }, rest: other.rest }
  }
  const otherwise = parseParts(after)
  if (closing?.text !== 'else' || otherwise.rest[0]?.text !== 'end') throw new TemplateFault('unexpected EOF')
  return {
    part: { type: 'if', pipeline, yes: yes.parts, no: otherwise.parts },
    rest: otherwise.rest.slice(1),
  }
}

const token = /\s+|"(?:\\.|[^"\\])*"|`[^`]*`|\$?\w*(?:\.\w+)+|\.|\$\w*|-?\d+\w*|\w+|[|()]/gsy

function parsePipeline(text: string): Pipeline {
  const words: string[] = []
  let length = 0
  for (const [word] of text.matchAll(token)) {
    length += word.length
    if (word.trim() !== '') words.push(word)
  }
  if (length !== text.length)
    throw new TemplateFault(`unexpected ${JSON.stringify(text.slice(length))} in operand`)
  const { pipeline, rest } = readPipeline(words)
  if (rest.length > 0) throw new TemplateFault('unexpected right paren')
  return pipeline
}

function readPipeline(words: readonly string[]): {
  readonly pipeline: Pipeline
  readonly rest: readonly string[]
} {
  const commands: Operand[][] = [[]]
  let rest = words
  for (let word = rest[0]; word !== undefined && word !== ')'; word = rest[0]) {
    rest = rest.slice(1)
    if (word === '|') commands.push([])
    else if (word === '(') {
      const inner = readPipeline(rest)
      if (inner.rest[0] !== ')') throw new TemplateFault('unclosed left paren')
      rest = inner.rest.slice(1)
      commands.at(-1)?.push({ type: 'group', pipeline: inner.pipeline, path: [] })
    } else commands.at(-1)?.push(operandOf(word))
  }
  if (commands.some((command) => command.length === 0)) throw new TemplateFault('missing value for command')
  return { pipeline: commands, rest }
}

function operandOf(word: string): Operand {
  if (word.startsWith('"')) return { type: 'literal', value: unquote(word) }
  if (word.startsWith('`')) return { type: 'literal', value: word.slice(1, -1) }
  if (/^-?\d/.test(word)) return { type: 'literal', value: numberOf(word) }
  if (word === 'true' || word === 'false') return { type: 'literal', value: word === 'true' }
  if (word.startsWith('.')) return { type: 'field', path: word.split('.').filter((part) => part !== '') }
  if (word.startsWith('$')) {
    const [name = '$', ...path] = word.split('.')
    return { type: 'variable', name, path }
  }
  if (!functions.has(word)) throw new TemplateFault(`function ${JSON.stringify(word)} not defined`)
  return { type: 'function', name: word }
}

function unquote(word: string): string {
  try {
    return String(JSON.parse(word))
  } catch {
    throw new TemplateFault(`invalid syntax in ${word}`)
  }
}

function numberOf(word: string): number {
  const value = Number(word)
  if (Number.isNaN(value)) throw new TemplateFault(`bad number syntax: ${JSON.stringify(word)}`)
  return value
}

interface Scope {
  readonly data: Value
  readonly variables: Map<string, Value>
}

function fillParts(parts: readonly Part[], scope: Scope): string {
  return parts.map((part) => fillPart(part, scope)).join('')
}

function fillPart(part: Part, scope: Scope): string {
  switch (part.type) {
    case 'text':
      return part.text
    case 'value':
      return print(runPipeline(part.pipeline, scope))
    case 'set':
      scope.variables.set(part.variable, runPipeline(part.pipeline, scope))
      return ''
    case 'if':
      return fillParts(isTrue(runPipeline(part.pipeline, scope)) ? part.yes : part.no, scope)
    default:
      return part satisfies never
  }
}

function runPipeline(pipeline: Pipeline, scope: Scope): Value {
  let value: Value
  for (const [index, command] of pipeline.entries()) {
    value = runCommand(command, scope, index === 0 ? [] : [value])
  }
  return value
}

function runCommand([first, ...others]: Command, scope: Scope, last: readonly Value[]): Value {
  if (first === undefined) throw new TemplateFault('missing value for command')
  if (first.type !== 'function') {
    if (others.length + last.length > 0) throw new TemplateFault("can't give argument to non-function")
    return evaluate(first, scope)
  }
  const run = functions.get(first.name)
  if (run === undefined) throw new TemplateFault(`function ${JSON.stringify(first.name)} not defined`)
  return run([...others.map((operand) => evaluate(operand, scope)), ...last])
}

function evaluate(operand: Operand, scope: Scope): Value {
  switch (operand.type) {
    case 'literal':
      return operand.value
    case 'field':
      return follow(scope.data, operand.path)
    case 'variable':
      if (!scope.variables.has(operand.name)) throw new TemplateFault(`undefined variable "${operand.name}"`)
      return follow(scope.variables.get(operand.name), operand.path)
    case 'function':
      return runCommand([operand], scope, [])
    case 'group':
      return follow(runPipeline(operand.pipeline, scope), operand.path)
    default:
      return operand satisfies never
  }
}

function isMap(value: Value): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && !Array.isArray(value)
}

function follow(value: Value, path: readonly string[]): Value {
  let found = value
  for (const key of path) {
    if (!isMap(found)) throw new TemplateFault(`can't evaluate field ${key}`)
    found = found[key]
  }
  return found
}

function isTrue(value: Value): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value)
}

function print(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(print).join(' ')}]`
  return value === undefined ? '<no value>' : String(value)
}

function index([value, ...keys]: readonly Value[]): Value {
  let found = value
  for (const key of keys) {
    if (Array.isArray(found)) {
      const at = Number(key)
      if (!(at >= 0 && at < found.length))
        throw new TemplateFault(`error calling index: index out of range: ${at}`)
      found = found[at]
    } else if (isMap(found)) found = found[String(key)] ?? ''
    else if (typeof found === 'string') found = new TextEncoder().encode(found)[Number(key)]
    else throw new TemplateFault("error calling index: can't index item")
  }
  return found
}

/** The verbs %s, %v, %d, %q, %x, %X, %o, %b and %c with width and zeros. */
function sprintf([format, ...values]: readonly Value[]): string {
  let used = 0
  return String(format).replace(/%(-?)(0?)(\d*)([svdqxXobc%])/g, (_whole, left, zero, width, verb) => {
    if (verb === '%') return '%'
    const text = formatVerb(verb, values[used++])
    const size = Number(width || 0)
    return left === '-' ? text.padEnd(size) : text.padStart(size, zero === '0' ? '0' : ' ')
  })
}

const bases: Readonly<Record<string, number>> = { d: 10, x: 16, X: 16, o: 8, b: 2 }

function formatVerb(verb: string, value: Value): string {
  if (verb === 'q') return JSON.stringify(print(value))
  const base = bases[verb]
  if (base === undefined) return verb === 'c' ? String.fromCodePoint(Number(value)) : print(value)
  const text =
    typeof value === 'string'
      ? [...new TextEncoder().encode(value)].map((one) => one.toString(16).padStart(2, '0')).join('')
      : Number(value).toString(base)
  return verb === 'X' ? text.toUpperCase() : text
}

function compare(test: (order: number) => boolean): (values: readonly Value[]) => Value {
  return ([a, b]) =>
    test(
      typeof a === 'number' && typeof b === 'number'
        ? a - b
        : print(a) < print(b)
          ? -1
          : print(a) > print(b)
            ? 1
            : 0,
    )
}

function parseInt64([text, base, bits]: readonly Value[]): Value {
  const value = Number.parseInt(String(text), Number(base) || 10)
  if (Number.isNaN(value) || value >= 2 ** Number(bits || 64)) {
    throw new TemplateFault(
      `error calling parseInt: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    )
  }
  return value
}

const functions = new Map<string, (values: readonly Value[]) => Value>([
  ['index', index],
  ['print', (values) => values.map(print).join('')],
  ['printf', sprintf],
  ['println', (values) => `${values.map(print).join(' ')}\n`],
  ['len', ([value]) => (typeof value === 'string' ? value.length : Object.keys(value ?? {}).length)],
  ['not', ([value]) => !isTrue(value)],
  ['and', (values) => values.find((value) => !isTrue(value)) ?? values.at(-1)],
  ['or', (values) => values.find(isTrue) ?? values.at(-1)],
  ['eq', ([first, ...others]) => others.some((value) => value === first)],
  ['ne', ([a, b]) => a !== b],
  ['lt', compare((order) => order < 0)],
  ['le', compare((order) => order <= 0)],
  ['gt', compare((order) => order > 0)],
  ['ge', compare((order) => order >= 0)],
  ['parseInt', parseInt64],
])
