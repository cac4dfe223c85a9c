import { describe, expect, test } from 'vitest'
import type { Completed } from './complete.ts'
import { codes, complete, problems } from './complete.ts'

/** kube-scheduler's filters, by rows of the tests of its plugins and of k8s.io/component-helpers/scheduling. */

const node = (name: string, labels = '', spec = '', status = '') => `
apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {${labels}}}
spec: {${spec}}
status: {${status}}
---
`

const pod = (name: string, spec = '', labels = '', namespace = 'default') => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${namespace}, labels: {${labels}}}
spec: {containers: [{name: app, image: app}]${spec && `, ${spec}`}}
---
`

function placeOf(cluster: Completed, name = 'p'): string {
  return cluster.pods.find((one) => one.name === name)?.nodeName ?? 'nowhere'
}

const required = (terms: string) =>
  `affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: ${terms}}}}`
const expressions = (list: string) => required(`[{matchExpressions: [${list}]}]`)

// biome-ignore format: one pod a line
describe('PodMatchesNodeSelectorAndAffinityTerms', () => {
  test.for([
    { name: 'no selector', spec: '', labels: '', fits: true },
    { name: 'missing labels', spec: 'nodeSelector: {foo: bar}', labels: '', fits: false },
    { name: 'same labels', spec: 'nodeSelector: {foo: bar}', labels: 'foo: bar', fits: true },
    { name: 'node labels are superset', spec: 'nodeSelector: {foo: bar}', labels: 'foo: bar, baz: blah', fits: true },
    { name: 'node labels are subset', spec: 'nodeSelector: {foo: bar, baz: blah}', labels: 'foo: bar', fits: false },
    { name: 'matchExpressions using In operator that matches', spec: expressions('{key: foo, operator: In, values: [bar, value2]}'), labels: 'foo: bar', fits: true },
    { name: 'matchExpressions using Gt operator that matches', spec: expressions('{key: kernel-version, operator: Gt, values: ["0204"]}'), labels: 'kernel-version: "0206"', fits: true },
    { name: 'Gt of an equal value', spec: expressions('{key: kernel-version, operator: Gt, values: ["206"]}'), labels: 'kernel-version: "0206"', fits: false },
    { name: 'Gt of a text', spec: expressions('{key: kernel-version, operator: Gt, values: ["204"]}'), labels: 'kernel-version: v206', fits: false },
    { name: 'Gt of a negative value (strconv.ParseInt)', spec: expressions('{key: level, operator: Gt, values: ["-1"]}'), labels: 'level: "0"', fits: true },
    { name: 'Gt beyond 64 bits', spec: expressions('{key: level, operator: Gt, values: ["1"]}'), labels: 'level: "9223372036854775808"', fits: false },
    { name: 'Lt of two large values that differ by one', spec: expressions('{key: level, operator: Lt, values: ["9007199254740993"]}'), labels: 'level: "9007199254740992"', fits: true },
    { name: 'matchExpressions using NotIn operator that matches', spec: expressions('{key: mem-type, operator: NotIn, values: [DDR, DDR2]}'), labels: 'mem-type: DDR3', fits: true },
    { name: 'NotIn of a label that is missing', spec: expressions('{key: mem-type, operator: NotIn, values: [DDR]}'), labels: '', fits: true },
    { name: 'matchExpressions using Exists operator that matches', spec: expressions('{key: GPU, operator: Exists}'), labels: 'GPU: NVIDIA-GRID-K1', fits: true },
    { name: 'DoesNotExist of a label that is there', spec: expressions('{key: GPU, operator: DoesNotExist}'), labels: 'GPU: NVIDIA-GRID-K1', fits: false },
    { name: 'affinity that does not match', spec: expressions('{key: foo, operator: In, values: [value1, value2]}'), labels: 'foo: bar', fits: false },
    { name: 'an empty []NodeSelectorTerm in affinity', spec: required('[]'), labels: 'foo: bar', fits: false },
    { name: 'empty MatchExpressions is not a valid value', spec: required('[{matchExpressions: []}]'), labels: 'foo: bar', fits: false },
    { name: 'Affinity but nil NodeSelector', spec: 'affinity: {nodeAffinity: {}}', labels: 'foo: bar', fits: true },
    { name: 'multiple matchExpressions ANDed that matches', spec: expressions('{key: GPU, operator: Exists}, {key: GPU, operator: NotIn, values: [AMD, INTER]}'), labels: 'GPU: NVIDIA', fits: true },
    { name: 'multiple matchExpressions ANDed that does not match', spec: expressions('{key: GPU, operator: Exists}, {key: GPU, operator: In, values: [AMD, INTER]}'), labels: 'GPU: NVIDIA', fits: false },
    { name: 'multiple NodeSelectorTerms ORed', spec: required('[{matchExpressions: [{key: foo, operator: In, values: [bar]}]}, {matchExpressions: [{key: diffkey, operator: In, values: [wrong]}]}]'), labels: 'foo: bar', fits: true },
    { name: 'an Affinity and a NodeSelector, both are satisfied', spec: `nodeSelector: {foo: bar}, ${expressions('{key: foo, operator: Exists}')}`, labels: 'foo: bar', fits: true },
    { name: 'an Affinity matches but the NodeSelector does not', spec: `nodeSelector: {foo: bar}, ${expressions('{key: foo, operator: Exists}')}`, labels: 'foo: barrrrrr', fits: false },
    { name: 'matchFields using In operator that matches', spec: required('[{matchFields: [{key: metadata.name, operator: In, values: [n1]}]}]'), labels: '', fits: true },
    { name: 'matchFields using In operator that does not match', spec: required('[{matchFields: [{key: metadata.name, operator: In, values: [n2]}]}]'), labels: '', fits: false },
    { name: 'two terms: matchFields does not match, but matchExpressions matches', spec: required('[{matchFields: [{key: metadata.name, operator: In, values: [n2]}]}, {matchExpressions: [{key: foo, operator: In, values: [bar]}]}]'), labels: 'foo: bar', fits: true },
    { name: 'one term: matchFields does not match, but matchExpressions matches', spec: required('[{matchFields: [{key: metadata.name, operator: In, values: [n2]}], matchExpressions: [{key: foo, operator: In, values: [bar]}]}]'), labels: 'foo: bar', fits: false },
    { name: 'one term: both matchFields and matchExpressions match', spec: required('[{matchFields: [{key: metadata.name, operator: In, values: [n1]}], matchExpressions: [{key: foo, operator: In, values: [bar]}]}]'), labels: 'foo: bar', fits: true },
    { name: 'a required term of preferred affinity only does not bind', spec: 'affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: foo, operator: Exists}]}}]}}', labels: '', fits: true },
  ])('$name', ({ spec, labels, fits }) => {
    const cluster = complete(node('n1', labels) + pod('p', spec))
    expect(placeOf(cluster)).toBe(fits ? 'n1' : 'nowhere')
    expect(codes(cluster)).toEqual(fits ? [] : ['unschedulable'])
  })
})

const dedicated = 'taints: [{key: dedicated, value: user1, effect: NoSchedule}]'

// biome-ignore format: one pod a line
describe('TaintTolerationFilter and NodeUnschedulable', () => {
  test.for([
    { name: "A pod having no tolerations can't be scheduled onto a node with nonempty taints", taints: dedicated, tolerations: '', fits: false },
    { name: 'a dedicated node assigned to user1 with effect NoSchedule', taints: dedicated, tolerations: '{key: dedicated, value: user1, effect: NoSchedule}', fits: true },
    { name: 'a dedicated node assigned to user2 with effect NoSchedule', taints: dedicated, tolerations: '{key: dedicated, operator: Equal, value: user2, effect: NoSchedule}', fits: false },
    { name: 'a toleration uses operator Exists', taints: 'taints: [{key: foo, value: bar, effect: NoSchedule}]', tolerations: '{key: foo, operator: Exists, effect: NoSchedule}', fits: true },
    { name: 'multiple tolerations, multiple taints, all tolerated', taints: 'taints: [{key: dedicated, value: user2, effect: NoSchedule}, {key: foo, value: bar, effect: NoSchedule}]', tolerations: '{key: dedicated, operator: Equal, value: user2, effect: NoSchedule}, {key: foo, operator: Exists, effect: NoSchedule}', fits: true },
    { name: 'keys and values match, (non-empty) effect does not', taints: 'taints: [{key: foo, value: bar, effect: NoSchedule}]', tolerations: '{key: foo, operator: Equal, value: bar, effect: PreferNoSchedule}', fits: false },
    { name: 'keys and values match, the effect of toleration is empty', taints: 'taints: [{key: foo, value: bar, effect: NoSchedule}]', tolerations: '{key: foo, operator: Equal, value: bar}', fits: true },
    { name: 'the effect of the taint is PreferNoSchedule', taints: 'taints: [{key: dedicated, value: user1, effect: PreferNoSchedule}]', tolerations: '', fits: true },
    { name: 'NoExecute keeps pods away as well', taints: 'taints: [{key: dedicated, value: user1, effect: NoExecute}]', tolerations: '', fits: false },
    { name: 'an empty key with Exists tolerates everything', taints: dedicated, tolerations: '{operator: Exists}', fits: true },
    { name: 'Does not schedule pod to unschedulable node (node.Spec.Unschedulable==true)', taints: 'unschedulable: true', tolerations: '', fits: false },
    { name: 'Schedule pod with toleration to unschedulable node', taints: 'unschedulable: true', tolerations: '{key: node.kubernetes.io/unschedulable, effect: NoSchedule}', fits: true },
  ])('$name', ({ taints, tolerations, fits }) => {
    const cluster = complete(node('n1', '', taints) + pod('p', `tolerations: [${tolerations}]`))
    expect(placeOf(cluster)).toBe(fits ? 'n1' : 'nowhere')
  })

  test.for([
    { name: 'not ready', status: 'False', fits: false },
    { name: 'unreachable', status: 'Unknown', fits: false },
    { name: 'ready', status: 'True', fits: true },
  ])('a node that is $name (TaintNodesByCondition)', ({ status, fits }) => {
    const cluster = complete(node('n1', '', '', `conditions: [{type: Ready, status: "${status}"}]`) + pod('p'))
    expect(placeOf(cluster)).toBe(fits ? 'n1' : 'nowhere')
  })
})

const port = (list: string) => `containers: [{name: app, image: app, ports: [${list}]}]`
const taking = (name: string, list: string, more = '') =>
  pod(name, more).replace('containers: [{name: app, image: app}]', port(list))

// biome-ignore format: one pod a line
describe('TestNodePorts', () => {
  test.for([
    { name: 'other port', there: '{containerPort: 1, hostPort: 9090, protocol: UDP}', wanted: '{containerPort: 1, hostPort: 8080, protocol: UDP}', fits: true },
    { name: 'same udp port', there: '{containerPort: 1, hostPort: 8080, protocol: UDP}', wanted: '{containerPort: 1, hostPort: 8080, protocol: UDP}', fits: false },
    { name: 'same tcp port', there: '{containerPort: 1, hostPort: 8080}', wanted: '{containerPort: 1, hostPort: 8080}', fits: false },
    { name: 'different host ip', there: '{containerPort: 1, hostPort: 8080, hostIP: 127.0.0.2}', wanted: '{containerPort: 1, hostPort: 8080, hostIP: 127.0.0.1}', fits: true },
    { name: 'different protocol', there: '{containerPort: 1, hostPort: 8080}', wanted: '{containerPort: 1, hostPort: 8080, protocol: UDP}', fits: true },
    { name: 'second udp port conflict', there: '{containerPort: 1, hostPort: 8080, protocol: UDP}', wanted: '{containerPort: 1, hostPort: 8001}, {containerPort: 2, hostPort: 8080, protocol: UDP}', fits: false },
    { name: 'first tcp port conflict due to 0.0.0.0 hostIP', there: '{containerPort: 1, hostPort: 8001, hostIP: 127.0.0.1}', wanted: '{containerPort: 1, hostPort: 8001, hostIP: 0.0.0.0}', fits: false },
    { name: 'no host port', there: '{containerPort: 8080}', wanted: '{containerPort: 8080}', fits: true },
  ])('$name', ({ there, wanted, fits }) => {
    const cluster = complete(node('n1') + taking('there', there, 'nodeName: n1') + taking('p', wanted))
    expect(placeOf(cluster)).toBe(fits ? 'n1' : 'nowhere')
  })

  test('host-network replicas of one port are on nodes of their own, and there is one too many', () => {
    const workload = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 3, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {hostNetwork: true, containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}}}
---
`
    const cluster = complete(workload)
    const places = cluster.pods.filter((one) => one.labels['app'] === 'web').map((one) => one.nodeName ?? 'nowhere')
    expect(places.toSorted()).toEqual(['nowhere', 'worker', 'worker2'])
    expect(problems(cluster).join()).toMatch(/its host ports are taken on every node/)
  })
})

