import { describe, expect, test } from 'vitest'
import { complete, describeEndpoint, describeSlice, slicesOf } from './complete.ts'

/** The EndpointSlice controller (k8s.io/endpointslice); rows bear the names of its own test tables. */

const nodes = `
apiVersion: v1
kind: Node
metadata: {name: node-1, labels: {topology.kubernetes.io/zone: us-central1-a}}
spec: {podCIDRs: [1.2.3.0/24, fd00:1::/64]}
status: {addresses: [{type: InternalIP, address: 192.0.2.1}, {type: InternalIP, address: "fd00::1"}]}
---
`

/** A pod of a dump, which says all there is to say of it. */
function pod(
  name: string,
  fields: { labels?: string; spec?: string; status?: string; meta?: string },
): string {
  const { labels = '{app: web}', spec = '', status = '', meta = '' } = fields
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, uid: ${name}, labels: ${labels}${meta && `, ${meta}`}}
spec: {nodeName: node-1, containers: [{name: app, image: app, ports: [{name: http, containerPort: 8080}]}]${spec && `, ${spec}`}}
status: {${status}}
---
`
}

const running = 'phase: Running, podIP: 1.2.3.5, podIPs: [{ip: 1.2.3.5}]'
const ready = `${running}, conditions: [{type: Ready, status: "True"}]`
const unready = `${running}, conditions: [{type: Ready, status: "False"}]`
const service = (spec = '', meta = '') => `
apiVersion: v1
kind: Service
metadata: {name: web${meta && `, ${meta}`}}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]${spec && `, ${spec}`}}
---
`
const publish = service('publishNotReadyAddresses: true')
const deleted = 'deletionTimestamp: "2026-01-01T00:00:00Z"'

const here = 'on node-1 in us-central1-a'

// biome-ignore format: one pod a line
describe('podToEndpoint', () => {
  test.for([
    { name: 'Ready pod', text: service() + pod('a', { status: ready }), endpoints: [`1.2.3.5 ready serving ${here}`] },
    { name: 'Ready pod + publishNotReadyAddresses', text: publish + pod('a', { status: ready }), endpoints: [`1.2.3.5 ready serving ${here}`] },
    { name: 'Unready pod', text: service() + pod('a', { status: unready }), endpoints: [`1.2.3.5 ${here}`] },
    { name: 'Unready pod + publishNotReadyAddresses', text: publish + pod('a', { status: unready }), endpoints: [`1.2.3.5 ready ${here}`] },
    { name: 'no Ready condition at all (IsPodReady)', text: service() + pod('a', { status: running }), endpoints: [`1.2.3.5 ${here}`] },
    { name: 'Ready terminating pod', text: service() + pod('a', { status: ready, meta: deleted }), endpoints: [`1.2.3.5 serving terminating ${here}`] },
    { name: 'Not ready terminating pod', text: service() + pod('a', { status: unready, meta: deleted }), endpoints: [`1.2.3.5 terminating ${here}`] },
    { name: 'Ready terminating pod + publishNotReadyAddresses', text: publish + pod('a', { status: ready, meta: deleted }), endpoints: [`1.2.3.5 ready serving terminating ${here}`] },
    { name: 'Ready pod + hostname', text: service() + pod('a', { status: ready, spec: 'hostname: h, subdomain: web' }), endpoints: [`1.2.3.5 ready serving ${here} as h`] },
    { name: 'all set, different name/subdomain', text: service() + pod('a', { status: ready, spec: 'hostname: h, subdomain: other' }), endpoints: [`1.2.3.5 ready serving ${here}`] },
    { name: 'all matching, hostname not set', text: service() + pod('a', { status: ready, spec: 'subdomain: web' }), endpoints: [`1.2.3.5 ready serving ${here}`] },
    { name: 'an irregular address is written anew', text: service() + pod('a', { status: ready.replace('podIPs: [{ip: 1.2.3.5}]', 'podIPs: [{ip: 1.2.3.05}]') }), endpoints: [`1.2.3.5 ready serving ${here}`] },
  ])('$name', ({ text, endpoints }) => {
    expect(slicesOf(complete(nodes + text), 'web').flatMap((slice) => slice.endpoints.map(describeEndpoint))).toEqual(endpoints)
  })
})

// biome-ignore format: one pod a line
describe('ShouldPodBeInEndpoints', () => {
  test.for([
    { name: 'Failed pod', status: ready.replace('Running', 'Failed'), included: false },
    { name: 'Succeeded pod', status: ready.replace('Running', 'Succeeded'), included: false },
    { name: 'Empty Pod IPs, Running pod', status: 'phase: Running, conditions: [{type: Ready, status: "True"}]', included: false },
    { name: 'Pending pod', status: ready.replace('Running', 'Pending'), included: true },
    { name: 'Unknown pod', status: ready.replace('Running', 'Unknown'), included: true },
    { name: 'Running pod', status: ready, included: true },
    { name: 'Terminating Pod with includeTerminating=true', status: ready, meta: deleted, included: true },
  ])('$name', ({ status, meta = '', included }) => {
    const cluster = complete(nodes + service() + pod('a', { status, meta }))
    expect(slicesOf(cluster, 'web').flatMap((slice) => slice.endpoints)).toHaveLength(included ? 1 : 0)
  })
})

// biome-ignore format: one selector a line
describe('selectors (LabelSelector of a Service: every label, equal)', () => {
  test.for([
    { name: 'one label', selector: '{app: web}', labels: '{app: web, tier: front}', selected: true },
    { name: 'two labels, both there', selector: '{app: web, tier: front}', labels: '{app: web, tier: front}', selected: true },
    { name: 'two labels, one is missing', selector: '{app: web, tier: front}', labels: '{app: web}', selected: false },
    { name: 'another value', selector: '{app: web}', labels: '{app: webb}', selected: false },
    { name: 'values differ by case', selector: '{app: web}', labels: '{app: Web}', selected: false },
    { name: 'an empty value is a value', selector: '{app: ""}', labels: '{app: ""}', selected: true },
    { name: 'an empty value does not match a missing label', selector: '{app: ""}', labels: '{tier: front}', selected: false },
  ])('$name', ({ selector, labels, selected }) => {
    const text = nodes + service().replace('selector: {app: web}', `selector: ${selector}`) + pod('a', { status: ready, labels })
    expect(slicesOf(complete(text), 'web').flatMap((slice) => slice.endpoints)).toHaveLength(selected ? 1 : 0)
  })

  test('pods of another namespace are not selected', () => {
    const elsewhere = pod('a', { status: ready, meta: 'namespace: other' })
    expect(slicesOf(complete(nodes + service() + elsewhere), 'web').map(describeSlice)).toEqual([':'])
  })
})

const ports = (list: string) =>
  service().replace('ports: [{name: http, port: 80, targetPort: 8080}]', `ports: [${list}]`)
const containers = (list: string) =>
  pod('a', { status: ready }).replace(
    /containers: \[.*\]\}\]/,
    `containers: [{name: c1, image: i, ports: [${list}]}]`,
  )

// biome-ignore format: one port a line
describe('FindPort and getEndpointPorts', () => {
  test.for([
    { name: 'valid int, no ports', text: ports('{port: 80, targetPort: 93}') + containers(''), slice: '93/TCP' },
    { name: 'valid int, with ports', text: ports('{port: 80, targetPort: 93}') + containers('{name: p, containerPort: 22}'), slice: '93/TCP' },
    { name: 'no targetPort is the port itself', text: ports('{port: 80}') + containers(''), slice: '80/TCP' },
    { name: 'valid str, no ports', text: ports('{port: 80, targetPort: p}') + containers(''), slice: '' },
    { name: 'valid str, one ctr with ports', text: ports('{port: 80, targetPort: q, protocol: UDP}') + containers('{name: p, containerPort: 11, protocol: UDP}, {name: q, containerPort: 22, protocol: UDP}'), slice: '22/UDP' },
    { name: 'valid str, two ctr with same port name: the first', text: ports('{port: 80, targetPort: q}') + containers('{name: q, containerPort: 22}]}, {name: c2, image: i, ports: [{name: q, containerPort: 33}'), slice: '22/TCP' },
    { name: 'valid str, invalid protocol', text: ports('{port: 80, targetPort: a}') + containers('{name: a, containerPort: 11, protocol: SNMP}'), slice: '' },
    { name: 'the name is there, of another protocol', text: ports('{port: 53, targetPort: dns, protocol: UDP}') + containers('{name: dns, containerPort: 5353}'), slice: '' },
    { name: 'Sidecar initContainer named port', text: ports('{port: 80, targetPort: p}') + containers('').replace('containers: [', 'initContainers: [{name: s, image: i, restartPolicy: Always, ports: [{name: p, containerPort: 22}]}], containers: ['), slice: '22/TCP' },
    { name: 'Invalid(restartPolicy != Always) initContainer named port', text: ports('{port: 80, targetPort: p}') + containers('').replace('containers: [', 'initContainers: [{name: s, image: i, ports: [{name: p, containerPort: 22}]}], containers: ['), slice: '' },
    { name: 'App and sidecar containers have the same named port, first app container port will be used', text: ports('{port: 80, targetPort: p}') + containers('{name: p, containerPort: 33}').replace('containers: [', 'initContainers: [{name: s, image: i, restartPolicy: Always, ports: [{name: p, containerPort: 22}]}], containers: ['), slice: '33/TCP' },
    { name: 'several ports, one of which the pod lacks', text: ports('{name: http, port: 80, targetPort: p}, {name: admin, port: 81, targetPort: q}') + containers('{name: p, containerPort: 22}'), slice: 'http 22/TCP' },
    { name: 'one number, two protocols', text: ports('{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53}') + containers(''), slice: 'dns 53/UDP dns-tcp 53/TCP' },
  ])('$name', ({ text, slice }) => {
    expect(slicesOf(complete(nodes + text), 'web').map(describeSlice)).toEqual([`${slice}: 1.2.3.5 ready serving ${here}`])
  })

  test('TestReconcileEndpointSlicesNamedPorts: pods that differ in a named port are in slices of their own', () => {
    const pods = [0, 1, 2, 3, 4].map((index) => {
      const ip = `1.2.3.${10 + index}`
      return pod(`pod-${index}`, { status: ready.replaceAll('1.2.3.5', ip) }).replace('8080', `${8080 + (index % 3)}`)
    })
    const made = slicesOf(complete(nodes + ports('{name: web, port: 80, targetPort: http}') + pods.join('')), 'web')
    expect(made.map((slice) => `${slice.ports[0]?.port} ${slice.endpoints.map((one) => one.target?.name)}`)).toEqual([
      '8080 pod-0,pod-3',
      '8081 pod-1,pod-4',
      '8082 pod-2',
    ])
  })
})

// biome-ignore format: one service a line
describe('getAddressTypesForService and reconcile', () => {
  const dual = ready.replace('podIPs: [{ip: 1.2.3.5}]', 'podIPs: [{ip: 1.2.3.5}, {ip: "fd00:1::5"}]')
  test.for([
    { name: 'ipv4', spec: 'ipFamilies: [IPv4], clusterIP: 10.96.0.7', slices: ['http 8080/TCP: 1.2.3.5'] },
    { name: 'ipv6', spec: 'ipFamilies: [IPv6], clusterIP: "fd00:10:96::7"', slices: ['http 8080/TCP: fd00:1::5'] },
    { name: 'dualstack-service', spec: 'ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv4, IPv6]', slices: ['http 8080/TCP: 1.2.3.5', 'http 8080/TCP: fd00:1::5'] },
    { name: 'PreferDualStack, IPv6 first', spec: 'ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv6]', slices: ['http 8080/TCP: fd00:1::5', 'http 8080/TCP: 1.2.3.5'] },
    { name: 'headless with selector with families', spec: 'clusterIP: None, ipFamilyPolicy: RequireDualStack', slices: ['http 8080/TCP: 1.2.3.5', 'http 8080/TCP: fd00:1::5'] },
    { name: 'ExternalName receives no endpoints', spec: 'type: ExternalName, externalName: example.org', slices: [] },
  ])('$name', ({ spec, slices }) => {
    const made = slicesOf(complete(nodes + service(spec) + pod('a', { status: dual })), 'web')
    expect(made.map((slice) => describeSlice({ ...slice, endpoints: slice.endpoints.map(({ addresses }) => ({ addresses, ready: false, serving: false, terminating: false, zoneHints: [], nodeHints: [] })) }))).toEqual(slices)
  })

  test('TestReconcileEmpty: without pods there is a slice without ports', () => {
    expect(slicesOf(complete(nodes + service()), 'web').map(describeSlice)).toEqual([':'])
  })

  test('TestReconcileHeadlessServiceNoPorts: a headless Service needs no ports', () => {
    const text = nodes + service('clusterIP: None').replace(/, ports: \[.*?\]/, '') + pod('a', { status: ready })
    expect(slicesOf(complete(text), 'web').map(describeSlice)).toEqual([`: 1.2.3.5 ready serving ${here}`])
  })

  test('a host-network pod stands with its node’s address', () => {
    const text = nodes + service() + pod('a', { spec: 'hostNetwork: true', status: ready.replaceAll('1.2.3.5', '192.0.2.1') })
    expect(slicesOf(complete(text), 'web').map(describeSlice)).toEqual([`http 8080/TCP: 192.0.2.1 ready serving ${here}`])
  })
})

describe('TestReconcilerPodMissingNode', () => {
  const lost = pod('a', { status: ready }).replace('nodeName: node-1', 'nodeName: gone')
  test.for([
    { name: 'Create and publishNotReady false', text: service(), endpoints: [] },
    {
      name: 'Create and publishNotReady true',
      text: publish,
      endpoints: ['1.2.3.5 ready serving'],
    },
  ])('$name', ({ text, endpoints }) => {
    const made = slicesOf(complete(nodes + text + lost), 'web')
    expect(
      made.flatMap((slice) => slice.endpoints.map((one) => describeEndpoint(one).replace(' on gone', ''))),
    ).toEqual(endpoints)
  })
})

describe('TestReconcileMaxEndpointsPerSlice', () => {
  test.for([
    { count: 100, sizes: [100] },
    { count: 101, sizes: [100, 1] },
    { count: 250, sizes: [100, 100, 50] },
  ])('$count pods make slices of $sizes', ({ count, sizes }) => {
    const workload = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: ${count}, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}}
---
`
    const made = slicesOf(complete(workload + service()), 'web')
    expect(made.map((slice) => slice.endpoints.length)).toEqual(sizes)
    expect(new Set(made.map((slice) => slice.name)).size).toBe(sizes.length)
  })
})

