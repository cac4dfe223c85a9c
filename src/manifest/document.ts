import type { Report } from '../base/diagnostic.ts'
import type { SourceFile, SourceLocation } from '../base/source.ts'
import type { JsonSpan, Span } from './json-text.ts'
import { countMembers, scanJson } from './json-text.ts'
import type { ParsedYaml } from './yaml/parse.ts'
import { offsetOf, parseYaml } from './yaml/parse.ts'
import { splitDocuments } from './yaml/split.ts'
import type { YamlFault } from './yaml/value.ts'
import { yamlValue } from './yaml/value.ts'

/** The way to a value within a document: keys and indexes. */
export type Path = readonly (string | number)[]

/** One YAML or JSON document (or one item of a JSON list), and where each of its values stands. */
export interface RawDocument {
  readonly value: unknown
  /** Whether a key stands twice in it, so that what seems to be missing may only have been overwritten. */
  readonly ambiguous: boolean
  /** The place of the value at a path, or of the nearest thing around it that exists. */
  locate(path: Path): SourceLocation
  /** The place of the key itself that the path ends in. */
  locateKey(path: Path): SourceLocation
  /** The plain scalar at a path as it is written. */
  sourceAt(path: Path): string
  /** By how many columns the lines of a literal block (`|`) at a path are indented; nothing, if it is none. */
  blockIndent(path: Path): number | undefined
  /** Lets go of the syntax tree; places are found by reading the text again. */
  release(): void
}

/** Faults of one document that are told one by one; a text of noise has millions. */
const maxFaults = 100

/** Reads all documents of a text: JSON if it is JSON (one value or a stream of them), else YAML as kubectl reads it. */
export function readDocuments(file: SourceFile, report: Report): readonly RawDocument[] {
  const text = file.text.startsWith('\ufeff') ? file.text.slice(1) : file.text
  if (isHopeless(text)) return refuseHopeless(file.name, text, report)
  const beginsAsJson = /^\s*[[{]/.test(text)
  const json = beginsAsJson ? readJson(file.name, text, report) : undefined
  if (json) return json
  const noise = findNoise(text)
  if (noise) {
    report('not-text', noise.message, { at: placeAt(file.name, text, noise.offset), fix: noise.fix })
    return []
  }
  const deep = tooDeepAt(text)
  if (deep >= 0) {
    reportDepth(placeAt(file.name, text, deep), report)
    return []
  }
  const documents = readYaml(file.name, text, report)
  if (beginsAsJson && documents.length > 0) noteFlowYaml(file.name, text, report)
  return documents
}

interface Noise {
  readonly offset: number
  readonly message: string
  readonly fix: string
}

/** The characters that a YAML text must not hold: control characters other than tab and line ends. */
function findNoise(text: string): Noise | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const offset = text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f]/)
  if (offset < 0) return undefined
  if (text.startsWith('\u001f')) {
    return { offset: 0, message: 'this is compressed (gzip), not text', fix: 'unpack it first: gunzip' }
  }
  const code = text.charCodeAt(offset).toString(16).padStart(4, '0')
  const message = `this is not text: it holds the control character U+${code.toUpperCase()}`
  const colored = text.charCodeAt(offset) === 27
  const fix = colored ? 'take the colours out (NO_COLOR=1)' : 'give YAML or JSON, in UTF-8'
  return { offset, message, fix }
}

function placeAt(file: string, text: string, offset: number): SourceLocation {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { file, line: before.split('\n').length, column: offset - lineStart + 1 }
}

/** Maps and lists within each other; no object of Kubernetes comes near it, and recursion has its limit. */
const maxDepth = 1000

function tooDeepAt(text: string): number {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === 91 || char === 123) depth++
    else if ((char === 93 || char === 125) && depth > 0) depth--
    if (depth > maxDepth) return at
  }
  return -1
}

function reportDepth(at: SourceLocation, report: Report): void {
  report('yaml-syntax', `maps and lists are nested more than ${maxDepth} deep`, { at })
}

/** kubectl takes what begins with a brace for JSON and nothing else. */
function noteFlowYaml(file: string, text: string, report: Report): void {
  report('not-json', 'this begins as JSON does but is none; it is read as YAML, which kubectl may refuse', {
    at: placeAt(file, text, text.search(/\S/)),
    fix: 'quote every key and text, and leave out comments and trailing commas',
  })
}

/**
 * JSON.parse is fifty times as fast as a YAML reader, so places are looked up only when they are asked for. The
 * items of a list become documents of their own.
 */
