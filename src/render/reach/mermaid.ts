import type { Reach } from '../../model/reach.ts'
import type { ReachEdge, ReachVertex } from './edges.ts'
import { reachDrawing } from './edges.ts'

/** What is reached, as a Mermaid flowchart: namespaces are subgraphs, and an edge says by which ports. */
export function* reachMermaid(reach: Reach): Iterable<string> {
  const { namespaces, edges } = reachDrawing(reach)
  // Mermaid's ids are plain words, and some words (end, graph) are its own.
  const ids = new Map([...namespaces.values()].flat().map(({ id }, index) => [id, `v${index}`]))
  const idOf = (id: string) => ids.get(id) ?? id
  yield 'flowchart LR\n'
  for (const [index, [namespace, vertices]] of [...namespaces].entries()) {
    yield `  subgraph n${index}["${escaped(namespace)}"]\n`
    for (const vertex of vertices) yield `    ${vertexText(vertex, idOf)}\n`
    yield '  end\n'
  }
  for (const edge of edges) yield `  ${edgeText(edge, idOf)}\n`
}

function vertexText({ id, type }: ReachVertex, idOf: (id: string) => string): string {
  const [open, close] = type === 'service' ? ['(', ')'] : ['[', ']']
  return `${idOf(id)}${open}"${escaped(id)}"${close}`
}

function edgeText({ from, to, ports, part }: ReachEdge, idOf: (id: string) => string): string {
  return `${idOf(from)} ${part ? '-.->' : '-->'}|"${escaped(ports.join(' '))}"| ${idOf(to)}`
}

/** Within quotes Mermaid reads `#name;` and `#number;` as characters. */
function escaped(value: string): string {
  return value.replace(/["#<>&]/g, (char) => `#${char.charCodeAt(0)};`)
}
