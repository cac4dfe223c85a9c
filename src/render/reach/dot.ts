import type { Reach } from '../../model/reach.ts'
import type { ReachEdge, ReachVertex } from './edges.ts'
import { reachDrawing } from './edges.ts'

/** What is reached, in Graphviz's language: namespaces are clusters, and an edge says by which ports. */
export function* reachDot(reach: Reach): Iterable<string> {
  const { namespaces, edges } = reachDrawing(reach)
  yield 'digraph reach {\n'
  yield '  rankdir=LR; fontname="Helvetica"; nodesep=0.2; ranksep=1.2\n'
  yield '  node [fontname="Helvetica", fontsize=11]; edge [fontname="Helvetica", fontsize=9, color="#57606a"]\n'
  for (const [index, [namespace, vertices]] of [...namespaces].entries()) {
    yield `  subgraph cluster_${index} {\n`
    yield `    label=${quoted(namespace)}; style="rounded,filled"; fillcolor="#f6f8fa"; color="#8c959f"\n`
    for (const vertex of vertices) yield `    ${vertexText(vertex)}\n`
    yield '  }\n'
  }
  for (const edge of edges) yield `  ${edgeText(edge)}\n`
  yield '}\n'
}

function vertexText({ id, type }: ReachVertex): string {
  const shape =
    type === 'service'
      ? 'shape=box, style="rounded,filled", fillcolor="#ddf4ff"'
      : 'shape=box, style=filled, fillcolor="#ffffff"'
  return `${quoted(id)} [${shape}]`
}

function edgeText({ from, to, ports, part }: ReachEdge): string {
  return `${quoted(from)} -> ${quoted(to)} [label=${quoted(ports.join(' '))}${part ? ', style=dashed' : ''}]`
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
