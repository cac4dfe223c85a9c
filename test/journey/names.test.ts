import { describe, expect, test } from 'vitest'
import { parseCluster } from '../../src/index.ts'
import type { NameQuery } from '../../src/model/journey.ts'

/**
 * Names as pods of a cluster look them up, over the wire: every query is a packet from the pod to kube-dns, through the
 * rules of its node to a CoreDNS pod. The search list is that of the reference's sequences (q01 to q27): namespace
 * `app`, on nodes with the search domain host.example.
 */

type Values = Readonly<Record<string, unknown>>

const object = (kind: string, name: string, rest: Values, namespace = 'app', apiVersion = 'v1') => ({
  apiVersion,
  kind,
  metadata: { name, namespace, ...(rest['metadata'] as Values | undefined) },
  ...Object.fromEntries(Object.entries(rest).filter(([key]) => key !== 'metadata')),
})

const pod = (name: string, spec: Values, rest: Values = {}, namespace = 'app') =>
  object(
    'Pod',
    name,
    { ...rest, spec: { nodeName: 'worker', containers: [{ name: 'c', image: 'curl' }], ...spec } },
    namespace,
  )

const listening = { containers: [{ name: 'c', image: 'db', ports: [{ containerPort: 5432 }] }] }

const service = (name: string, spec: Values, namespace = 'app') =>
  object('Service', name, { spec: { ports: [{ port: 5432 }], ...spec } }, namespace)

const options = (ndots: number) => ({ dnsConfig: { options: [{ name: 'ndots', value: `${ndots}` }] } })

/** A search list in one line of more than 255 characters, which musl does not read. */
const long = ['app.svc.cluster.local', ...[0, 1, 2, 3, 4].map((one) => `d${one}.${'x'.repeat(45)}.example`)]

const corefile = (more = '') => `.:53 {
  ${more}
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods insecure
    fallthrough in-addr.arpa ip6.arpa
  }
  forward . /etc/resolv.conf
}
`

/** What the reference's scripted server does with these names. */
const odd = `template IN A broken.app.svc.cluster.local {
    answer "{{ .Name }} 5 IN A 10.96.0.50"
  }
  template IN AAAA broken.app.svc.cluster.local {
    rcode NXDOMAIN
  }
  template IN ANY sfail.app.svc.cluster.local {
    rcode SERVFAIL
  }
  template IN A sfail.svc.cluster.local {
    answer "{{ .Name }} 5 IN A 10.96.0.50"
  }
  template IN AAAA sfail.svc.cluster.local {
    rcode NOERROR
  }
  template IN ANY ref.app.svc.cluster.local {
    rcode REFUSED
  }`

const environment = (spec: Values) =>
  object('Environment', 'around', { spec }, 'default', 'kubewalk.dev/v1alpha1')

const outside = {
  'www.google.com': { A: '198.51.100.5' },
  'nosuch.example.com': { rcode: 'NXDOMAIN' },
  '*.corp.example': { A: '192.0.2.66' },
}

const nodes = (search: readonly string[]) =>
  Object.fromEntries(
    ['control-plane', 'worker', 'worker2'].map((name) => [
      name,
      { resolv: { nameservers: ['172.18.0.1'], search } },
    ]),
  )

const cluster = (...search: readonly string[]) => [
  object('Namespace', 'app', {}, ''),
  object('Namespace', 'other', {}, ''),
  pod('client', {}),
  pod('ndots-2', options(2)),
  pod('default', { dnsPolicy: 'Default' }),
  pod('long', {
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['10.96.0.10'], searches: long, options: [{ name: 'ndots', value: '5' }] },
  }),
  service('db', { selector: { app: 'db' }, clusterIP: '10.96.0.50' }),
  service('db', { selector: { app: 'db' } }, 'other'),
  pod('db-0', listening, { metadata: { labels: { app: 'db' } } }),
  pod('db-0', listening, { metadata: { labels: { app: 'db' } } }, 'other'),
  object('ConfigMap', 'coredns', { data: { Corefile: corefile(odd) } }, 'kube-system'),
  environment({ nodes: nodes(search), upstreamDNS: { default: outside } }),
]

