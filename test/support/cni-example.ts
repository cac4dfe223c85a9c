import { formatIp } from '../../src/base/ip.ts'
import type { Journey, LoadedCluster, LoadOptions } from '../../src/index.ts'
import { parseCluster } from '../../src/index.ts'

/**
 * The example that the tables of network plugins are about: nodes n1 and n2 on 192.168.1.0/24, pods p11 and p12 on n1 and
 * p21 on n2, a Service before each pod, node ports before p21 and p12, and a client ext on the nodes' network.
 */
export interface ExampleOptions extends LoadOptions {
  /** Addresses of the pods, where the plugin has no podCIDR. */
  readonly ips?: Readonly<Record<'p11' | 'p12' | 'p21', string>>
  /** Further objects, as YAML documents; an Environment's `spec` goes into `environment`. */
  readonly more?: string
  /** Lines of the Environment's spec, in flow style: `cni: {plugin: flannel}`. */
  readonly environment?: readonly string[]
  readonly clusterCidr?: string
  /** Addresses of the nodes, where they are on different networks. */
  readonly nodeIps?: Readonly<Record<'n1' | 'n2', string>>
  /** Services have their ports for UDP too. */
  readonly udp?: boolean
}

const defaultNodeIps = { n1: '192.168.1.11', n2: '192.168.1.12' } as const

const defaultIps = { p11: '10.244.1.2', p12: '10.244.1.3', p21: '10.244.2.2' } as const
const homes = { p11: 'n1', p12: 'n1', p21: 'n2' } as const

/** The address of the outside client. */
export const ext = '192.168.1.9'

function node(name: string, ip: string, cidr: string): string {
  return `{apiVersion: v1, kind: Node, metadata: {name: ${name}}, spec: {podCIDR: ${cidr}, podCIDRs: [${cidr}]}, status: {addresses: [{type: InternalIP, address: ${ip}}]}}`
}

function pod(name: 'p11' | 'p12' | 'p21', ips: Readonly<Record<string, string>>): string {
  const mapped = name === 'p11' ? ', hostPort: 8081' : ''
  return `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, labels: {app: ${name}}}, spec: {nodeName: ${homes[name]}, containers: [{name: app, image: app, ports: [{containerPort: 8080${mapped}}, {containerPort: 8080, protocol: UDP}]}]}, status: {phase: Running, podIP: ${ips[name]}, podIPs: [{ip: ${ips[name]}}]}}`
}

function service(name: string, app: string, ip: string, { udp = false, more = '' } = {}): string {
  const numbers = `port: 80, targetPort: 8080${more.includes('NodePort') ? `, nodePort: ${name === 'np21' ? 30021 : 30012}` : ''}`
  const ports = udp ? `{name: t, ${numbers}}, {name: u, protocol: UDP, ${numbers}}` : `{${numbers}}`
  return `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {clusterIP: ${ip}, selector: {app: ${app}}, ports: [${ports}]${more}}}`
}

/** The example's objects as YAML. */
export function exampleYaml({
  ips = defaultIps,
  more = '',
  environment = [],
  clusterCidr,
  nodeIps = defaultNodeIps,
  udp = false,
}: ExampleOptions): string {
  const spec = [
    'clusterNetwork: {podCIDR: 10.244.0.0/16, serviceCIDR: 10.96.0.0/12}',
    `externalHosts: [{name: ext, ip: ${ext}}]`,
    ...(clusterCidr === undefined ? [] : [`kubeProxy: {clusterCIDR: ${clusterCidr}}`]),
    ...environment,
  ]
  return [
    node('n1', nodeIps.n1, '10.244.1.0/24'),
    node('n2', nodeIps.n2, '10.244.2.0/24'),
    ...(['p11', 'p12', 'p21'] as const).map((name) => pod(name, ips)),
    service('svc11', 'p11', '10.96.0.11', { udp }),
    service('svc12', 'p12', '10.96.0.12', { udp }),
    service('svc21', 'p21', '10.96.0.21', { udp }),
    service('np21', 'p21', '10.96.0.51', { udp, more: ', type: NodePort' }),
    service('np12', 'p12', '10.96.0.52', { udp, more: ', type: NodePort, externalTrafficPolicy: Local' }),
    `{apiVersion: kubewalk.dev/v1alpha1, kind: Environment, metadata: {name: example}, spec: {${spec.join(', ')}}}`,
    more,
  ].join('\n---\n')
}

