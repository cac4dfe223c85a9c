import { MultiDirectedGraph } from 'graphology'
import { formatCidr, formatIp, parseIpSloppy } from '../base/ip.ts'
import type { Cluster, ClusterEndpoint, ClusterPod, ClusterService } from './cluster.ts'

/** What a cluster is drawn with: one thing that packets come from, pass or go to. */
export type Vertex =
  | { readonly type: 'outside'; readonly hosts: readonly string[] }
  | {
      readonly type: 'entry'
      /** How one gets in from outside. */
      readonly way: 'load-balancer' | 'node-port' | 'external-ip'
      readonly addresses: readonly string[]
      /** `80/TCP`, or `80/TCP by node port 30533`. */
      readonly ports: readonly string[]
    }
  | {
      readonly type: 'service'
      readonly namespace: string
      readonly name: string
      readonly serviceType: ClusterService['type']
      readonly headless: boolean
      readonly addresses: readonly string[]
      readonly ports: readonly string[]
    }
  | {
      readonly type: 'node'
      readonly name: string
      readonly addresses: readonly string[]
      readonly podBlocks: readonly string[]
      readonly ready: boolean
    }
  | {
      readonly type: 'pod'
      readonly namespace: string
      readonly name: string
      readonly node?: string
      readonly addresses: readonly string[]
      readonly ready: boolean
      /** What made it, and its name; a ReplicaSet of a Deployment counts as the Deployment. */
      readonly workload?: { readonly kind: string; readonly name: string }
    }
  | {
      /** An endpoint that is no pod, or the name that an ExternalName stands for. */
      readonly type: 'address'
      readonly address: string
      readonly host?: string
    }

/** How two of them belong together. */
export type Link =
  | { readonly type: 'enters' | 'leads-to' | 'runs' | 'stands-for' }
  | { readonly type: 'endpoint'; readonly ready: boolean; readonly ports: readonly string[] }

/** The cluster as a graph, its vertices by an id such as `service/default/web`. */
export type Topology = MultiDirectedGraph<Vertex, Link>

export const outsideId = 'outside'

/**
 * The topology as people draw it: what is outside, the ways in, Services, their endpoints, and nodes with the pods
 * that they run. The graph is an index over the completed cluster: who leads to whom, in both directions.
 */
export function topologyOf(cluster: Cluster): Topology {
  const graph: Topology = new MultiDirectedGraph()
  for (const node of cluster.nodes) {
    graph.addNode(`node/${node.name}`, {
      type: 'node',
      name: node.name,
      addresses: node.addresses.map(formatIp),
      podBlocks: node.podCidrs.map(formatCidr),
      ready: node.ready,
    })
  }
  for (const pod of cluster.pods) addPod(graph, pod)
  for (const service of cluster.services) addService(graph, service)
  addEndpoints(graph, cluster)
  addOutside(graph, cluster)
  return graph
}

function addPod(graph: Topology, pod: ClusterPod): void {
  const { namespace, name, nodeName, ips, ready } = pod
  const workload = workloadOf(pod)
  const id = `pod/${namespace}/${name}`
  graph.addNode(id, {
    type: 'pod',
    namespace,
    name,
    ...(nodeName !== undefined && { node: nodeName }),
    addresses: ips.map(formatIp),
    ready,
    ...(workload && { workload }),
  })
  if (nodeName !== undefined) graph.addEdge(`node/${nodeName}`, id, { type: 'runs' })
}

