import { describe, expect, test } from 'vitest'
import type { LoadedCluster } from '../../../src/index.ts'
import type { ExampleOptions } from '../../support/cni-example.ts'
import { example, exampleYaml } from '../../support/cni-example.ts'
import { complete } from '../complete.ts'

/** Which builds of engines enforce what, and where: kindnetd by its image's date, kube-network-policies by its image's tag, Amazon's agent by its switches. */
const daemonSet = (name: string, ...containers: readonly string[]) =>
  `{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: ${name}, namespace: kube-system}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {hostNetwork: true, containers: [${containers.join(', ')}]}}}}`
const kindnetd = (tag: string) =>
  daemonSet('kindnet', `{name: kindnet-cni, image: "docker.io/kindest/kindnetd:${tag}"}`)
const netpol = (tag: string, ...args: readonly string[]) =>
  daemonSet(
    'kube-network-policies',
    `{name: kube-network-policies, image: "registry.k8s.io/networking/kube-network-policies:${tag}", args: [${['/bin/netpol', ...args].join(', ')}]}`,
  )
const awsNode = (args: string, env = '') =>
  daemonSet(
    'aws-node',
    `{name: aws-node, image: cni, env: [${env}]}`,
    `{name: aws-eks-nodeagent, image: agent, args: [${args}]}`,
  )

const policy = (app: string, spec: string, name = 'policy') =>
  `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}}, spec: {podSelector: {matchLabels: {app: ${app}}}, ${spec}}}`
const clusterPolicy = (tier: string, app: string, action: string) =>
  `{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: cnp}, spec: {tier: ${tier}, priority: 1, subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: ${app}}}}}, ingress: [{action: ${action}, from: [{namespaces: {}}]}]}}`

function load(options: ExampleOptions, ...more: readonly string[]): LoadedCluster {
  return example({ ...options, more: more.join('\n---\n') })
}

function dispositions(cluster: LoadedCluster, from: string, to: string, protocol: 'tcp' | 'udp' = 'tcp') {
  return cluster.trace({ from, to, protocol }).outcomes.map(({ disposition }) => disposition)
}

describe('kindnetd by the date of its image', () => {
  const closed = policy('p12', 'policyTypes: [Ingress]')
  const silent = policy('p11', 'policyTypes: [Egress]')
  // kind v0.23, v0.24, v0.31, v0.32, each with the image of its default configuration.
  test.for([
    ['v20240513-cd2ac642', 'reached', 'reached'],
    ['v20240813-c6f155d6', 'dropped', 'reached'],
    ['v20251212-v0.29.0-alpha-105-g20ccfc88', 'dropped', 'reached'],
    ['v20260528-9350166c', 'dropped', 'dropped'],
  ] as const)('%s: between pods %s, to the own node %s', ([tag, pods, ownNode]) => {
    const between = load({}, kindnetd(tag), closed)
    expect(dispositions(between, 'pod/p11', 'pod/p12:8080')).toEqual([pods])
    const toNode = load({}, kindnetd(tag), silent)
    expect(dispositions(toNode, 'pod/p11', '192.168.1.11:10250')).toEqual([ownNode])
  })

  test('enforces NetworkPolicies alone', () => {
    const denied = clusterPolicy('Admin', 'p12', 'Deny')
    const own = load({}, kindnetd('v20260528-9350166c'), denied)
    expect(dispositions(own, 'pod/p11', 'pod/p12:8080')).toEqual(['reached'])
    expect(dispositions(load({}, denied), 'pod/p11', 'pod/p12:8080')).toEqual(['dropped'])
  })
})

