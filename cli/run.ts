import { CommanderError } from 'commander'
import { InputError, RequestError } from '../src/index.ts'
import { diagnosticsText } from './diagnostics-text.ts'
import type { ExitCode } from './exit-code.ts'
import { exitCode } from './exit-code.ts'
import type { Io } from './io.ts'
import { buildProgram } from './program.ts'

/** Runs one command line and says how it ended. Nothing that a user did wrong gets past it as an exception. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = exitCode.yes
  const program = buildProgram(io, (result) => {
    code = result
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    return explain(error, io)
  }
}

function explain(error: unknown, io: Io): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.yes : exitCode.wrong
  if (error instanceof InputError) {
    io.err(diagnosticsText(error.diagnostics))
    return exitCode.wrong
  }
  if (error instanceof RequestError) {
    const fix = error.fix === undefined ? '' : `\n    to mend it: ${error.fix}`
    io.err(`error: ${error.message} [${error.code}]${fix}\n`)
    return exitCode.wrong
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  io.err(
    `error: kubewalk itself failed: ${text} [internal]\n    to mend it: please report this, with the input\n`,
  )
  return exitCode.wrong
}