function workloadOf({ owner, labels }: ClusterPod) {
  if (!owner) return undefined
  const hash = labels['pod-template-hash']
  const ofDeployment = owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`)
  return ofDeployment
    ? { kind: 'Deployment', name: owner.name.slice(0, -hash.length - 1) }
    : { kind: owner.kind, name: owner.name }
}

function addService(graph: Topology, service: ClusterService): void {
  const { namespace, name, type, headless, clusterIps, ports } = service
  const id = `service/${namespace}/${name}`
  graph.addNode(id, {
    type: 'service',
    namespace,
    name,
    serviceType: type,
    headless,
    addresses: clusterIps.map(formatIp),
    ports: ports.map((port) => `${port.port}/${port.protocol}`),
  })
  if (service.externalName !== undefined) {
    graph.addEdge(id, addressVertex(graph, service.externalName), { type: 'stands-for' })
  }
  for (const entry of entriesOf(service)) {
    const entryId = `${entry.way}/${namespace}/${name}`
    graph.addNode(entryId, entry)
    graph.addEdge(entryId, id, { type: 'leads-to' })
  }
}

type Entry = Extract<Vertex, { readonly type: 'entry' }>

function entriesOf({ type, loadBalancer, externalIps, ports }: ClusterService): readonly Entry[] {
  const plain = ports.map((port) => `${port.port}/${port.protocol}`)
  const nodePorts = ports.filter((port) => port.nodePort > 0)
  const balancer: Entry = {
    type: 'entry',
    way: 'load-balancer',
    addresses: loadBalancer.flatMap(({ ip, hostname }) =>
      ip === undefined ? (hostname ?? []) : formatIp(ip),
    ),
    ports: ports.map(({ port, protocol, nodePort }) =>
      nodePort > 0 ? `${port}/${protocol} by node port ${nodePort}` : `${port}/${protocol}`,
    ),
  }
  const nodePort: Entry = {
    type: 'entry',
    way: 'node-port',
    addresses: [],
    ports: nodePorts.map((port) => `${port.nodePort}/${port.protocol}`),
  }
  const external: Entry = {
    type: 'entry',
    way: 'external-ip',
    addresses: externalIps.map(formatIp),
    ports: plain,
  }
  const hasNodePort = nodePorts.length > 0 && (type === 'NodePort' || loadBalancer.length === 0)
  return [
    ...(type === 'LoadBalancer' && loadBalancer.length > 0 ? [balancer] : []),
    ...(hasNodePort ? [nodePort] : []),
    ...(externalIps.length > 0 ? [external] : []),
  ]
}

function addressVertex(graph: Topology, address: string, host?: string): string {
  const id = `address/${address}`
  if (!graph.hasNode(id)) graph.addNode(id, { type: 'address', address, ...(host !== undefined && { host }) })
  return id
}

/** One link for each Service and endpoint, whatever the number of ports and slices. */
function addEndpoints(graph: Topology, cluster: Cluster): void {
  const known = knownAddresses(cluster)
  const links = new Map<string, EndpointLink>()
  for (const slice of cluster.endpointSlices) {
    const from = `service/${slice.namespace}/${slice.service}`
    if (!graph.hasNode(from)) continue
    const ports = slice.ports.map((port) => `${port.port ?? '*'}/${port.protocol}`)
    for (const { endpoint, ip } of socketsOf(slice)) {
      const to = endpointVertex(graph, endpoint, ip, known)
      const before = links.get(`${from} ${to}`)?.ports ?? []
      links.set(`${from} ${to}`, {
        from,
        to,
        ready: endpoint.ready,
        ports: [...new Set([...before, ...ports])],
      })
    }
  }
  for (const { from, to, ready, ports } of links.values()) {
    graph.addEdge(from, to, { type: 'endpoint', ready, ports })
  }
}

interface EndpointLink {
  readonly from: string
  readonly to: string
  readonly ready: boolean
  readonly ports: readonly string[]
}

function socketsOf({ endpoints }: Cluster['endpointSlices'][number]) {
  return endpoints.flatMap((endpoint) => endpoint.addresses.map((ip) => ({ endpoint, ip: formatIp(ip) })))
}

/** The vertex of an endpoint: its pod, by reference or address; the node whose address it is; else the address. */
function endpointVertex(
  graph: Topology,
  { target }: ClusterEndpoint,
  ip: string,
  known: KnownAddresses,
): string {
  const named = target?.kind === 'Pod' ? `pod/${target.namespace}/${target.name}` : ''
  if (graph.hasNode(named)) return named
  return known.pods.get(ip) ?? known.nodes.get(ip) ?? addressVertex(graph, ip, known.hosts.get(ip))
}

/** Whose address is whose. */
interface KnownAddresses {
  readonly pods: ReadonlyMap<string, string>
  readonly nodes: ReadonlyMap<string, string>
  readonly hosts: ReadonlyMap<string, string>
}

function knownAddresses(cluster: Cluster): KnownAddresses {
  const pods = cluster.pods.filter((pod) => !pod.hostNetwork)
  return {
    pods: new Map(
      pods.flatMap((pod) => pod.ips.map((ip) => [formatIp(ip), `pod/${pod.namespace}/${pod.name}`] as const)),
    ),
    nodes: new Map(
      cluster.nodes.flatMap((node) =>
        node.addresses.map((ip) => [formatIp(ip), `node/${node.name}`] as const),
      ),
    ),
    hosts: hostNames(cluster),
  }
}

function hostNames({ environment }: Cluster): ReadonlyMap<string, string> {
  return new Map(
    (environment.externalHosts ?? []).flatMap(({ name, ip: text }) => {
      const ip = text === undefined ? undefined : parseIpSloppy(text)
      return ip !== undefined && name !== undefined ? [[formatIp(ip), name] as const] : []
    }),
  )
}

/** The internet and the declared hosts that are no endpoint of a Service; left out where nothing leads in. */
function addOutside(graph: Topology, cluster: Cluster): void {
  const entries = graph.filterNodes((_, vertex) => vertex.type === 'entry')
  const hosts = [...hostNames(cluster)].flatMap(([ip, name]) =>
    graph.hasNode(`address/${ip}`) ? [] : [`${name} ${ip}`],
  )
  if (entries.length === 0 && hosts.length === 0) return
  graph.addNode(outsideId, { type: 'outside', hosts })
  for (const entry of entries) graph.addEdge(outsideId, entry, { type: 'enters' })
}
