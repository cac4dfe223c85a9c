import type { TopologyView, ViewEdge, ViewVertex } from '../../model/topology-view.ts'
import { edgeLabel, hasSeveralNamespaces, labelOf, podsByNode } from './labels.ts'

/** The brackets that give a vertex its shape in a flowchart. */
const shapes = {
  outside: ['([', '])'],
  entry: ['[/', '/]'],
  service: ['(', ')'],
  node: ['[', ']'],
  pod: ['[', ']'],
  address: ['[[', ']]'],
} as const

/** The topology as a Mermaid flowchart: nodes are subgraphs with their pods inside. */
export function topologyMermaid({ vertices, edges }: TopologyView): string {
  const several = hasSeveralNamespaces(vertices)
  // Mermaid's ids are plain words, and some words (end, graph) are its own.
  const ids = new Map(vertices.map((one, index) => [one.id, `${one.type[0]}${index}`]))
  const idOf = (id: string) => ids.get(id) ?? id
  const { nodes } = podsByNode(vertices)
  const inside = new Set(nodes.flatMap(({ pods }) => pods.map((pod) => pod.id)))
  const shape = (vertex: ViewVertex) => {
    const [open, close] = shapes[vertex.type]
    return `${idOf(vertex.id)}${open}"${text(vertex, several)}"${close}`
  }
  const subgraphs = nodes.flatMap(({ node, pods }) => [
    `  subgraph ${idOf(node.id)}["${text(node, several)}"]`,
    ...pods.map((pod) => `    ${shape(pod)}`),
    '  end',
  ])
  return [
    'flowchart LR',
    ...vertices.filter((one) => one.type !== 'node' && !inside.has(one.id)).map((one) => `  ${shape(one)}`),
    ...subgraphs,
    ...edges.filter((one) => one.type !== 'runs').map((one) => `  ${edgeText(one, idOf)}`),
    '',
  ].join('\n')
}

function text(vertex: ViewVertex, several: boolean): string {
  const { title, lines } = labelOf(vertex, several)
  return [title, ...lines].map(escaped).join('<br/>')
}

/** Within quotes Mermaid reads `#name;` and `#number;` as characters. */
function escaped(value: string): string {
  return value.replace(/["#<>&]/g, (char) => `#${char.charCodeAt(0)};`)
}

function edgeText(edge: ViewEdge, idOf: (id: string) => string): string {
  const label = edgeLabel(edge)
  const arrow = edge.type === 'endpoint' && !edge.ready ? '-.->' : '-->'
  return `${idOf(edge.from)} ${arrow}${label === '' ? '' : `|"${escaped(label)}"|`} ${idOf(edge.to)}`
}
