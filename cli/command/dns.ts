import type { Command } from 'commander'
import { Option } from 'commander'
import type { NameRequest } from '../../src/index.ts'
import { digText, resolutionJson } from '../../src/index.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { load, withClusterOptions } from '../cluster-options.ts'
import { exitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import type { Finish } from '../program.ts'

interface DnsOptions extends ClusterOptions {
  readonly from?: string
  readonly type?: string
  readonly namespace?: string
  readonly resolver?: 'glibc' | 'musl' | 'as-is'
  readonly server?: string
  readonly explain?: boolean
  readonly short?: boolean
  readonly output?: 'json'
}

const examples = `
The name is looked up as a program in the pod would: its hosts file, its resolv.conf with the search list, and
queries that travel to the cluster's DNS and are answered there. A name that ends in a dot is taken as it stands.

Examples:
  kubewalk dns web -f k8s/                             as a pod of namespace default
  kubewalk dns db.shop --from pod/shop/front -f k8s/   with the search list of that pod
  kubewalk dns db.shop --explain -f k8s/               every query, and what it got
  kubewalk dns _http._tcp.web.shop.svc.cluster.local -t SRV -f k8s/
  kubewalk dns 10.96.0.10 -f k8s/                      the name of an address
  kubewalk dns web --resolver musl -o json -f k8s/

Exit code: 0 if the name was found, 1 if not, 2 if the command or its input is wrong.`

export function addDns(program: Command, io: Io, finish: Finish): void {
  withClusterOptions(program.command('dns'))
    .description('look a name up as a pod would, and show the answer as dig does')
    .argument('<name>', 'the name, or an address')
    .option('--from <sender>', 'who asks: pod/[ns/]name, node/name, …')
    .option('-t, --type <type>', 'the type of records: A, AAAA, SRV, PTR, TXT, …')
    .option('-n, --namespace <namespace>', 'the namespace whose search list is used')
    .addOption(
      new Option(
        '--resolver <name>',
        'whose resolver asks: a C library, or a tool without a search list',
      ).choices(['glibc', 'musl', 'as-is']),
    )
    .option('--server <address>', 'ask this name server')
    .option('--explain', 'every query that is sent, what it got, and what the server did')
    .option('--short', 'the addresses or data alone')
    .addOption(new Option('-o, --output <format>', 'a form for programs').choices(['json']))
    .addHelpText('after', examples)
    .action(async (name: string, options: DnsOptions) => {
      const cluster = await load(options, io)
      const answer = cluster.resolve(requestOf(name, options))
      const { style, columns } = io
      const { explain = false, short = false } = options
      if (options.output) io.out(`${JSON.stringify(resolutionJson(answer), undefined, 2)}\n`)
      else io.out(digText(answer, { style, columns, explain, short }))
      const found = answer.outcomes.every(({ disposition }) => disposition === 'reached')
      finish(found ? exitCode.yes : exitCode.no)
    })
}

function requestOf(name: string, { from, type, namespace, resolver, server }: DnsOptions): NameRequest {
  return {
    name,
    ...(from !== undefined && { from }),
    ...(type !== undefined && { type }),
    ...(namespace !== undefined && { namespace }),
    ...(resolver && { resolver }),
    ...(server !== undefined && { server }),
  }
}
