import { describe, expect, test } from 'vitest'
import type { Journey, LoadedCluster } from '../../src/index.ts'
import { parseCluster } from '../../src/index.ts'

/**
 * ingress-nginx behind load balancers: where TLS ends (buildListener of cloud-provider-aws), what the controller makes of
 * X-Forwarded-Proto and of the PROXY protocol (lua_ingress.rewrite), and whose address it sees.
 */

type Values = Readonly<Record<string, unknown>>

interface Setup {
  readonly service?: Readonly<Record<string, string>>
  readonly spec?: Values
  /** The Service's port https leads to this port of the controller. */
  readonly targetPort?: 'http' | 'https'
  readonly config?: Readonly<Record<string, string>>
  readonly ingress?: Readonly<Record<string, string>>
  readonly tls?: boolean
  readonly provider?: string
  readonly address?: Values
}

const annotation = (names: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(names).map(([name, value]) => [
      `service.beta.kubernetes.io/aws-load-balancer-${name}`,
      value,
    ]),
  )
const certificate = { 'ssl-cert': 'arn:aws:acm:eu-west-1:1:certificate/1', 'ssl-ports': 'https' }
const sslRedirect = { 'nginx.ingress.kubernetes.io/force-ssl-redirect': 'true' }

const node = (name: string, last: number, provider: string) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: { podCIDR: `10.244.${last - 10}.0/24`, providerID: `${provider}${name}` },
  status: {
    addresses: [{ type: 'InternalIP', address: `10.0.0.${last}` }],
    conditions: [{ type: 'Ready', status: 'True' }],
  },
})

const pod = (name: string, namespace: string, nodeName: string, podIP: string, spec: Values) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app: name, 'app.kubernetes.io/name': name } },
  spec: { nodeName, ...spec },
  status: { phase: 'Running', podIP, conditions: [{ type: 'Ready', status: 'True' }] },
})

/** The controller runs on n1, the application main on n2. */
function setUp(setup: Setup): LoadedCluster {
  const { service = {}, spec = {}, targetPort = 'http', config = {}, ingress = {}, tls } = setup
  const { provider = 'aws:///a/', address = { hostname: 'web-1.eu-west-1.elb.amazonaws.com' } } = setup
  const objects = [
    node('n1', 11, provider),
    node('n2', 12, provider),
    pod('ingress-nginx', 'ingress-nginx', 'n1', '10.244.1.30', {
      containers: [
        {
          name: 'controller',
          image: 'registry.k8s.io/ingress-nginx/controller:v1.15.0',
          args: ['--configmap=ingress-nginx/ingress-nginx-controller', '--watch-ingress-without-class'],
          ports: [
            { name: 'http', containerPort: 80 },
            { name: 'https', containerPort: 443 },
          ],
        },
      ],
    }),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'ingress-nginx-controller', namespace: 'ingress-nginx' },
      data: config,
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'ingress-nginx', namespace: 'ingress-nginx', annotations: annotation(service) },
      spec: {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.80',
        selector: { app: 'ingress-nginx' },
        ports: [
          { name: 'http', port: 80, targetPort: 'http', nodePort: 30080 },
          { name: 'https', port: 443, targetPort, nodePort: 30443 },
        ],
        ...spec,
      },
      status: { loadBalancer: { ingress: [address] } },
    },
    pod('main', 'default', 'n2', '10.244.2.5', {
      containers: [{ name: 'c', ports: [{ containerPort: 8080 }] }],
    }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'main' },
      spec: { clusterIP: '10.96.0.81', selector: { app: 'main' }, ports: [{ port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'main', annotations: ingress },
      spec: {
        ...(tls && { tls: [{ hosts: ['a.test'] }] }),
        rules: [
          {
            host: 'a.test',
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: 'main', port: { number: 80 } } },
                },
              ],
            },
          },
        ],
      },
    },
    {
      apiVersion: 'kubewalk.dev/v1alpha1',
      kind: 'Environment',
      metadata: { name: 'around' },
      spec: { clusterNetwork: { podCIDR: '10.244.0.0/16', serviceCIDR: '10.96.0.0/16' } },
    },
  ]
  return parseCluster(
    objects.map((one, index) => ({ name: `${index}.json`, text: JSON.stringify(one, undefined, 1) })),
  )
}

const client = '203.0.113.9'

/** The ways in a line each, equal ones once: `200 main`, `308 https://a.test/x`, `refused`. */
function endsOf({ outcomes }: Journey): readonly string[] {
  const lines = outcomes.map(({ disposition, http, destination }) => {
    if (disposition !== 'reached') return disposition
    if (http?.location !== undefined) {
      const loop = http.reason?.includes('back to the same address, for ever') ? ', for ever' : ''
      return `${http.status} ${http.location}${loop}`
    }
    return `${http?.status}${http?.by === 'application' ? ` ${destination?.name}` : ''}`
  })
  return [...new Set(lines)].toSorted()
}

