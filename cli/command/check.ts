import type { Command } from 'commander'
import { Option } from 'commander'
import type { Diagnostic } from '../../src/index.ts'
import { InputError } from '../../src/index.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { load, withClusterOptions } from '../cluster-options.ts'
import { diagnosticsText } from '../diagnostics-text.ts'
import type { ExitCode } from '../exit-code.ts'
import { exitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import type { Finish } from '../program.ts'

interface CheckOptions extends ClusterOptions {
  readonly output?: 'json'
}

const examples = `
Examples:
  kubewalk check -f k8s/ -R
  helm template chart/ | kubewalk check -f -

Exit code: 0 if nothing is wrong (there may be warnings), 2 if something is.`

export function addCheck(program: Command, io: Io, finish: Finish): void {
  withClusterOptions(program.command('check'))
    .description('say what is wrong with the input, and nothing else')
    .addOption(new Option('-o, --output <format>', 'a form for programs').choices(['json']))
    .addHelpText('after', examples)
    .action(async (options: CheckOptions) => {
      const { diagnostics, summary } = await examine(options, io)
      if (options.output) io.out(`${JSON.stringify(report(diagnostics), undefined, 2)}\n`)
      else io.out(`${diagnosticsText(diagnostics)}${summary}\n`)
      finish(codeOf(diagnostics))
    })
}

/** The diagnostics go to standard output: here they are the answer. */
async function examine(
  options: CheckOptions,
  io: Io,
): Promise<{ readonly diagnostics: readonly Diagnostic[]; readonly summary: string }> {
  try {
    const loaded = await load({ ...options, quiet: true }, io)
    const { nodes, pods, services } = loaded.cluster
    const diagnostics = [...loaded.diagnostics, ...loaded.audit()]
    const summary = `${nodes.length} nodes, ${pods.length} pods, ${services.length} Services; ${countText(diagnostics)}`
    return { diagnostics, summary }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return { diagnostics: error.diagnostics, summary: countText(error.diagnostics) }
  }
}

function countText(diagnostics: readonly Diagnostic[]): string {
  const counts = (['error', 'warning', 'info'] as const).flatMap((severity) => {
    const count = diagnostics.filter((one) => one.severity === severity).length
    return count === 0 ? [] : [`${count} ${severity === 'info' ? 'note' : severity}${count === 1 ? '' : 's'}`]
  })
  return counts.length === 0 ? 'nothing to say' : counts.join(', ')
}

function report(items: readonly Diagnostic[]): unknown {
  return { apiVersion: 'kubewalk.dev/v1alpha1', kind: 'DiagnosticList', items }
}

function codeOf(diagnostics: readonly Diagnostic[]): ExitCode {
  return diagnostics.some((one) => one.severity === 'error') ? exitCode.wrong : exitCode.yes
}
