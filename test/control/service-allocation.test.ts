import { describe, expect, test } from 'vitest'
import { formatIp } from '../../src/base/ip.ts'
import type { Completed } from './complete.ts'
import { codes, complete, problems } from './complete.ts'

/** The API server's allocation of cluster IPs and node ports (pkg/registry/core/service). */

const service = (name: string, spec: string, meta = '') => `
apiVersion: v1
kind: Service
metadata: {name: ${name}${meta && `, ${meta}`}}
spec: {${spec}}
---
`
const cluster = (serviceSubnet: string, range = '') => `
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking: {serviceSubnet: "${serviceSubnet}"}
---
${range && `apiVersion: kubewalk.dev/v1alpha1\nkind: Environment\nmetadata: {name: e}\nspec: {apiServer: {serviceNodePortRange: ${range}}}\n---\n`}`

function portsOf(completed: Completed, name = 'foo'): readonly number[] {
  return completed.services.find((one) => one.name === name)?.ports.map((port) => port.nodePort) ?? []
}

const one = 'ports: [{port: 93}]'
const two = 'ports: [{name: p, port: 80}, {name: q, port: 443}]'
const same = 'ports: [{name: p, port: 53}, {name: q, port: 53, protocol: UDP}]'
const stated = (ports: string, ...numbers: readonly number[]) =>
  numbers.reduce(
    (text, number) => text.replace(/(port: \d+)(, protocol: UDP)?\}/, `$1$2, nodePort: ${number}} `),
    ports,
  )

/** `30080 dynamic`: node ports that are stated as they are, others by what they are. */
function describePorts(completed: Completed, ports: string): string {
  if (codes(completed).length > 0) return 'refused'
  const numbers = portsOf(completed)
  const words = numbers.map((number) =>
    number === 0 ? 'none' : ports.includes(String(number)) ? String(number) : 'dynamic',
  )
  return numbers.length > 1 && numbers[0] !== 0 && numbers.every((number) => number === numbers[0])
    ? `shared ${words[0]}`
    : words.join(' ')
}

// biome-ignore format: one Service a line
describe('TestCreateInitNodePorts', () => {
  test.for([
    { name: 'type:ClusterIP', type: 'ClusterIP', ports: one, made: 'none' },
    { name: 'type:NodePort_single_port_unspecified', type: 'NodePort', ports: one, made: 'dynamic' },
    { name: 'type:NodePort_single_port_specified', type: 'NodePort', ports: stated(one, 30093), made: '30093' },
    { name: 'type:NodePort_multiport_unspecified', type: 'NodePort', ports: two, made: 'dynamic dynamic' },
    { name: 'type:NodePort_multiport_specified', type: 'NodePort', ports: stated(two, 30080, 30443), made: '30080 30443' },
    { name: 'type:NodePort_multiport_same', type: 'NodePort', ports: stated(two, 30080, 30080), made: 'refused' },
    { name: 'type:NodePort_multiport_multiproto_unspecified', type: 'NodePort', ports: same, made: 'shared dynamic' },
    { name: 'type:NodePort_multiport_multiproto_specified', type: 'NodePort', ports: stated(same, 30053, 30054), made: '30053 30054' },
    { name: 'type:NodePort_multiport_multiproto_same', type: 'NodePort', ports: stated(same, 30053, 30053), made: 'shared 30053' },
    { name: 'type:NodePort_multiport_multiproto_conflict', type: 'NodePort', ports: 'ports: [{name: p, port: 93, nodePort: 30093}, {name: q, port: 76, protocol: UDP, nodePort: 30093}]', made: 'refused' },
    { name: 'one of two protocols is stated (findRequestedNodePort)', type: 'NodePort', ports: 'ports: [{name: p, port: 53}, {name: q, port: 53, protocol: UDP, nodePort: 30053}]', made: 'shared 30053' },
    { name: 'type:LoadBalancer_single_port_unspecified:on_alloc:false', type: 'LoadBalancer, allocateLoadBalancerNodePorts: false', ports: one, made: 'none' },
    { name: 'type:LoadBalancer_single_port_unspecified:on_alloc:true', type: 'LoadBalancer', ports: one, made: 'dynamic' },
    { name: 'type:LoadBalancer_single_port_specified:on_alloc:false', type: 'LoadBalancer, allocateLoadBalancerNodePorts: false', ports: stated(one, 30093), made: '30093' },
    { name: 'type:LoadBalancer_multiport_unspecified:on_alloc:false', type: 'LoadBalancer, allocateLoadBalancerNodePorts: false', ports: two, made: 'none none' },
    { name: 'type:LoadBalancer_multiport_same', type: 'LoadBalancer', ports: stated(two, 30080, 30080), made: 'refused' },
    { name: 'type:LoadBalancer_multiport_multiproto_same', type: 'LoadBalancer', ports: stated(same, 30053, 30053), made: 'shared 30053' },
  ])('$name', ({ type, ports, made }) => {
    expect(describePorts(complete(service('foo', `type: ${type}, ${ports}`)), ports)).toBe(made)
  })
})