describe('which node judges', () => {
  /** The node and hook at which a packet was stopped. */
  const stop = (cluster: LoadedCluster, from: string, to: string, protocol: 'tcp' | 'udp' = 'tcp') => {
    const [outcome] = cluster.trace({ from, to, protocol }).outcomes
    const hops = outcome?.legs.at(-1)?.forward ?? []
    return hops.flatMap(({ netns, steps }) =>
      steps.flatMap((step) =>
        step.type === 'filtered' && step.action === 'drop' && step.at.type === 'hook'
          ? [`${netns} ${step.at.hook}`]
          : [],
      ),
    )
  }
  const closed = policy('p21', 'policyTypes: [Ingress]')
  const open = policy('p11', 'policyTypes: [Egress], egress: [{}]', 'open')
  const dns = policy('p11', 'policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}]')

  // Packets are queued where an end is a pod of the node that a policy selects; both ends are judged then (EvaluatePacket).
  test.for([
    ["the destination's, whose pod a policy selects", 'v1.1.1', [closed], 'node/n2 POSTROUTING'],
    ["the source's, if a policy selects the pod there", 'v1.1.1', [closed, open], 'node/n1 POSTROUTING'],
    ['the first, with cluster-wide policies', 'v1.1.1-npa-v1alpha2', [closed], 'node/n1 POSTROUTING'],
  ] as const)('%s', ([, tag, more, wanted]) => {
    const cluster = load({ cni: 'ptp' }, netpol(tag), ...more)
    expect(stop(cluster, 'pod/p11', 'pod/p21:8080')).toEqual([wanted])
  })

  test('DNS over UDP is judged before routing', () => {
    const kindnet = load({}, dns)
    expect(stop(kindnet, 'pod/p11', '203.0.113.10:53', 'udp')).toEqual(['node/n1 PREROUTING'])
    expect(stop(kindnet, 'pod/p11', '203.0.113.10:53', 'tcp')).toEqual(['node/n1 POSTROUTING'])
    const newKernel = load({ cni: 'ptp' }, netpol('v1.1.1', '--netfilter-bug-1766-fix=false'), dns)
    expect(stop(newKernel, 'pod/p11', '203.0.113.10:53', 'udp')).toEqual(['node/n1 POSTROUTING'])
  })
})

describe('images of kube-network-policies', () => {
  const denied = clusterPolicy('Baseline', 'p12', 'Deny')
  const otherDirection = policy('p12', 'policyTypes: [Egress], egress: [{}]')
  test.for([
    ['v1.1.1', [denied], 'reached', 'cluster-wide policies need another image'],
    ['v1.1.1-npa-v1alpha1', [denied], 'reached', 'that of the older API'],
    ['v1.1.1-npa-v1alpha2', [denied], 'dropped', 'ClusterNetworkPolicy'],
    ['v1.1.1-npa-v1alpha2', [denied, otherDirection], 'reached', 'Baseline is skipped: EvaluateIngress'],
  ] as const)('%s: %s', ([tag, more, wanted]) => {
    const cluster = load({ cni: 'ptp' }, netpol(tag), ...more)
    expect(dispositions(cluster, 'pod/p11', 'pod/p12:8080')).toEqual([wanted])
  })
})

describe('beside plugins that enforce nothing', () => {
  const closed = policy('p12', 'policyTypes: [Ingress]')
  test.for([
    ['flannel', [], [], 'reached'],
    ['flannel', [netpol('v1.1.1')], [], 'dropped'],
    ['flannel', [], ['cni: {enforcesNetworkPolicy: true}'], 'dropped'],
    ['flannel', [netpol('v1.1.1')], ['cni: {enforcesNetworkPolicy: false}'], 'reached'],
    ['kindnet', [], ['cni: {enforcesNetworkPolicy: false}'], 'reached'],
    ['azure', [], [], 'reached'],
    ['azure', [daemonSet('azure-npm', '{name: azure-npm, image: npm}')], [], 'dropped'],
    ['gke', [], [], 'reached'],
    [
      'gke',
      [
        daemonSet(
          'calico-node',
          '{name: calico-node, image: node, env: [{name: CALICO_NETWORKING_BACKEND, value: none}]}',
        ),
      ],
      [],
      'dropped',
    ],
    ['bridge', [], [], 'reached'],
    ['ptp', [], [], 'reached'],
    ['kubenet', [], [], 'reached'],
    ['kopeio', [], [], 'reached'],
    ['aos', [], [], 'reached'],
    ['cni-genie:default_plugin=flannel', [], [], 'reached'],
    ['cni-genie:default_plugin=romana', [], [], 'dropped'],
  ] as const)('%s with %s and %s: %s', ([cni, daemons, environment, wanted]) => {
    const cluster = load({ cni, environment }, closed, ...daemons)
    expect(dispositions(cluster, 'pod/p11', 'pod/p12:8080')).toEqual([wanted])
  })

  test('what the Environment says of such a plugin is told as an assumption', () => {
    const said = (environment: readonly string[]) =>
      complete(exampleYaml({ environment }), { cni: 'flannel' }).assumptions.filter(({ text }) =>
        text.includes('as by kube-network-policies'),
      )
    expect(said(['cni: {enforcesNetworkPolicy: true}'])).toHaveLength(1)
    expect(said([])).toEqual([])
  })

  // B3.1: a bridged frame meets no hook of the inet family without br_netfilter.
  test('a bridge whose frames netfilter does not see', () => {
    const environment = ['nodes: {n1: {sysctl: {net.bridge.bridge-nf-call-iptables: 0}}}']
    const cluster = load({ cni: 'flannel', environment }, closed, netpol('v1.1.1'))
    expect(dispositions(cluster, 'pod/p11', 'pod/p12:8080')).toEqual(['reached'])
    expect(dispositions(cluster, 'pod/p21', 'pod/p12:8080')).toEqual(['dropped'])
  })
})

