import type { Command } from 'commander'
import { Option } from 'commander'
import type { CniEntry } from '../../src/index.ts'
import {
  cniEntries,
  cniEntry,
  cniJson,
  cniTable,
  cniText,
  nearest,
  RequestError,
  runningCni,
} from '../../src/index.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { load, withClusterOptions } from '../cluster-options.ts'
import { exitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import type { Finish } from '../program.ts'

interface CniOptions extends ClusterOptions {
  readonly output?: 'json'
}

const examples = `
Examples:
  kubewalk cni                        every network plugin that is modelled, and how exactly
  kubewalk cni cilium                 one: what the wire shows, MTU, masquerade, settings, what is left out
  kubewalk cni -f k8s/                which one the cluster runs, how that is known, and its configuration
  kubewalk cni -f k8s/ --cni flannel:backend=host-gw

Exit code: 0, or 2 if the command or its input is wrong or names what is not there.`

export function addCni(program: Command, io: Io, finish: Finish): void {
  withClusterOptions(program.command('cni'))
    .description('compare the network plugins that are modelled, or tell which one a cluster runs')
    .argument('[name]', 'one plugin alone')
    .addOption(new Option('-o, --output <format>', 'form').choices(['json']))
    .addHelpText('after', examples)
    .action(async (name: string | undefined, options: CniOptions) => {
      const entry = name === undefined ? undefined : named(name)
      const running =
        options.filename === undefined ? undefined : runningCni((await load(options, io)).cluster)
      if (options.output === 'json') io.out(cniJson(entry ? [entry] : cniEntries, running))
      else io.out(entry ? cniText(entry, running, io) : cniTable(cniEntries, running, io))
      finish(exitCode.yes)
    })
}

function named(name: string): CniEntry {
  const found = cniEntry(name)
  if (found) return found
  const names = cniEntries.flatMap((one) => [one.name, ...one.aliases])
  const near = nearest(name, names)
  throw new RequestError(
    'unknown-object',
    `there is no network plugin ${name}`,
    near
      ? `did you mean ${near}?`
      : `those that are modelled: ${cniEntries.map((one) => one.name).join(', ')}`,
  )
}
