import type { Report } from '../base/diagnostic.ts'
import type { SourceLocation } from '../base/source.ts'
import type { ConfigMap, Located } from '../model/objects.ts'
import type { RawDocument } from './document.ts'
import { readDocuments } from './document.ts'
import { metallbObjects } from './metallb-config.ts'

/** Configuration that a cluster keeps in a ConfigMap, and where its text stands. */
export interface EmbeddedText {
  readonly text: string
  /** The place of the text's beginning: of its `|`, if it is a literal block. */
  readonly at: SourceLocation
  /** By how much the lines of a literal block are indented; nothing, if the text is written in another form. */
  readonly indent?: number
  /** It is no object, but MetalLB's old configuration. */
  readonly form?: 'metallb'
}

const metallbConfig = 'metallb-system/config'

/** Configuration files that clusters keep in ConfigMaps, by the ConfigMap's namespace and name, and its keys. */
const embeddedKeys: ReadonlyMap<string, readonly string[]> = new Map([
  ['kube-system/kube-proxy', ['config.conf', 'config']],
  ['kube-system/kubeadm-config', ['ClusterConfiguration']],
  [metallbConfig, ['config']],
])

/** The configuration that a ConfigMap holds. */
export function embeddedTexts(
  { object, ref, locate }: Located<ConfigMap>,
  blockIndent: (key: string) => number | undefined,
): readonly EmbeddedText[] {
  const name = `${ref.namespace}/${ref.name}`
  const keys = embeddedKeys.get(name) ?? []
  return keys.flatMap((key) => {
    const text = object.data?.[key]
    const indent = blockIndent(key)
    return text === undefined
      ? []
      : [
          {
            text,
            at: locate(['data', key]),
            ...(indent !== undefined && { indent }),
            ...(name === metallbConfig && { form: 'metallb' as const }),
          },
        ]
  })
}

/**
 * Reads configuration out of a ConfigMap. Places are those of the ConfigMap's own file; where a text is written in
 * one line (JSON) or folded, every place is that of the text as a whole.
 */
export function readEmbedded(
  { text, at, indent, form }: EmbeddedText,
  report: Report,
): readonly RawDocument[] {
  const outside = ({ line, column }: SourceLocation): SourceLocation =>
    indent === undefined ? at : { file: at.file, line: at.line + line, column: column + indent }
  const relocating: Report = (code, message, details = {}) =>
    report(code, message, { ...details, ...(details.at && { at: outside(details.at) }) })
  const read = readDocuments({ name: at.file, text }, relocating)
  const documents = form === 'metallb' ? read.flatMap(metallbObjects) : read
  return documents.map((document) => ({
    ...document,
    locate: (path) => outside(document.locate(path)),
    locateKey: (path) => outside(document.locateKey(path)),
  }))
}
