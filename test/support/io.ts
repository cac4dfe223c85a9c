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

const said = /^(.*?):(\d+:\d+): (error|warning|info): .*\[([a-z0-9.-]+)\]$/

/** What `kubewalk check` says of a text: `line:column severity code`, and the exit code. */
export async function examine(
  text: string | Uint8Array,
): Promise<Ran & { readonly said: readonly string[]; readonly unplaced: readonly string[] }> {
  const ran = await runWith(['check', '-f', '-'], text)
  const lines = ran.out.split('\n')
  return {
    ...ran,
    said: lines.flatMap((line) => {
      const found = said.exec(line)
      return found ? [`${found[2]} ${found[3]} ${found[4]}`] : []
    }),
    unplaced: lines.filter((line) => /^(?:error|warning): /.test(line)),
  }
}
