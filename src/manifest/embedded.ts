import type { Report } from '../base/diagnostic.ts'
import type { SourceLocation } from '../base/source.ts'
import type { ConfigMap, Located } from '../model/objects.ts'
import type { RawDocument } from './document.ts'
import { readDocuments } from './document.ts'

/** Configuration that a cluster keeps in a ConfigMap, and where its text stands. */
export interface EmbeddedText {
  readonly text: string
  /** The place of the text's beginning: of its `|`, if it is a literal block. */
  readonly at: SourceLocation
  /** By how much the lines of a literal block are indented; nothing, if the text is written in another form. */
  readonly indent?: number
}

/** Configuration files that clusters keep in ConfigMaps of kube-system, by the ConfigMap's name and its keys. */
const embeddedKeys: ReadonlyMap<string, readonly string[]> = new Map([
  ['kube-proxy', ['config.conf', 'config']],
  ['kubeadm-config', ['ClusterConfiguration']],
])

/** The configuration that a ConfigMap holds. */
export function embeddedTexts(
  { object, ref, locate }: Located<ConfigMap>,
  blockIndent: (key: string) => number | undefined,
): readonly EmbeddedText[] {
  const keys = ref.namespace === 'kube-system' ? (embeddedKeys.get(ref.name) ?? []) : []
  return keys.flatMap((key) => {
    const text = object.data?.[key]
    const indent = blockIndent(key)
    return text === undefined
      ? []
      : [{ text, at: locate(['data', key]), ...(indent !== undefined && { indent }) }]
  })
}

/**
 * Reads configuration out of a ConfigMap. Places are those of the ConfigMap's own file; where a text is written in
 * one line (JSON) or folded, every place is that of the text as a whole.
 */
export function readEmbedded({ text, at, indent }: EmbeddedText, report: Report): readonly RawDocument[] {
  const outside = ({ line, column }: SourceLocation): SourceLocation =>
    indent === undefined ? at : { file: at.file, line: at.line + line, column: column + indent }
  const relocating: Report = (code, message, details = {}) =>
    report(code, message, { ...details, ...(details.at && { at: outside(details.at) }) })
  return readDocuments({ name: at.file, text }, relocating).map((document) => ({
    ...document,
    locate: (path) => outside(document.locate(path)),
    locateKey: (path) => outside(document.locateKey(path)),
  }))
}
