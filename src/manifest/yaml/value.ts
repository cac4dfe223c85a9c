import type { Alias, Node, ParsedNode, Scalar, YAMLMap } from 'yaml'
import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import type { DiagnosticCode } from '../../base/diagnostic-catalog.ts'
import type { ParsedYaml } from './parse.ts'
import { followAlias, isMergeKey, keyText, mergeSources } from './parse.ts'
import { isOldBoolean, isOldOctal, plainScalar } from './scalar.ts'

/** Something about a document that its reader should know, at an offset of the text. */
export interface YamlFault {
  readonly code: DiagnosticCode
  readonly message: string
  readonly offset: number
  readonly fix?: string
}

interface Reading {
  readonly parsed: ParsedYaml
  readonly report: (fault: YamlFault) => void
  /** Anchors whose values are being read. */
  readonly open: Set<Node>
  decoded: number
  aliased: number
  aliasDepth: number
}

/** Thrown where a document cannot be read on. */
class UnreadableYaml extends Error {
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

/**
 * The plain value of a document, as goyaml.v2 and sigs.k8s.io/yaml make it of one. Nothing, if it must not be
 * read: an anchor within itself, aliases that multiply.
 */
export function yamlValue(parsed: ParsedYaml, index: number, report: Reading['report']): unknown {
  const reading: Reading = { parsed, report, open: new Set(), decoded: 0, aliased: 0, aliasDepth: 0 }
  try {
    return readNode(parsed.documents[index]?.contents, reading)
  } catch (error) {
    if (!(error instanceof UnreadableYaml)) throw error
    report({ code: 'yaml-syntax', message: error.message, offset: error.offset })
    return undefined
  }
}

function readNode(node: Node | null | undefined, reading: Reading): unknown {
  if (!node) return null
  count(node, reading)
  if (isAlias(node)) return readAlias(node, reading)
  if (isScalar(node)) return readScalar(node, reading)
  if (isMap<ParsedNode, ParsedNode | null>(node)) return readMap(node, reading)
  return isSeq<Node>(node) ? node.items.map((item) => readNode(item, reading)) : null
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0
}

/** Mirrors allowedAliasRatio of goyaml.v2: aliases may not make a small text a large value. */
function count(node: Node, reading: Reading): void {
  reading.decoded++
  if (reading.aliasDepth > 0) reading.aliased++
  const { decoded, aliased } = reading
  if (aliased <= 100 || decoded <= 1000) return
  const [low, high] = [400_000, 4_000_000]
  const share = Math.min(1, Math.max(0, (decoded - low) / (high - low)))
  if (aliased / decoded > 0.99 - 0.89 * share) {
    throw new UnreadableYaml('its aliases multiply without measure; kubectl refuses that', offsetOf(node))
  }
}

function readAlias(alias: Alias, reading: Reading): unknown {
  const target = followAlias(alias, reading.parsed)
  if (!target) throw new UnreadableYaml(`there is no anchor "&${alias.source}" above it`, offsetOf(alias))
  if (reading.open.has(target)) {
    throw new UnreadableYaml(`the value of anchor "&${alias.source}" contains itself`, offsetOf(alias))
  }
  reading.open.add(target)
  reading.aliasDepth++
  const value = readNode(target, reading)
  reading.aliasDepth--
  reading.open.delete(target)
  return value
}

const tagPrefix = 'tag:yaml.org,2002:'

function readScalar(node: Scalar, reading: Reading): unknown {
  const text = String(node.value ?? '')
  const tag = node.tag?.startsWith(tagPrefix) ? node.tag.slice(tagPrefix.length) : undefined
  if (tag === 'binary') return decodeBinary(text, node, reading)
  if (tag !== undefined && tag in taggedTypes) return readTagged(text, tag, node, reading)
  if (node.tag !== undefined || node.type !== 'PLAIN') return text
  noteOldForms(text, node, reading, 'value')
  const value = plainScalar(text)
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new UnreadableYaml(`${text} is no value that JSON has; kubectl refuses it`, offsetOf(node))
  }
  return value
}

const taggedTypes: Readonly<Record<string, (value: unknown) => boolean>> = {
  int: (value) => typeof value === 'bigint' || Number.isInteger(value),
  float: (value) => typeof value === 'bigint' || typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  null: (value) => value === null,
}