function readJson(file: string, text: string, report: Report): readonly RawDocument[] | undefined {
  const spans = scanJson(text)
  if (!spans) return undefined
  const values: unknown[] = []
  try {
    for (const span of spans) values.push(JSON.parse(text.slice(span.start, span.end)))
  } catch {
    return undefined
  }
  const documents = spans.flatMap((span, index) => jsonDocuments(span, values[index]))
  const places = placesOf(
    file,
    text,
    documents.map((one) => one.span.start),
  )
  const ambiguous = spans.filter((span, index) => countMembers(values[index]) !== span.members)
  for (const span of ambiguous) reportDuplicateMembers(file, text, span, report)
  return documents.map(({ value, span }, index) =>
    lazyDocument({
      ambiguous: ambiguous.length > 0,
      text: text.slice(span.start, span.end),
      origin: places[index] ?? { file, line: 1, column: 1 },
      value,
    }),
  )
}

/** The value as a document; if it is a list of maps, each of them. */
function jsonDocuments(
  span: JsonSpan,
  value: unknown,
): readonly { readonly value: unknown; readonly span: Span }[] {
  const items = listItems(value)
  if (!items || items.length === 0 || span.items.length !== items.length) return [{ value, span }]
  return items.map((item, index) => ({ value: item, span: span.items[index] ?? span }))
}

/** A plain list, or the items of a List; what else a value with `items` may be is not taken apart. */
function listItems(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  if (typeof value !== 'object' || value === null || !('items' in value)) return undefined
  const isList = 'kind' in value && value.kind === 'List'
  return isList && Array.isArray(value.items) ? value.items : undefined
}

/** JSON.parse keeps the last of two members in silence; a second, slower reading finds them. */
function reportDuplicateMembers(file: string, text: string, { start, end }: Span, report: Report): void {
  const parsed = parseYaml(text.slice(start, end))
  const tell = faultReporter((offset) => placeAt(file, text, start + offset), report)
  yamlValue(parsed, 0, (fault) => {
    if (fault.code === 'duplicate-key') tell(fault)
  })
}

/** Reports faults until there are too many of them. */
function faultReporter(at: (offset: number) => SourceLocation, report: Report): (fault: YamlFault) => void {
  let count = 0
  return ({ code, message, offset, fix }) => {
    count++
    if (count <= maxFaults) report(code, message, { at: at(offset), ...(fix !== undefined && { fix }) })
  }
}

/** Lines and columns of ascending offsets, in one pass over the text. */
function placesOf(file: string, text: string, offsets: readonly number[]): SourceLocation[] {
  let line = 1
  let lineStart = 0
  let next = text.indexOf('\n')
  return offsets.map((offset) => {
    while (next >= 0 && next < offset) {
      line++
      lineStart = next + 1
      next = text.indexOf('\n', lineStart)
    }
    return { file, line, column: offset - lineStart + 1 }
  })
}

interface DocumentSource {
  readonly text: string
  /** Where the text begins in its file. */
  readonly origin: SourceLocation
  readonly value: unknown
  readonly ambiguous: boolean
}

/** A document whose text is read for places when the first is asked for. */
function lazyDocument({ text, origin, value, ambiguous }: DocumentSource, parsed?: ParsedYaml): RawDocument {
  let tree = parsed
  const offsetAt = (path: Path, wantsKey: boolean): number => {
    tree ??= parseYaml(text)
    return offsetOf(tree, 0, path, wantsKey)
  }
  const locate = (path: Path, wantsKey: boolean): SourceLocation => {
    if (path.length === 0 && !tree) return origin
    const { line, col } = lineOf(text, offsetAt(path, wantsKey), tree)
    return {
      file: origin.file,
      line: origin.line + line - 1,
      column: line === 1 ? origin.column + col - 1 : col,
    }
  }
  return {
    value,
    ambiguous,
    locate: (path) => locate(path, false),
    locateKey: (path) => locate(path, true),
    sourceAt: (path) => /^[^\s,\]}]*/.exec(text.slice(offsetAt(path, false)))?.[0] ?? '',
    blockIndent: (path) => /^\|.*\n(?:[ \t]*\n)*( *)/.exec(text.slice(offsetAt(path, false)))?.[1]?.length,
    release: () => {
      tree = undefined
    },
  }
}

function lineOf(text: string, offset: number, tree: ParsedYaml | undefined): { line: number; col: number } {
  if (tree) return tree.lines.linePos(offset)
  const { line, column } = placeAt('', text, offset)
  return { line, col: column }
}

