import { join } from 'node:path'
import type { CliResult } from './run-cli.ts'
import { runCli } from './run-cli.ts'

const root = join(import.meta.dirname, '../..')

/** Runs `kubewalk …` as somebody types it in the repository's root. */
export async function runCommand(line: string, stdin = ''): Promise<CliResult> {
  process.chdir(root)
  return runCli(wordsOf(line), stdin)
}

/** The words of a shell line; quotes hold words together. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  )
}
