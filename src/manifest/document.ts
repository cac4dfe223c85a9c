import type { Document, Node, ParsedNode } from 'yaml'
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml'
import type { Report } from '../base/diagnostic.ts'
import type { SourceFile, SourceLocation } from '../base/source.ts'
import { goYamlTags, isOldBoolean } from './go-yaml.ts'

/** The way to a value within a document: keys and indexes. */
export type Path = readonly (string | number)[]

/** One YAML or JSON document (or one item of a JSON list), and where each of its values stands. */
export interface RawDocument {
  readonly value: unknown
  /** The place of the value at a path, or of the nearest thing around it that exists. */
  locate(path: Path): SourceLocation
  /** The place of the key itself that the path ends in. */
  locateKey(path: Path): SourceLocation
  /** Lets go of the syntax tree; places are found by reading the text again. */
  release(): void
}

/** Reads all documents of a text: JSON if it begins as JSON does, else YAML as kubectl reads it. */
export function readDocuments(file: SourceFile, report: Report): readonly RawDocument[] {
  const text = file.text.startsWith('\ufeff') ? file.text.slice(1) : file.text
  const noise = findNoise(text)
  if (noise >= 0) {
    report('not-text', 'this is not text: it holds control characters', {
      at: placeAt(file.name, text, noise),
      fix: 'give YAML or JSON, in UTF-8',
    })
    return []
  }
  const json = /^\s*[[{]/.test(text) ? readJson(file.name, text) : undefined
  return json ?? readYaml(file.name, text, report)
}

function findNoise(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.slice(0, 65536).search(/[\u0000-\u0008\u000e-\u001f]|\ufffd{4}/)
}

function placeAt(file: string, text: string, offset: number): SourceLocation {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { file, line: before.split('\n').length, column: offset - lineStart + 1 }
}

/**
 * JSON.parse is fifty times as fast as a YAML reader, so places are looked up only when they are asked for. The
 * items of a list become documents of their own.
 */
function readJson(file: string, text: string): readonly RawDocument[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const items = listItems(value)
  const offsets = items && itemOffsets(text, Array.isArray(value))
  if (!items || offsets?.length !== items.length)
    return [lazyDocument({ text, origin: start(file), value, index: 0 })]
  const places = placesOf(file, text, offsets)
  return items.map((item, index) => {
    const slice = text.slice(offsets[index], offsets[index + 1])
    return lazyDocument({
      text: trimItem(slice),
      origin: places[index] ?? start(file),
      value: item,
      index: 0,
    })
  })
}

function start(file: string): SourceLocation {
  return { file, line: 1, column: 1 }
}

function listItems(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  const items = typeof value === 'object' && value !== null && 'items' in value ? value.items : undefined
  return Array.isArray(items) ? items : undefined
}

/** Where the elements of the list begin: of the document itself, or of its "items". */
function itemOffsets(text: string, isArray: boolean): number[] {
  const start = isArray ? text.indexOf('[') : itemsStart(text)
  const offsets: number[] = []
  let depth = 0
  for (let at = start; at >= 0 && at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === 34) at = endOfString(text, at)
    const change = nesting(char)
    if (change > 0 && depth === 1) offsets.push(at)
    depth += change
    if (change < 0 && depth === 0) break
  }
  return offsets
}

/** The bracket that opens the array of the document's own "items". */
function itemsStart(text: string): number {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === 34) {
      const end = endOfString(text, at)
      if (depth === 1 && text.slice(at, end) === '"items' && /^"\s*:\s*\[/.test(text.slice(end, end + 80))) {
        return text.indexOf('[', end)
      }
      at = end
    } else depth += nesting(char)
  }
  return -1
}

/** What a character does to the depth of brackets and braces. */
function nesting(char: number): -1 | 0 | 1 {
  if (char === 123 || char === 91) return 1
  return char === 125 || char === 93 ? -1 : 0
}

/** The closing quote of the string that begins at the offset. */
function endOfString(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text.charCodeAt(at) !== 34) at += text.charCodeAt(at) === 92 ? 2 : 1
  return at
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

/** Cuts off what stands between an item and the next, or after the last. */
function trimItem(slice: string): string {
  let depth = 0
  for (let at = 0; at < slice.length; at++) {
    const char = slice.charCodeAt(at)
    if (char === 34) at = endOfString(slice, at)
    else if (char === 123 || char === 91) depth++
    else if ((char === 125 || char === 93) && --depth === 0) return slice.slice(0, at + 1)
  }
  return slice
}

interface DocumentSource {
  readonly text: string
  /** Where the text begins in its file. */
  readonly origin: SourceLocation
  readonly value: unknown
  /** Which document of the text. */
  readonly index: number
  readonly parsed?: ParsedYaml
}

function lazyDocument({ text, origin, value, index, parsed }: DocumentSource): RawDocument {
  let tree = parsed
  const locate = (path: Path, wantsKey: boolean): SourceLocation => {
    if (path.length === 0 && !parsed) return origin
    tree ??= parseYaml(text)
    const { line, col } = positionOf(tree, index, path, wantsKey)
    return {
      file: origin.file,
      line: origin.line + line - 1,
      column: line === 1 ? origin.column + col - 1 : col,
    }
  }
  return {
    value,
    locate: (path) => locate(path, false),
    locateKey: (path) => locate(path, true),
    release: () => {
      tree = undefined
    },
  }
}

