import { expect, test } from 'vitest'
import { runCli } from '../support/run-cli.ts'

const rule = (host?: string) => ({
  ...(host !== undefined && { host }),
  http: {
    paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }],
  },
})

const ingress = (name: string, rules: readonly object[], spec: object = {}) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name },
  spec: { ingressClassName: 'nginx', rules, ...spec },
})

const gateway = (kind: string, name: string, spec: object) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind,
  metadata: { name },
  spec,
})

const objects: readonly object[] = [
  ingress('one', [rule('a.test')]),
  ingress('three', [rule('a.test'), rule('b.test'), rule('c.test')]),
  ingress('more', [rule('a.test'), rule('b.test'), rule('c.test'), rule('d.test'), rule()]),
  ingress('any', [rule()], { tls: [{ secretName: 'any' }] }),
  ingress('foreign', [rule('x.test')], { ingressClassName: 'other' }),
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'nginx' },
    spec: { controller: 'k8s.io/ingress-nginx' },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'other' },
    spec: {
      controller: 'example.com/other',
      parameters: { apiGroup: 'k8s.example.com', kind: 'Params', name: 'p' },
    },
  },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'any' }, stringData: { a: 'x', b: 'y' } },
  gateway('GatewayClass', 'eg', { controllerName: 'example.com/gateway' }),
  gateway('Gateway', 'door', {
    gatewayClassName: 'eg',
    listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }],
  }),
  gateway('HTTPRoute', 'web', { parentRefs: [{ name: 'door' }], hostnames: ['a.test', 'b.test'] }),
]

/** The columns are those of kubectl: printIngress, printIngressClass, printSecret; the CustomResourceDefinitions'. */
// biome-ignore format: one kind a line
test.for([
  { type: 'ing',            rows: ['NAME CLASS HOSTS ADDRESS PORTS AGE', 'any nginx * 198.51.100.1 80, 443 <unknown>', 'foreign other x.test  80 <unknown>', 'more nginx a.test,b.test,c.test + 2 more... 198.51.100.1 80 <unknown>', 'one nginx a.test 198.51.100.1 80 <unknown>', 'three nginx a.test,b.test,c.test 198.51.100.1 80 <unknown>'] },
  { type: 'ingressclasses', rows: ['NAME CONTROLLER PARAMETERS AGE', 'nginx k8s.io/ingress-nginx <none> <unknown>', 'other example.com/other Params.k8s.example.com/p <unknown>'] },
  { type: 'secrets',        rows: ['NAME TYPE DATA AGE', 'any Opaque 2 <unknown>'] },
  { type: 'gc',             rows: ['NAME CONTROLLER ACCEPTED AGE', 'eg example.com/gateway True <unknown>'] },
  { type: 'gtw',            rows: ['NAME CLASS ADDRESS PROGRAMMED AGE', 'door eg 198.51.100.1 True <unknown>'] },
  { type: 'httproutes',     rows: ['NAME HOSTNAMES AGE', 'web ["a.test","b.test"] <unknown>'] },
])('get $type', async ({ type, rows }) => {
  const { code, out } = await runCli(['get', type, '-q', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
  expect(code).toBe(0)
  const cells = out.trimEnd().split('\n').map((line) => line.replace(/198\.51\.100\.\d+/, '198.51.100.1').replace(/ {3,}/g, ' '))
  expect(cells.map((line) => line.replaceAll('  ', ' '))).toEqual(rows.map((row) => row.replaceAll('  ', ' ')))
})
