import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Diagnostic } from '../../src/base/diagnostic.ts'
import { collectDiagnostics, formatDiagnostic } from '../../src/base/diagnostic.ts'
import { readNodeDump } from '../../src/dump/read-node-dump.ts'
import type { NodeDump } from '../../src/model/node-dump.ts'

export interface ReadDump {
  readonly dump: NodeDump
  readonly diagnostics: readonly Diagnostic[]
  /** The diagnostics as the command line prints them. */
  readonly said: readonly string[]
}

/** Reads texts as the files of one folder. */
export function readTexts(files: Readonly<Record<string, string>>): ReadDump {
  const { report, diagnostics } = collectDiagnostics()
  const list = Object.entries(files).map(([name, text]) => ({ name, text }))
  const dump = readNodeDump('n1', { folder: 'n1', files: list }, report)
  return { dump, diagnostics, said: diagnostics.map(formatDiagnostic) }
}

/** Reads the files of a folder. */
export function readFolder(folder: string): ReadDump {
  const names = readdirSync(folder).toSorted()
  return readTexts(Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')])))
}
