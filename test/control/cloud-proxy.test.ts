import { describe, expect, test } from 'vitest'
import type { Journey, JourneyRequest, LoadedCluster } from '../../src/index.ts'
import { parseCluster } from '../../src/index.ts'
import type { Variation } from '../support/balancers.ts'
import { balancedCluster, pod } from '../support/balancers.ts'

/**
 * The proxies of clouds: machines outside the cluster, which take requests at the Ingress's address and open
 * connections of their own. Addresses by Google Cloud's "Firewall rules" (130.211.0.0/22 and 35.191.0.0/16) and
 * AWS's "Target groups" (the load balancer's own, from its subnets).
 */

type Values = Readonly<Record<string, unknown>>

interface Setup {
  /** Of the Service web, which has node port 30080. */
  readonly service?: Values
  readonly serviceAnnotations?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ingress?: Values
  readonly published?: readonly Values[]
  /** The Ingress has no status at all, as in a manifest. */
  readonly unpublished?: boolean
  readonly environment?: Values
  readonly provider?: string
  readonly pods?: Variation['more']
  readonly withoutPods?: boolean
}

const gce = { 'kubernetes.io/ingress.class': 'gce' }
const alb = { 'kubernetes.io/ingress.class': 'alb', 'alb.ingress.kubernetes.io/scheme': 'internet-facing' }
const byIp = { ...alb, 'alb.ingress.kubernetes.io/target-type': 'ip' }
const groups = { 'cloud.google.com/neg': '{"ingress": true}' }
const clusterIp = { type: 'ClusterIP', ports: [{ port: 80, targetPort: 8080 }] }
const address = [{ ip: '198.51.100.80' }]
const named = [{ hostname: 'k8s-web-1.eu-west-1.elb.amazonaws.com' }]

const rules = (path: string, pathType: string, service = 'web', port: Values = { number: 80 }) => ({
  rules: [
    {
      host: 'a.example.com',
      http: { paths: [{ path, pathType, backend: { service: { name: service, port } } }] },
    },
  ],
})

function setUp(setup: Setup): LoadedCluster {
  const { service = {}, serviceAnnotations = {}, annotations = {}, published = [] } = setup
  return balancedCluster({
    spec: { type: 'NodePort', ...service },
    annotations: serviceAnnotations,
    ingress: [],
    ...(setup.environment && { environment: setup.environment }),
    ...(setup.provider !== undefined && { provider: setup.provider }),
    ...(setup.withoutPods && { withoutPods: true }),
    more: [
      ...(setup.pods ?? []),
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'web', annotations },
        spec: setup.ingress ?? rules('/', 'Prefix'),
        ...(!setup.unpublished && { status: { loadBalancer: { ingress: published } } }),
      },
    ],
  })
}

/** `200 p1 sees 10.0.0.12: n2 n1 p1`: the status, who answers, what it sees, and the machines on the proxy's way. */
function endsOf({ outcomes }: Journey): readonly string[] {
  const lines = outcomes.map(({ disposition, http, destination, seenSource, legs }) => {
    const own = legs.find(({ purpose }) => purpose === 'proxy')
    if (!own) return `${http?.status ?? disposition}`
    const way = own.forward.slice(1).map(({ netns }) => netns.split('/').at(-1))
    return `${http?.status ?? disposition} ${destination?.name} sees ${seenSource?.ip}: ${way.join(' ')}`
  })
  return [...new Set(lines)].toSorted()
}

const visit: JourneyRequest = { from: '203.0.113.50', to: 'http://a.example.com/' }

/** What Google's proxies send from. */
const google = /35\.191\.\d+\.\d+/g
/** What an ALB sends from, in the nodes' network, near its end. */
const inside = /10\.0\.0\.2\d\d/g