interface ParsedYaml {
  readonly documents: readonly Document.Parsed<ParsedNode, true>[]
  readonly lines: LineCounter
}

function parseYaml(text: string): ParsedYaml {
  const lines = new LineCounter()
  const documents = parseAllDocuments<ParsedNode, true>(text, {
    lineCounter: lines,
    version: '1.1',
    merge: true,
    prettyErrors: false,
    customTags: (tags) => [...tags.filter((tag) => !replaced(tag)), ...goYamlTags],
  })
  return { documents: 'empty' in documents ? [] : documents, lines }
}

/** Tags of YAML 1.1 that goyaml reads otherwise or leaves as text. */
function replaced(tag: unknown): boolean {
  if (typeof tag === 'string') return ['bool', 'int', 'float', 'timestamp', 'binary'].includes(tag)
  const name = typeof tag === 'object' && tag !== null && 'tag' in tag ? String(tag.tag) : ''
  return /:(bool|int|float|timestamp|binary|set|omap|pairs)$/.test(name)
}

/** Documents begin at a `---` in the first column; each is read by itself, so that one fault spoils only one. */
function splitDocuments(text: string): { readonly text: string; readonly line: number }[] {
  const chunks: { text: string; line: number }[] = []
  let start = 0
  let line = 0
  const marker = /^---(?=\s|$)/gm
  for (let found = marker.exec(text); found; found = marker.exec(text)) {
    if (found.index > start) {
      const chunk = text.slice(start, found.index)
      chunks.push({ text: chunk, line })
      line += chunk.split('\n').length - 1
    }
    start = found.index
  }
  chunks.push({ text: text.slice(start), line })
  return chunks
}

function readYaml(file: string, text: string, report: Report): readonly RawDocument[] {
  return splitDocuments(text).flatMap((chunk) => readChunk(file, chunk.text, chunk.line, report))
}

function readChunk(file: string, text: string, lineOffset: number, report: Report): readonly RawDocument[] {
  const parsed = parseYaml(text)
  const at = (offset: number): SourceLocation => {
    const { line, col } = parsed.lines.linePos(offset)
    return { file, line: line + lineOffset, column: col }
  }
  return parsed.documents.flatMap((document, index): RawDocument[] => {
    for (const error of document.errors) reportYamlError(error, at(error.pos[0]), text, report)
    if (document.errors.some((error) => error.code !== 'DUPLICATE_KEY')) return []
    if (document.contents === null) return []
    noteOldBooleans(document, text, at, report)
    const value = toValue(document, at(0), report)
    const origin = { file, line: lineOffset + 1, column: 1 }
    return value === undefined ? [] : [lazyDocument({ text, origin, value, index, parsed })]
  })
}

function reportYamlError(
  error: { readonly code: string; readonly message: string; readonly pos: [number, number] },
  at: SourceLocation,
  text: string,
  report: Report,
): void {
  if (error.code === 'DUPLICATE_KEY') {
    const key = text.slice(error.pos[0], error.pos[1]).split(':')[0] ?? ''
    report('duplicate-key', `the key "${key.trim()}" stands here twice; kubectl refuses that`, {
      at,
      fix: 'keep one of the two',
    })
    return
  }
  const template = text.includes('{{')
  report('yaml-syntax', error.message.replace(/\s+/g, ' '), {
    at,
    ...(template && { fix: 'this looks like a template: render it first (helm template, kustomize build)' }),
  })
}

function toValue(document: Document.Parsed, at: SourceLocation, report: Report): unknown {
  try {
    return document.toJS({ maxAliasCount: 1000 })
  } catch (error) {
    report('yaml-syntax', error instanceof Error ? error.message : 'cannot be read', { at })
    return undefined
  }
}

/** kubectl takes `no` for a boolean; where somebody wrote it plainly, they should know. */
function noteOldBooleans(
  document: Document.Parsed,
  text: string,
  at: (offset: number) => SourceLocation,
  report: Report,
): void {
  if (!/[\s[,](?:[yYnN]|[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF)\s*(?:[\n,}\]#]|$)/.test(text)) return
  visit(document, {
    Scalar: (key, node) => {
      if (key === 'key' || typeof node.value !== 'boolean' || !node.source || !isOldBoolean(node.source))
        return
      report('yaml-1.1-boolean', `plain ${node.source} is read as ${node.value}, as kubectl reads it`, {
        at: at(node.range?.[0] ?? 0),
        fix: `write "${node.source}" for the word, or ${node.value}`,
      })
    },
  })
}

function positionOf(
  { documents, lines }: ParsedYaml,
  index: number,
  path: Path,
  wantsKey: boolean,
): { readonly line: number; readonly col: number } {
  let node: Node | null | undefined = documents[index]?.contents
  let offset = node?.range?.[0] ?? 0
  for (const [at, step] of path.entries()) {
    const found = childOf(node, step)
    if (!found) break
    offset = (wantsKey && at === path.length - 1 ? found.key : undefined) ?? found.value?.range?.[0] ?? offset
    node = found.value
  }
  return lines.linePos(offset)
}

function childOf(
  node: Node | null | undefined,
  step: string | number,
): { readonly key?: number; readonly value: Node | null } | undefined {
  if (isMap<ParsedNode, ParsedNode | null>(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
    if (!pair) return undefined
    const key = pair.key.range?.[0]
    return { ...(key !== undefined && { key }), value: pair.value }
  }
  if (!isSeq<ParsedNode>(node)) return undefined
  const item = node.items[Number(step)]
  return item && { value: item }
}
