import type { Command } from 'commander'
import { Option } from 'commander'
import type { Detail, JourneyRequest, LoadedCluster } from '../../src/index.ts'
import {
  groupedJourney,
  journeyJson,
  journeyText,
  RequestError,
  sessionJson,
  sessionText,
} from '../../src/index.ts'
import { load, withClusterOptions } from '../cluster-options.ts'
import type { ExitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import { collect, integer, nameAddress } from '../option-values.ts'
import type { Finish } from '../program.ts'
import { answerRequests } from '../requests.ts'
import type { TraceCommandOptions } from '../trace-options.ts'
import { codeOf } from '../trace-options.ts'

const examples = `
FROM is pod/[ns/]name, deploy/[ns/]name (each of its pods), node/name, external/address-or-name,
internet, or an address. TO is svc/[ns/]name[:port], pod/[ns/]name:port, node/name:port, address:port,
name:port, or an http(s):// URL.

Examples:
  kubewalk trace pod/client web:80 -f k8s/
  kubewalk trace deploy/shop/front svc/shop/api:8080 -f k8s/ -v
  kubectl get nodes,pods,svc,endpointslices -A -o yaml | kubewalk trace pod/client web:80 -f -
  kubewalk trace internet node/worker:30001 -f k8s/
  kubewalk trace internet https://shop.example.com/cart -f k8s/ -H 'X-Version: 2'
  kubewalk trace pod/client web:80 -f k8s/ --count 20
  kubewalk trace pod/client web:80 -f k8s/ --size 100 --response-size 100000
  kubewalk trace --requests requests.jsonl -o jsonl -f k8s/
  kubewalk trace 198.51.100.7 10.0.0.5:443 --node-dump node1=collected/

Exit code: 0 if every way reaches, 1 if one does not, 2 if the command or its input is wrong.`

/** Options for which each line of --requests has a field of its own, or which ask for one request alone. */
const saidInRequests = [
  'protocol',
  'sport',
  'size',
  'responseSize',
  'df',
  'namespace',
  'ipv4',
  'ipv6',
  'count',
  'interval',
  'resolver',
  'resolve',
  'in',
  'method',
  'header',
  'insecure',
]

/** The options that say what is sent. */
function withRequestOptions(command: Command): Command {
  return command
    .addOption(
      new Option('-p, --protocol <protocol>', 'what is sent')
        .choices(['tcp', 'udp', 'sctp', 'icmp'])
        .default('tcp'),
    )
    .option('--sport <port>', 'source port', integer('a port', 1, 65535))
    .option(
      '--size <bytes>',
      'how much is sent, to see whether large packets get through',
      integer('bytes', 0, 1_000_000_000),
    )
    .option(
      '--response-size <bytes>',
      'how much is answered (default: as much as is sent)',
      integer('bytes', 0, 1_000_000_000),
    )
    .option('--df', 'a datagram or echo must not be cut (default: it is cut only where it is too large)')
    .option('--no-df', 'a datagram or echo may be cut')
    .option('-n, --namespace <namespace>', 'namespace of names that do not say theirs')
    .addOption(new Option('-4, --ipv4', 'over IPv4').conflicts('ipv6'))
    .option('-6, --ipv6', 'over IPv6')
    .addOption(
      new Option(
        '--resolver <name>',
        'whose resolver asks for names: a C library, or a tool without a search list',
      ).choices(['glibc', 'musl', 'as-is']),
    )
    .option('--resolve <name=address>', 'do not ask for this name: it has this address', nameAddress)
    .option('--in <device>', 'of dumped nodes alone: the device behind which the sender is')
    .option('-X, --method <method>', 'the method of an HTTP request (default: GET)')
    .option('-H, --header <header>', "a header of an HTTP request: 'Name: value'", collect)
    .option('-k, --insecure', "do not check the server's certificate")
}

export function addTrace(program: Command, io: Io, finish: Finish): void {
  withRequestOptions(withClusterOptions(program.command('trace')))
    .description('follow a packet from a sender to a destination, and the answer back')
    .argument('[from]', 'who sends')
    .argument('[to]', 'what is asked')
    .option(
      '-v, --verbose',
      'every rule that matched; twice: every rule that was looked at',
      (_, count) => count + 1,
      0,
    )
    .addOption(new Option('-o, --output <format>', 'a form for programs').choices(['json', 'jsonl']))
    .option('--group', 'in JSON, one outcome for all that a user could not tell apart')
    .option(
      '--seed <number>',
      'follow one way, chosen by this number, instead of all',
      integer('a number', 0, 2 ** 31),
    )
    .option('--count <number>', 'connect so many times, one after the other', integer('a number', 1, 100_000))
    .option(
      '--interval <milliseconds>',
      'time between connections (default 1000)',
      integer('milliseconds', 0, 86_400_000),
    )
    .addOption(
      new Option(
        '--requests <file>',
        'answer the requests of a file, one JSON object a line; - for standard input',
      ).conflicts(saidInRequests),
    )
    .addHelpText('after', examples)
    .action(async (from: string | undefined, to: string | undefined, options: TraceCommandOptions) => {
      if (options.requests !== undefined) {
        if (from !== undefined) {
          throw new RequestError(
            'bad-request',
            'FROM and TO stand in the lines of --requests',
            'leave out one of the two',
          )
        }
        finish(await answerRequests(options, options.requests, io))
        return
      }
      const request = requestOf(from, to, options)
      const cluster = await load(options, io)
      finish(
        options.count === undefined
          ? traceOnce(cluster, request, options, io)
          : traceOften(cluster, request, options, io),
      )
    })
}

function requestOf(
  from: string | undefined,
  to: string | undefined,
  options: TraceCommandOptions,
): JourneyRequest {
  if (from === undefined || to === undefined) {
    const missing = from === undefined ? 'who sends, and to whom' : `what ${from} asks for`
    throw new RequestError(
      'bad-request',
      `say ${missing}`,
      'kubewalk trace FROM TO -f …; kubewalk trace --help has examples',
    )
  }
  if (options.interval !== undefined && options.count === undefined) {
    throw new RequestError(
      'bad-request',
      '--interval is the time between connections, and only one is asked for',
      'say how many: --count NUMBER',
    )
  }
  const { protocol, sport, namespace, ipv4, ipv6, resolver, resolve } = options
  return {
    from,
    to,
    protocol,
    ...(sport !== undefined && { sport }),
    ...sizeOptions(options),
    ...(namespace !== undefined && { namespace }),
    ...(ipv6 ? { family: 6 as const } : ipv4 ? { family: 4 as const } : {}),
    ...(resolver && { resolver }),
    ...(resolve && { resolve: Object.fromEntries(resolve) }),
    ...(options.in !== undefined && { in: options.in }),
    ...httpOptions(options),
  }
}

function sizeOptions({ size, responseSize, df }: TraceCommandOptions): Partial<JourneyRequest> {
  return {
    ...(size !== undefined && { size }),
    ...(responseSize !== undefined && { responseSize }),
    ...(df !== undefined && { dontFragment: df }),
  }
}

function httpOptions({ method, header, insecure }: TraceCommandOptions): Partial<JourneyRequest> {
  return {
    ...(method !== undefined && { method }),
    ...(header && { headers: header }),
    ...(insecure && { insecure }),
  }
}

/** The form of the text, as the options ask for it. */
export function textOptions(cluster: LoadedCluster, { verbose }: { readonly verbose: number }, io: Io) {
  const details: readonly Detail[] = ['brief', 'matched', 'all']
  const detail = details[Math.min(verbose, 2)] ?? 'brief'
  const label = (netns: string) =>
    cluster.network.namespaces.get(netns)?.label ?? netns.replace(/^(?:host|pod\/[^/]+)\//, '')
  return { style: io.style, detail, columns: io.columns, label }
}

function traceOnce(
  cluster: LoadedCluster,
  request: JourneyRequest,
  options: TraceCommandOptions,
  io: Io,
): ExitCode {
  const { seed, output, group, verbose } = options
  const journey = cluster.trace(request, { recordMisses: verbose > 1, ...(seed !== undefined && { seed }) })
  const shown = group ? groupedJourney(journey) : journey
  if (output) io.out(`${JSON.stringify(journeyJson(shown), undefined, output === 'json' ? 2 : 0)}\n`)
  else io.out(journeyText(journey, textOptions(cluster, options, io)))
  return codeOf([journey])
}

function traceOften(
  cluster: LoadedCluster,
  request: JourneyRequest,
  options: TraceCommandOptions,
  io: Io,
): ExitCode {
  const { seed, output, count = 1, interval, verbose } = options
  const journeys = cluster.repeat(request, {
    count,
    recordMisses: verbose > 1,
    ...(seed !== undefined && { seed }),
    ...(interval !== undefined && { interval }),
  })
  if (output === 'jsonl') for (const journey of journeys) io.out(`${JSON.stringify(journeyJson(journey))}\n`)
  else if (output === 'json') io.out(`${JSON.stringify(sessionJson(journeys), undefined, 2)}\n`)
  else io.out(sessionText(journeys, { ...textOptions(cluster, options, io), interval: interval ?? 1000 }))
  return codeOf(journeys)
}
