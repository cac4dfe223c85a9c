import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadManifest } from '../../src/manifest/load.ts'

/** What the API server refuses and takes of Ingresses; the ids are those of the reference. */

function load(text: string) {
  const { value, diagnostics } = loadManifest([{ name: 'a.yaml', text }])
  const lines = text.split('\n')
  const said = diagnostics.map(({ severity, code, at }) => {
    const found = lines[(at?.line ?? 0) - 1]?.slice((at?.column ?? 0) - 1) ?? ''
    return `${severity} ${code} at ${/^(?:"[^"]*"|[^\s,}]*)/.exec(found)?.[0]}`
  })
  return { said, ingresses: value.objects.Ingress, secrets: value.objects.Secret }
}

const backend = '{service: {name: web, port: {number: 80}}}'
const path = (fields: string) => `{${fields}, backend: ${backend}}`
const rule = (host: string, paths: string) => `{host: "${host}", http: {paths: [${paths}]}}`
const good = path('pathType: Prefix, path: /')

function ingress(spec: string, apiVersion = 'networking.k8s.io/v1'): string {
  return `apiVersion: ${apiVersion}\nkind: Ingress\nmetadata: {name: web}\nspec: ${spec}\n`
}

const hosted = (host: string) => ingress(`{rules: [${rule(host, good)}]}`)
const pathed = (fields: string) => ingress(`{rules: [{http: {paths: [${path(fields)}]}}]}`)
const backed = (to: string) => ingress(`{defaultBackend: ${to}}`)

// biome-ignore format: one manifest a line
const refused: readonly (readonly [id: string, why: string, text: string, ...said: string[]])[] = [
  ['v01', 'neither rules nor a default backend', ingress('{}'), 'error invalid-value at {'],
  ['v02', 'the host is an address', hosted('10.0.0.1'), 'error invalid-value at "10.0.0.1"'],
  ['v03', 'a star within', hosted('foo.*.com'), 'error invalid-value at "foo.*.com"'],
  ['v04', 'a bare star', hosted('*'), 'error invalid-value at "*"'],
  ['v05', 'a port in the host', hosted('foo.com:80'), 'error invalid-value at "foo.com:80"'],
  ['v06', 'no slash at the beginning', pathed('pathType: Prefix, path: foo'), 'error invalid-value at foo'],
  ['v07', 'an empty path', pathed('pathType: Prefix, path: ""'), 'error invalid-value at ""'],
  ['v08', 'two slashes', pathed('pathType: Exact, path: "/a//b"'), 'error invalid-value at "/a//b"'],
  ['v09', 'a segment of dots', pathed('pathType: Prefix, path: "/a/../b"'), 'error invalid-value at "/a/../b"'],
  ['v10', 'an encoded slash', pathed('pathType: Exact, path: "/a%2Fb"'), 'error invalid-value at "/a%2Fb"'],
  ['v11', 'no path type', pathed('path: /'), 'error missing-field at {path:'],
  ['v12', 'a port by name and number', backed('{service: {name: web, port: {name: http, number: 80}}}'), 'error invalid-value at {name:'],
  ['v13', 'a service and a resource', backed('{service: {name: web, port: {number: 80}}, resource: {kind: A, name: b}}'), 'error invalid-value at {service:'],
  ['v14', 'no paths', ingress('{rules: [{http: {paths: []}}]}'), 'error missing-field at []'],
  ['-', 'a path type in another spelling', pathed('pathType: prefix, path: /'), 'error invalid-value at prefix'],
  ['-', 'dots at the end', pathed('pathType: Prefix, path: /a/..'), 'error invalid-value at /a/..'],
  ['-', 'no port', backed('{service: {name: web}}'), 'error missing-field at {name:'],
  ['-', 'a number as the name of a port', backed('{service: {name: web, port: {name: "80"}}}'), 'error invalid-value at "80"'],
  ['-', 'an empty backend', backed('{}'), 'error invalid-value at {'],
  ['-', 'two classes', 'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, annotations: {kubernetes.io/ingress.class: nginx}}\nspec: {ingressClassName: other, rules: [{host: a.test}]}\n', 'error invalid-value at nginx'],
  ['-', 'the old backend in the new version', ingress('{rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {serviceName: web, servicePort: 80}}]}}]}'), 'error invalid-value at {serviceName:', 'warning unknown-field at serviceName:', 'warning unknown-field at servicePort:'],
]

describe('refused', () => {
  test.for(refused)('%s %s', ([, , text, ...said]) => {
    expect(load(text).said).toEqual(said)
  })
})