const controllerLabels = {
  'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  'kubernetes.io/service-name': 'web',
}

// biome-ignore format: one service a line
describe('setEndpointSliceLabels', () => {
  test.for([
    { name: 'Service without labels', text: service(), labels: {} },
    { name: 'Service with labels', text: service('', 'labels: {foo: bar}'), labels: { foo: 'bar' } },
    { name: 'Headless Service with labels', text: service('clusterIP: None', 'labels: {foo: bar}'), labels: { foo: 'bar', 'service.kubernetes.io/headless': '' } },
    { name: 'Non Headless service with Headless label', text: service('', 'labels: {service.kubernetes.io/headless: ""}'), labels: {} },
    { name: 'Evil service hijacking endpoint slices labels', text: service('', 'labels: {kubernetes.io/service-name: other, endpointslice.kubernetes.io/managed-by: me}'), labels: {} },
  ])('$name', ({ text, labels }) => {
    expect(slicesOf(complete(text), 'web').map((slice) => slice.labels)).toEqual([{ ...controllerLabels, ...labels }])
  })
})

test('a slice’s name is the Service’s and five letters, cut to 63 (MaxGeneratedNameLength)', () => {
  const name = (length: number) =>
    slicesOf(
      complete(service().replaceAll('name: web', `name: ${'a'.repeat(length)}`)),
      'a'.repeat(length),
    )[0]?.name
  expect(name(3)).toMatch(/^aaa-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  expect(name(57)).toMatch(/^a{57}-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  expect(name(63)).toMatch(/^a{58}[bcdfghjklmnpqrstvwxz2456789]{5}$/)
})

const gated = (conditions: string) => `
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {app: web}}
spec: {nodeName: node-1, readinessGates: [{conditionType: example.org/lb}], containers: [{name: app, image: app}]}
status: {podIP: 1.2.3.5, phase: Running${conditions}}
`

// biome-ignore format: one pod a line
describe('readiness gates (KEP-580) of a manifest’s pod', () => {
  test.for([
    { name: 'nothing stated: met', conditions: '', ready: true },
    { name: 'the gate is stated true', conditions: ', conditions: [{type: example.org/lb, status: "True"}]', ready: true },
    { name: 'the gate is stated false', conditions: ', conditions: [{type: example.org/lb, status: "False"}]', ready: false },
    { name: 'the gate is stated true, the pod is not ready for another reason', conditions: ', conditions: [{type: example.org/lb, status: "True"}, {type: Ready, status: "False"}]', ready: false },
  ])('$name', ({ conditions, ready: expected }) => {
    const made = slicesOf(complete(nodes + service() + gated(conditions)), 'web')
    expect(made.flatMap((slice) => slice.endpoints.map((one) => one.ready))).toEqual([expected])
  })
})