describe('the way from the cloud into the cluster', () => {
  // biome-ignore format: one row a line
  test.for<Setup & { readonly name: string; readonly ends: readonly string[] }>([
    { name: 'gce, node ports: any node, which masquerades', annotations: gce, published: address, ends: ['200 p1 sees 10.0.0.12: n2 n1 p1', '200 p1 sees 10.244.1.1: n1 p1'] },
    { name: 'gce, node ports, Local: the node with the pod, and Google as the client', annotations: gce, published: address, service: { externalTrafficPolicy: 'Local' }, ends: ['200 p1 sees GOOGLE: n1 p1'] },
    { name: 'gce, endpoint groups: the pod', annotations: gce, published: address, service: clusterIp, serviceAnnotations: groups, ends: ['200 p1 sees GOOGLE: n1 p1'] },
    { name: 'gce, endpoint groups for every Service', annotations: gce, published: address, service: clusterIp, environment: { ingressControllers: [{ type: 'gce', containerNativeNEG: true }] }, ends: ['200 p1 sees GOOGLE: n1 p1'] },
    { name: 'gce, no class, on nodes of GKE', published: address, provider: 'gce://p/z/', ends: ['200 p1 sees 10.0.0.12: n2 n1 p1', '200 p1 sees 10.244.1.1: n1 p1'] },
    { name: 'gce, no class, as the Environment says', published: address, environment: { ingressControllers: [{ type: 'gce' }] }, ends: ['200 p1 sees 10.0.0.12: n2 n1 p1', '200 p1 sees 10.244.1.1: n1 p1'] },
    { name: 'gce, groups without an endpoint', annotations: gce, published: address, service: clusterIp, serviceAnnotations: groups, withoutPods: true, ends: ['502'] },
    { name: 'gce, node ports without an endpoint', annotations: gce, published: address, withoutPods: true, ends: ['502 undefined sees undefined: n1', '502 undefined sees undefined: n2'] },
    { name: 'gce, a path that no rule takes', annotations: gce, published: address, ingress: rules('/x', 'Prefix'), ends: ['404'] },
    { name: 'alb, instances: any node, which masquerades', annotations: alb, published: named, ends: ['200 p1 sees 10.0.0.12: n2 n1 p1', '200 p1 sees 10.244.1.1: n1 p1'] },
    { name: 'alb, instances, Local', annotations: alb, published: named, service: { externalTrafficPolicy: 'Local' }, ends: ['200 p1 sees INSIDE: n1 p1'] },
    { name: 'alb, targets of type ip: the pod', annotations: byIp, published: named, service: clusterIp, ends: ['200 p1 sees INSIDE: n1 p1'] },
    { name: 'alb, targets of type ip, none is ready', annotations: byIp, published: named, service: clusterIp, withoutPods: true, ends: ['503'] },
    { name: 'alb, the Service is missing', annotations: alb, published: named, ingress: rules('/', 'Prefix', 'wbe'), ends: ['503'] },
    { name: 'alb, the address that the Environment assigns', annotations: byIp, environment: { loadBalancerController: { assigns: '198.51.100.9' } }, ends: ['200 p1 sees INSIDE: n1 p1'] },
    { name: 'gce, two pods by groups', annotations: gce, published: address, serviceAnnotations: groups, pods: [pod('p2', 'n2', '10.244.2.5', { app: 'web' })], ends: ['200 p1 sees GOOGLE: n1 p1', '200 p2 sees GOOGLE: n2 p2'] },
  ])('$name', ({ ends, ...setup }) => {
    const journey = setUp(setup).trace(visit)
    expect(endsOf(journey).map((one) => one.replace(google, 'GOOGLE').replace(inside, 'INSIDE'))).toEqual(ends)
  })

  test('from a pod: out by its node, and in again', () => {
    const journey = setUp({ annotations: gce, published: address }).trace({ ...visit, from: 'pod/c2' })
    expect(endsOf(journey)).toEqual(['200 p1 sees 10.0.0.12: n2 n1 p1', '200 p1 sees 10.244.1.1: n1 p1'])
  })

  // biome-ignore format: one row a line
  test.for([
    { name: 'gce: the client and its own address', annotations: gce, published: address, from: '203.0.113.50', headers: [], text: '203.0.113.50, 198.51.100.80' },
    { name: 'gce: after what was sent', annotations: gce, published: address, from: '203.0.113.50', headers: ['X-Forwarded-For: 192.0.2.1'], text: '192.0.2.1, 203.0.113.50, 198.51.100.80' },
    { name: 'gce, from a pod: its node', annotations: gce, published: address, from: 'pod/c2', headers: [], text: '10.0.0.12, 198.51.100.80' },
    { name: 'alb: the client', annotations: alb, published: named, from: '203.0.113.50', headers: [], text: '203.0.113.50' },
    { name: 'alb: after what was sent', annotations: alb, published: named, from: '203.0.113.50', headers: ['X-Forwarded-For: 192.0.2.1'], text: '192.0.2.1, 203.0.113.50' },
  ])('X-Forwarded-For at the pod, $name', ({ from, headers, text, ...setup }) => {
    const [first] = setUp(setup).trace({ ...visit, from, headers }).outcomes
    expect(first?.http?.received?.headers.filter(([name]) => name === 'X-Forwarded-For')).toEqual([['X-Forwarded-For', text]])
    expect(first?.http?.received?.headers).toContainEqual(['X-Forwarded-Proto', 'http'])
  })

  test('the balancer is asked by its name in the DNS of AWS', () => {
    const cluster = setUp({ annotations: byIp, published: named })
    const to = `http://${named[0]?.hostname}/`
    expect(endsOf(cluster.trace({ ...visit, to, headers: ['Host: a.example.com'] }))).toHaveLength(1)
    expect(endsOf(cluster.trace({ ...visit, to }))).toEqual(['404'])
  })

  test('an internal ALB has an address of the nodes’ network, and sends from it', () => {
    const internal = { ...byIp, 'alb.ingress.kubernetes.io/scheme': 'internal' }
    const cluster = setUp({ annotations: internal, published: named })
    const [way] = cluster.trace({ ...visit, from: 'pod/c2' }).outcomes
    expect(way?.http?.status).toBe(200)
    expect(way?.resolution?.addresses).toEqual([way?.seenSource?.ip])
    expect(way?.seenSource?.ip).toMatch(/^10\.0\.0\./)
  })
})

