import { join } from 'node:path'
import { run } from '../../cli/run.ts'
import { plain } from '../../src/index.ts'

const root = join(import.meta.dirname, '../..')

/** What a command line printed, and its exit code. */
export interface Ran {
  readonly out: string
  readonly err: string
  /** Both streams in the order in which they were written, as a terminal shows them. */
  readonly screen: string
  readonly code: number
}

/** Runs `kubewalk …` in this process: in the repository's root, without colour, in 100 columns. */
export async function runCommand(line: string, stdin = ''): Promise<Ran> {
  process.chdir(root)
  let out = ''
  let err = ''
  let screen = ''
  const code = await run(wordsOf(line), {
    out: (text) => {
      out += text
      screen += text
    },
    err: (text) => {
      err += text
      screen += text
    },
    stdin: async () => stdin,
    columns: 100,
    style: plain,
    errStyle: plain,
    interactive: false,
  })
  return { out, err, screen, code }
}

/** The words of a shell line; quotes hold words together. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  )
}
