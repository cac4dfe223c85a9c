import { run } from '../../cli/run.ts'
import { plain } from '../../src/index.ts'

/** What a command line did. */
export interface CliResult {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command line in this process, as the binary would without a terminal. */
export async function runCli(argv: readonly string[], stdin = ''): Promise<CliResult> {
  let out = ''
  let err = ''
  const code = await run(argv, {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    stdin: async () => stdin,
    columns: 100,
    style: plain,
    errStyle: plain,
    interactive: false,
  })
  return { code, out, err }
}