// biome-ignore format: one manifest a line
const accepted: readonly (readonly [id: string, why: string, text: string])[] = [
  ['v20', 'an empty path of no particular type', pathed('pathType: ImplementationSpecific, path: ""')],
  ['v21', 'a host without paths', ingress('{rules: [{host: a.test}]}')],
  ['v22', 'a host without paths, and a default backend', ingress(`{rules: [{host: a.test}], defaultBackend: ${backend}}`)],
  ['-', 'a wildcard', hosted('*.example.com')],
  ['-', 'what Exact may not have, of no particular type', pathed('pathType: ImplementationSpecific, path: "/a//b%2f/.."')],
  ['-', 'a resource', backed('{resource: {apiGroup: example.com, kind: Bucket, name: b}}')],
  ['-', 'both ways to name one class', 'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, annotations: {kubernetes.io/ingress.class: nginx}}\nspec: {ingressClassName: nginx, rules: [{host: a.test}]}\n'],
  ['-', 'no path type in the old API', ingress('{rules: [{http: {paths: [{path: /, backend: {serviceName: web, servicePort: 80}}]}}]}', 'extensions/v1beta1')],
]

describe('taken', () => {
  test.for(accepted)('%s %s', ([, , text]) => {
    expect(load(text).said).toEqual([])
  })
})

describe('the old API', () => {
  const old = (spec: string) => load(ingress(spec, 'extensions/v1beta1'))

  // biome-ignore format: one backend a line
  test.for([
    ['80',     { number: 80 }],
    ['http',   { name: 'http' }],
  ] as const)('servicePort: %s', ([port, converted]) => {
    const { ingresses, said } = old(`{backend: {serviceName: web, servicePort: ${port}}}`)
    expect(said).toEqual([])
    expect(ingresses[0]?.object.spec?.defaultBackend).toEqual({ service: { name: 'web', port: converted } })
  })

  test('a number in quotes is a name, and none that a port can have', () => {
    expect(old('{backend: {serviceName: web, servicePort: "80"}}').said).toEqual([
      'error invalid-value at "80"',
    ])
  })

  test('paths are ImplementationSpecific, and keep their places', () => {
    const [found] = old(
      '{rules: [{http: {paths: [{path: /a, backend: {serviceName: web, servicePort: 80}}]}}]}',
    ).ingresses
    expect(found?.object.spec?.rules?.[0]?.http?.paths).toEqual([
      {
        path: '/a',
        pathType: 'ImplementationSpecific',
        backend: { service: { name: 'web', port: { number: 80 } } },
      },
    ])
    const to = ['spec', 'rules', 0, 'http', 'paths', 0, 'backend', 'service']
    expect(found?.locate([...to, 'name'])).toMatchObject({ line: 4, column: 66 })
    expect(found?.locate([...to, 'port', 'number'])).toMatchObject({ line: 4, column: 84 })
  })
})

describe('a Secret', () => {
  const pem = (name: string) =>
    readFileSync(join(import.meta.dirname, '../recorded/certificates', `${name}.pem`), 'utf8')
  const secret = (data: Readonly<Record<string, string>>, type = 'kubernetes.io/tls') =>
    load(JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tls' }, type, data }))
  const encoded = (text: string) => Buffer.from(text).toString('base64')

  test.for([
    ['three-names', ['shop.example.com', '*.example.org']],
    ['common-name-only', []],
  ] as const)('%s: %o', ([name, names]) => {
    const { secrets, said } = secret({ 'tls.crt': encoded(pem(name)), 'tls.key': encoded('key') })
    expect(said).toEqual([])
    expect(secrets[0]?.object.certificateNames).toEqual(names)
  })

  test.for(['', 'not a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'])(
    'what cannot be read is unknown: %s',
    (text) => {
      const { secrets } = secret({ 'tls.crt': encoded(text), 'tls.key': 'a2V5' })
      expect(secrets[0]?.object.certificateNames).toBe('unknown')
    },
  )

  test('nothing of what it holds is kept', () => {
    const { secrets } = secret({ password: encoded('hunter2') }, 'Opaque')
    expect(JSON.stringify(secrets[0]?.object)).not.toMatch(/hunter2|aHVudGVyMg/)
    expect(secrets[0]?.object.keys).toEqual(['password'])
  })

  test('of the type tls has both entries', () => {
    expect(secret({ 'tls.crt': encoded('x') }).said).toEqual([expect.stringMatching(/^error invalid-value /)])
  })
})
