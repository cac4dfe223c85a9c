import type { Command } from 'commander'
import { Option } from 'commander'
import type { Diagnostic, LoadedCluster, Reach, ReachFormat, ReachRequest } from '../../src/index.ts'
import { drawReach, nearest, RequestError, reachFormats } from '../../src/index.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { load, withClusterOptions } from '../cluster-options.ts'
import { diagnosticsText } from '../diagnostics-text.ts'
import { exitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import { integer } from '../option-values.ts'
import type { Finish } from '../program.ts'

interface ReachOptions extends ClusterOptions {
  readonly from?: string
  readonly to?: string
  readonly between?: readonly string[]
  readonly port?: number
  readonly protocol?: 'tcp' | 'udp' | 'sctp'
  readonly namespace?: string
  readonly output: ReachFormat
}

const examples = `
Examples:
  kubewalk reach -f k8s/                                  everybody and everything
  kubewalk reach -f k8s/ --to svc/shop/db:5432            who reaches the database
  kubewalk reach -f k8s/ --from deploy/shop/web -o list   what web reaches, and what stops the rest
  kubewalk reach -f k8s/ --between ns/shop ns/reports     what two teams reach of each other
  kubewalk reach -f k8s/ -o csv > reach.csv               all pairs, for a spreadsheet
  kubewalk reach -f k8s/ -o dot | dot -Tsvg > reach.svg   what is reached, as a picture

Ends are pod, deploy, sts, ds, rs and job with [NAMESPACE/]NAME, ns/NAME, node/NAME, external/NAME and internet;
--to also takes svc/[NAMESPACE/]NAME, and :PORT. Pods that nothing tells apart are one line.

Exit code: 0, or 2 if the command or its input is wrong or names what is not there.`

export function addReach(program: Command, io: Io, finish: Finish): void {
  withClusterOptions(program.command('reach'))
    .description('say who can reach what, by policies and by the network')
    .option('--from <sender>', 'connections of these alone')
    .option('--to <target[:port]>', 'connections to these alone')
    .option('--between <namespaces...>', 'connections from each of two namespaces to the other')
    .option('--port <port>', 'connections to this port alone', integer('a port', 1, 65535))
    .addOption(
      new Option('-p, --protocol <protocol>', 'connections of this protocol alone').choices([
        'tcp',
        'udp',
        'sctp',
      ]),
    )
    .option('-n, --namespace <namespace>', 'namespace of names that do not say theirs (default: default)')
    .addOption(
      new Option('-o, --output <format>', 'form').choices(Object.keys(reachFormats)).default('matrix'),
    )
    .addHelpText('after', examples)
    .action(async (options: ReachOptions) => {
      const request = requestOf(options)
      const cluster = await load(options, io)
      for (const name of namespacesOf(request)) knownNamespace(name, cluster)
      const reach = cluster.reach(request)
      if (reach.rows.length === 0) throw nothingAsked(request)
      if (!options.quiet) io.err(diagnosticsText(notEnforced(cluster)))
      write(reach, options.output, io)
      finish(exitCode.yes)
    })
}

/** Policies without effect: who reads that something is reached would look for them. */
function notEnforced(cluster: LoadedCluster): readonly Diagnostic[] {
  return cluster.audit().filter(({ code }) => code === 'policy-not-enforced')
}

/** So many characters are written at once. */
const pieceLength = 65_536

function write(reach: Reach, output: ReachFormat, { columns, style, out }: Io): void {
  let waiting = ''
  for (const piece of drawReach(reach, output, { columns, style })) {
    waiting += piece
    if (waiting.length < pieceLength) continue
    out(waiting)
    waiting = ''
  }
  out(waiting)
}

function requestOf({ from, to, between, port, protocol, namespace }: ReachOptions): ReachRequest {
  const two = between?.flatMap((text) => text.split(',')).map(namespaceOf)
  const [one, other, ...more] = two ?? []
  if (two && (one === undefined || other === undefined || more.length > 0)) {
    throw new RequestError(
      'bad-request',
      `--between has ${two.length} namespace${two.length === 1 ? '' : 's'}, and takes two`,
      '--between ns/shop ns/reports',
    )
  }
  return {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(one !== undefined && other !== undefined && { between: [`ns/${one}`, `ns/${other}`] as const }),
    ...(port !== undefined && { port }),
    ...(protocol !== undefined && { protocol }),
    ...(namespace !== undefined && { namespace }),
  }
}

/** `ns/shop`, `namespace/shop` and `shop` are one. */
function namespaceOf(text: string): string {
  const [, name] = /^(?:ns|namespaces?)\/(.*)$/.exec(text) ?? []
  if (name === undefined && text.includes('/'))
    throw new RequestError(
      'bad-request',
      `--between takes namespaces, and ${text} is none`,
      `write it as ns/${text.split('/')[1] ?? ''}, or use --from and --to`,
    )
  return name ?? text
}

function namespacesOf({ between, namespace }: ReachRequest): readonly string[] {
  return [...(between ?? []).map(namespaceOf), ...(namespace === undefined ? [] : [namespace])]
}

function knownNamespace(name: string, { cluster }: LoadedCluster): void {
  const names = cluster.namespaces.map((one) => one.name)
  if (names.includes(name)) return
  const near = nearest(name, names)
  throw new RequestError(
    'unknown-namespace',
    `there is no namespace ${name}`,
    near ? `did you mean ${near}?` : `there are: ${names.slice(0, 12).join(', ')}`,
  )
}

/** Names are known, and yet there is no pair. */
function nothingAsked({ port, protocol }: ReachRequest): RequestError {
  const what = [
    ...(port === undefined ? [] : [`port ${port}`]),
    ...(protocol ? [`protocol ${protocol}`] : []),
  ]
  return new RequestError(
    'unknown-destination',
    `there is nothing that could be asked${what.length > 0 ? ` at ${what.join(', ')}` : ''}`,
    'leave out --port, --protocol or one of the ends to see what there is',
  )
}
