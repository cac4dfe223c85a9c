import { run } from '../../cli/run.ts'
import { plain } from '../../src/index.ts'

/** What a command line printed, and its exit code. */
export interface CliResult {
  readonly code: number
  readonly out: string
  readonly err: string
  /** Both streams in the order in which they were written, as a terminal shows them. */
  readonly screen: string
}

/** Runs a command line in this process, as the binary would without a terminal, in 100 columns. */
export async function runCli(argv: readonly string[], stdin: string | Uint8Array = ''): Promise<CliResult> {
  const said = { out: '', err: '', screen: '' }
  const write = (stream: 'out' | 'err') => (text: string) => {
    said[stream] += text
    said.screen += text
  }
  const code = await run(argv, {
    out: write('out'),
    err: write('err'),
    stdin: async () => stdin,
    columns: 100,
    style: plain,
    errStyle: plain,
    interactive: false,
  })
  return { code, ...said }
}
