import type { Report } from '../base/diagnostic.ts'
import type { SourceFile } from '../base/source.ts'
import { decodeText } from './decode-text.ts'
import type { FolderTexts, ReadOptions } from './read-files.ts'

/**
 * Stands for read-files.ts in a browser (the `browser` field of package.json): there are no files to read, and texts
 * go to `parseCluster`. Standard input is whatever the caller says it is.
 */
export async function readFiles(
  paths: readonly string[],
  { stdin }: ReadOptions,
  report: Report,
): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = []
  for (const path of paths) {
    if (path === '-') files.push(givenText((await stdin?.()) ?? '', report))
    else
      report('file-unreadable', `cannot read ${path}: a browser has no files`, {
        fix: 'give its text to parseCluster',
      })
  }
  return files
}

export async function readNamedFiles(
  path: string,
  _wanted: (name: string) => boolean,
  report: Report,
): Promise<FolderTexts> {
  report('file-unreadable', `cannot read ${path}: a browser has no files`, {
    fix: 'give the texts as nodeDumps of parseCluster',
  })
  return { folder: path, files: [], unread: [] }
}

function givenText(given: string | Uint8Array, report: Report): SourceFile {
  const name = '(stdin)'
  return { name, text: typeof given === 'string' ? given : decodeText(name, given, report) }
}