function readTagged(text: string, tag: string, node: Scalar, { report }: Reading): unknown {
  const value = plainScalar(text)
  if (taggedTypes[tag]?.(value)) return value
  report({ code: 'yaml-syntax', message: `"${text}" is no !!${tag}`, offset: offsetOf(node) })
  return null
}

function decodeBinary(text: string, node: Scalar, { report }: Reading): unknown {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)))
  } catch {
    report({ code: 'yaml-syntax', message: '!!binary is not followed by base64', offset: offsetOf(node) })
    return null
  }
}

/** kubectl takes `no` for a boolean and 0644 for 420; where somebody wrote it plainly, they should know. */
function noteOldForms(text: string, node: Node, { report }: Reading, what: 'key' | 'value'): void {
  const offset = offsetOf(node)
  const subject = what === 'key' ? `the plain key ${text}` : `plain ${text}`
  if (isOldBoolean(text)) {
    const value = String(plainScalar(text))
    const message = `${subject} is read as ${value}, as kubectl reads it`
    const fix = what === 'key' ? `write "${text}"` : `write "${text}" for the word, or ${value}`
    report({ code: 'yaml-1.1-boolean', message, offset, fix })
  } else if (isOldOctal(text)) {
    const value = String(plainScalar(text))
    const message = `${subject} is read as ${value}: a leading zero makes it octal, as kubectl reads it`
    report({ code: 'yaml-1.1-octal', message, offset, fix: `write "${text}" for the text, or ${value}` })
  }
}

function readMap(map: YAMLMap<ParsedNode, ParsedNode | null>, reading: Reading): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  const own = new Map<string, number>()
  for (const pair of map.items) {
    if (isMergeKey(pair.key)) {
      merge(value, pair.value, pair.key, reading)
      continue
    }
    const name = readKey(pair.key, reading)
    if (name === undefined) continue
    const earlier = own.get(name)
    if (earlier !== undefined) reportDuplicate(name, earlier, pair.key, reading)
    own.set(name, offsetOf(pair.key))
    setMember(value, name, readNode(pair.value, reading))
  }
  return value
}

function readKey(key: ParsedNode | Alias, reading: Reading): string | undefined {
  const node = followAlias(key, reading.parsed)
  const name = node && keyText(node)
  if (node && name !== undefined) {
    count(node, reading)
    if (isScalar(node) && node.type === 'PLAIN') noteOldForms(String(node.value ?? ''), node, reading, 'key')
    return name
  }
  const message = isScalar(node) ? 'a key must not be null' : 'a key must be a text, not a map or a list'
  reading.report({ code: 'yaml-syntax', message, offset: offsetOf(key) })
  return undefined
}

function reportDuplicate(name: string, earlier: number, key: Node, { parsed, report }: Reading): void {
  const { line } = parsed.lines.linePos(earlier)
  report({
    code: 'duplicate-key',
    message: `the key "${name}" stands here a second time (line ${line} has the first): kubectl would take the last without a word, strict readers refuse it`,
    offset: offsetOf(key),
    fix: 'keep one of the two',
  })
}

/** goyaml takes the members in the order of the text, so that a merge overrides what stands above it. */
function merge(value: Record<string, unknown>, from: ParsedNode | null, key: Node, reading: Reading): void {
  const sources = mergeSources(from, reading.parsed)
  for (const source of sources.toReversed()) {
    const merged = Object.entries(readMergeSource(source, key, reading))
    for (const [name, item] of merged) {
      if (Object.hasOwn(value, name) && sources.length === 1) noteOverride(name, key, reading)
      setMember(value, name, item)
    }
  }
}

function readMergeSource(source: Node | undefined, key: Node, reading: Reading): Record<string, unknown> {
  if (!isMap<ParsedNode, ParsedNode | null>(source)) {
    throw new UnreadableYaml('<< must be followed by a map or a list of maps', offsetOf(key))
  }
  if (reading.open.has(source)) {
    throw new UnreadableYaml('the map that << names contains itself', offsetOf(key))
  }
  reading.open.add(source)
  reading.aliasDepth++
  const merged = readMap(source, reading)
  reading.aliasDepth--
  reading.open.delete(source)
  return merged
}

function noteOverride(name: string, key: Node, { report }: Reading): void {
  report({
    code: 'yaml-merge-order',
    message: `<< stands below "${name}" and overrides it, as kubectl reads it`,
    offset: offsetOf(key),
    fix: 'put << first in its map',
  })
}

/** An own member of any name, `__proto__` too, as JSON.parse makes it. */
function setMember(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
  } else target[name] = value
}