export function example(options: ExampleOptions = {}): LoadedCluster {
  const {
    ips: _ips,
    more: _more,
    environment: _environment,
    clusterCidr: _cidr,
    nodeIps: _nodeIps,
    udp: _udp,
    ...load
  } = options
  return parseCluster([{ name: 'example.yaml', text: exampleYaml(options) }], load)
}

/** The flows of the tables: from, to, and the row's name. */
export const flows = {
  'p11->p12': ['pod/p11', 'pod/p12:8080'],
  'p11->p21': ['pod/p11', 'pod/p21:8080'],
  'p12->p21': ['pod/p12', 'pod/p21:8080'],
  'p11->internet': ['pod/p11', '203.0.113.10:80'],
  'p12->internet': ['pod/p12', '203.0.113.10:80'],
  'p11->own node IP': ['pod/p11', '192.168.1.11:10250'],
  'p11->n2 IP': ['pod/p11', '192.168.1.12:10250'],
  'p12->n2 IP': ['pod/p12', '192.168.1.12:10250'],
  'p11->svc(p11) self': ['pod/p11', '10.96.0.11:80'],
  'p11->svc(p12)': ['pod/p11', '10.96.0.12:80'],
  'p11->svc(p21)': ['pod/p11', '10.96.0.21:80'],
  'p12->svc(p21)': ['pod/p12', '10.96.0.21:80'],
  'n1->p12': ['node/n1', 'pod/p12:8080'],
  'n2->p12': ['node/n2', 'pod/p12:8080'],
  'n1->p21': ['node/n1', 'pod/p21:8080'],
  'n1->svc(p12)': ['node/n1', '10.96.0.12:80'],
  'n1->svc(p21)': ['node/n1', '10.96.0.21:80'],
  'n1->hostPort at its own address': ['node/n1', '192.168.1.11:8081'],
  'n1->hostPort at 127.0.0.1': ['node/n1', '127.0.0.1:8081'],
  'p11->hostPort': ['pod/p11', '192.168.1.11:8081'],
  'p12->hostPort': ['pod/p12', '192.168.1.11:8081'],
  'p21->hostPort': ['pod/p21', '192.168.1.11:8081'],
  'ext->hostPort': [`external/${ext}`, '192.168.1.11:8081'],
  'n2->hostPort': ['node/n2', '192.168.1.11:8081'],
  'n1->127.0.0.1 node port': ['node/n1', '127.0.0.1:30021'],
  'ext->np(n1)->p21': [`external/${ext}`, '192.168.1.11:30021'],
  'ext->np(n2)->p21': [`external/${ext}`, '192.168.1.12:30021'],
  'ext->np(n1) local policy ->p12': [`external/${ext}`, '192.168.1.11:30012'],
} as const

export type Flow = keyof typeof flows

export function walk(cluster: LoadedCluster, flow: Flow, verbose = false): Journey {
  const [from, to] = flows[flow]
  return cluster.trace({ from, to }, { recordMisses: verbose })
}

/** What a row of the table says: the source that the far socket sees, or the disposition if it is not reached. */
export function sourceSeen(cluster: LoadedCluster, flow: Flow): string {
  const [outcome] = walk(cluster, flow).outcomes
  if (!outcome) return 'no outcome'
  return outcome.disposition === 'reached' ? String(outcome.seenSource?.ip) : outcome.disposition
}

/** The TTL with which the packet comes to the destination's socket. */
export function ttlSeen(cluster: LoadedCluster, flow: Flow): number | undefined {
  const [outcome] = walk(cluster, flow).outcomes
  const steps = outcome?.legs.at(-1)?.forward.at(-1)?.steps ?? []
  for (const step of steps) if (step.type === 'delivered') return step.packet.ttl
  return undefined
}

/** The outer headers of every encapsulation on the way there: `192.168.1.11 > 192.168.1.12 udp 8472`. */
export function wrappings(cluster: LoadedCluster, flow: Flow): readonly string[] {
  const [outcome] = walk(cluster, flow).outcomes
  const hops = outcome?.legs.at(-1)?.forward ?? []
  return hops.flatMap(({ steps }) =>
    steps.flatMap((step) => {
      if (step.type !== 'encapsulated') return []
      const { src, dst, protocol, dport } = step.outer
      return [
        `${formatIp(src)} > ${formatIp(dst)} ${protocol === 17 ? `udp ${dport}` : `protocol ${protocol}`}`,
      ]
    }),
  )
}
