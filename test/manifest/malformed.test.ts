import { describe, expect, test } from 'vitest'
import { examine } from '../support/examine.ts'

/**
 * Input that is wrong. Each row says which diagnostics `kubewalk check` must give, and no other: one mistake is
 * told once, at its place.
 */

const service = (spec: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n${indent(spec)}`
const pod = (spec: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n${indent(spec)}`
const slice = (rest: string) =>
  `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\n${rest}\n---\n${service('ports: [{port: 80}]')}`
const deployment = (spec: string) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n${indent(spec)}`
const template = 'template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}'
const indent = (text: string) => text.replace(/^/gm, '  ')
const json = (spec: string) => `{"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":${spec}}`

type Row = readonly [name: string, text: string, ...said: string[]]

// biome-ignore format: one input a line
const broken: readonly Row[] = [
  ['nothing at all', '', '1:1 empty-input'],
  ['white space', ' \n\n', '1:1 empty-input'],
  ['comments alone', '# to do\n---\n# more\n', '1:1 empty-input'],
  ['a quote that does not end', 'kind: "Service\n', '2:1 yaml-syntax'],
  ['a bracket that does not end', 'apiVersion: v1\nkind: [Service\n', '3:1 yaml-syntax'],
  ['a tab that indents', 'apiVersion: v1\nmetadata:\n\tname: web\n', '3:1 yaml-syntax'],
  ['a map within a text', 'apiVersion: v1\nkind: Service: web\n', '2:7 yaml-syntax'],
  ['a template', 'apiVersion: v1\nkind: {{ .Values.kind }}\n', '2:8 yaml-syntax'],
  ['a control character', 'apiVersion: v1\nkind: Serv\u0007ice\n', '2:11 not-text'],
  ['colours of a terminal', '\u001b[32mapiVersion\u001b[0m: v1\n', '1:1 not-text'],
  ['JSON cut off', '{"apiVersion":"v1",\n"kind":"Serv', '2:13 yaml-syntax'],
  ['JSON and then more', '{"apiVersion":"v1"}\ngarbage', '2:1 yaml-syntax'],
  ['an alias without an anchor', 'apiVersion: v1\nkind: *nope\n', '2:7 yaml-syntax'],
  ['an anchor within itself', 'apiVersion: v1\nkind: Service\nmetadata: &m {name: web, labels: *m}\n', '3:34 yaml-syntax'],
  ['a thousand brackets', `kind: ${'['.repeat(1200)}`, '1:1007 yaml-syntax'],
  ['aliases that multiply', ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefghi'.split('').map((one, at) => `${one}: &${one} [${Array(9).fill(`*${'abcdefgh'[at]}`).join(',')}]`)].join('\n'), '1:8 yaml-syntax'],
  ['a key twice', service('ports:\n- port: 80\n  port: 81'), '7:5 duplicate-key'],
  ['a key twice in JSON', json('{"ports":[{"port":80,\n"port":81}]}'), '2:1 duplicate-key'],
  ['spec twice', `${service('ports: [{port: 80}]')}\nspec: {}\n`, '6:1 duplicate-key'],
  ['text after the separator', '--- apiVersion: v1\nkind: Service\n', '1:1 yaml-syntax'],
]

// biome-ignore format: one input a line
const notObjects: readonly Row[] = [
  ['a text', 'hello\n', '1:1 not-an-object'],
  ['a number in JSON', '[1, 2]', '1:2 not-an-object'],
  ["kubectl's table", 'NAME   READY   STATUS\nweb    1/1     Running\n', '1:1 not-an-object'],
  ['a map that is no object', 'a: 1\n', '1:1 not-an-object'],
  ['no apiVersion', 'kind: Service\nmetadata: {name: web}\n', '1:1 not-an-object'],
  ['a misspelt apiVersion', 'apiversion: v1\nkind: Service\nmetadata: {name: web}\n', '1:1 not-an-object'],
  ['a number for apiVersion', 'apiVersion: 1\nkind: Service\n', '1:13 wrong-type'],
  ['a misspelt kind', 'apiVersion: v1\nkind: Sevice\nmetadata: {name: web}\n', '2:7 unsupported-version'],
  ['a kind in small letters', 'apiVersion: v1\nkind: service\nmetadata: {name: web}\n', '2:7 unsupported-version'],
  ['a kind in the wrong group', 'apiVersion: v1\nkind: Deployment\nmetadata: {name: web}\n', '1:13 unsupported-version'],
  ['a version that has gone', 'apiVersion: discovery.k8s.io/v1alpha1\nkind: EndpointSlice\nmetadata: {name: web}\n', '1:13 unsupported-version'],
  ['no name', 'apiVersion: v1\nkind: Namespace\n', '1:1 missing-name'],
  ['a number for a name', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: 2024}\n', '3:18 wrong-type'],
  ['metadata is a text', 'apiVersion: v1\nkind: Namespace\nmetadata: web\n', '3:11 wrong-type'],
  ['items are a map', 'apiVersion: v1\nkind: List\nitems: {a: 1}\n', '3:8 wrong-type'],
  ['an item is nothing', 'apiVersion: v1\nkind: List\nitems:\n- \n- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n', '4:3 not-an-object'],
  ['one name for two Services', `${service('ports: [{port: 80}]')}\n---\n${service('ports: [{port: 81}]')}`, '7:1 duplicate-object'],
]

// biome-ignore format: one input a line
const names: readonly Row[] = [
  ['capitals in a name', 'apiVersion: v1\nkind: Pod\nmetadata: {name: Web}\nspec: {containers: [{name: c}]}\n', '3:18 invalid-value'],
  ['an underscore in a name', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: my_space}\n', '3:18 invalid-value'],
  ['a dot in the name of a Service', 'apiVersion: v1\nkind: Service\nmetadata: {name: a.b}\nspec: {ports: [{port: 80}]}\n', '3:18 invalid-value'],
  ['a name of 64 letters', `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${'a'.repeat(64)}}\n`, '3:18 invalid-value'],
  ['a namespace that is no label', 'apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: A b}\nspec: {ports: [{port: 80}]}\n', '3:32 invalid-value'],
  ['a label with a blank', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {app: my web}}\n', '3:35 invalid-value'],
  ['a label that is a number', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {version: 1.10}}\n', '3:39 wrong-type'],
  ['a label that YAML takes for a boolean', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {enabled: yes}}\n', '3:39 wrong-type'],
  ['a label that YAML takes for an octal number', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {mode: 0644}}\n', '3:36 wrong-type'],
]

// biome-ignore format: one input a line
const services: readonly Row[] = [
  ['a text for a port', service('ports:\n- port: "80"'), '6:11 wrong-type'],
  ['a fraction for a port', service('ports:\n- port: 80.5'), '6:11 wrong-type'],
  ['port 0', service('ports:\n- port: 0'), '6:11 invalid-value'],
  ['a negative port', service('ports:\n- port: -80'), '6:11 invalid-value'],
  ['port 70000', service('ports:\n- port: 70000'), '6:11 invalid-value'],
  ['a port of 2^70', service('ports:\n- port: 1180591620717411303424'), '6:11 invalid-value'],
  ['a port of 2^70 in JSON', json('{"ports":[\n{"port":1180591620717411303424}]}'), '2:9 invalid-value'],
  ['a port of 1e400 in JSON', json('{"ports":[\n{"port":1e400}]}'), '2:9 wrong-type'],
  ['a port of 1e400 in YAML is a text', service('ports:\n- port: 1e400'), '6:11 wrong-type'],
  ['a misspelt port', service('ports:\n- prot: 80'), '6:5 unknown-field'],
  ['a misspelt targetPort', service('ports:\n- port: 80\n  targetport: 8080'), '7:5 unknown-field'],
  ['a misspelt type', service('tpye: NodePort\nports:\n- port: 80\n  nodePort: 30080'), '5:3 unknown-field'],
  ['ports is a map', service('ports:\n  port: 80'), '6:5 wrong-type'],
  ['ports holds a number', service('ports: [80]'), '5:11 wrong-type'],
  ['ports is nothing', service('ports:'), '5:9 missing-field'],
  ['no port number', service('ports:\n- name: http'), '6:5 missing-field'],
  ['a type that does not exist', service('type: Nodeport\nports: [{port: 80, nodePort: 30080}]'), '5:9 invalid-value'],
  ['a protocol in small letters', service('ports: [{port: 80, protocol: tcp}]'), '5:32 invalid-value'],
  ['two ports without names', service('ports:\n- port: 80\n- {name: b, port: 81}'), '6:5 missing-field'],
  ['two ports of one name', service('ports:\n- {name: a, port: 80}\n- {name: a, port: 81}'), '7:12 invalid-value'],
  ['one port twice', service('ports:\n- {name: a, port: 80}\n- {name: b, port: 80}'), '7:5 invalid-value'],
  ['a target port in quotes', service('ports: [{port: 80, targetPort: "8080"}]'), '5:34 invalid-value'],
  ['an impossible cluster IP', service('clusterIP: 10.96.0.300\nports: [{port: 80}]'), '5:14 invalid-value'],
  ['a cluster IP outside the range', service('clusterIP: 11.0.0.1\nports: [{port: 80}]'), '5:14 cluster-ip-outside-range'],
  ['a node port outside the range', service('type: NodePort\nports: [{port: 80, nodePort: 80}]'), '6:32 node-port-outside-range'],
  ['a node port without its type', service('ports: [{port: 80, nodePort: 30080}]'), '5:32 invalid-value'],
  ['an impossible source range', service('type: LoadBalancer\nloadBalancerSourceRanges: [10.0.0.0/33]\nports: [{port: 80}]'), '6:30 invalid-value'],
  ['an affinity of no time', service('sessionAffinity: ClientIP\nsessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}\nports: [{port: 80}]'), '6:54 invalid-value'],
  ['a policy with no meaning', service('externalTrafficPolicy: Local\nports: [{port: 80}]'), '5:26 invalid-value'],
  ['a family that does not exist', service('ipFamilies: [IPv5]\nports: [{port: 80}]'), '5:16 invalid-value'],
  ['a headless node port', service('type: NodePort\nclusterIP: None\nports: [{port: 80}]'), '6:14 invalid-value'],
  ['no externalName', service('type: ExternalName'), '5:3 missing-field'],
  ['three mistakes', service('clusterIP: x\nsessionAffinity: Client\nports: [{port: 0}]'), '5:14 invalid-value', '6:20 invalid-value', '7:18 invalid-value'],
]

// biome-ignore format: one input a line
const others: readonly Row[] = [
  ['a pod without containers', pod('nodeName: worker'), '5:3 missing-field'],
  ['a pod on no node', pod('nodeName: worker9\ncontainers: [{name: c}]'), '5:13 unknown-node'],
  ['a container port of a text', pod('containers: [{name: c, ports: [{containerPort: http}]}]'), '5:50 wrong-type'],
  ['a port name of 16 letters', pod('containers: [{name: c, ports: [{containerPort: 80, name: abcdefghijklmnop}]}]'), '5:60 invalid-value'],
  ['an impossible pod IP', `${pod('containers: [{name: c}]')}\nstatus: {podIP: 10.244.1}\n`, '6:17 invalid-value'],
  ['containers is a map', pod('containers: {name: c}'), '5:15 wrong-type'],
  ['an endpoint on loopback', slice('addressType: IPv4\nendpoints: [{addresses: [127.0.0.1]}]\nports: [{port: 80}]'), '5:26 invalid-value'],
  ['an endpoint of another family', slice('addressType: IPv4\nendpoints: [{addresses: ["fd00::1"]}]\nports: [{port: 80}]'), '5:26 invalid-value'],
  ['an endpoint that is a name', slice('addressType: IPv4\nendpoints: [{addresses: [example.com]}]\nports: [{port: 80}]'), '5:26 invalid-value'],
  ['no addressType', slice('endpoints: [{addresses: [10.0.0.1]}]\nports: [{port: 80}]'), '1:1 missing-field'],
  ['no selector', deployment(template), '5:3 missing-field'],
  ['a selector that its own pods lack', deployment(`selector: {matchLabels: {app: wbe}}\n${template}`), '5:33 invalid-value'],
  ['fewer than no replicas', deployment(`replicas: -1\nselector: {matchLabels: {app: web}}\n${template}`), '5:13 invalid-value'],
  ['a billion replicas', deployment(`replicas: 1000000000\nselector: {matchLabels: {app: web}}\n${template}`), '5:13 too-large'],
  ['an impossible pod block', 'apiVersion: v1\nkind: Node\nmetadata: {name: a}\nspec: {podCIDR: 10.244.1.0}\n', '4:17 invalid-value'],
  ['a kube-proxy of no known detector', 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\ndetectLocalMode: Guess\n', '3:18 invalid-setting'],
  ['kube-proxy in a ConfigMap, a misspelt field', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-proxy, namespace: kube-system}\ndata:\n  config.conf: |-\n    apiVersion: kubeproxy.config.k8s.io/v1alpha1\n    kind: KubeProxyConfiguration\n    clusterCDIR: 10.244.0.0/16\n', '8:5 unknown-field'],
  ['kube-proxy in a ConfigMap of JSON', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kube-proxy","namespace":"kube-system"},\n"data":{"config.conf":"kind: KubeProxyConfiguration\\napiVersion: kubeproxy.config.k8s.io/v1alpha1\\nmode: [x]\\n"}}', '2:23 wrong-type'],
  ['a Service range of kubeadm that is none', 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking:\n  serviceSubnet: 10.96.0.0\n', '4:18 invalid-setting'],
  ['a port of the Environment that is a text', 'apiVersion: kubewalk.dev/v1alpha1\nkind: Environment\nspec:\n  listeners:\n  - {pod: default/web, port: "80"}\n', '5:30 wrong-type'],
]

describe.each([
  ['what cannot be read', broken],
  ['what is no object', notObjects],
  ['names and labels', names],
  ['Services', services],
  ['other kinds', others],
] as const)('%s', (_, rows) => {
  test.for(rows)('%s', async ([, text, ...said]) => {
    const { code, out, err, said: told, unplaced } = await examine(text)
    const errors = told.filter((one) => one.includes(' error ')).map((one) => one.replace(' error', ''))
    expect(errors).toEqual(said)
    expect(unplaced).toEqual([])
    expect(code).toBe(2)
    expect(`${out}${err}`).not.toMatch(/^\s+at |internal/m)
    expect(out.length).toBeLessThan(4000)
  })
})

test('the table is as long as it should be', () => {
  expect(broken.length + notObjects.length + names.length + services.length + others.length).toBeGreaterThan(
    90,
  )
})
