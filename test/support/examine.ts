import type { CliResult } from './run-cli.ts'
import { runCli } from './run-cli.ts'

const said = /^(.*?):(\d+:\d+): (error|warning|info): .*\[([a-z0-9.-]+)\]$/

/** What `kubewalk check` says of a text: `line:column severity code`, and the exit code. */
export async function examine(
  text: string | Uint8Array,
): Promise<CliResult & { readonly said: readonly string[]; readonly unplaced: readonly string[] }> {
  const ran = await runCli(['check', '-f', '-'], text)
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
