import { describe, expect, test } from 'vitest'
import { formatCidr, formatIp } from '../../src/base/ip.ts'
import { codes, complete, problems } from './complete.ts'

/** Ranges and blocks: what configuration states, what a dump tells, what kind has; and what must not overlap. */

const node = (name: string, address: string, cidrs = '') => `
apiVersion: v1
kind: Node
metadata: {name: ${name}, uid: ${name}}
spec: {${cidrs && `podCIDRs: [${cidrs}]`}}
status: {addresses: [{type: InternalIP, address: "${address}"}]}
---
`
const dumpedService = (name: string, ...ips: readonly string[]) => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, uid: ${name}}
spec: {clusterIP: "${ips[0]}", clusterIPs: [${ips.map((ip) => `"${ip}"`).join(', ')}], ports: [{port: 80}]}
---
`
const dumpedPod = (name: string, nodeName: string, ip: string, hostIp = '', labels = '') => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, uid: ${name}, labels: {${labels}}}
spec: {nodeName: ${nodeName}, containers: [{name: c, image: i}]}
status: {phase: Running, podIP: "${ip}", podIPs: [{ip: "${ip}"}]${hostIp && `, hostIP: ${hostIp}`}}
---
`
const service = (spec: string) => `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]${spec && `, ${spec}`}}
---
`
const kubeadm = (pods: string, services: string) => `
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking: {podSubnet: "${pods}", serviceSubnet: "${services}"}
---
`
const kind = (family: string) => `
apiVersion: kind.x-k8s.io/v1alpha4
kind: Cluster
networking: {ipFamily: ${family}}
---
`

// biome-ignore format: one input a line
describe('the cluster’s ranges', () => {
  test.for([
    { name: 'nothing is said: kind’s', text: service(''), pods: '10.244.0.0/16', services: '10.96.0.0/16' },
    { name: 'kind with two families', text: kind('dual'), pods: '10.244.0.0/16, fd00:10:244::/56', services: '10.96.0.0/16, fd00:10:96::/112' },
    { name: 'kind with IPv6', text: kind('ipv6'), pods: 'fd00:10:244::/56', services: 'fd00:10:96::/112' },
    { name: 'kubeadm', text: kubeadm('192.168.0.0/17', '10.32.0.0/12'), pods: '192.168.0.0/17', services: '10.32.0.0/12' },
    { name: 'a Service asks for two families', text: service('ipFamilyPolicy: RequireDualStack'), pods: '10.244.0.0/16, fd00:10:244::/56', services: '10.96.0.0/16, fd00:10:96::/112' },
    { name: 'nodes’ addresses tell the families', text: node('a', 'fd01::1'), pods: 'fd00:10:244::/56', services: 'fd00:10:96::/112' },
    { name: 'k3s: blocks and kubernetes’ address', text: node('a', '192.0.2.1', '10.42.0.0/24') + node('b', '192.0.2.2', '10.42.1.0/24') + dumpedService('kubernetes', '10.43.0.1') + dumpedService('web', '10.43.200.9'), pods: '10.42.0.0/16', services: '10.43.0.0/16' },
    { name: 'kubeadm’s default /12 of Services', text: node('a', '192.0.2.1', '10.244.0.0/24') + dumpedService('kubernetes', '10.96.0.1') + dumpedService('web', '10.107.3.4'), pods: '10.244.0.0/16', services: '10.96.0.0/12' },
    { name: 'GKE: blocks beyond a /16, Services in a small range', text: node('a', '10.128.0.2', '10.4.0.0/24') + node('b', '10.128.0.3', '10.7.9.0/24') + dumpedService('kubernetes', '34.118.224.1') + dumpedService('web', '34.118.230.7'), pods: '10.4.0.0/14', services: '34.118.224.0/19' },
    { name: 'a dump without Nodes: the pods’ addresses', text: dumpedPod('p', 'n1', '10.1.2.3'), pods: '10.1.0.0/16', services: '10.96.0.0/16' },
    { name: 'a dump with two families', text: node('a', '192.0.2.1', '10.1.0.0/24, "fd02::/64"') + dumpedService('web', '10.2.0.9', 'fd03::9'), pods: '10.1.0.0/16, fd02::/56', services: '10.2.0.0/16, fd03::/112' },
  ])('$name', ({ text, pods, services }) => {
    const cluster = complete(text)
    expect(cluster.settings.podCidrs.map(formatCidr).join(', ')).toBe(pods)
    expect(cluster.settings.serviceCidrs.map(formatCidr).join(', ')).toBe(services)
    expect(codes(cluster)).toEqual([])
  })
})

// biome-ignore format: one input a line
describe('overlaps are warnings at their place', () => {
  test.for([
    { name: 'pods and Services', text: kubeadm('10.0.0.0/8', '10.96.0.0/16'), found: ['pod addresses 10.0.0.0/8 and Service addresses 10.96.0.0/16 overlap'] },
    { name: 'the blocks of two nodes', text: node('a', '192.0.2.1', '10.244.0.0/23') + node('b', '192.0.2.2', '10.244.1.0/24'), found: ['0.yaml:12:19: warning: the pod block 10.244.1.0/24 of node b overlaps that of node a'] },
    { name: 'a node’s block and the Services', text: node('a', '192.0.2.1', '10.96.1.0/24'), found: ['pod addresses 10.96.0.0/16 and Service addresses', 'of node a overlaps the Service addresses 10.96.0.0/16'] },
    { name: 'a node’s address and the pods', text: node('a', '10.244.7.7'), found: ['address 10.244.7.7 of node a lies among the pod addresses 10.244.0.0/16'] },
    { name: 'a node’s address and the Services', text: kubeadm('10.244.0.0/16', '192.0.2.0/24') + node('a', '192.0.2.1'), found: ['address 192.0.2.1 of node a lies among the Service addresses 192.0.2.0/24'] },
    { name: 'none', text: node('a', '192.0.2.1', '10.244.0.0/24') + node('b', '192.0.2.2', '10.244.1.0/24'), found: [] },
  ])('$name', ({ text, found }) => {
    const told = problems(complete(text))
    expect(told).toHaveLength(found.length)
    for (const [index, message] of found.entries()) expect(told[index]).toContain(message)
  })
})