function load(objects: readonly unknown[]) {
  return parseCluster([
    { name: 'cluster.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }) },
  ])
}

const short: Readonly<Record<string, string>> = { NXDOMAIN: 'nx', SERVFAIL: 'sf', REFUSED: 'ref' }

/** `db.app.svc.Z ok`: what became of the queries of one name; `ok/nx` if A and AAAA differ in more than NODATA. */
function stepsOf(queries: readonly NameQuery[]): readonly string[] {
  const steps: { readonly name: string; readonly codes: string[] }[] = []
  for (const query of queries) {
    const last = steps.at(-1)
    const isOther = query.type !== 'A' && last?.name === query.name && last.codes.length < 2
    if (isOther) last.codes.push(codeOf(query))
    else steps.push({ name: query.name, codes: [codeOf(query)] })
  }
  return steps.map(({ name, codes }) => {
    const [a = '', aaaa = a] = codes
    const code = a === aaaa || (a === 'ok' && aaaa === 'nd') ? a : `${a}/${aaaa}`
    return `${name.replaceAll('cluster.local', 'Z').replace(/\.$/, '')} ${code}`
  })
}

function codeOf({ rcode, answers }: NameQuery): string {
  if (rcode === 'NOERROR') return answers.length > 0 ? 'ok' : 'nd'
  return rcode === null ? 'silence' : (short[rcode] ?? rcode)
}

interface Row {
  readonly id: string
  readonly name: string
  readonly resolver?: 'musl' | 'glibc'
  readonly from?: string
  readonly family?: 4
  /** The search domains of the nodes; host.example if left out. */
  readonly search?: readonly string[]
  readonly steps: readonly string[]
  /** Queries in all: packets from the pod to kube-dns. */
  readonly packets: number
  readonly ends: string
  /** Where they are not those of the Service that is meant. */
  readonly addresses?: readonly string[]
}

const google = [
  'www.google.com.app.svc.Z nx',
  'www.google.com.svc.Z nx',
  'www.google.com.Z nx',
  'www.google.com.host.example nx',
]
const nope = ['nope.app.svc.Z nx', 'nope.svc.Z nx', 'nope.Z nx', 'nope.host.example nx', 'nope nx']
const full = [
  'db.other.svc.Z.app.svc.Z nx',
  'db.other.svc.Z.svc.Z nx',
  'db.other.svc.Z.Z nx',
  'db.other.svc.Z.host.example nx',
  'db.other.svc.Z ok',
]
const nosuch = [
  'nosuch.example.com nx',
  'nosuch.example.com.app.svc.Z nx',
  'nosuch.example.com.svc.Z nx',
  'nosuch.example.com.Z nx',
  'nosuch.example.com.host.example nx',
]

// biome-ignore format: one lookup a line
const rows: readonly Row[] = [
  { id: 'q01', name: 'db', steps: ['db.app.svc.Z ok'], packets: 2, ends: 'reached' },
  { id: 'q02', name: 'db.', steps: ['db nx'], packets: 2, ends: 'nxdomain' },
  { id: 'q03', name: 'db.other', steps: ['db.other.app.svc.Z nx', 'db.other.svc.Z ok'], packets: 4, ends: 'reached' },
  { id: 'q04', name: 'db.other.svc', steps: ['db.other.svc.app.svc.Z nx', 'db.other.svc.svc.Z nx', 'db.other.svc.Z ok'], packets: 6, ends: 'reached' },
  { id: 'q05', name: 'db.other.svc.cluster.local', steps: full, packets: 10, ends: 'reached' },
  { id: 'q06', name: 'db.other.svc.cluster.local.', steps: ['db.other.svc.Z ok'], packets: 2, ends: 'reached' },
  { id: 'q07', name: 'www.google.com', steps: [...google, 'www.google.com ok'], packets: 10, ends: 'reached' },
  { id: 'q08', name: 'www.google.com.', steps: ['www.google.com ok'], packets: 2, ends: 'reached' },
  { id: 'q09', name: 'nope', steps: nope, packets: 10, ends: 'nxdomain' },
  { id: 'q10', name: 'other', resolver: 'glibc', steps: ['other.app.svc.Z nx', 'other.svc.Z nd', 'other.Z nx', 'other.host.example nx', 'other nx'], packets: 10, ends: 'dns-nodata' },
  { id: 'q11', name: 'other', resolver: 'musl', steps: ['other.app.svc.Z nx', 'other.svc.Z nd'], packets: 4, ends: 'dns-nodata' },
  { id: 'q12', name: 'db.other.svc', from: 'ndots-2', resolver: 'glibc', steps: ['db.other.svc nx', 'db.other.svc.app.svc.Z nx', 'db.other.svc.svc.Z nx', 'db.other.svc.Z ok'], packets: 8, ends: 'reached' },
  { id: 'q13', name: 'db.other.svc', from: 'ndots-2', resolver: 'musl', steps: ['db.other.svc nx'], packets: 2, ends: 'nxdomain' },
  { id: 'q14', name: 'www.google.com', from: 'ndots-2', steps: ['www.google.com ok'], packets: 2, ends: 'reached' },
  { id: 'q15', name: 'nosuch.example.com', from: 'ndots-2', resolver: 'glibc', steps: nosuch, packets: 10, ends: 'nxdomain' },
  { id: 'q16', name: 'nosuch.example.com', from: 'ndots-2', resolver: 'musl', steps: nosuch.slice(0, 1), packets: 2, ends: 'nxdomain' },
  { id: 'q17', name: 'broken', resolver: 'glibc', steps: ['broken.app.svc.Z ok/nx'], packets: 2, ends: 'reached' },
  { id: 'q18', name: 'broken', resolver: 'musl', steps: ['broken.app.svc.Z ok/nx', 'broken.svc.Z nx', 'broken.Z nx', 'broken.host.example nx', 'broken nx'], packets: 10, ends: 'nxdomain' },
  { id: 'q19', name: 'sfail', resolver: 'glibc', steps: ['sfail.app.svc.Z sf', 'sfail.app.svc.Z sf', 'sfail.svc.Z ok'], packets: 6, ends: 'reached' },
  { id: 'q20', name: 'sfail', resolver: 'musl', steps: Array.from({ length: 6 }, () => 'sfail.app.svc.Z sf'), packets: 12, ends: 'dns-servfail' },
  { id: 'q21', name: 'ref', resolver: 'glibc', steps: ['ref.app.svc.Z ref', 'ref.app.svc.Z ref', 'ref nx'], packets: 6, ends: 'nxdomain' },
  { id: 'q22', name: 'db', from: 'long', resolver: 'musl', steps: ['db nx'], packets: 2, ends: 'nxdomain' },
  { id: 'q22', name: 'db', from: 'long', resolver: 'glibc', steps: ['db.app.svc.Z ok'], packets: 2, ends: 'reached' },
  { id: 'q23', name: 'db', from: 'default', search: [], steps: ['db nx'], packets: 2, ends: 'nxdomain' },
  { id: 'q25', name: 'db.other', family: 4, steps: ['db.other.app.svc.Z nx', 'db.other.svc.Z ok'], packets: 2, ends: 'reached' },
  { id: 'q27', name: 'example.com', search: ['corp.example'], steps: ['example.com.app.svc.Z nx', 'example.com.svc.Z nx', 'example.com.Z nx', 'example.com.corp.example ok'], packets: 8, ends: 'dns-wrong-answer', addresses: ['192.0.2.66'] },
]

describe('what a pod asks, packet by packet', () => {
  const usual = load(cluster('host.example'))
  const libcs = ['glibc', 'musl'] as const
  const both = (row: Row) =>
    libcs.flatMap((libc) => ((row.resolver ?? libc) === libc ? [{ ...row, resolver: libc }] : []))

  test.for(rows.flatMap(both))('$id $resolver: $name: $packets packets, $ends', (row) => {
    const { id: _, from = 'client', search, name, resolver, family, addresses, ...expected } = row
    const loaded = search ? load(cluster(...search)) : usual
    const request = { from: `pod/app/${from}`, to: `${name}:5432`, resolver, ...(family && { family }) }
    const [outcome, ...others] = loaded.trace(request).outcomes
    expect(others).toEqual([])
    const queries = outcome?.resolution?.queries ?? []
    const ends = outcome?.disposition
    expect({ steps: stepsOf(queries), packets: queries.length, ends }).toEqual(expected)
    if (addresses) expect(outcome?.resolution?.addresses).toEqual(addresses)
  })

  test('q26: a tool that asks for the name as it stands', () => {
    const { queries, rcode } = usual.resolve({
      name: 'db.other',
      type: 'A',
      from: 'pod/app/client',
      resolver: 'as-is',
    })
    expect([stepsOf(queries), queries.length, rcode]).toEqual([['db.other nx'], 1, 'NXDOMAIN'])
  })

  test('each query goes from the pod to kube-dns, is translated on its node, and is answered by CoreDNS', () => {
    const [outcome] = usual.trace({ from: 'pod/app/client', to: 'db:5432' }).outcomes
    const [leg] = outcome?.legs ?? []
    expect(leg?.purpose).toBe('resolve')
    const steps = leg?.forward.flatMap((hop) => hop.steps) ?? []
    const kubeDns = usual.cluster.services.find(({ name }) => name === 'kube-dns')?.clusterIps[0]
    const servers = usual.cluster.pods
      .filter(({ labels }) => labels['k8s-app'] === 'kube-dns')
      .map(({ ips }) => ips[0])
    expect(steps[0]).toMatchObject({ type: 'sent', packet: { dst: kubeDns, dport: 53, protocol: 17 } })
    const translations = steps.flatMap((step) =>
      step.type === 'nat' && step.action === 'dnat' ? [step.to.ip] : [],
    )
    expect(translations).toHaveLength(1)
    expect(servers).toContain(translations[0])
    expect(outcome?.resolution?.queries.map(({ answeredBy }) => answeredBy?.kind)).toEqual(['Pod', 'Pod'])
  })
})
