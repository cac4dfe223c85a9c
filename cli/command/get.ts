import type { Command } from 'commander'
import { Option } from 'commander'
import type { LoadedCluster, ObjectGroup, ObjectQuery, TableOptions } from '../../src/index.ts'
import { findObjects, objectList, objectNames, objectsTable } from '../../src/index.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { load, withClusterOptions } from '../cluster-options.ts'
import type { ExitCode } from '../exit-code.ts'
import { exitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import type { NarrowingOptions } from '../object-arguments.ts'
import { queriesOf, readArguments } from '../object-arguments.ts'
import { nothingFound, refuseMissing } from '../object-errors.ts'
import { list, moment } from '../option-values.ts'
import type { Finish } from '../program.ts'

interface GetOptions extends ClusterOptions, NarrowingOptions {
  readonly output?: 'wide' | 'json' | 'yaml' | 'name'
  readonly headers: boolean
  readonly showLabels?: boolean
  readonly labelColumns?: readonly string[]
  readonly now?: number
}

const examples = `
TYPE is a kind as kubectl names it: pods (po), services (svc), endpointslices, endpoints (ep), nodes (no), namespaces
(ns), deployments (deploy), replicasets (rs), statefulsets (sts), daemonsets (ds), jobs, cronjobs (cj),
replicationcontrollers (rc), configmaps (cm), networkpolicies (netpol); or all.

Examples:
  kubewalk get pods -f k8s/ -o wide                           with addresses and nodes
  kubewalk get svc,endpointslices -A -f k8s/                  several kinds, every namespace
  kubewalk get pods -l 'app=web,tier in (a,b),!canary' -f k8s/
  kubewalk get deploy/web svc/web -n shop -f k8s/
  kubewalk get svc web -f k8s/ -o yaml                        as the API server would hold it
  kubewalk get nodes,all,endpointslices,endpoints -A -o yaml -f k8s/ | kubewalk trace pod/client web:80 -f -

Exit code: 0, or 2 if the command or its input is wrong or names what is not there.`

export function addGet(program: Command, io: Io, finish: Finish): void {
  withClusterOptions(program.command('get'))
    .description("list the cluster's objects, what controllers would add included, as kubectl get does")
    .argument('<type>', 'TYPE, TYPE,TYPE… or TYPE/NAME')
    .argument('[names...]', 'names, or further TYPE/NAME')
    .option('-n, --namespace <namespace>', 'namespace (default: default)')
    .option('-A, --all-namespaces', 'every namespace')
    .option('-l, --selector <selector>', "labels: a=b, a!=b, 'a in (b,c)', 'a notin (b,c)', a, '!a'")
    .addOption(new Option('-o, --output <format>', 'form').choices(['wide', 'json', 'yaml', 'name']))
    .option('--no-headers', 'leave out the line with the names of the columns')
    .option('--show-labels', 'labels as the last column')
    .option('-L, --label-columns <keys>', 'a column for each of these labels', list)
    .option('--now <time>', 'the present, for ages, as in 2026-01-31T12:00:00Z; unknown if left out', moment)
    .addHelpText('after', examples)
    .action(async (type: string, names: readonly string[], options: GetOptions) => {
      const args = readArguments([type, ...names])
      const cluster = await load(options, io)
      const queries = queriesOf(args, options, cluster)
      const groups = queries.map((query) => findObjects(cluster.objects, query))
      const single = queries.length === 1 && queries[0]?.names?.length === 1
      print(groups, single, options, io)
      finish(explain(groups, queries, options, cluster, io))
    })
}

function print(groups: readonly ObjectGroup[], single: boolean, options: GetOptions, io: Io): void {
  const { output } = options
  if (single && groups.every((one) => one.objects.length === 0)) return
  if (output === 'json' || output === 'yaml') io.out(objectList(groups, output, single))
  else if (output === 'name') io.out(objectNames(groups))
  else io.out(objectsTable(groups, tableOptions(options)))
}

function tableOptions(options: GetOptions): TableOptions {
  const { output, headers, showLabels, labelColumns, allNamespaces, now } = options
  return {
    wide: output === 'wide',
    noHeaders: !headers,
    ...(allNamespaces && { withNamespace: true }),
    ...(showLabels && { showLabels }),
    ...(labelColumns && { labelColumns }),
    ...(now !== undefined && { now }),
  }
}

/** What could not be shown, on standard error: nothing at all, or names that are not there. */
function explain(
  groups: readonly ObjectGroup[],
  queries: readonly ObjectQuery[],
  options: GetOptions,
  cluster: LoadedCluster,
  io: Io,
): ExitCode {
  const { output, namespace = 'default' } = options
  refuseMissing(groups, namespace, cluster)
  const isTable = output === undefined || output === 'wide'
  if (isTable && groups.every((one) => one.objects.length === 0)) io.err(nothingFound(queries, options))
  return exitCode.yes
}