describe('an Ingress of which no balancer is made', () => {
  // biome-ignore format: one row a line
  test.for<Setup & { readonly name: string; readonly said: string; readonly object: string }>([
    { name: 'gce: ClusterIP without groups', annotations: gce, service: clusterIp, said: 'is of type ClusterIP', object: 'Service/web' },
    { name: 'gce: groups that are turned off', annotations: gce, service: clusterIp, serviceAnnotations: { 'cloud.google.com/neg': '{"ingress": false}' }, environment: { ingressControllers: [{ type: 'gce', containerNativeNEG: true }] }, said: 'is of type ClusterIP', object: 'Service/web' },
    { name: 'gce: an internal balancer without groups', annotations: { 'kubernetes.io/ingress.class': 'gce-internal' }, said: 'has no endpoint groups', object: 'Service/web' },
    { name: 'gce: the Service is missing', annotations: gce, ingress: rules('/', 'Prefix', 'wbe'), said: 'there is no Service wbe', object: 'Ingress/web' },
    { name: 'gce: the port is missing', annotations: gce, ingress: rules('/', 'Prefix', 'web', { number: 8080 }), said: 'has no port 8080', object: 'Ingress/web' },
    { name: 'gce: a star in a Prefix path', annotations: gce, ingress: rules('/*', 'Prefix'), said: 'has a star', object: 'Ingress/web' },
    { name: 'gce: the class in the field, which GKE does not read', ingress: { ingressClassName: 'gce', ...rules('/', 'Prefix') }, said: 'reads the annotation', object: 'Ingress/web' },
    { name: 'gce: nothing says which address', annotations: gce, said: 'the input does not say which', object: 'Ingress/web' },
    { name: 'alb: ClusterIP and targets of type instance', annotations: alb, service: clusterIp, said: 'is of type ClusterIP', object: 'Service/web' },
    { name: 'alb: the port is missing', annotations: alb, ingress: rules('/', 'Prefix', 'web', { name: 'http' }), said: 'has no port called "http"', object: 'Ingress/web' },
  ])('$name', ({ said, object, ...setup }) => {
    const { outcomes, findings } = setUp(setup).trace(visit)
    expect(outcomes.map(({ disposition, symptom }) => `${disposition}: ${symptom.text}`)).toEqual([
      'no-address: no address has been assigned: <pending>',
    ])
    const [first] = findings
    expect(first?.code).toBe('ingress-without-address')
    expect(first?.message).toContain(said)
    expect(first?.objects.map(({ kind, name }) => `${kind}/${name}`)[0]).toBe(object)
    expect(first?.objects.every(({ at }) => at !== undefined)).toBe(true)
    expect(first?.fix).toBeDefined()
  })

  const refused: Setup = { annotations: gce, service: clusterIp }

  // biome-ignore format: one row a line
  test.for([
    { name: 'another host goes where it went before', more: {}, to: 'http://b.example.com/', ends: ['200'] },
    { name: 'the request gives an address', more: { resolve: { 'a.example.com': '203.0.113.77' } }, to: visit.to, ends: ['200'] },
    { name: 'the request gives an empty one', more: { resolve: { 'a.example.com': '' } }, to: visit.to, ends: ['no-address'] },
  ])('$name', ({ more, to, ends }) => {
    expect(endsOf(setUp(refused).trace({ ...visit, ...more, to }))).toEqual(ends)
  })

  test('a name that a DNS outside is stated to have is asked for there', () => {
    const upstreamDNS = { default: { 'a.example.com': { A: '203.0.113.77' } } }
    expect(endsOf(setUp({ ...refused, environment: { upstreamDNS } }).trace(visit))).toEqual(['200'])
  })

  test('one that had an address keeps its balancer, whose configuration nobody knows', () => {
    const { outcomes, findings } = setUp({ ...refused, published: address }).trace(visit)
    expect(outcomes.map(({ disposition }) => disposition)).toEqual(['unknown'])
    expect(findings[0]?.code).toBe('ingress-configuration-kept')
  })

  // biome-ignore format: one row a line
  test.for([
    { name: 'one that the cloud serves', service: {}, ips: ['198.51.100.9'] },
    { name: 'one that it refuses', service: clusterIp, ips: [] },
  ])('what the API server would have of its status: $name', ({ service, ips }) => {
    const environment = { loadBalancerController: { assigns: '198.51.100.9' } }
    const { objects } = setUp({ annotations: gce, service, environment, unpublished: true })
    const found = objects.Ingress.flatMap(({ status }) => status?.loadBalancer?.ingress ?? [])
    expect(found.map(({ ip }) => ip)).toEqual(ips)
  })

  test('an input without Nodes: an address for documentation, which is said', () => {
    const text = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web-0, labels: { app: web } }
spec: { containers: [{ name: web, ports: [{ containerPort: 80 }] }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, annotations: { kubernetes.io/ingress.class: gce } }
spec: { defaultBackend: { service: { name: web, port: { number: 80 } } }, rules: [{ host: a.example.com }] }
`
    const loaded = parseCluster([{ name: 'web.yaml', text }])
    const { outcomes } = loaded.trace(visit)
    expect(outcomes.every(({ http }) => http?.status === 200)).toBe(true)
    expect(loaded.cluster.assumptions.map((one) => one.text)).toContainEqual(
      expect.stringMatching(/^the load balancer of Ingress\/default\/web is at 198\.51\.100\.\d+$/),
    )
  })
})
