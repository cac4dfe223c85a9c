import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { Diagnostic } from '../../src/base/diagnostic.ts'
import { collectDiagnostics } from '../../src/base/diagnostic.ts'
import { InputError, parseCluster } from '../../src/index.ts'
import { decodeText } from '../../src/manifest/decode-text.ts'
import { readDocuments } from '../../src/manifest/document.ts'
import { loadManifest } from '../../src/manifest/load.ts'

/** What holds for any input, and not only for those that somebody thought of. */

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/)
const number = fc.integer({ min: 1, max: 65535 })
const text = fc.oneof(
  fc.string(),
  fc.constantFrom('yes', 'no', '0644', '1e3', '~', '', '12:30', '# x', 'a: b', '- a', '{{ x }}'),
)

const service = fc.record({
  apiVersion: fc.constant('v1'),
  kind: fc.constant('Service'),
  metadata: fc.record({
    name: label,
    namespace: label,
    annotations: fc.dictionary(text, text, { maxKeys: 3 }),
  }),
  spec: fc.record(
    {
      selector: fc.dictionary(label, label, { maxKeys: 3 }),
      type: fc.constantFrom('ClusterIP', 'NodePort', 'Wrong'),
      ports: fc.uniqueArray(fc.record({ name: label, port: fc.oneof(number, fc.integer(), text) }), {
        maxLength: 3,
        selector: (port) => port.name,
      }),
    },
    { requiredKeys: ['ports'] },
  ),
})

const configMap = fc.record({
  apiVersion: fc.constant('v1'),
  kind: fc.constant('ConfigMap'),
  metadata: fc.record({ name: label }),
  data: fc.dictionary(
    text,
    fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean()),
    {
      maxKeys: 4,
    },
  ),
})

const objects = fc.uniqueArray(fc.oneof(service, configMap), {
  maxLength: 5,
  selector: (one) => `${one.kind} ${one.metadata.name}`,
})

/** YAML that quotes whatever YAML 1.1 or 1.2 would take for something else than text. */
function yamlOf(values: readonly unknown[]): string {
  return values
    .map((value) =>
      stringify(value, { version: '1.1', defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'QUOTE_DOUBLE' }),
    )
    .join('---\n')
}

function load(name: string, given: string) {
  const { value, diagnostics } = loadManifest([{ name, text: given }])
  return { objects: value.objects, diagnostics }
}

/** What was read, without places. */
function plain(loaded: ReturnType<typeof load>) {
  const found = Object.values(loaded.objects)
    .flat()
    .map(({ object }) => object)
  const said = loaded.diagnostics.map(({ code, message }) => `${code} ${message}`)
  return { found, said }
}

