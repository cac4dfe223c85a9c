import type { Report } from '../base/diagnostic.ts'

/**
 * The text of a file's bytes. A byte order mark names UTF-16, which Windows PowerShell writes; everything else is
 * UTF-8, and bytes that are not are replaced by U+FFFD. Mirrors the BOMOverride of kubectl's FileVisitor.
 */
export function decodeText(name: string, bytes: Uint8Array, report: Report): string {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    const text = new TextDecoder('utf-8').decode(bytes)
    if (!hasControls(bytes)) noteReplaced(name, text, report)
    return text
  }
}

/** Whether the bytes are no text at all, of which the reader of documents says so. */
function hasControls(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 65_536).some((byte) => byte < 9)
}

function noteReplaced(name: string, text: string, report: Report): void {
  const before = text.slice(0, text.indexOf('\ufffd'))
  const line = before.split('\n').length
  const column = before.length - before.lastIndexOf('\n')
  report('not-utf8', 'this is not UTF-8; what cannot be read is taken for U+FFFD, as by kubectl', {
    at: { file: name, line, column },
    fix: 'save the file as UTF-8',
  })
}
