import type { Command } from 'commander'
import { Option } from 'commander'
import type { LoadedCluster, TopologyFormat, TopologyScope } from '../../src/index.ts'
import { drawTopology, nearest, RequestError, topologyFormats, viewTopology } from '../../src/index.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { load, withClusterOptions } from '../cluster-options.ts'
import { exitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import type { Finish } from '../program.ts'

interface GraphOptions extends ClusterOptions {
  readonly output: TopologyFormat
  readonly namespace?: string
  readonly node?: string
  readonly service?: string
  readonly eachPod?: boolean
}

const examples = `
Examples:
  kubewalk graph -f k8s/ > cluster.svg                     a picture that stands alone
  kubewalk graph -f k8s/ -o dot | dot -Tpdf > cluster.pdf
  kubewalk graph -f k8s/ -o mermaid -n shop                one namespace, for a README
  kubewalk graph -f k8s/ --service shop/web                one Service: ways in, endpoints, nodes
  kubewalk graph -f k8s/ --node worker --each-pod          one node, no pods drawn as one

With more than 24 pods, replicas of one workload on one node are drawn as one.

Exit code: 0, or 2 if the command or its input is wrong or names what is not there.`

export function addGraph(program: Command, io: Io, finish: Finish): void {
  withClusterOptions(program.command('graph'))
    .description('draw the cluster: ways in, Services, nodes and their pods')
    .addOption(
      new Option('-o, --output <format>', 'form').choices(Object.keys(topologyFormats)).default('svg'),
    )
    .option('-n, --namespace <namespace>', 'Services and pods of this namespace (default: all)')
    .option('--node <node>', 'this node, and the Services that have an endpoint on it')
    .option('--service <service>', 'this Service, as NAME or NAMESPACE/NAME')
    .option('--each-pod', 'draw each pod, however many there are')
    .addHelpText('after', examples)
    .action(async (options: GraphOptions) => {
      const cluster = await load(options, io)
      const view = viewTopology(cluster.topology(), scopeOf(options, cluster))
      io.out(drawTopology(view, options.output))
      finish(exitCode.yes)
    })
}

/** The scope that the options name; refuses what is not there. */
function scopeOf(options: GraphOptions, { cluster }: LoadedCluster): TopologyScope {
  const { namespace, node, service, eachPod } = options
  const key =
    service === undefined || service.includes('/') ? service : `${namespace ?? 'default'}/${service}`
  const services = cluster.services.map((one) => `${one.namespace}/${one.name}`)
  known(
    'unknown-namespace',
    'namespace',
    namespace,
    cluster.namespaces.map((one) => one.name),
  )
  known(
    'unknown-node',
    'node',
    node,
    cluster.nodes.map((one) => one.name),
  )
  known('unknown-object', 'Service', key, services)
  return {
    ...(namespace !== undefined && { namespace }),
    ...(node !== undefined && { node }),
    ...(key !== undefined && { service: key }),
    ...(eachPod && { eachPod }),
  }
}

function known(
  code: 'unknown-namespace' | 'unknown-node' | 'unknown-object',
  what: string,
  name: string | undefined,
  names: readonly string[],
): void {
  if (name === undefined || names.includes(name)) return
  const near = nearest(name, names) ?? elsewhere(name, names)
  const some = names.slice(0, 12).join(', ') || 'none'
  throw new RequestError(
    code,
    `there is no ${what} ${name}`,
    near ? `did you mean ${near}?` : `there are: ${some}`,
  )
}

/** The same name in another namespace. */
function elsewhere(name: string, names: readonly string[]): string | undefined {
  const at = name.indexOf('/')
  return at < 0 ? undefined : names.find((one) => one.endsWith(name.slice(at)))
}
