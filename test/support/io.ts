import { run } from '../../cli/run.ts'
import { plain } from '../../src/index.ts'

/** What a command line printed, and its exit code. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command line in this process with a text, or bytes, on standard input. */
export async function runWith(argv: readonly string[], stdin: string | Uint8Array = ''): Promise<Ran> {
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
