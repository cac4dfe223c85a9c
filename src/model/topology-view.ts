import type { Link, Topology, Vertex } from './topology.ts'
import { outsideId } from './topology.ts'

/** What of a topology is shown. */
export interface TopologyScope {
  /** Services and pods of this namespace, with all nodes. */
  readonly namespace?: string
  /** This node, its pods, and the Services that have an endpoint there. */
  readonly node?: string
  /** This Service (`namespace/name`), the ways in, its endpoints and their nodes. */
  readonly service?: string
  /** Show each pod, however many there are. */
  readonly eachPod?: boolean
}

/** Several pods of one workload on one node, which the same Services lead to, stand as one. */
export type PodGroup = Extract<Vertex, { readonly type: 'pod' }> & { readonly count: number }

export type ViewVertex = { readonly id: string } & (Exclude<Vertex, { readonly type: 'pod' }> | PodGroup)

export type ViewEdge = { readonly from: string; readonly to: string } & Link

/** A topology as plain data, in drawing order. */
export interface TopologyView {
  readonly vertices: readonly ViewVertex[]
  readonly edges: readonly ViewEdge[]
}

/** With more pods than this, replicas on one node are drawn as one. */
const mostPods = 24

/** The part of a topology that the scope names, replicas collapsed where there are many pods. */
export function viewTopology(topology: Topology, scope: TopologyScope = {}): TopologyView {
  const kept = keptVertices(topology, scope)
  const pods = [...kept].filter((id) => topology.getNodeAttribute(id, 'type') === 'pod')
  const groups = groupPods(topology, pods, scope.eachPod === true || pods.length <= mostPods)
  const groupOf = new Map([...groups].flatMap(([id, members]) => members.map((member) => [member, id])))
  const vertices = topology
    .mapNodes((id, vertex) => ({ id, vertex }))
    .flatMap(({ id, vertex }): ViewVertex[] => {
      if (!kept.has(id)) return []
      if (vertex.type !== 'pod') return [{ id, ...vertex }]
      const members = groups.get(id)
      if (!members) return []
      const count = members.length
      return [
        {
          id,
          ...vertex,
          ...(count > 1 && { name: vertex.workload?.name ?? vertex.name, addresses: [] }),
          count,
        },
      ]
    })
  const edges = new Map<string, ViewEdge>()
  topology.forEachEdge((_, link, source, target) => {
    if (!kept.has(source) || !kept.has(target)) return
    const to = groupOf.get(target) ?? target
    edges.set(`${link.type} ${source} ${to}`, { from: source, to, ...link })
  })
  return { vertices, edges: [...edges.values()] }
}

function keptVertices(topology: Topology, scope: TopologyScope): ReadonlySet<string> {
  const { namespace, node, service } = scope
  const isWanted = (id: string, vertex: Vertex): boolean => {
    if (vertex.type === 'service') {
      const isNamed = service === undefined || service === `${vertex.namespace}/${vertex.name}`
      return (
        isNamed &&
        (namespace === undefined || vertex.namespace === namespace) &&
        servesNode(topology, id, node)
      )
    }
    if (vertex.type === 'pod') {
      const isThere = node === undefined || vertex.node === node
      const isServed = service === undefined || topology.hasEdge(`service/${service}`, id)
      return isThere && isServed && (namespace === undefined || vertex.namespace === namespace)
    }
    return false
  }
  const core = new Set(topology.filterNodes(isWanted))
  const kept = new Set(core)
  for (const id of core)
    for (const near of topology.neighbors(id)) if (surrounds(topology, near, scope)) kept.add(near)
  if (service === undefined) for (const id of nodesOf(topology, node)) kept.add(id)
  if ([...kept].some((id) => topology.getNodeAttribute(id, 'type') === 'entry')) kept.add(outsideId)
  else if (isUnscoped(scope) && topology.hasNode(outsideId)) kept.add(outsideId)
  return kept
}

function isUnscoped({ namespace, node, service }: TopologyScope): boolean {
  return namespace === undefined && node === undefined && service === undefined
}

function servesNode(topology: Topology, id: string, node: string | undefined): boolean {
  if (node === undefined) return true
  return topology.someOutNeighbor(id, (near, vertex) =>
    vertex.type === 'pod' ? vertex.node === node : near === `node/${node}`,
  )
}

/** What is drawn because of its neighbour: ways in, addresses, nodes; but no other pod or Service. */
function surrounds(topology: Topology, id: string, { node }: TopologyScope): boolean {
  const vertex = topology.getNodeAttributes(id)
  if (vertex.type === 'node') return node === undefined || vertex.name === node
  return vertex.type === 'entry' || vertex.type === 'address'
}

function nodesOf(topology: Topology, node: string | undefined): readonly string[] {
  return topology.filterNodes(
    (_, vertex) => vertex.type === 'node' && (node === undefined || vertex.name === node),
  )
}

/** The members of each group, by the id of the first. */
function groupPods(
  topology: Topology,
  pods: readonly string[],
  each: boolean,
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const id of pods) {
    const key = each ? id : groupKey(topology, id)
    const members = groups.get(key)
    if (members) members.push(id)
    else groups.set(key, [id])
  }
  return new Map([...groups.values()].map((members) => [members[0] ?? '', members]))
}

function groupKey(topology: Topology, id: string): string {
  const vertex = topology.getNodeAttributes(id)
  if (vertex.type !== 'pod' || !vertex.workload) return id
  const { namespace, node, ready, workload } = vertex
  const services = topology.inNeighbors(id).toSorted()
  return JSON.stringify([namespace, node, ready, workload, services])
}