// biome-ignore format: one input a line
describe('the nodes’ pod blocks', () => {
  const blocks = (text: string) => complete(text).nodes.map((one) => one.podCidrs.map(formatCidr).join(','))
  test.for([
    { name: 'the next free ones of the range', text: node('a', '192.0.2.1') + node('b', '192.0.2.2'), made: ['10.244.0.0/24', '10.244.1.0/24'] },
    { name: 'those that are stated, and the next that is free', text: node('a', '192.0.2.1') + node('b', '192.0.2.2', '10.244.0.0/24'), made: ['10.244.1.0/24', '10.244.0.0/24'] },
    { name: 'those that the addresses of dumped pods tell', text: node('a', '192.0.2.1') + node('b', '192.0.2.2') + dumpedPod('p', 'b', '10.244.0.9'), made: ['10.244.1.0/24', '10.244.0.0/24'] },
    { name: 'a node without pods beside one that has', text: node('a', '192.0.2.1') + node('b', '192.0.2.2') + dumpedPod('p', 'a', '10.244.3.9'), made: ['10.244.3.0/24', '10.244.0.0/24'] },
    { name: 'pods of two blocks tell nothing', text: node('a', '192.0.2.1') + dumpedPod('p', 'a', '10.244.3.9') + dumpedPod('q', 'a', '10.244.4.9'), made: ['10.244.0.0/24'] },
    { name: 'a range that is used up', text: kubeadm('10.244.0.0/24', '10.96.0.0/16') + node('a', '192.0.2.1') + node('b', '192.0.2.2'), made: ['10.244.0.0/24', ''] },
  ])('$name', ({ text, made }) => {
    expect(blocks(text)).toEqual(made)
  })

  test('a range that is used up is said', () => {
    const text = kubeadm('10.244.0.0/24', '10.96.0.0/16') + node('a', '192.0.2.1') + node('b', '192.0.2.2')
    expect(problems(complete(text)).join()).toContain('no pod block is left for node b in 10.244.0.0/24')
  })
})

// biome-ignore format: one input a line
describe('nodes that only the pods of a dump name', () => {
  const text = dumpedPod('api', 'n1', '192.0.2.1', '192.0.2.1', 'component: kube-apiserver') + dumpedPod('p', 'n2', '10.244.1.9', '192.0.2.2') + dumpedPod('q', 'n3', '10.244.2.9')
  test('are there, with the addresses that the pods tell', () => {
    const cluster = complete(text.replace('spec: {nodeName: n1', 'spec: {hostNetwork: true, nodeName: n1'))
    expect(codes(cluster)).toEqual([])
    expect(cluster.nodes.map((one) => `${one.name} ${one.addresses.map(formatIp)} ${one.podCidrs.map(formatCidr)}`)).toEqual([
      'n1 192.0.2.1 10.244.0.0/24',
      'n2 192.0.2.2 10.244.1.0/24',
      'n3 192.0.2.3 10.244.2.0/24',
    ])
    expect(Object.keys(cluster.nodes[0]?.labels ?? {})).toContain('node-role.kubernetes.io/control-plane')
  })
})

// biome-ignore format: one input a line
describe('conflicts of pod addresses', () => {
  const nodes = node('a', '192.0.2.1', '10.244.0.0/24') + node('b', '192.0.2.2', '10.244.1.0/24')
  test.for([
    { name: 'each in its node’s block', text: dumpedPod('p', 'a', '10.244.0.9') + dumpedPod('q', 'b', '10.244.1.9'), found: [] },
    { name: 'two pods with one address', text: dumpedPod('p', 'a', '10.244.0.9') + dumpedPod('q', 'a', '10.244.0.9'), found: ['pod-ip-taken'] },
    { name: 'a finished pod’s address is free again', text: dumpedPod('p', 'a', '10.244.0.9').replace('Running', 'Succeeded') + dumpedPod('q', 'a', '10.244.0.9'), found: [] },
    { name: 'host-network pods share their node’s', text: (dumpedPod('p', 'a', '192.0.2.1') + dumpedPod('q', 'a', '192.0.2.1')).replaceAll('spec: {', 'spec: {hostNetwork: true, '), found: [] },
    { name: 'outside its node’s block', text: dumpedPod('p', 'a', '10.244.1.9'), found: ['pod-ip-outside-node'] },
  ])('$name', ({ text, found }) => {
    expect(codes(complete(nodes + text))).toEqual(found)
  })

  test('a block that is only assumed says nothing against a dump', () => {
    const assumed = node('a', '192.0.2.1')
    expect(codes(complete(assumed + dumpedPod('p', 'a', '10.244.3.9') + dumpedPod('q', 'a', '10.244.4.9')))).toEqual([])
  })
})
