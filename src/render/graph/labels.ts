import type { ViewEdge, ViewVertex } from '../../model/topology-view.ts'

/** What is written on a vertex: a title, and smaller lines below. */
export interface VertexLabel {
  readonly title: string
  readonly lines: readonly string[]
}

const ways = {
  'load-balancer': 'load balancer',
  'node-port': 'every node',
  'external-ip': 'external IP',
} as const

/** The words for a vertex; namespaces are named where the picture has several. */
export function labelOf(vertex: ViewVertex, severalNamespaces: boolean): VertexLabel {
  const named = (namespace: string, name: string) => (severalNamespaces ? `${namespace}/${name}` : name)
  switch (vertex.type) {
    case 'outside':
      return { title: 'outside', lines: ['internet', ...vertex.hosts] }
    case 'entry':
      return { title: ways[vertex.way], lines: [...vertex.addresses, ...vertex.ports] }
    case 'service':
      return {
        title: named(vertex.namespace, vertex.name),
        lines: [
          [vertex.headless ? 'headless' : vertex.serviceType, ...vertex.addresses].join(' '),
          ...(vertex.ports.length > 0 ? [vertex.ports.join(' ')] : []),
        ],
      }
    case 'node':
      return {
        title: vertex.ready ? vertex.name : `${vertex.name} (not ready)`,
        lines: [[...vertex.addresses, ...vertex.podBlocks.map((one) => `pods ${one}`)].join(' · ')],
      }
    case 'pod':
      return {
        title: `${vertex.name}${vertex.count > 1 ? ` ×${vertex.count}` : ''}`,
        lines: [podLine(vertex, severalNamespaces)].filter((one) => one !== ''),
      }
    case 'address':
      return vertex.host === undefined
        ? { title: vertex.address, lines: [] }
        : { title: vertex.host, lines: [vertex.address] }
    default:
      return vertex satisfies never
  }
}

function podLine(pod: PodVertex, severalNamespaces: boolean): string {
  const { addresses, namespace, ready, node } = pod
  const state = node === undefined ? ['on no node'] : ready ? [] : ['not ready']
  return [...addresses, ...(severalNamespaces ? [namespace] : []), ...state].join(' · ')
}

/** The words on an edge: the ports of an endpoint. */
export function edgeLabel(edge: ViewEdge): string {
  return edge.type === 'endpoint' ? edge.ports.join(' ') : ''
}

/** Whether the picture has objects of more than one namespace. */
export function hasSeveralNamespaces(vertices: readonly ViewVertex[]): boolean {
  const namespaces = vertices.flatMap((one) => ('namespace' in one ? [one.namespace] : []))
  return new Set(namespaces).size > 1
}

/** Each node with the pods that it runs; then what has no node. */
export function podsByNode(vertices: readonly ViewVertex[]) {
  const pods = vertices.flatMap((one) => (one.type === 'pod' ? [one] : []))
  const nodes = vertices.flatMap((one) =>
    one.type === 'node' ? [{ node: one, pods: [] as PodVertex[] }] : [],
  )
  const byName = new Map(nodes.map((one) => [one.node.name, one.pods]))
  for (const pod of pods) byName.get(pod.node ?? '')?.push(pod)
  return { nodes, unscheduled: pods.filter((pod) => !byName.has(pod.node ?? '')) }
}

type PodVertex = Extract<ViewVertex, { readonly type: 'pod' }>
