import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { LoadedCluster, NodePart } from '../../src/index.ts'
import { nearest, nodeParts, RequestError } from '../../src/index.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { load, withClusterOptions } from '../cluster-options.ts'
import type { Io } from '../io.ts'
import type { Finish } from '../program.ts'

interface NodeOptions extends ClusterOptions {
  readonly directory?: string
}

const examples = `
Parts: ${Object.entries(nodeParts)
  .map(([name, { command }]) => `${name} (${command})`)
  .join(', ')}

Examples:
  kubewalk node worker -f k8s/                        everything but the iptables rules
  kubewalk node worker route -f k8s/ --cni flannel    as ip route would print it there
  kubewalk node worker --directory worker -f k8s/     a folder that --node-dump takes`

export function addNode(program: Command, io: Io, _finish: Finish): void {
  withClusterOptions(program.command('node'))
    .description('print what a node would hold: devices, addresses, routes, tunnels, sets, kernel settings')
    .argument('<node>', 'the name of a node')
    .argument('[part]', 'one part alone')
    .option('--directory <folder>', 'write all parts into a new or empty folder, as --node-dump reads them')
    .addHelpText('after', examples)
    .action(async (node: string, part: string | undefined, options: NodeOptions) => {
      const wanted = part === undefined ? undefined : partNamed(part)
      const cluster = await load(options, io)
      const netns = netnsOf(cluster, node)
      if (options.directory !== undefined) return writeParts(options.directory, netns)
      if (wanted) return io.out(wanted.format(netns))
      for (const { command, format } of Object.values(nodeParts)) {
        const text = command.includes('tables') ? '' : format(netns)
        if (text !== '') io.out(`# ${command}\n${text}\n`)
      }
    })
}

type Netns = Parameters<NodePart['format']>[0]

function partNamed(name: string): NodePart {
  const found = nodeParts[name]
  if (found) return found
  const names = Object.keys(nodeParts)
  const near = nearest(name, names)
  throw new RequestError(
    'bad-request',
    `there is no part "${name}" of a node's state`,
    near === undefined ? `write one of ${names.join(', ')}` : `did you mean ${near}?`,
  )
}

function netnsOf({ network, cluster }: LoadedCluster, node: string): Netns {
  const found = network.namespaces.get(`node/${node}`)
  if (found) return found
  const names = cluster.nodes.map((one) => one.name)
  const near = nearest(node, names)
  const known =
    names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')
  throw new RequestError(
    'unknown-node',
    `there is no node ${node}`,
    near ? `did you mean ${near}?` : `nodes: ${known}`,
  )
}

/** One file a part. What is there already is never overwritten. */
function writeParts(folder: string, netns: Netns): void {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new RequestError('bad-request', `${folder} is not empty`, 'name a folder that does not exist yet')
  }
  mkdirSync(folder, { recursive: true })
  for (const { file, format } of Object.values(nodeParts)) {
    const text = format(netns)
    if (text !== '') writeFileSync(join(folder, file), text)
  }
}
