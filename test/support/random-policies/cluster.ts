import type { Draw } from './draw.ts'

/** An object as a manifest holds it. */
export type Manifest = Readonly<Record<string, unknown>>

/** The protocols that a policy can name. */
export type PolicyProtocol = 'TCP' | 'UDP' | 'SCTP'

export const protocols: readonly PolicyProtocol[] = ['TCP', 'UDP', 'SCTP']

/** A port that a container declares. */
export interface NamedPort {
  readonly name: string
  readonly protocol: PolicyProtocol
  readonly port: number
}

/** A pod of a random cluster, as far as a policy can see it. */
export interface RandomPod {
  readonly namespace: string
  readonly name: string
  readonly ip: string
  readonly ports: readonly NamedPort[]
}

/** Namespaces, nodes and pods, with nothing that protects them yet. */
export interface RandomCluster {
  readonly namespaces: readonly string[]
  readonly pods: readonly RandomPod[]
  readonly objects: readonly Manifest[]
}

/** Hosts outside of the cluster that pods talk to and are talked to by. */
export const outsideAddresses = ['203.0.113.9', '198.51.100.7'] as const

/** The names under which containers declare ports. */
export const portNames = ['http', 'metrics', 'dns'] as const

/** A block per node; pods have their addresses from them. */
const nodeCount = 3

/** Two to four namespaces and four to nine pods with labels and named ports. */
export function drawCluster(draw: Draw): RandomCluster {
  const namespaces = ['alpha', 'beta', 'gamma', 'delta'].slice(0, draw.between(2, 4))
  const drawn = draw.list(draw.between(4, 9), () => draw.of(namespaces))
  const pods = drawn.map((namespace, index) => drawPod(draw, namespace, index))
  return {
    namespaces,
    pods: pods.map(({ pod }) => pod),
    objects: [
      ...Array.from({ length: nodeCount }, (_, index) => node(index + 1)),
      ...namespaces.map((name) => drawNamespace(draw, name)),
      ...pods.map(({ object }) => object),
    ],
  }
}

function node(number: number): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node-${number}`, labels: { 'kubernetes.io/hostname': `node-${number}` } },
    spec: { podCIDR: `10.244.${number}.0/24`, podCIDRs: [`10.244.${number}.0/24`] },
    status: { addresses: [{ type: 'InternalIP', address: `192.168.1.${10 + number}` }] },
  }
}

function drawNamespace(draw: Draw, name: string): Manifest {
  const labels = {
    // The API server sets it on every namespace.
    'kubernetes.io/metadata.name': name,
    ...(draw.chance(70) && { team: draw.of(['red', 'blue']) }),
    ...(draw.chance(50) && { env: draw.of(['prod', 'test', '']) }),
  }
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
}

function drawPod(draw: Draw, namespace: string, index: number) {
  const name = `pod-${index}`
  const number = draw.between(1, nodeCount)
  const ip = `10.244.${number}.${2 + index * 27}`
  const labels = {
    ...(draw.chance(85) && { app: draw.of(['web', 'api', 'db']) }),
    ...(draw.chance(60) && { tier: draw.of(['front', 'back', '']) }),
  }
  const ports = drawNamedPorts(draw)
  const containers = ports.map(({ name: portName, port, protocol }, at) => ({
    name: `c${at}`,
    image: 'registry.example/app:1',
    ports: [{ name: portName, containerPort: port, ...(protocol !== 'TCP' && { protocol }) }],
  }))
  const none = [{ name: 'c0', image: 'registry.example/app:1' }]
  const object: Manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, ...(Object.keys(labels).length > 0 && { labels }) },
    spec: { nodeName: `node-${number}`, containers: containers.length > 0 ? containers : none },
    status: {
      phase: 'Running',
      hostIP: `192.168.1.${10 + number}`,
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  }
  return { pod: { namespace, name, ip, ports }, object }
}

/** One number and protocol has one name in a pod; one name may stand for two protocols, each in a container of its own. */
function drawNamedPorts(draw: Draw): readonly NamedPort[] {
  const offers: readonly NamedPort[] = [
    { name: 'http', protocol: 'TCP', port: draw.of([8080, 8081, 80]) },
    { name: 'http', protocol: 'UDP', port: draw.of([8080, 8082]) },
    { name: 'metrics', protocol: draw.of(protocols), port: draw.of([9090, 9091]) },
    { name: 'dns', protocol: draw.of(['UDP', 'TCP'] as const), port: draw.of([53, 5353]) },
  ]
  return offers.filter(({ protocol, name }) => draw.chance(name === 'http' && protocol === 'UDP' ? 20 : 55))
}
