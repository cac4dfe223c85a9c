import type { ObjectRef } from '../../base/source.ts'
import type { Reach, ReachRow, ReachTarget } from '../../model/reach.ts'
import { foldParts, targetName } from './fold.ts'
import { markOf } from './mark.ts'

/** Somebody who reaches something, and by which ports. */
export interface ReachEdge {
  readonly from: string
  readonly to: string
  readonly ports: readonly string[]
  /** Not every one of those connections gets there. */
  readonly part: boolean
}

export interface ReachDrawing {
  /** By namespace, in the order in which they come. */
  readonly namespaces: ReadonlyMap<string, readonly ReachVertex[]>
  readonly edges: readonly ReachEdge[]
}

export interface ReachVertex {
  readonly id: string
  readonly type: 'workload' | 'service'
}

/** What workloads reach of each other and of Services; nodes and what is outside are left out. */
export function reachDrawing(reach: Reach): ReachDrawing {
  const { groups, rows } = foldParts(reach)
  const workloads = groups.filter(({ workload }) => isDrawn(workload))
  const drawn = new Map(workloads.map(({ id, workload }) => [id, workload]))
  const shown = rows.filter(({ to }) => isDrawn(to.object))
  const vertices = new Map([...drawn, ...shown.map(({ to }) => [targetName(to), to.object] as const)])
  const edges = new Map<string, ReachEdge>()
  for (const edge of shown.flatMap(edgesTo)) {
    if (!drawn.has(edge.from) || edge.from === edge.to) continue
    const key = `${edge.from}\n${edge.to}\n${edge.part}`
    edges.set(key, { ...edge, ports: [...(edges.get(key)?.ports ?? []), ...edge.ports] })
  }
  return { namespaces: byNamespace(vertices), edges: [...edges.values()] }
}

/** Each group that reaches the target, nodes and what is outside included. */
function edgesTo({ to, cells }: ReachRow): readonly ReachEdge[] {
  return cells.flatMap(({ from, shares }) => {
    const mark = markOf(shares)
    if (mark !== 'yes' && mark !== 'part') return []
    return from.map((id) => ({
      from: id,
      to: targetName(to),
      ports: [portText(to)],
      part: mark === 'part',
    }))
  })
}

/** Pods and what makes them, and Services, have a namespace; nodes and hosts have none. */
function isDrawn({ namespace }: ObjectRef): boolean {
  return namespace !== undefined
}

function byNamespace(vertices: ReadonlyMap<string, ObjectRef>): ReadonlyMap<string, readonly ReachVertex[]> {
  const found = new Map<string, ReachVertex[]>()
  for (const [id, { kind, namespace = '' }] of vertices) {
    const list = found.get(namespace) ?? []
    found.set(namespace, list)
    list.push({ id, type: kind === 'Service' ? 'service' : 'workload' })
  }
  return found
}

function portText({ port, lastPort, protocol }: ReachTarget): string {
  return `${port}${lastPort === undefined ? '' : `-${lastPort}`}/${protocol}`
}