const nodePort = (name: string, number: number, protocol = 'TCP') =>
  service(name, `type: NodePort, ports: [{port: 80, protocol: ${protocol}, nodePort: ${number}}]`)

// biome-ignore format: one input a line
describe('conflicts of node ports', () => {
  const local = 'type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]'
  test.for([
    { name: 'the first of the range', text: nodePort('a', 30000), found: [] },
    { name: 'the last of the range', text: nodePort('a', 32767), found: [] },
    { name: 'below the range', text: nodePort('a', 29999), found: ['node-port-outside-range'] },
    { name: 'above the range', text: nodePort('a', 32768), found: ['node-port-outside-range'] },
    { name: 'a stated range', text: cluster('10.96.0.0/16', '8000-9000') + nodePort('a', 8080), found: [] },
    { name: 'outside a stated range', text: cluster('10.96.0.0/16', '8000-9000') + nodePort('a', 30080), found: ['node-port-outside-range'] },
    { name: 'two Services with one', text: nodePort('a', 30080) + nodePort('b', 30080), found: ['node-port-taken'] },
    { name: 'two Services with one, of other protocols: one bitmap for all', text: nodePort('a', 30080) + nodePort('b', 30080, 'UDP'), found: ['node-port-taken'] },
    { name: 'a health check port that is a node port', text: nodePort('a', 30080) + service('b', `${local}, healthCheckNodePort: 30080`), found: ['node-port-taken'] },
    { name: 'a health check port outside the range', text: service('b', `${local}, healthCheckNodePort: 80`), found: ['node-port-outside-range'] },
  ])('$name', ({ text, found }) => {
    expect(codes(complete(text))).toEqual(found)
  })

  test('the later by name is reported, where its number stands, whatever the order', () => {
    const told = '0.yaml:11:68: error: node port 30080 of default/b belongs to default/a [node-port-taken]\n    to mend it: choose another, or leave it out'
    expect(problems(complete(nodePort('a', 30080) + nodePort('b', 30080)))).toEqual([told])
    expect(problems(complete(nodePort('b', 30080) + nodePort('a', 30080)))).toEqual([told.replace(':11:', ':5:')])
  })

  test('a range that is used up: the lower band comes last, and then nothing is left', () => {
    const range = cluster('10.96.0.0/16', '30000-30019')
    const some = (count: number) => range + Array.from({ length: count }, (_, index) => service(`s${index}`, `type: NodePort, ${one}`)).join('')
    const full = complete(some(20))
    expect(codes(full)).toEqual([])
    expect(full.services.flatMap((made) => made.ports.map((port) => port.nodePort)).filter((port) => port > 0).toSorted()).toEqual(Array.from({ length: 20 }, (_, index) => 30000 + index))
    expect(codes(complete(some(21)))).toEqual(['node-port-taken'])
  })
})

const withIp = (name: string, ip: string) => service(name, `clusterIP: ${ip}, ${one}`)

// biome-ignore format: one input a line
describe('conflicts of cluster IPs', () => {
  test.for([
    { name: 'in the range', text: withIp('a', '10.96.77.7'), found: [] },
    { name: 'outside the range', text: withIp('a', '10.97.0.1'), found: ['cluster-ip-outside-range'] },
    { name: 'the range’s own address (ErrNotInRange)', text: withIp('a', '10.96.0.0'), found: ['cluster-ip-outside-range'] },
    { name: 'the range’s broadcast address', text: withIp('a', '10.96.255.255'), found: ['cluster-ip-outside-range'] },
    { name: 'in a stated range', text: cluster('192.168.0.0/24') + withIp('a', '192.168.0.77'), found: [] },
    { name: 'two Services with one', text: withIp('a', '10.96.77.7') + withIp('b', '10.96.77.7'), found: ['cluster-ip-taken'] },
    { name: 'that of the API server', text: withIp('a', '10.96.0.1'), found: ['cluster-ip-taken'] },
    { name: 'that of cluster DNS', text: withIp('a', '10.96.0.10'), found: ['cluster-ip-taken'] },
    { name: 'IPv6: the last address is given out', text: cluster('fd00::/112') + service('a', `clusterIP: "fd00::ffff", ${one}`), found: [] },
  ])('$name', ({ text, found }) => {
    const completed = complete(text)
    expect(codes(completed)).toEqual(found)
    for (const { at } of completed.diagnostics) expect(at?.file).toBe('0.yaml')
  })

  test('a small range is given out to the last address, then none is left', () => {
    const some = (count: number) => cluster('10.0.0.0/29') + Array.from({ length: count }, (_, index) => service(`s${index}`, one)).join('')
    // Without a Node in the input, default/kubernetes has .1; this cluster's DNS Service is headless.
    const own = (completed: Completed) => completed.services.flatMap((made) => made.clusterIps.map(formatIp))
    const full = complete(some(5) + service('kube-dns', 'clusterIP: None', 'namespace: kube-system'))
    expect(codes(full)).toEqual([])
    expect(own(full).toSorted()).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6'])
    expect(codes(complete(some(6) + service('kube-dns', 'clusterIP: None', 'namespace: kube-system')))).toEqual(['cluster-ip-taken'])
  })
})