const zoned = node('a1', 'zone: a') + node('a2', 'zone: a') + node('b1', 'zone: b')
const away = (term: string) =>
  `affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [${term}]}}`
const near = (...terms: readonly string[]) =>
  `affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [${terms.join(', ')}]}}`
const appTerm = (app: string, key: string, more = '') =>
  `{labelSelector: {matchLabels: {app: ${app}}}, topologyKey: ${key}${more && `, ${more}`}}`

// biome-ignore format: one pod a line
describe('InterPodAffinity', () => {
  const other = (namespace = 'default') => pod('other', 'nodeName: b1', 'app: db', namespace)
  test.for([
    { name: 'affinity by zone', spec: near(appTerm('db', 'zone')), places: ['b1'] },
    { name: 'affinity to a pod that is not there', spec: near(appTerm('cache', 'zone')), places: ['nowhere'] },
    { name: 'affinity by a key that no node has', spec: near(appTerm('db', 'rack')), places: ['nowhere'] },
    { name: 'affinity to its own kind, of which it is the first', spec: near(appTerm('web', 'zone')), places: ['a1', 'a2', 'b1'] },
    { name: 'the first of its kind still needs a node with the key', spec: near(appTerm('web', 'rack')), places: ['nowhere'] },
    { name: 'a term without a selector selects no pod', spec: near('{topologyKey: zone}'), places: ['nowhere'] },
    { name: 'anti-affinity by zone', spec: away(appTerm('db', 'zone')), places: ['a1', 'a2'] },
    { name: 'anti-affinity by host name', spec: away(appTerm('db', 'kubernetes.io/hostname')), places: ['a1', 'a2'] },
    { name: 'anti-affinity to a pod of another namespace', namespace: 'shop', spec: away(appTerm('db', 'zone')), places: ['a1', 'a2', 'b1'] },
    { name: 'anti-affinity that names the namespace', namespace: 'shop', spec: away(appTerm('db', 'zone', 'namespaces: [shop]')), places: ['a1', 'a2'] },
    { name: 'anti-affinity to all namespaces', namespace: 'shop', spec: away(appTerm('db', 'zone', 'namespaceSelector: {}')), places: ['a1', 'a2'] },
    { name: 'two terms: one pod must match both (podMatchesAllAffinityTerms)', spec: near(appTerm('db', 'zone'), '{labelSelector: {matchLabels: {tier: back}}, topologyKey: zone}'), places: ['nowhere'] },
  ])('$name', ({ namespace, spec, places }) => {
    const cluster = complete(zoned + other(namespace) + pod('p', spec, 'app: web'))
    expect(places).toContain(placeOf(cluster))
  })

  test('the anti-affinity of a pod that is there keeps others away (satisfyExistingPodsAntiAffinity)', () => {
    const guard = pod('guard', `nodeName: b1, ${away(appTerm('web', 'zone'))}`)
    const places = ['p', 'q', 'r', 's', 't', 'u'].map((name) => placeOf(complete(zoned + guard + pod(name, '', 'app: web')), name))
    expect(places).not.toContain('b1')
  })

  test('replicas that keep apart are on nodes of their own; the last has none', () => {
    const workload = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec: {replicas: 4, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: i}], ${away(appTerm('db', 'kubernetes.io/hostname'))}}}}
