import type { Command } from 'commander'
import { Option } from 'commander'
import type { IngressProfileName } from '../../src/index.ts'
import {
  compareRoutes,
  comparisonJson,
  comparisonText,
  ingressProfiles,
  loadCluster,
  NothingToCompareError,
  RequestError,
} from '../../src/index.ts'
import { diagnosticsText } from '../diagnostics-text.ts'
import { exitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import type { Finish } from '../program.ts'

interface CompareOptions {
  readonly profile?: IngressProfileName
  readonly output?: 'json'
  readonly all?: boolean
  readonly recursive?: boolean
  readonly quiet?: boolean
}

const examples = `
Examples:
  kubewalk compare-routes ingress.yaml gateway.yaml          do these two route every request alike?
  kubewalk compare-routes ingress.yaml gateway.yaml --all    every cause by which they differ
  kubewalk compare-routes old/ new/ -o json

Each side may hold Ingresses, Gateways, or both. What runs behind the Services does not matter.
Exit code: 0 if the sides are alike, 1 if they differ, 2 if the input is wrong.`

export function addCompareRoutes(program: Command, io: Io, finish: Finish): void {
  program
    .command('compare-routes')
    .description('say whether two sets of Ingresses or Gateways route every request alike')
    .argument('<left>', 'a file or folder')
    .argument('<right>', 'a file or folder')
    .addOption(
      new Option(
        '--profile <controller>',
        'the controller of all Ingresses; by their class, if left out',
      ).choices(Object.keys(ingressProfiles)),
    )
    .addOption(new Option('-o, --output <format>', 'a form for programs').choices(['json']))
    .option('--all', 'list every cause by which they differ, not the smallest request alone')
    .option('-R, --recursive', 'read folders within folders')
    .option('-q, --quiet', 'no warnings about the input')
    .addHelpText('after', examples)
    .action(async (left: string, right: string, options: CompareOptions) => {
      const { profile } = options
      const sides = { left: await side(left, options, io), right: await side(right, options, io) }
      const comparison = compared(sides.left, sides.right, profile)
      if (options.output)
        io.out(`${JSON.stringify(comparisonJson(comparison, { left, right }), undefined, 2)}\n`)
      else
        io.out(comparisonText(comparison, { left, right }, options.all ? comparison.differences.length : 0))
      finish(comparison.differences.length === 0 ? exitCode.yes : exitCode.no)
    })
}

async function side(path: string, { recursive, quiet }: CompareOptions, io: Io) {
  const { cluster, diagnostics } = await loadCluster([path], {
    stdin: io.stdin,
    ...(recursive && { recursive }),
  })
  if (!quiet) io.err(diagnosticsText(diagnostics))
  return { name: path, cluster }
}

type Side = Parameters<typeof compareRoutes>[0]

function compared(left: Side, right: Side, profile: IngressProfileName | undefined) {
  try {
    return compareRoutes(left, right, profile === undefined ? {} : { profile })
  } catch (error) {
    if (!(error instanceof NothingToCompareError)) throw error
    throw new RequestError(
      'bad-request',
      error.message,
      'give a file with Ingresses, or with Gateways and their routes',
    )
  }
}
