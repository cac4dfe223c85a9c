import { expect, test } from 'vitest'
import type { JourneyRequest } from '../../src/index.ts'
import { parseCluster } from '../../src/index.ts'

/** Failures of names that users report again and again, and what the cure of each does. */
interface Row {
  readonly name: string
  readonly objects: readonly string[]
  readonly from?: string
  readonly to: string
  readonly resolver?: JourneyRequest['resolver']
  readonly ends: string
  /** The first finding, and the object that it names first. */
  readonly first?: readonly [code: string, object: string]
}

const pod = (name: string, spec = '', rest = '') =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name.replace(/-\d$/, '')} } }, spec: { nodeName: worker, ${spec} containers: [{ name: c, image: i, ports: [{ containerPort: 8080 }] }] } ${rest} }`
const service = (name: string, spec: string) =>
  `{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { ${spec} } }`
const environment = (spec: string) =>
  `{ apiVersion: kubewalk.dev/v1alpha1, kind: Environment, metadata: { name: around }, spec: { ${spec} } }`
const client = pod('client')
const web = [pod('web-0'), service('web', 'selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }]')]
const ready = (status: string, ip: string) =>
  `, status: { phase: Running, podIP: ${ip}, conditions: [{ type: Ready, status: "${status}", reason: ContainersNotReady }] }`
const peers = (spec = '') => [
  pod('peer-0', 'hostname: peer-0, subdomain: peer,', ready('True', '10.244.1.50')),
  pod('peer-1', 'hostname: peer-1, subdomain: peer,', ready('False', '10.244.1.51')),
  service('peer', `${spec} clusterIP: None, selector: { app: peer }, ports: [{ port: 8080 }]`),
]
const alias = (name: string) => service('alias', `type: ExternalName, externalName: ${name}`)
const server =
  'upstreamDNS: { default: { api.example.net: { A: 198.51.100.60 } } }, externalHosts: [{ ip: 198.51.100.60, listeners: [{ protocol: TCP, port: 80, http: { virtualHosts: [api.example.net], otherHosts: 404 } }] }]'

/** The last of eight search domains: kubelet has kept 32 since 1.26, and kept six before. */
const searches = ['a', 'b', 'c', 'corp'].map((one) => `${one}.example`).join(', ')
const eight = [
  pod('client', `dnsConfig: { searches: [${searches}] },`),
  environment(
    `upstreamDNS: { default: { db.corp.example: { A: 198.51.100.61 }, 'db.a.example': { rcode: NXDOMAIN }, 'db.b.example': { rcode: NXDOMAIN }, 'db.c.example': { rcode: NXDOMAIN } } }, nodes: { worker: { resolv: { nameservers: [172.18.0.1], search: [host.example] } } }`,
  ),
]

// biome-ignore format: one failure a row
const rows: readonly Row[] = [
  { name: 'an ExternalName changes no Host header', objects: [client, alias('api.example.net'), environment(server)], to: 'http://alias', ends: 'HTTP 404', first: ['host-not-served', 'Service/alias'] },
  { name: 'asked for by its own name', objects: [client, alias('api.example.net'), environment(server)], to: 'http://api.example.net', ends: 'HTTP 200' },
  { name: 'an ExternalName is not expanded by search lists', objects: [client, ...web, alias('web.default')], to: 'alias:80', ends: 'dns-nodata', first: ['external-name-unknown', 'Service/alias'] },
  { name: 'the full name is', objects: [client, ...web, alias('web.default.svc.cluster.local')], to: 'alias:80', ends: 'reached' },
  { name: 'an ExternalName is no address', objects: [client, alias('192.0.2.7')], to: 'alias:80', ends: 'nxdomain', first: ['external-name-unknown', 'Service/alias'] },
  { name: 'peers of a StatefulSet that are not ready have no name', objects: [client, ...peers()], to: 'peer-1.peer:8080', ends: 'nxdomain', first: ['endpoint-not-ready', 'Pod/peer-1'] },
  { name: 'publishNotReadyAddresses gives them one', objects: [client, ...peers('publishNotReadyAddresses: true,')], to: 'peer-1.peer:8080', ends: 'reached' },
  { name: 'Alpine: a namespace of the name ends the search', objects: [client, ...web, '{ apiVersion: v1, kind: Namespace, metadata: { name: db } }', environment('upstreamDNS: { default: { db.corp.example: { A: 198.51.100.61 } } }, nodes: { worker: { resolv: { nameservers: [172.18.0.1], search: [corp.example] } } }')], to: 'db:80', resolver: 'musl', ends: 'dns-nodata', first: ['resolver-stops-at-empty-answer', 'Pod/client'] },
  { name: 'Debian: it does not', objects: [client, ...web, '{ apiVersion: v1, kind: Namespace, metadata: { name: db } }', environment('upstreamDNS: { default: { db.corp.example: { A: 198.51.100.61 } } }, nodes: { worker: { resolv: { nameservers: [172.18.0.1], search: [corp.example] } } }')], to: 'db:80', resolver: 'glibc', ends: 'reached' },
  { name: 'a pod on the network of its node asks the resolver of its node', objects: [pod('client', 'hostNetwork: true,'), ...web], to: 'web:80', ends: 'nxdomain', first: ['host-network-dns', 'Pod/client'] },
  { name: 'ClusterFirstWithHostNet asks the cluster', objects: [pod('client', 'hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet,'), ...web], to: 'web:80', ends: 'reached' },
  { name: 'a name below an ExternalName is none', objects: [client, alias('api.example.net'), environment(server)], to: 'x.alias.default.svc.cluster.local:80', ends: 'nxdomain', first: ['pod-name-unknown', 'Service/alias'] },
  { name: 'a Service without endpoints has a name, and refuses', objects: [client, service('web', 'selector: { app: web }, ports: [{ port: 80 }]')], to: 'web:80', ends: 'rejected', first: ['service-without-endpoints', 'Service/web'] },
  { name: 'the eighth search domain counts', objects: eight, to: 'db:80', ends: 'reached' },
]

test.for(rows)('$name: $ends', ({ objects, from = 'pod/client', to, resolver, ends, first }) => {
  const cluster = parseCluster([{ name: 'cluster.yaml', text: objects.join('\n---\n') }])
  const { outcomes, findings } = cluster.trace({ from, to, ...(resolver && { resolver }) })
  const endings = outcomes.map(({ disposition, http }) =>
    disposition === 'reached' && http ? `HTTP ${http.status}` : disposition,
  )
  expect(new Set(endings)).toEqual(new Set([ends]))
  const [finding] = findings
  const object = finding?.objects[0]
  expect(finding && [finding.code, `${object?.kind}/${object?.name}`]).toEqual(first)
})

test('a negative answer that CoreDNS keeps is not modelled: the cache says that it is taken to be empty', () => {
  const cluster = parseCluster([{ name: 'cluster.yaml', text: [client, ...web].join('\n---\n') }])
  const [query] = cluster.resolve({ name: 'new.default.svc.cluster.local.', from: 'pod/client' }).queries
  expect(query?.rcode).toBe('NXDOMAIN')
  expect(query?.steps).toContain('cache: taken to hold no answer yet')
})