// biome-ignore format: one range a line
describe('dynamic allocation keeps to the upper band (KEP-3070, KEP-3668: calculateRangeOffset)', () => {
  test.for([
    { subnet: '10.0.0.0/16', offset: 256 },
    { subnet: '10.0.0.0/20', offset: 256 },
    { subnet: '10.0.0.0/22', offset: 64 },
    { subnet: '10.0.0.0/24', offset: 16 },
    { subnet: '10.0.0.0/27', offset: 16 },
    { subnet: 'fd00::/112', offset: 256 },
  ])('$subnet: from address $offset on', ({ subnet, offset }) => {
    const made = complete(cluster(subnet) + Array.from({ length: 12 }, (_, index) => service(`s${index}`, one)).join(''))
    const places = made.services.filter(({ name }) => /^s\d+$/.test(name)).flatMap(({ clusterIps }) => clusterIps.map((ip) => Number(BigInt(ip) & 0xffffn)))
    expect(places).toHaveLength(12)
    expect(Math.min(...places)).toBeGreaterThan(offset)
  })

  test.for([
    { range: '30000-32767', offset: 86 },
    { range: '30000-30100', offset: 16 },
    { range: '20000-32767', offset: 128 },
  ])('node ports $range: from number $offset on', ({ range, offset }) => {
    const made = complete(cluster('10.96.0.0/16', range) + Array.from({ length: 12 }, (_, index) => service(`s${index}`, `type: NodePort, ${one}`)).join(''))
    const ports = made.services.flatMap((one_) => one_.ports.map((port) => port.nodePort)).filter((port) => port > 0)
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(Number(range.split('-')[0]) + offset)
  })
})

describe('what a dump states is kept', () => {
  test('nothing is allocated that it does not state', () => {
    const dumped = complete(
      service(
        'foo',
        `type: LoadBalancer, clusterIP: 10.96.5.5, clusterIPs: [10.96.5.5], ipFamilies: [IPv4], ${two}`,
        'uid: u',
      ),
    )
    expect(portsOf(dumped)).toEqual([0, 0])
    expect(dumped.services.find((one_) => one_.name === 'foo')?.clusterIps.map(formatIp)).toEqual([
      '10.96.5.5',
    ])
  })
})

// biome-ignore format: one Service a line
describe('externalTrafficPolicy, health check port and affinity', () => {
  test.for([
    { name: 'Local on a LoadBalancer has a health check port (NeedsHealthCheck)', spec: 'type: LoadBalancer, externalTrafficPolicy: Local', local: true, health: true },
    { name: 'Local on a NodePort has none', spec: 'type: NodePort, externalTrafficPolicy: Local', local: true, health: false },
    { name: 'Local on a ClusterIP with external IPs counts (ExternallyAccessible)', spec: 'externalIPs: [192.0.2.7], externalTrafficPolicy: Local', local: true, health: false },
    { name: 'Local on a ClusterIP without does not', spec: 'externalTrafficPolicy: Local', local: false, health: false },
    { name: 'Cluster on a LoadBalancer', spec: 'type: LoadBalancer, externalTrafficPolicy: Cluster', local: false, health: false },
  ])('$name', ({ spec, local, health }) => {
    const made = complete(service('foo', `${spec}, ${one}`)).services.find((one_) => one_.name === 'foo')
    expect([made?.externalLocal, (made?.healthCheckNodePort ?? 0) >= 30000]).toEqual([local, health])
  })

  test.for([
    { spec: '', seconds: 0 },
    { spec: 'sessionAffinity: None, ', seconds: 0 },
    { spec: 'sessionAffinity: ClientIP, ', seconds: 10800 },
    { spec: 'sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 7}}, ', seconds: 7 },
  ])('affinity: $spec$seconds s', ({ spec, seconds }) => {
    expect(complete(service('foo', spec + one)).services.find((one_) => one_.name === 'foo')?.affinitySeconds).toBe(seconds)
  })
})
