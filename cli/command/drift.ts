import type { Command } from 'commander'
import { Option } from 'commander'
import type { Drift, LoadedCluster } from '../../src/index.ts'
import { driftJson, driftText, nearest, RequestError } from '../../src/index.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { load, withClusterOptions } from '../cluster-options.ts'
import { exitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import type { Finish } from '../program.ts'

interface DriftOptions extends ClusterOptions {
  readonly output?: 'json'
  readonly verbose?: boolean
}

const examples = `
Examples:
  kubewalk drift worker --node-dump worker=collected/ -f k8s/         what is off on the node, and why
  kubewalk drift worker --node-dump worker=collected/ -f k8s/ -v      with the rules and routes themselves
  kubewalk drift worker --node-rules worker=saved.txt -f k8s/         its iptables rules alone
  kubewalk drift worker --node-dump worker=collected/ -f k8s/ -o json

Exit code: 0 if the node has what it should have, 1 if not, 2 if the command or its input is wrong.`

export function addDrift(program: Command, io: Io, finish: Finish): void {
  withClusterOptions(program.command('drift'))
    .description('say by what a dumped node is off from what it should have')
    .argument('<node>', 'the name of a node')
    .addOption(new Option('-o, --output <format>', 'a form for programs').choices(['json']))
    .option('-v, --verbose', 'also print the rules and routes: - should be there, + is there')
    .addHelpText('after', examples)
    .action(async (node: string, options: DriftOptions) => {
      requireDump(node, options)
      const drift = driftOf(await load(options, io), node)
      if (options.output) io.out(`${JSON.stringify(driftJson(drift), undefined, 2)}\n`)
      else
        io.out(driftText(drift, { columns: io.columns, style: io.style, verbose: options.verbose === true }))
      finish(drift.entries.length === 0 ? exitCode.yes : exitCode.no)
    })
}

/** Without the node's state, or without objects, there is nothing to compare. */
function requireDump(node: string, { nodeDump = [], nodeRules = [], filename = [] }: DriftOptions): void {
  const named = [...nodeDump, ...nodeRules].map(([name]) => name)
  if (!named.includes(node)) {
    const near = nearest(node, named)
    throw new RequestError(
      'bad-request',
      `nothing that was collected on ${node} is given`,
      near
        ? `did you mean ${near}?`
        : `--node-dump ${node}=FOLDER; kubewalk node-dump-script prints a script that collects one`,
    )
  }
  if (filename.length > 0) return
  throw new RequestError(
    'bad-request',
    'there is nothing that the node could be compared with',
    '-f FILE gives the objects of the cluster',
  )
}

function driftOf(cluster: LoadedCluster, node: string): Drift {
  const drift = cluster.drift(node)
  if (drift) return drift
  const names = cluster.cluster.nodes.map((one) => one.name)
  const near = nearest(node, names)
  throw new RequestError(
    'unknown-node',
    `there is no node ${node}`,
    near ? `did you mean ${near}?` : `nodes: ${names.slice(0, 8).join(', ')}`,
  )
}