function readYaml(file: string, text: string, report: Report): readonly RawDocument[] {
  return splitDocuments(text).flatMap((chunk) => {
    if (chunk.separatorText) {
      report('yaml-syntax', `only a comment may follow ---, not "${chunk.separatorText}"`, {
        at: { file, line: chunk.line + 1, column: 1 },
        fix: 'begin the document on the next line',
      })
      return []
    }
    return readChunk({ file, line: chunk.line + 1, column: 1 }, chunk.text, report)
  })
}

/** Reads one document; of several that `...` parts, kubectl reads the first. */
function readChunk(origin: SourceLocation, text: string, report: Report): readonly RawDocument[] {
  const parsed = parseChunk(origin, text, report)
  if (!parsed) return []
  const at = (offset: number): SourceLocation => {
    const { line, col } = parsed.lines.linePos(offset)
    return { file: origin.file, line: line + origin.line - 1, column: col }
  }
  const [document, ...rest] = parsed.documents
  const [error] = document?.errors ?? []
  if (!document || error) {
    if (error) reportSyntax(error, at(error.pos[0]), text, report)
    return []
  }
  for (const one of rest
    .filter(({ contents, errors }) => contents !== null || errors.length > 0)
    .slice(0, 1)) {
    const offset = one.contents?.range[0] ?? one.errors[0]?.pos[0] ?? 0
    report('yaml-after-end', 'what stands after the document end "..." is not read, as by kubectl', {
      at: at(offset),
      fix: 'part documents by a line ---',
    })
  }
  if (document.contents === null || isEmptyScalar(document.contents)) return []
  const found = new Set<string>()
  const tell = faultReporter(at, report)
  const value = yamlValue(parsed, 0, (fault) => {
    found.add(fault.code)
    tell(withTemplateFix(fault, text))
  })
  if (found.has('yaml-syntax')) return []
  return [lazyDocument({ text, origin, value, ambiguous: found.has('duplicate-key') }, parsed)]
}

/** The syntax tree of a document; nothing, if it is empty or not worth reading. */
function parseChunk(origin: SourceLocation, text: string, report: Report): ParsedYaml | undefined {
  const isEmpty = !/^[^#\s-]|^[ \t-]+[^#\s-]/m.test(text)
  if (isEmpty) return undefined
  if (isHopeless(text)) {
    report('not-an-object', 'expected Kubernetes objects, but there is no "kind" in this text', {
      at: origin,
    })
    return undefined
  }
  const parsed = tryParse(text)
  if (!parsed) reportDepth(origin, report)
  return parsed
}

/** Megabytes of text in which nothing is an object are not worth the seconds that reading them would take. */
function isHopeless(text: string): boolean {
  return text.length > 1_000_000 && !text.includes('kind')
}

function refuseHopeless(file: string, text: string, report: Report): readonly RawDocument[] {
  const at = { file, line: 1, column: 1 }
  const noise = findNoise(text)
  if (noise) {
    report('not-text', noise.message, { at: placeAt(file, text, noise.offset), fix: noise.fix })
  } else if (/^[^#\s-]|^[ \t-]+[^#\s-]/m.test(text)) {
    report('not-an-object', 'expected Kubernetes objects, but there is no "kind" in this text', { at })
  }
  return []
}

/** Recursion has its limit: a text of a million nested lists cannot be read. */
function tryParse(text: string): ParsedYaml | undefined {
  try {
    return parseYaml(text)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** A document that holds comments alone. */
function isEmptyScalar(contents: { readonly range: readonly number[]; readonly value?: unknown }): boolean {
  return contents.value === '' && contents.range[0] === contents.range[1]
}

const templateFix = 'this looks like a template: render it first (helm template, kustomize build)'

function withTemplateFix(fault: YamlFault, text: string): YamlFault {
  return fault.code === 'yaml-syntax' && text.includes('{{') ? { ...fault, fix: templateFix } : fault
}

function reportSyntax(
  error: { readonly message: string },
  at: SourceLocation,
  text: string,
  report: Report,
): void {
  if (error.message.startsWith('Maximum call stack')) {
    reportDepth(at, report)
    return
  }
  const message = error.message.replace(/\s+/g, ' ')
  const short = message.length > 200 ? `${message.slice(0, 200)}…` : message
  report('yaml-syntax', short, { at, ...(text.includes('{{') && { fix: templateFix }) })
}
