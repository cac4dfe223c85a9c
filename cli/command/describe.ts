import type { Command } from 'commander'
import type { LoadedCluster, ObjectGroup, ObjectQuery, StoredObjects } from '../../src/index.ts'
import { describeService, findObjects, RequestError } from '../../src/index.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { load, withClusterOptions } from '../cluster-options.ts'
import { exitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import type { NarrowingOptions, ObjectArguments } from '../object-arguments.ts'
import { queriesOf, readArguments } from '../object-arguments.ts'
import { nothingFound, refuseMissing } from '../object-errors.ts'
import type { Finish } from '../program.ts'

interface DescribeOptions extends ClusterOptions, NarrowingOptions {}

const examples = `
Examples:
  kubewalk describe svc web -f k8s/               one Service, with its endpoints
  kubewalk describe svc/web svc/api -n shop -f k8s/
  kubewalk describe svc -A -f k8s/                each of them

Exit code: 0, or 2 if the command or its input is wrong or names what is not there.`

export function addDescribe(program: Command, io: Io, finish: Finish): void {
  withClusterOptions(program.command('describe'))
    .description('tell all about a Service, as kubectl describe does')
    .argument('<type>', 'svc, or svc/NAME')
    .argument('[names...]', 'names, or further svc/NAME')
    .option('-n, --namespace <namespace>', 'namespace (default: default)')
    .option('-A, --all-namespaces', 'every namespace')
    .option('-l, --selector <selector>', "labels: a=b, a!=b, 'a in (b,c)', 'a notin (b,c)', a, '!a'")
    .addHelpText('after', examples)
    .action(async (type: string, names: readonly string[], options: DescribeOptions) => {
      const args = servicesOnly(readArguments([type, ...names]))
      const cluster = await load(options, io)
      const queries = queriesOf(args, options, cluster)
      io.out(describe(queries, options, cluster))
      finish(exitCode.yes)
      if (queries.every((query) => findObjects(cluster.objects, query).objects.length === 0)) {
        io.err(nothingFound(queries, options))
      }
    })
}

function servicesOnly(args: readonly ObjectArguments[]): readonly ObjectArguments[] {
  const other = args.find((one) => one.resource.kind !== 'Service')
  if (!other) return args
  const { kind, name } = other.resource
  throw new RequestError(
    'bad-request',
    `only Services can be described, not a ${kind}`,
    `kubewalk get ${name} NAME -o yaml shows all of it`,
  )
}

function describe(queries: readonly ObjectQuery[], options: DescribeOptions, cluster: LoadedCluster): string {
  const groups = queries.map((query) => findObjects(cluster.objects, query))
  refuseMissing(groups, options.namespace ?? 'default', cluster)
  const services = groups.flatMap((group: ObjectGroup) => (group.kind === 'Service' ? group.objects : []))
  const events = services.length === 1
  const slices = new Map<string, StoredObjects['EndpointSlice'][number][]>()
  for (const slice of cluster.objects.EndpointSlice) {
    const { namespace, labels } = slice.metadata
    const key = `${namespace}/${labels?.['kubernetes.io/service-name']}`
    const list = slices.get(key)
    if (list) list.push(slice)
    else slices.set(key, [slice])
  }
  return services
    .map((service) => {
      const { name, namespace } = service.metadata
      return describeService(service, slices.get(`${namespace}/${name}`) ?? [], { events })
    })
    .join('\n\n')
}
