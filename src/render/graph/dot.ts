import type { TopologyView, ViewEdge, ViewVertex } from '../../model/topology-view.ts'
import { edgeLabel, hasSeveralNamespaces, labelOf, podsByNode } from './labels.ts'

const shapes = {
  outside: 'shape=ellipse',
  entry: 'shape=box, style="rounded,filled", fillcolor="#fff8c5"',
  service: 'shape=box, style="rounded,filled", fillcolor="#ddf4ff"',
  node: 'shape=box, style=dashed',
  pod: 'shape=box, style=filled, fillcolor="#ffffff"',
  address: 'shape=note',
} as const

/** The topology in Graphviz's language: nodes are clusters with their pods inside. */
export function topologyDot({ vertices, edges }: TopologyView): string {
  const several = hasSeveralNamespaces(vertices)
  const { nodes } = podsByNode(vertices)
  const inside = new Set(nodes.flatMap(({ pods }) => pods.map((pod) => pod.id)))
  const targets = new Set(edges.map((one) => one.to))
  const clusters = nodes.flatMap(({ node, pods }, index) => [
    `  subgraph cluster_${index} {`,
    `    label=${quoted(lines(node, several))}; style="rounded,filled"; fillcolor="#f6f8fa"; color="#8c959f"`,
    ...pods.map((pod) => `    ${vertexText(pod, several)}`),
    // An endpoint that is the node itself, or a node without pods, needs something to stand for it.
    ...(targets.has(node.id) || pods.length === 0 ? [`    ${quoted(node.id)} [label="", shape=point]`] : []),
    '  }',
  ])
  const others = vertices.filter((one) => one.type !== 'node' && !inside.has(one.id))
  return [
    'digraph kubewalk {',
    '  rankdir=LR; fontname="Helvetica"; nodesep=0.2; ranksep=1.2',
    '  node [fontname="Helvetica", fontsize=11]; edge [fontname="Helvetica", fontsize=9, color="#57606a"]',
    ...others.map((one) => `  ${vertexText(one, several)}`),
    ...clusters,
    ...edges.filter((one) => one.type !== 'runs').map((one) => `  ${edgeText(one)}`),
    '}',
    '',
  ].join('\n')
}

function lines(vertex: ViewVertex, several: boolean): string {
  const label = labelOf(vertex, several)
  return [label.title, ...label.lines].join('\n')
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`
}

function vertexText(vertex: ViewVertex, several: boolean): string {
  return `${quoted(vertex.id)} [label=${quoted(lines(vertex, several))}, ${shapes[vertex.type]}]`
}

function edgeText(edge: ViewEdge): string {
  const label = edgeLabel(edge)
  const attributes = [
    ...(label === '' ? [] : [`label=${quoted(label)}`]),
    ...(edge.type === 'endpoint' && !edge.ready ? ['style=dashed'] : []),
  ]
  return `${quoted(edge.from)} -> ${quoted(edge.to)}${attributes.length > 0 ? ` [${attributes.join(', ')}]` : ''}`
}