const nlb = { type: 'external' }
const proxied = { 'proxy-protocol': '*' }
const on = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 'true']))

describe('TLS that ends at the load balancer of AWS', () => {
  // biome-ignore format: one row a line
  test.for<Setup & { readonly name: string; readonly to?: string; readonly ends: readonly string[]; readonly finding?: string }>([
    { name: 'classic, SSL in front of TCP: nginx sees plain HTTP', service: certificate, ingress: sslRedirect, ends: ['308 https://a.test/x, for ever'], finding: 'redirect-loop' },
    { name: 'the same by a TLS section', service: certificate, tls: true, ends: ['308 https://a.test/x, for ever'], finding: 'redirect-loop' },
    { name: 'the root, whose slash the redirect drops', service: certificate, ingress: sslRedirect, to: 'https://a.test/', ends: ['308 https://a.test, for ever'], finding: 'redirect-loop' },
    { name: 'a path whose last slash the redirect drops', service: certificate, ingress: sslRedirect, to: 'https://a.test/x/', ends: ['308 https://a.test/x, for ever'], finding: 'redirect-loop' },
    { name: 'plain HTTP is sent to https once', service: certificate, ingress: sslRedirect, to: 'http://a.test/x', ends: ['308 https://a.test/x'] },
    { name: 'no redirect is asked for', service: certificate, ends: ['200 main'] },
    { name: 'classic, HTTP: X-Forwarded-Proto, which nginx does not believe', service: { ...certificate, 'backend-protocol': 'http' }, ingress: sslRedirect, ends: ['308 https://a.test/x, for ever'], finding: 'redirect-loop' },
    { name: 'classic, HTTP, believed', service: { ...certificate, 'backend-protocol': 'http' }, config: on('use-forwarded-headers'), ingress: sslRedirect, ends: ['200 main'] },
    { name: 'classic, HTTP, believed: plain HTTP is told as such', service: { ...certificate, 'backend-protocol': 'http' }, config: on('use-forwarded-headers'), ingress: sslRedirect, to: 'http://a.test/x', ends: ['308 https://a.test/x'] },
    { name: 'classic, SSL in front of TCP: nobody writes the header', service: certificate, config: on('use-forwarded-headers'), ingress: sslRedirect, ends: ['308 https://a.test/x, for ever'], finding: 'redirect-loop' },
    { name: 'classic, PROXY on both sides: port 443 stands in it', service: { ...certificate, ...proxied }, config: on('use-proxy-protocol'), ingress: sslRedirect, ends: ['200 main'] },
    { name: 'classic, PROXY: port 80 does not count as https', service: { ...certificate, ...proxied }, config: on('use-proxy-protocol'), ingress: sslRedirect, to: 'http://a.test/x', ends: ['308 https://a.test/x'] },
    { name: 'NLB with a certificate', service: { ...nlb, ...certificate }, ingress: sslRedirect, ends: ['308 https://a.test/x, for ever'], finding: 'redirect-loop' },
    { name: 'NLB, PROXY on both sides', service: { ...nlb, ...certificate, ...proxied }, config: on('use-proxy-protocol'), ingress: sslRedirect, ends: ['200 main'] },
    { name: 'every port, without ssl-ports', service: { 'ssl-cert': 'arn' }, ingress: sslRedirect, ends: ['308 https://a.test/x, for ever'], finding: 'redirect-loop' },
    { name: 'plain HTTP to a port for TLS', service: { 'ssl-cert': 'arn' }, to: 'http://a.test/x', ends: ['refused'] },
    { name: 'ssl-ports by number', service: { ...certificate, 'ssl-ports': '443' }, ingress: sslRedirect, ends: ['308 https://a.test/x, for ever'], finding: 'redirect-loop' },
    { name: 'ssl-ports that are others: the handshake meets a port for HTTP', service: { ...certificate, 'ssl-ports': '8443' }, ends: ['tls-wrong-cert'], finding: 'any' },
    { name: 'TLS ends there and plain HTTP meets a port for HTTPS', service: certificate, targetPort: 'https', ends: ['400'], finding: 'any' },
    { name: 'TLS ends there and begins anew', service: { ...certificate, 'backend-protocol': 'https' }, targetPort: 'https', ingress: sslRedirect, ends: ['200 main'] },
    { name: 'NLB, TLS ends there and begins anew', service: { ...nlb, ...certificate, 'backend-protocol': 'ssl' }, targetPort: 'https', ingress: sslRedirect, ends: ['200 main'] },
  ])('$name', ({ to = 'https://a.test/x', ends, finding, ...setup }) => {
    const journey = setUp(setup).trace({ from: client, to, insecure: true })
    expect(endsOf(journey)).toEqual(ends)
    const codes = journey.findings.map(({ code }) => code)
    if (finding !== 'any') expect(codes).toEqual(finding === undefined ? [] : [finding])
    if (finding === 'redirect-loop') {
      const [cause] = journey.findings
      expect(cause?.objects.map(({ kind, name }) => `${kind}/${name}`)).toEqual(['Service/ingress-nginx', 'Ingress/main'])
      expect(cause?.objects.every(({ at }) => at !== undefined)).toBe(true)
    }
  })

  test('what the application gets of a client behind a balancer that reads HTTP', () => {
    const service = { ...certificate, 'backend-protocol': 'http' }
    const cluster = setUp({ service, config: on('use-forwarded-headers') })
    const [way] = cluster.trace({ from: client, to: 'https://a.test/x' }).outcomes
    const headers = new Map(way?.http?.received?.headers)
    expect(headers.get('X-Forwarded-For')).toBe(client)
    expect(headers.get('X-Forwarded-Proto')).toBe('https')
  })
})

