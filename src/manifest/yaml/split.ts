/** The text of one document, from its separator on. */
export interface DocumentText {
  readonly text: string
  /** Lines of the file above it. */
  readonly line: number
  /** What follows `---` on its line and is no comment; kubectl refuses that. */
  readonly separatorText?: string
}

/**
 * Parts a text at lines that begin with `---`, as kubectl does before it reads any YAML (apimachinery's
 * YAMLReader), so that one document's fault does not spoil the next.
 */
export function splitDocuments(text: string): readonly DocumentText[] {
  const documents: DocumentText[] = []
  let from = 0
  let line = 0
  let separatorText: string | undefined
  const add = (end: number) => {
    const chunk = text.slice(from, end)
    documents.push({ text: chunk, line, ...(separatorText && { separatorText }) })
    line += countLines(chunk)
    from = end
  }
  for (const found of text.matchAll(/^---(.*)$/gm)) {
    if (found.index > from) add(found.index)
    const rest = (found[1] ?? '').trim()
    separatorText = rest === '' || rest.startsWith('#') ? undefined : rest.slice(0, 40)
  }
  add(text.length)
  return documents
}

function countLines(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}
