import type { Report } from '../base/diagnostic.ts'
import { byText } from '../base/ordering.ts'
import type { SourceFile } from '../base/source.ts'
import { decodeText } from './decode-text.ts'

/** The one module that reads files; Node's own modules are loaded only when it is called. */

/** What `-f` means: files, folders, globs, `-` for standard input. */
export interface ReadOptions {
  /** Read folders within folders. */
  readonly recursive?: boolean
  /** Standard input, if `-` is among the paths. */
  readonly stdin?: () => Promise<string | Uint8Array>
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
    if (path === '-') files.push(await readStdin(options, report))
    else files.push(...(await readPath(path, options, report)))
  }
  return files
}

async function readStdin({ stdin }: ReadOptions, report: Report): Promise<SourceFile> {
  const given = (await stdin?.()) ?? ''
  const name = '(stdin)'
  return { name, text: typeof given === 'string' ? given : decodeText(name, given, report) }
}

async function readPath(path: string, options: ReadOptions, report: Report): Promise<readonly SourceFile[]> {
  if (/^https?:\/\//.test(path)) {
    report('file-not-found', `${path} is an address, and kubewalk reads no network`, {
      fix: `fetch it and give it on standard input: curl -sL ${path} | kubewalk … -f -`,
    })
    return []
  }
  const fs = await import('node:fs/promises')
  const found = await fs.stat(path).catch(() => undefined)
  if (found?.isDirectory()) return readFolder(path, options, report)
  if (found) return readOne(path, report)
  const matches = /[*?[{]/.test(path) ? await expandGlob(path) : []
  if (matches.length > 0) {
    const files: SourceFile[] = []
    for (const match of matches) files.push(...(await readPath(match, options, report)))
    return files
  }
  report('file-not-found', `there is no file or folder "${path}"`, {
    fix: 'check the path; - stands for standard input',
  })
  return []
}

/** As the shell and kubectl expand a pattern: to files of any name, and to folders. */
async function expandGlob(pattern: string): Promise<readonly string[]> {
  const { glob } = await import('tinyglobby')
  const matches = await glob(pattern, {
    expandDirectories: false,
    onlyFiles: false,
    absolute: pattern.startsWith('/'),
  })
  return matches.map((match) => match.replace(/\/+$/, '')).toSorted(byText)
}

/** Reads a folder's manifests; one that holds none is reported, as kubectl does. */
async function readFolder(
  folder: string,
  options: ReadOptions,
  report: Report,
): Promise<readonly SourceFile[]> {
  const paths = await listFolder(folder, options, report)
  if (paths?.length === 0) {
    report('empty-folder', `no file of ${folder} ends in ${extensions.join(', ')}`, {
      fix: options.recursive ? 'check the path' : 'check the path, or add -R to read folders within it',
    })
  }
  const files: SourceFile[] = []
  for (const path of paths ?? []) files.push(...(await readOne(path, report)))
  return files
}

async function listFolder(
  folder: string,
  options: ReadOptions,
  report: Report,
): Promise<readonly string[] | undefined> {
  const fs = await import('node:fs/promises')
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    reportUnreadable(folder, error, report)
    return undefined
  })
  if (!entries) return undefined
  const paths: string[] = []
  for (const entry of entries.toSorted((a, b) => byText(a.name, b.name))) {
    const path = `${folder.replace(/\/+$/, '')}/${entry.name}`
    if (entry.isDirectory()) {
      if (options.recursive) paths.push(...((await listFolder(path, options, report)) ?? []))
    } else if (extensions.some((extension) => entry.name.endsWith(extension))) paths.push(path)
  }
  return paths
}

/** The files of a folder that are wanted, and the names of the others. */
export interface FolderTexts {
  readonly folder: string
  readonly files: readonly SourceFile[]
  readonly unread: readonly string[]
}

/** Reads the files of one folder, or one file, whose names are wanted. What cannot be read is reported. */
export async function readNamedFiles(
  path: string,
  wanted: (name: string) => boolean,
  report: Report,
): Promise<FolderTexts> {
  const fs = await import('node:fs/promises')
  const found = await fs.stat(path).catch(() => undefined)
  if (!found) {
    report('file-not-found', `there is no file or folder "${path}"`, { fix: 'check the path' })
    return { folder: path, files: [], unread: [] }
  }
  const folder = path.replace(/\/+$/, '')
  const names = found.isDirectory() ? await namesIn(folder, report) : ['']
  const isWanted = (name: string) => wanted(name === '' ? folder.replace(/^.*\//, '') : name)
  const files: SourceFile[] = []
  for (const name of names.filter(isWanted)) {
    files.push(...(await readOne(name === '' ? folder : `${folder}/${name}`, report)))
  }
  return { folder, files, unread: names.filter((name) => !isWanted(name)).map((name) => name || folder) }
}

/** The files of a folder by name; folders within it and hidden files are passed over. */
async function namesIn(folder: string, report: Report): Promise<readonly string[]> {
  const fs = await import('node:fs/promises')
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    reportUnreadable(folder, error, report)
    return []
  })
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .toSorted(byText)
}

async function readOne(path: string, report: Report): Promise<readonly SourceFile[]> {
  const fs = await import('node:fs/promises')
  try {
    const { size } = await fs.stat(path)
    if (size > maxBytes) {
      report('file-unreadable', `${path} is larger than ${maxBytes / 1_000_000} MB`, { fix: 'split it' })
      return []
    }
    return [{ name: path, text: decodeText(path, await fs.readFile(path), report) }]
  } catch (error) {
    reportUnreadable(path, error, report)
    return []
  }
}

function reportUnreadable(path: string, error: unknown, report: Report): void {
  const message = error instanceof Error ? error.message : String(error)
  report('file-unreadable', `cannot read ${path}: ${message}`, { fix: 'check who may read it' })
}
