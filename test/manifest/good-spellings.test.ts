import { describe, expect, test } from 'vitest'
import { loadManifest } from '../../src/manifest/load.ts'
import { examine } from '../support/examine.ts'

/** Ways in which people have their objects: each must load, and give the objects named. */

const web = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } }
const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
const podTemplate = 'template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c}]}}'
const workload = (apiVersion: string, kind: string) =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: web}\nspec: {selector: {matchLabels: {a: b}}, ${podTemplate}}\n`
const job = (apiVersion: string) =>
  `apiVersion: ${apiVersion}\nkind: CronJob\nmetadata: {name: web}\nspec: {schedule: "* * * * *", jobTemplate: {spec: {${podTemplate}}}}\n`
const json = (value: unknown, indent?: number) => JSON.stringify(value, undefined, indent)

// biome-ignore format: one input a line
const spellings: readonly (readonly [name: string, text: string, ...refs: string[]])[] = [
  ['JSON', json(web), 'Service/default/web'],
  ['JSON with a byte order mark', `\ufeff${json(web, 4)}`, 'Service/default/web'],
  ['a stream of JSON', `${json(web)}\n${json(space, 2)}\n`, 'Service/default/web', 'Namespace/shop'],
  ['a JSON list', json([web, space]), 'Service/default/web', 'Namespace/shop'],
  ['a List', json({ apiVersion: 'v1', kind: 'List', items: [web, space] }), 'Service/default/web', 'Namespace/shop'],
  ['a List whose kind comes last, as kubectl prints it', json({ apiVersion: 'v1', items: [web], kind: 'List', metadata: { resourceVersion: '' } }, 4), 'Service/default/web'],
  ['a List within a List', json({ apiVersion: 'v1', kind: 'List', items: [{ apiVersion: 'v1', kind: 'List', items: [web] }, space] }), 'Service/default/web', 'Namespace/shop'],
  ['a typed list, whose items leave their kind out', json({ apiVersion: 'v1', kind: 'ServiceList', items: [{ metadata: web.metadata, spec: web.spec }] }), 'Service/default/web'],
  ['an empty List', json({ apiVersion: 'v1', kind: 'List', items: [] })],
  ['a List of nothing beside an object', `apiVersion: v1\nkind: List\nitems: []\n---\n${json(web)}\n`, 'Service/default/web'],
  ['YAML with a list of objects', `- ${json(web)}\n- ${json(space)}\n`, 'Service/default/web', 'Namespace/shop'],
  ['a List in YAML', `apiVersion: v1\nkind: List\nitems:\n- ${json(web)}\n- apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: shop\n`, 'Service/default/web', 'Namespace/shop'],
  ['documents of several kinds of emptiness', `---\n# first\n---\n${json(web)}\n---\n\n---\n`, 'Service/default/web'],
  ['Windows line ends', 'apiVersion: v1\r\nkind: Namespace\r\nmetadata:\r\n  name: shop\r\n', 'Namespace/shop'],
  ['anchors and merges', 'apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: &l {a: b}}\nspec:\n  selector: {<<: *l, c: d}\n  ports: [{port: 80}]\n', 'Service/default/web'],
  ['flow YAML', '{apiVersion: v1, kind: Namespace, metadata: {name: shop}}', 'Namespace/shop'],
  ['nulls where something may be left out', 'apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: null, creationTimestamp: null}\nspec: {selector: null, externalIPs: , ports: [{name: null, port: 80, nodePort: null}]}\nstatus: {loadBalancer: null}\n', 'Service/default/web'],
  ['the same object twice', `${json(web)}\n${json(web)}`, 'Service/default/web'],
  ['an object without a name of its own', 'apiVersion: v1\nkind: Pod\nmetadata: {generateName: web-}\nspec: {containers: [{name: c}]}\n', 'Pod/default/web-'],
  ['a namespace', 'apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {ports: [{port: 80}]}\n', 'Service/shop/web'],
  ['numbers of other forms', 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 0x50}, {name: b, port: 8_1}, {name: c, port: 82.0}]}\n'.replace('{port: 0x50}', '{name: a, port: 0x50}'), 'Service/default/web'],
  ['Deployment of apps/v1beta1', workload('apps/v1beta1', 'Deployment'), 'Deployment/default/web'],
  ['Deployment of extensions/v1beta1', workload('extensions/v1beta1', 'Deployment'), 'Deployment/default/web'],
  ['DaemonSet of extensions/v1beta1', workload('extensions/v1beta1', 'DaemonSet'), 'DaemonSet/default/web'],
  ['StatefulSet of apps/v1beta2', workload('apps/v1beta2', 'StatefulSet'), 'StatefulSet/default/web'],
  ['CronJob of batch/v1beta1', job('batch/v1beta1'), 'CronJob/default/web'],
  ['EndpointSlice of discovery.k8s.io/v1beta1', 'apiVersion: discovery.k8s.io/v1beta1\nkind: EndpointSlice\nmetadata: {name: web}\naddressType: IPv4\nendpoints: []\n', 'EndpointSlice/default/web'],
  ['kubeadm of v1beta2', 'apiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterConfiguration\nkubernetesVersion: v1.30.0\n', 'ClusterConfiguration/clusterconfiguration'],
  ['a kind of another group with a name of ours', 'apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: web}\n'],
]

function refsOf(text: string): readonly string[] {
  const { value, diagnostics } = loadManifest([{ name: 'a.yaml', text }])
  expect(diagnostics.filter((one) => one.severity === 'error' && one.code !== 'empty-input')).toEqual([])
  return Object.values(value.objects)
    .flat()
    .map(({ ref }) => `${ref.kind}/${ref.namespace === undefined ? '' : `${ref.namespace}/`}${ref.name}`)
}

describe('it loads', () => {
  test.for(spellings)('%s', ([, text, ...refs]) => {
    const found = refsOf(text).map((ref) => ref.replace(/(web-)[a-z0-9]{5}$/, '$1'))
    expect(found.toSorted()).toEqual(refs.toSorted())
  })
})

describe('bytes', () => {
  const text = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n'

  // biome-ignore format: one form a line
  const forms: readonly (readonly [name: string, bytes: Uint8Array, code: number, ...said: string[]])[] = [
    ['UTF-8', Buffer.from(text), 0],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`), 0],
    ['UTF-16, as PowerShell writes it', Buffer.from(`\ufeff${text}`, 'utf16le'), 0],
    ['UTF-16, the other way round', Buffer.from(`\ufeff${text}`, 'utf16le').swap16(), 0],
    ['a comment in Latin-1', Buffer.from(`# caf\u00e9\n${text}`, 'latin1'), 0, '1:6 warning not-utf8'],
    ['gzip', Buffer.from('1f8b0800000000000003', 'hex'), 2, '1:1 error not-text'],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 2, '2:1 error not-text'],
  ]

  test.for(forms)('%s', async ([, bytes, code, ...said]) => {
    const ran = await examine(bytes)
    expect(ran.said).toEqual(said)
    expect(ran.code).toBe(code)
  })
})