---
`
    const cluster = complete(zoned + workload)
    expect(cluster.pods.map((one) => one.nodeName ?? 'nowhere').toSorted()).toEqual(['a1', 'a2', 'b1', 'nowhere'])
    expect(placeOf(cluster, 'db-3')).toBe('nowhere')
  })
})

describe('nodeName and DaemonSets', () => {
  const daemons = (spec = '') => `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec: {selector: {matchLabels: {app: agent}}, template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: c, image: i}]${spec && `, ${spec}`}}}}
---
`
  test('a pod that names its node goes there whatever its taints say', () => {
    const cluster = complete(node('n1', '', dedicated) + node('n2') + pod('p', 'nodeName: n1'))
    expect(placeOf(cluster)).toBe('n1')
  })

  test('a node that does not exist is an error at its place', () => {
    const cluster = complete(pod('p', 'nodeName: n9'))
    expect(problems(cluster)).toEqual([
      '0.yaml:5:57: error: pod default/p names node n9, which does not exist [unknown-node]\n    to mend it: nodes: control-plane, worker, worker2',
    ])
  })

  // biome-ignore format: one DaemonSet a line
  test.for([
    { name: 'every node that it tolerates', nodes: node('n1') + node('n2', '', dedicated), spec: '', places: ['n1'] },
    { name: 'cordoned nodes as well', nodes: node('n1') + node('n2', '', 'unschedulable: true, taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule}]'), spec: '', places: ['n1', 'n2'] },
    { name: 'nodes under pressure as well', nodes: node('n1', '', 'taints: [{key: node.kubernetes.io/disk-pressure, effect: NoSchedule}]'), spec: '', places: ['n1'] },
    { name: 'a node without network only for host-network pods', nodes: node('n1', '', 'taints: [{key: node.kubernetes.io/network-unavailable, effect: NoSchedule}]'), spec: '', places: [] },
    { name: 'a host-network pod on a node without network', nodes: node('n1', '', 'taints: [{key: node.kubernetes.io/network-unavailable, effect: NoSchedule}]'), spec: 'hostNetwork: true', places: ['n1'] },
    { name: 'nodes that its node selector selects', nodes: node('n1', 'disk: ssd') + node('n2'), spec: 'nodeSelector: {disk: ssd}', places: ['n1'] },
  ])('a DaemonSet is on $name', ({ nodes, spec, places }) => {
    expect(complete(nodes + daemons(spec)).pods.map((one) => one.nodeName)).toEqual(places)
  })

  test('the default control plane takes no workload, and cluster DNS only because it tolerates it', () => {
    const many = Array.from({ length: 12 }, (_, index) => pod(`p${index}`)).join('')
    const cluster = complete(many)
    const homes = new Set(
      cluster.pods.filter((one) => one.namespace === 'default').map((one) => one.nodeName),
    )
    expect([...homes].toSorted()).toEqual(['worker', 'worker2'])
  })
})
