import type { Report } from '../base/diagnostic.ts'
import { byText } from '../base/ordering.ts'
import type { SourceFile } from '../base/source.ts'

/** The one module that reads files; Node's own modules are loaded only when it is called. */

/** What `-f` means: files, folders, globs, `-` for standard input. */
export interface ReadOptions {
  /** Read folders within folders. */
  readonly recursive?: boolean
  /** The text of standard input, if `-` is among the paths. */
  readonly stdin?: () => Promise<string>
}

const extensions = ['.yaml', '.yml', '.json']

/** Files larger than this cannot be held in one string on Node 20. */
const maxBytes = 500_000_000

/** Reads what the paths name, in their order and the files of a folder by name. What cannot be read is reported. */
export async function readFiles(
  paths: readonly string[],
  options: ReadOptions,
  report: Report,
): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = []
  for (const path of paths) {
    if (path === '-') files.push({ name: '(stdin)', text: (await options.stdin?.()) ?? '' })
    else files.push(...(await readPath(path, options, report)))
  }
  return files
}

async function readPath(path: string, options: ReadOptions, report: Report): Promise<readonly SourceFile[]> {
  const fs = await import('node:fs/promises')
  const found = await fs.stat(path).catch(() => undefined)
  if (found?.isDirectory()) return readFolder(path, options, report)
  if (found) return readOne(path, report)
  const matches = /[*?[{]/.test(path) ? await expandGlob(path) : []
  if (matches.length > 0) return (await Promise.all(matches.map((one) => readOne(one, report)))).flat()
  report('file-not-found', `there is no file or folder "${path}"`, {
    fix: 'check the path; - stands for standard input',
  })
  return []
}

async function expandGlob(pattern: string): Promise<readonly string[]> {
  const { glob } = await import('tinyglobby')
  const matches = await glob(pattern, { expandDirectories: false, absolute: pattern.startsWith('/') })
  return matches.toSorted(byText)
}

async function readFolder(
  folder: string,
  options: ReadOptions,
  report: Report,
): Promise<readonly SourceFile[]> {
  const fs = await import('node:fs/promises')
  const entries = (await fs.readdir(folder, { withFileTypes: true })).toSorted((a, b) =>
    byText(a.name, b.name),
  )
  const files: SourceFile[] = []
  for (const entry of entries) {
    const path = `${folder.replace(/\/+$/, '')}/${entry.name}`
    if (entry.isDirectory()) {
      if (options.recursive && !entry.name.startsWith('.'))
        files.push(...(await readFolder(path, options, report)))
    } else if (extensions.some((extension) => entry.name.endsWith(extension)))
      files.push(...(await readOne(path, report)))
  }
  return files
}

async function readOne(path: string, report: Report): Promise<readonly SourceFile[]> {
  const fs = await import('node:fs/promises')
  try {
    const { size } = await fs.stat(path)
    if (size > maxBytes) {
      report('file-unreadable', `${path} is larger than ${maxBytes / 1_000_000} MB`, { fix: 'split it' })
      return []
    }
    return [{ name: path, text: await fs.readFile(path, 'utf8') }]
  } catch (error) {
    report(
      'file-unreadable',
      `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    )
    return []
  }
}