describe("Amazon's agent", () => {
  const ips = { p11: '192.168.1.111', p12: '192.168.1.112', p21: '192.168.1.121' }
  const aws = (environment: readonly string[], ...more: readonly string[]) =>
    load({ cni: 'aws-vpc-cni', ips, environment }, ...more)
  const closed = policy('p12', 'policyTypes: [Ingress]')
  const off = '--enable-network-policy=false'
  const on = '--enable-network-policy=true'
  const map = (value: string) =>
    `{apiVersion: v1, kind: ConfigMap, metadata: {name: amazon-vpc-cni, namespace: kube-system}, data: {enable-network-policy-controller: "${value}"}}`
  test.for([
    ['nothing said', [], [], 'dropped'],
    ['the container says on', [awsNode(on)], [], 'dropped'],
    ['the container says off', [awsNode(off)], [], 'reached'],
    ['the container says nothing: off', [awsNode('')], [], 'reached'],
    ['the controller does not run', [awsNode(on), map('false')], [], 'reached'],
    ['the Environment says on', [awsNode(off)], ['cni: {enforcesNetworkPolicy: true}'], 'dropped'],
    ['the Environment says off', [awsNode(on)], ['cni: {enforcesNetworkPolicy: false}'], 'reached'],
  ] as const)('%s', ([, more, environment, wanted]) => {
    expect(dispositions(aws(environment, closed, ...more), 'pod/p11', 'pod/p12:8080')).toEqual([wanted])
  })

  // pod_state DEFAULT_DENY, in both directions, until a policy is about the pod.
  test('strict mode: a pod that no policy is about is cut off', () => {
    const open = policy('p12', 'policyTypes: [Ingress], ingress: [{}]')
    const strict = awsNode(on, '{name: NETWORK_POLICY_ENFORCING_MODE, value: strict}')
    const cluster = aws([], strict, open)
    expect(dispositions(cluster, 'pod/p11', 'pod/p12:8080')).toEqual(['dropped'])
    expect(dispositions(cluster, 'pod/p12', '192.168.1.12:10250')).toEqual(['reached'])
    expect(dispositions(cluster, 'node/n1', 'pod/p11:8080')).toEqual(['dropped'])
    expect(dispositions(cluster, 'node/n1', 'pod/p12:8080')).toEqual(['reached'])
  })

  const svc = (ports: string) =>
    `{apiVersion: v1, kind: Service, metadata: {name: other}, spec: {clusterIP: 10.96.0.99, selector: {app: p21}, ports: [${ports}]}}`
  const toP21 = (port: string) =>
    policy(
      'p11',
      `policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: p21}}}], ports: [${port}]}]`,
    )
  // getMatchingServiceClusterIPs.
  test.for([
    [
      'the port that leads to the allowed one',
      svc('{port: 81, targetPort: 8080}'),
      toP21('{port: 8080}'),
      '10.96.0.99:81',
      'reached',
    ],
    [
      'a port that leads elsewhere',
      svc('{port: 81, targetPort: 9090}'),
      toP21('{port: 8080}'),
      '10.96.0.99:81',
      'dropped',
    ],
    [
      'the first of two ports alone',
      svc('{name: a, port: 81, targetPort: 8080}, {name: b, port: 82, targetPort: 8080}'),
      toP21('{port: 8080}'),
      '10.96.0.99:82',
      'dropped',
    ],
    [
      'every port, where none is stated',
      svc('{port: 81, targetPort: 8080}'),
      toP21('').replace(', ports: []', ''),
      '10.96.0.99:81',
      'reached',
    ],
    [
      'a Service whose selector is not what the policy selects',
      svc('{port: 81, targetPort: 8080}').replace('selector: {app: p21}', 'selector: {}'),
      toP21('{port: 8080}'),
      '10.96.0.99:81',
      'dropped',
    ],
  ] as const)("a Service's address: %s", ([, service, allowed, to, wanted]) => {
    expect(dispositions(aws([], service, allowed), 'pod/p11', to)).toEqual([wanted])
  })
})
