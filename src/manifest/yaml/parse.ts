import type { Alias, Document, Node, Pair, ParsedNode } from 'yaml'
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml'
import { plainScalar } from './scalar.ts'

type ParsedDocument = Document.Parsed<ParsedNode, true>

/** The syntax tree of a text, with the lines of its offsets. */
export interface ParsedYaml {
  readonly documents: readonly ParsedDocument[]
  readonly lines: LineCounter
  /** What each alias stands for: the nearest anchor of its name above it. */
  readonly anchors: ReadonlyMap<Alias, Node>
}

/** Reads a text without giving meaning to its scalars: that is left to yamlValue. Throws a RangeError if it is nested too deeply. */
export function parseYaml(text: string): ParsedYaml {
  const lines = new LineCounter()
  const parsed = parseAllDocuments<ParsedNode, true>(text, {
    lineCounter: lines,
    version: '1.1',
    schema: 'failsafe',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const documents = 'empty' in parsed ? [] : parsed
  return { documents, lines, anchors: resolveAliases(documents) }
}

function resolveAliases(documents: readonly ParsedDocument[]): ReadonlyMap<Alias, Node> {
  const targets = new Map<Alias, Node>()
  for (const document of documents) {
    const named = new Map<string, Node>()
    visit(document, {
      Alias: (_, alias) => {
        const target = named.get(alias.source)
        if (target) targets.set(alias, target)
      },
      Value: (_, node) => {
        if (node.anchor) named.set(node.anchor, node)
      },
    })
  }
  return targets
}

/** A node itself, or what it stands for if it is an alias. */
export function followAlias(node: Node | null | undefined, { anchors }: ParsedYaml): Node | undefined {
  return (isAlias(node) ? anchors.get(node) : node) ?? undefined
}

/** The text of a key as JSON would have it: `yes` is "true", 0x10 is "16". Nothing, if it cannot be a key. */
export function keyText(key: Node): string | undefined {
  if (!isScalar(key)) return undefined
  if (key.type !== 'PLAIN' || key.tag === 'tag:yaml.org,2002:str') return String(key.value)
  const value = plainScalar(String(key.value ?? ''))
  return value === null ? undefined : String(value)
}

/** Whether a key is the merge key `<<`, which quotes would make an ordinary one. */
export function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.value === '<<'
}

/** A way to a value within a document: keys and indexes. */
type Path = readonly (string | number)[]

/** The offset of the value at a path, or of its key, or of the nearest thing around it that exists. */
export function offsetOf(parsed: ParsedYaml, index: number, path: Path, wantsKey: boolean): number {
  let node: Node | undefined = parsed.documents[index]?.contents ?? undefined
  let offset = node?.range?.[0] ?? 0
  for (const [at, step] of path.entries()) {
    const found = childOf(node, step, parsed)
    if (!found) break
    const last = at === path.length - 1
    offset = (wantsKey && last ? found.key : undefined) ?? found.value?.range?.[0] ?? found.key ?? offset
    node = followAlias(found.value, parsed)
  }
  return offset
}

interface Child {
  readonly key?: number
  readonly value: Node | undefined
}

function childOf(node: Node | undefined, step: string | number, parsed: ParsedYaml): Child | undefined {
  if (isMap<ParsedNode, ParsedNode | null>(node)) return memberOf(node.items, String(step), parsed)
  if (!isSeq<ParsedNode>(node)) return undefined
  const item = node.items[Number(step)]
  return item && { value: item }
}

/** The member that yamlValue takes: the last of its name, where what a merge brings in counts as well. */
function memberOf(
  items: readonly Pair<ParsedNode, ParsedNode | null>[],
  name: string,
  parsed: ParsedYaml,
): Child | undefined {
  for (const { key, value } of items.toReversed()) {
    if (isMergeKey(key)) {
      const merged = mergeSources(value, parsed)
        .map((source) => childOf(source, name, parsed))
        .find((one) => one)
      if (merged) return merged
    } else if (keyText(key) === name) {
      const offset = key.range?.[0]
      return { ...(offset !== undefined && { key: offset }), value: value ?? undefined }
    }
  }
  return undefined
}

/** What a merge key's value names: one map, or a list of maps of which an earlier one takes precedence. */
export function mergeSources(value: Node | null, parsed: ParsedYaml): readonly (Node | undefined)[] {
  const node = followAlias(value, parsed)
  return isSeq<Node>(node) ? node.items.map((item) => followAlias(item, parsed)) : [node]
}
