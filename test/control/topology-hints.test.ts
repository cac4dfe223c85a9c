import { describe, expect, test } from 'vitest'
import { complete, slicesOf } from './complete.ts'

/** Hints of the EndpointSlice controller: trafficDistribution (KEP-4444, KEP-3015) and topology-mode (KEP-2433). */

interface Place {
  readonly node: string
  readonly zone?: string
  readonly cpu?: string
  readonly role?: string
  readonly ready?: boolean
}

function node({ node: name, zone, cpu = '4', role, ready = true }: Place): string {
  const labels = [
    zone && `topology.kubernetes.io/zone: ${zone}`,
    role && `node-role.kubernetes.io/${role}: ""`,
  ]
  return `
apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {${labels.filter((one) => one).join(', ')}}}
status: {allocatable: {cpu: "${cpu}"}, conditions: [{type: Ready, status: "${ready ? 'True' : 'False'}"}]}
---
`
}

function pod(name: string, nodeName: string, ready = true): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: web}}
spec: {nodeName: ${nodeName}, containers: [{name: app, image: app}]}
status: {phase: Running, conditions: [{type: Ready, status: "${ready ? 'True' : 'False'}"}]}
---
`
}

const service = (distribution: string | undefined, annotations = '') => `
apiVersion: v1
kind: Service
metadata: {name: web, annotations: {${annotations}}}
spec: {selector: {app: web}, ports: [{port: 80}]${distribution ? `, trafficDistribution: ${distribution}` : ''}}
---
`

/** `pod: zone+zone / node` of each endpoint: what it is for. */
function hints(text: string, kubeVersion = '1.36'): readonly string[] {
  return slicesOf(complete(text, { kubeVersion }), 'web').flatMap((slice) =>
    slice.endpoints.map(({ target, zoneHints, nodeHints }) =>
      `${target?.name}: ${zoneHints.join('+')}${nodeHints.length > 0 ? ` / ${nodeHints.join('+')}` : ''}`.trim(),
    ),
  )
}

const zones = [
  { node: 'n1', zone: 'a' },
  { node: 'n2', zone: 'b' },
]
const places = zones.map(node).join('')
const two = pod('p1', 'n1') + pod('p2', 'n2')
const none = ['p1:', 'p2:']
const sameZone = ['p1: a', 'p2: b']
const sameNode = ['p1: a / n1', 'p2: b / n2']

// biome-ignore format: one Service a line
describe('ReconcileHints', () => {
  test.for([
    { name: 'should set zone hints with PreferClose', distribution: 'PreferClose', made: sameZone },
    { name: 'should set zone hints with PreferSameZone', distribution: 'PreferSameZone', made: sameZone },
    { name: 'should set zone and node hints with PreferSameNode', distribution: 'PreferSameNode', made: sameNode },
    { name: 'should remove hints when trafficDistribution is unrecognized', distribution: 'Unknown', made: none },
    { name: 'should remove hints when trafficDistribution is unset', distribution: undefined, made: none },
  ])('$name', ({ distribution, made }) => {
    expect(hints(places + two + service(distribution))).toEqual(made)
  })

  const nowhere = [{ node: 'n1' }, { node: 'n2' }].map(node).join('')
  test.for([
    { name: 'should not create hints with PreferClose if there are no zones', distribution: 'PreferClose', made: none },
    { name: 'should create only node hints with PreferSameNode if there are no zones', distribution: 'PreferSameNode', made: ['p1: / n1', 'p2: / n2'] },
  ])('$name', ({ distribution, made }) => {
    expect(hints(nowhere + two + service(distribution)).map((one) => one.replace(':  /', ': /'))).toEqual(made)
  })

  test('endpoints that are not ready get no hint', () => {
    expect(hints(places + pod('p1', 'n1') + pod('p2', 'n2', false) + service('PreferClose'))).toEqual(['p1: a', 'p2:'])
  })
})

// biome-ignore format: one value in one release a line
describe('feature gates: ServiceTrafficDistribution is on from 1.31, PreferSameTrafficDistribution from 1.34', () => {
  test.for([
    { value: 'PreferClose', version: '1.30', made: none },
    { value: 'PreferClose', version: '1.31', made: sameZone },
    { value: 'PreferClose', version: '1.36', made: sameZone },
    { value: 'PreferSameZone', version: '1.33', made: none },
    { value: 'PreferSameZone', version: '1.34', made: sameZone },
    { value: 'PreferSameNode', version: '1.33', made: none },
    { value: 'PreferSameNode', version: '1.34', made: sameNode },
  ])('$value in $version', ({ value, version, made }) => {
    expect(hints(places + two + service(value), version)).toEqual(made)
  })
})

const auto = 'service.kubernetes.io/topology-mode: Auto'

// biome-ignore format: one annotation a line
describe('hintsEnabled, and TestReconcile_TrafficDistribution', () => {
  const one = 'service.kubernetes.io/topology-aware-hints'
  const other = 'service.kubernetes.io/topology-mode'
  // p1 and p2 are in one zone: PreferClose leaves them there, Auto sends one to the other zone.
  const crowded = places + pod('p1', 'n1') + pod('p2', 'n1')
  const shared = ['p1: b', 'p2: a']
  const close = ['p1: a', 'p2: a']
  test.for([
    { name: 'mode annotation == Auto', annotations: `${other}: Auto`, made: shared },
    { name: 'mode annotation == auto', annotations: `${other}: auto`, made: shared },
    { name: 'mode annotation == aUto', annotations: `${other}: aUto`, made: none },
    { name: 'mode annotation == enabled', annotations: `${other}: enabled`, made: none },
    { name: 'mode annotation == disabled', annotations: `${other}: disabled`, made: none },
    { name: 'hints annotation == auto', annotations: `${one}: auto`, made: shared },
    { name: 'mode annotation == disabled, hints annotation == auto', annotations: `${other}: disabled, ${one}: auto`, made: shared },
    { name: 'mode annotation == auto, hints annotation == disabled', annotations: `${other}: auto, ${one}: disabled`, made: none },
    { name: 'trafficDistribution=PreferClose, topologyAnnotation=Disabled', annotations: `${other}: Disabled`, distribution: 'PreferClose', made: close },
    { name: 'trafficDistribution=PreferClose, topologyAnnotation=Auto', annotations: `${other}: Auto`, distribution: 'PreferClose', made: shared },
  ])('$name', ({ annotations, distribution, made }) => {
    expect(hints(crowded + service(distribution, annotations))).toEqual(made)
  })
})

/** How many endpoints are for each zone: `a 2, b 2`. */
function shares(text: string): string {
  const counts = new Map<string, number>()
  for (const hint of hints(text)) {
    const zone = hint.split(': ')[1] ?? 'none'
    counts.set(zone, (counts.get(zone) ?? 0) + 1)
  }
  return [...counts]
    .toSorted()
    .map(([zone, count]) => `${zone} ${count}`)
    .join(', ')
}

// biome-ignore format: one cluster a line
describe('AddHints and getAllocations of the topology cache', () => {
  const on = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).flatMap(([name, count]) => Array.from({ length: count }, (_, index) => pod(`${name}-${index}`, name))).join('')
  const three = [{ node: 'n1', zone: 'a' }, { node: 'n2', zone: 'b' }, { node: 'n3', zone: 'c' }]
  const master = { node: 'm', role: 'control-plane' }
  test.for([
    { name: 'equal zones, an endpoint in each', nodes: zones, pods: { n1: 1, n2: 1 }, made: 'a 1, b 1' },
    { name: 'equal zones, one has too many', nodes: zones, pods: { n1: 4 }, made: 'a 2, b 2' },
    { name: 'a zone with three quarters of the CPU', nodes: [{ node: 'n1', zone: 'a', cpu: '12' }, { node: 'n2', zone: 'b', cpu: '4000m' }], pods: { n1: 4, n2: 4 }, made: 'a 6, b 2' },
    { name: 'fewer endpoints than zones (InsufficientNumberOfEndpoints)', nodes: three, pods: { n1: 1, n2: 1 }, made: 'none 2' },
    { name: 'one zone only (NodesReadyInOneZoneOnly)', nodes: [{ node: 'n1', zone: 'a' }], pods: { n1: 3 }, made: 'none 3' },
    { name: 'a node without a zone (InsufficientNodeInfo)', nodes: [...zones, { node: 'n3' }], pods: { n1: 2, n2: 2 }, made: 'none 4' },
    { name: 'a node without CPU (InsufficientNodeInfo)', nodes: [...zones, { node: 'n3', zone: 'a', cpu: '0' }], pods: { n1: 2, n2: 2 }, made: 'none 4' },
    { name: 'a control plane without a zone is left out of the count', nodes: [...zones, master], pods: { n1: 2, n2: 2 }, made: 'a 2, b 2' },
    { name: 'a node that is not ready is left out of the count', nodes: [...zones, { node: 'n3', ready: false }], pods: { n1: 2, n2: 2 }, made: 'a 2, b 2' },
    { name: 'the shares cannot be kept (MinAllocationExceedsOverloadThreshold)', nodes: three, pods: { n1: 2, n2: 1, n3: 1 }, made: 'none 4' },
    { name: 'an endpoint without a zone (NoZoneSpecified)', nodes: [...zones, master], pods: { n1: 2, n2: 2, m: 1 }, made: 'none 5' },
  ])('$name', ({ nodes, pods, made }) => {
    expect(shares(nodes.map(node).join('') + on(pods) + service(undefined, auto))).toBe(made)
  })
})