describe('the PROXY protocol: both ends must agree', () => {
  // biome-ignore format: one row a line
  test.for<Setup & { readonly name: string; readonly from?: string; readonly to?: string; readonly ends: readonly string[]; readonly finding?: string }>([
    { name: 'sent and expected', service: proxied, config: on('use-proxy-protocol'), ends: ['200 main'] },
    { name: 'sent and not expected: the header is no request', service: proxied, ends: ['400'], finding: 'proxy-protocol-mismatch' },
    { name: 'expected and not sent: the connection is closed', config: on('use-proxy-protocol'), ends: ['refused'], finding: 'proxy-protocol-mismatch' },
    { name: 'expected, and the way from inside does not pass the balancer', service: proxied, config: on('use-proxy-protocol'), from: 'pod/main', to: 'http://ingress-nginx.ingress-nginx/', ends: ['refused'], finding: 'proxy-protocol-mismatch' },
    { name: 'an NLB, version 2, sent and expected', service: { ...nlb, ...proxied }, config: on('use-proxy-protocol'), ends: ['200 main'] },
    { name: 'an NLB, sent and not expected', service: { ...nlb, ...proxied }, ends: ['400'], finding: 'proxy-protocol-mismatch' },
  ])('$name', ({ from = client, to = 'http://a.test/x', ends, finding, ...setup }) => {
    const journey = setUp(setup).trace({ from, to })
    expect(endsOf(journey)).toEqual(ends)
    expect(journey.findings.map(({ code }) => code)).toEqual(finding === undefined ? [] : [finding])
  })
})

/** Rows n037 and n038: whitelist-source-range 203.0.113.0/24, asked from 203.0.113.9. */
describe('whose address whitelist-source-range is compared with', () => {
  const allowed = { 'nginx.ingress.kubernetes.io/whitelist-source-range': '203.0.113.0/24' }
  const local = { externalTrafficPolicy: 'Local' }
  const address = { ip: '198.51.100.80' }
  const gcp = { provider: 'gce://p/z/', address, ingress: allowed }

  // biome-ignore format: one row a line
  test.for<Setup & { readonly name: string; readonly from?: string; readonly ends: readonly string[]; readonly message?: string }>([
    { name: 'n037: pass-through, ETP Local', ...gcp, spec: local, ends: ['200 main'] },
    { name: 'n038: pass-through, ETP Cluster: a node', ...gcp, ends: ['403'], message: '10.0.0.12, the address of node n2' },
    { name: 'somebody else, ETP Local', ...gcp, spec: local, from: '198.51.100.7', ends: ['403'] },
    { name: 'NLB by instance, ETP Local', service: nlb, ingress: allowed, spec: local, ends: ['200 main'] },
    { name: 'NLB by instance, ETP Cluster', service: nlb, ingress: allowed, ends: ['403'] },
    { name: 'classic, ETP Local: the balancer', ingress: allowed, spec: local, ends: ['403'], message: 'the address of its load balancer' },
    { name: 'classic with PROXY, ETP Cluster', service: proxied, config: on('use-proxy-protocol'), ingress: allowed, ends: ['200 main'] },
    { name: 'classic with PROXY, somebody else', service: proxied, config: on('use-proxy-protocol'), ingress: allowed, from: '198.51.100.7', ends: ['403'], message: '198.51.100.7' },
    { name: 'classic that reads HTTP, believed', service: { 'backend-protocol': 'http' }, config: on('use-forwarded-headers'), ingress: allowed, ends: ['200 main'] },
    { name: 'classic that reads HTTP, not believed', service: { 'backend-protocol': 'http' }, ingress: allowed, ends: ['403'] },
  ])('$name', ({ from = client, ends, message = '', ...setup }) => {
    const journey = setUp(setup).trace({ from, to: 'http://a.test/' })
    expect(endsOf(journey)).toEqual(ends)
    const codes = new Set(journey.findings.map(({ code }) => code))
    expect(journey.findings.map((one) => one.message).join(' ')).toContain(message)
    expect([...codes]).toEqual(ends[0] === '403' ? ['client-not-allowed'] : [])
  })
})