describe('one cluster, however it is written', () => {
  test('as YAML and as JSON', () => {
    fc.assert(
      fc.property(objects, (values) => {
        fc.pre(values.length > 0)
        const asJson = plain(
          load('a.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: values })),
        )
        const asYaml = plain(load('a.json', yamlOf(values)))
        expect(asYaml).toEqual(asJson)
      }),
    )
  })

  test('in one line and indented, as a List and as a stream', () => {
    fc.assert(
      fc.property(objects, fc.integer({ min: 0, max: 8 }), (values, indent) => {
        fc.pre(values.length > 0)
        const list = JSON.stringify({ items: values, kind: 'List', apiVersion: 'v1' }, undefined, indent)
        const stream = values.map((value) => JSON.stringify(value, undefined, indent)).join('\n')
        expect(plain(load('a.json', list))).toEqual(plain(load('a.json', stream)))
      }),
    )
  })
})

/** The text from a diagnostic's place on. */
function textAt(given: string, { at }: Diagnostic): string {
  const line = given.split('\n')[(at?.line ?? 0) - 1] ?? ''
  return line.slice((at?.column ?? 1) - 1)
}

describe('the place of a diagnostic is the text of what is wrong', () => {
  const odd = fc.constantFrom('"eighty"', 'true', '-1', '0', '70000', '80.5', '[]', '{}')
  const forms = fc.constantFrom(
    (ports: string) => `apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [${ports}]}\n`,
    (ports: string) =>
      `\n# first\n---\nspec:\n  ports:   [ ${ports} ]\nmetadata:\n  name: web\nkind: Service\napiVersion: v1\n`,
    (ports: string) =>
      `{"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},\n "spec":{"ports":[${ports}]}}`,
    (ports: string) =>
      `{"kind":"List","apiVersion":"v1","items":[\n  {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}},\n  {"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":\n{"ports":[ ${ports}]}}]}`,
    (ports: string) =>
      `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: web, annotations: {"kw": "\u00e9\u{1f600}"}}\n  spec: {ports: [${ports}]}\n`,
  )

  test('of a port, in YAML and JSON, alone and in a List', () => {
    fc.assert(
      fc.property(
        forms,
        fc.uniqueArray(fc.tuple(label, odd), { minLength: 1, maxLength: 4, selector: ([name]) => name }),
        (form, ports) => {
          const given = form(ports.map(([name, port]) => `{"name": "${name}", "port": ${port}}`).join(', '))
          const { diagnostics } = load('a.yaml', given)
          const errors = diagnostics.filter(
            (one) => /\bport\b/.test(one.message) && one.severity === 'error' && one.code !== 'missing-field',
          )
          const places = new Set(errors.map((one) => `${one.at?.line}:${one.at?.column}`))
          expect(places.size).toBe(ports.length)
          for (const [index, one] of errors.entries())
            expect(textAt(given, one).startsWith(ports[index]?.[1] ?? '?')).toBe(true)
        },
      ),
    )
  })

  test('of an unknown field, in a ConfigMap’s literal block at any indentation', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(5), (indent, above) => {
        const space = ' '.repeat(indent)
        const lines = [
          'apiVersion: kubeproxy.config.k8s.io/v1alpha1',
          'kind: KubeProxyConfiguration',
          ...Array(above).fill(''),
          'iptables:',
          '  masqueradeAl: true',
        ]
        const block = lines.map((line) => (line === '' ? '' : `  ${space}${line}`)).join('\n')
        const given = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-proxy, namespace: kube-system}\ndata:\n  config.conf: |-\n${block}\n`
        const [found] = load('a.yaml', given).diagnostics
        expect(found?.code).toBe('unknown-field')
        expect(found && textAt(given, found)).toBe('masqueradeAl: true')
      }),
    )
  })
})

describe('no input is an exception', () => {
  const fragments = fc.constantFrom(
    'apiVersion: v1\n',
    'kind: Service\n',
    'kind: List\n',
    'items:\n',
    '- ',
    '  ',
    '\n',
    '---\n',
    '...\n',
    '&a ',
    '*a',
    '<<: ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    ': ',
    '? ',
    '|\n',
    '>-\n',
    '!!binary ',
    '!!int ',
    '!x ',
    '# ',
    '%YAML 1.2\n',
    '\t',
    '\r\n',
    '\u0000',
    '\ufeff',
    '0x',
    '1e400',
    '2147483648',
    'null',
    '~',
    'yes',
    '__proto__',
    'metadata: {name: web}\n',
    'spec:\n',
    'ports:',
    '"kind":"List"',
    ',',
  )

  test('any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (given) => void load('a.yaml', given)),
      { numRuns: 300 },
    )
  })

  test('anything that is nearly YAML or JSON, and every diagnostic lies within the text', () => {
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 25 }), (parts) => {
        const given = parts.join('')
        const { report, diagnostics } = collectDiagnostics()
        readDocuments({ name: 'a.yaml', text: given }, report)
        const lines = given.split('\n').length
        for (const { at } of [...diagnostics, ...load('a.yaml', given).diagnostics]) {
          expect(at === undefined || (at.line >= 1 && at.line <= lines && at.column >= 1)).toBe(true)
        }
      }),
      { numRuns: 1500 },
    )
  })

  test('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const { report } = collectDiagnostics()
        load('a.yaml', decodeText('a.yaml', bytes, report))
      }),
      { numRuns: 300 },
    )
  })

  test('any value in the place of any field', () => {
    const anything = fc.jsonValue({ maxDepth: 2 })
    const kinds = fc.constantFrom(
      ['v1', 'Service'],
      ['v1', 'Pod'],
      ['v1', 'Node'],
      ['v1', 'Endpoints'],
      ['v1', 'ConfigMap'],
      ['apps/v1', 'Deployment'],
      ['discovery.k8s.io/v1', 'EndpointSlice'],
      ['batch/v1', 'Job'],
      ['kubewalk.dev/v1alpha1', 'Environment'],
      ['kind.x-k8s.io/v1alpha4', 'Cluster'],
      ['kubeproxy.config.k8s.io/v1alpha1', 'KubeProxyConfiguration'],
    )
    const fields = fc.dictionary(
      fc.constantFrom(
        'metadata',
        'spec',
        'status',
        'subsets',
        'endpoints',
        'ports',
        'addressType',
        'data',
        'nodes',
        'networking',
        'mode',
        'iptables',
      ),
      fc.oneof(
        anything,
        fc.dictionary(
          fc.constantFrom(
            'ports',
            'type',
            'selector',
            'containers',
            'template',
            'addresses',
            'clusterIPs',
            'externalIPs',
            'name',
            'labels',
            'replicas',
            'listeners',
            'kubeProxy',
            'loadBalancer',
          ),
          anything,
        ),
      ),
    )
    fc.assert(
      fc.property(kinds, fields, ([apiVersion, kind], rest) => {
        const text = JSON.stringify({ apiVersion, kind, metadata: { name: 'web' }, ...rest })
        try {
          parseCluster([{ name: 'a.json', text }])
        } catch (error) {
          if (!(error instanceof InputError)) throw error
        }
      }),
      { numRuns: 500 },
    )
  })
})
