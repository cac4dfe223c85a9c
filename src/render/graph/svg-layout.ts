import type { TopologyView, ViewEdge, ViewVertex } from '../../model/topology-view.ts'
import type { VertexLabel } from './labels.ts'
import { hasSeveralNamespaces, labelOf, podsByNode } from './labels.ts'

/** A rectangle with its words; lengths are in pixels. */
export interface Box {
  readonly id: string
  readonly type: ViewVertex['type']
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly label: VertexLabel
  /** Its Service's place in the palette. */
  readonly hue?: number
  /** Several pods drawn as one. */
  readonly stacked?: boolean
  readonly faded?: boolean
}

/** A line from the right side of one box to the left side of another, by way of a bend that keeps clear of boxes. */
export interface Wire {
  readonly from: Point
  readonly to: Point
  /** The line is level from here on. */
  readonly levelFrom?: number
  readonly hue?: number
  readonly dashed: boolean
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Layout {
  readonly width: number
  readonly height: number
  readonly boxes: readonly Box[]
  readonly wires: readonly Wire[]
}

const margin = 28
const titleHeight = 20
const lineHeight = 16
const padding = 9
const gap = 10
const nodePadding = 14
const laneWidth = 130
const shortLane = 56

const sizes = { outside: 150, entry: 204, service: 232, pod: 252 } as const

function heightOf(label: VertexLabel): number {
  return padding * 2 + titleHeight + label.lines.length * lineHeight - 4
}

interface Drawing {
  readonly view: TopologyView
  readonly edges: EdgeIndex
  readonly label: (vertex: ViewVertex) => VertexLabel
  /** Services from top to bottom. */
  readonly services: readonly ViewVertex[]
  readonly hues: ReadonlyMap<string, number>
}

/** The edges by both their ends. */
interface EdgeIndex {
  from(id: string): readonly ViewEdge[]
  to(id: string): readonly ViewEdge[]
}

function indexEdges(edges: readonly ViewEdge[]): EdgeIndex {
  const outgoing = groupBy(edges, (one) => one.from)
  const incoming = groupBy(edges, (one) => one.to)
  return { from: (id) => outgoing.get(id) ?? [], to: (id) => incoming.get(id) ?? [] }
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

/**
 * Places everything in columns from left to right: outside, the ways in, Services, and nodes one below the other with
 * their pods. Pods behind a Service stand in the first column of their node, so that no line crosses a box.
 */
export function layoutTopology(view: TopologyView): Layout {
  const several = hasSeveralNamespaces(view.vertices)
  const edges = indexEdges(view.edges)
  const services = orderServices(view, edges)
  const hues = new Map(services.map((one, index) => [one.id, index]))
  const drawing: Drawing = { view, edges, label: (vertex) => labelOf(vertex, several), services, hues }
  const hasOutside = view.vertices.some((one) => one.type === 'outside')
  const hasEntries = view.vertices.some((one) => one.type === 'entry')
  const entryX = margin + (hasOutside ? sizes.outside + shortLane : 0)
  const serviceX = entryX + (hasEntries ? sizes.entry + shortLane : 0)
  const right = placeTargets(drawing, serviceX + (services.length > 0 ? sizes.service + laneWidth : 0))
  const left = placeServices(drawing, entryX, serviceX)
  const height = Math.max(bottom(left), bottom(right))
  const boxes = [
    ...shifted(left, (height - bottom(left)) / 2),
    ...shifted(right, (height - bottom(right)) / 2),
  ]
  const all = hasOutside ? [...placeOutside(drawing, boxes, margin), ...boxes] : boxes
  return {
    width: all.reduce((most, one) => Math.max(most, one.x + one.width), margin) + margin,
    height: Math.max(height, bottom(all)) + margin,
    boxes: all,
    wires: wiresOf(drawing, all, serviceX - shortLane / 2),
  }
}

function bottom(boxes: readonly Box[]): number {
  return boxes.reduce((lowest, one) => Math.max(lowest, one.y + one.height), margin)
}

function shifted(boxes: readonly Box[], by: number): readonly Box[] {
  return boxes.map((box) => ({ ...box, y: box.y + by }))
}

/** Services by the mean place of what they lead to, so that few lines cross. */
function orderServices({ vertices }: TopologyView, edges: EdgeIndex): readonly ViewVertex[] {
  const { nodes, unscheduled } = podsByNode(vertices)
  const order = [
    ...nodes.flatMap(({ node, pods }) => [node, ...pods]),
    ...unscheduled,
    ...vertices.filter((one) => one.type === 'address'),
  ]
  const places = new Map(order.map((one, index) => [one.id, index]))
  const mean = (id: string) => {
    const targets = edges.from(id).map((one) => places.get(one.to) ?? 0)
    return targets.length === 0 ? order.length : targets.reduce((sum, one) => sum + one, 0) / targets.length
  }
  return vertices
    .filter((one) => one.type === 'service')
    .map((vertex) => ({ vertex, at: mean(vertex.id) }))
    .toSorted((a, b) => a.at - b.at)
    .map((one) => one.vertex)
}

/** Each Service, and beside it the ways in that lead to it. */
function placeServices(
  { view, edges, label, services, hues }: Drawing,
  entryX: number,
  serviceX: number,
): readonly Box[] {
  const boxes: Box[] = []
  const entriesById = new Map(
    view.vertices.flatMap((one) => (one.type === 'entry' ? [[one.id, one] as const] : [])),
  )
  let y = margin
  for (const service of services) {
    const hue = { hue: hues.get(service.id) ?? 0 }
    const entries = edges.to(service.id).flatMap((one) => entriesById.get(one.from) ?? [])
    const own = label(service)
    const entryHeights = entries.map((one) => heightOf(label(one)))
    const entriesHeight = entryHeights.reduce((sum, one) => sum + one + gap, -gap)
    const row = Math.max(heightOf(own), entriesHeight)
    boxes.push({
      ...{ id: service.id, type: service.type, x: serviceX, y: y + (row - heightOf(own)) / 2 },
      ...{ width: sizes.service, height: heightOf(own), label: own, ...hue },
    })
    let entryY = y + (row - entriesHeight) / 2
    for (const [index, entry] of entries.entries()) {
      const height = entryHeights[index] ?? 0
      const place = { x: entryX, y: entryY, width: sizes.entry, height }
      boxes.push({ id: entry.id, type: entry.type, ...place, label: label(entry), ...hue })
      entryY += height + gap
    }
    y += row + gap + 6
  }
  return boxes
}

/** In the middle of what it leads to. */
function placeOutside({ view, label }: Drawing, boxes: readonly Box[], x: number): readonly Box[] {
  const entries = boxes.filter((one) => one.type === 'entry')
  const middles = (entries.length > 0 ? entries : boxes).map((one) => one.y + one.height / 2)
  const middle = (Math.min(...middles) + Math.max(...middles)) / 2
  return view.vertices
    .filter((one) => one.type === 'outside')
    .map((one) => {
      const height = heightOf(label(one)) + 8
      const y = Math.max(margin, middle - height / 2)
      return { id: one.id, type: one.type, x, y, width: sizes.outside, height, label: label(one) }
    })
}

/** Nodes with their pods, then pods without a node, then addresses that are no pod. */
function placeTargets(drawing: Drawing, x: number): readonly Box[] {
  const { view, label, hues } = drawing
  const { nodes, unscheduled } = podsByNode(view.vertices)
  const served = (id: string) => drawing.edges.to(id).some((one) => one.type === 'endpoint')
  const hasSecond = nodes.some(
    ({ pods }) => pods.some((pod) => served(pod.id)) && pods.some((pod) => !served(pod.id)),
  )
  const columnWidth = sizes.pod + gap
  const width = nodePadding * 2 + sizes.pod + (hasSecond ? columnWidth : 0)
  const boxes: Box[] = []
  let y = margin
  for (const { node, pods } of nodes) {
    const heading = label(node)
    const top = y + padding + titleHeight + heading.lines.length * lineHeight + 4
    const first = sortByService(
      drawing,
      pods.filter((pod) => served(pod.id)),
    )
    const rest = pods.filter((pod) => !served(pod.id))
    const [left, right] = hasSecond && first.length > 0 ? [first, rest] : [[...first, ...rest], []]
    const inner = [
      ...column(drawing, left, x + nodePadding, top),
      ...column(drawing, right, x + nodePadding + columnWidth, top),
    ]
    const height = Math.max(top - y, bottom([...inner, { ...emptyBox, y: top - gap }]) - y + gap) + 2
    boxes.push({ id: node.id, type: 'node', x, y, width, height, label: heading }, ...inner)
    y += height + gap + 6
  }
  const loose = [...unscheduled, ...view.vertices.filter((one) => one.type === 'address')]
  return [...boxes, ...column({ ...drawing, hues }, loose, x + nodePadding, y)]
}

const emptyBox: Box = {
  id: '',
  type: 'pod',
  x: 0,
  y: 0,
  width: 0,
  height: 0,
  label: { title: '', lines: [] },
}

/** In the order of the Services that lead to them. */
function sortByService<T extends ViewVertex>({ edges, hues }: Drawing, pods: readonly T[]): readonly T[] {
  const place = (id: string) =>
    Math.min(...edges.to(id).map((one) => hues.get(one.from) ?? hues.size), hues.size)
  return pods
    .map((pod) => ({ pod, at: place(pod.id) }))
    .toSorted((a, b) => a.at - b.at)
    .map((one) => one.pod)
}

function column({ label }: Drawing, vertices: readonly ViewVertex[], x: number, top: number): readonly Box[] {
  let y = top
  return vertices.map((vertex) => {
    const own = label(vertex)
    const isPod = vertex.type === 'pod'
    const box: Box = {
      ...{ id: vertex.id, type: vertex.type, x, y, width: sizes.pod, height: heightOf(own), label: own },
      ...(isPod && vertex.count > 1 && { stacked: true }),
      ...(isPod && !vertex.ready && { faded: true }),
    }
    y += box.height + gap
    return box
  })
}

function wiresOf({ view, hues }: Drawing, boxes: readonly Box[], serviceEdge: number): readonly Wire[] {
  const byId = new Map(boxes.map((box) => [box.id, box]))
  const ends = view.edges.flatMap((edge) => {
    const from = byId.get(edge.from)
    const to = byId.get(edge.to)
    return from && to && edge.type !== 'runs' ? [{ edge, from, to }] : []
  })
  const arrivals = groupBy(
    ends.toSorted((a, b) => a.from.y - b.from.y),
    (one) => one.to,
  )
  return ends.map((end): Wire => {
    const { edge, from, to } = end
    const hue = hues.get(edge.from) ?? hues.get(edge.to) ?? from.hue ?? to.hue
    const sources = arrivals.get(to) ?? []
    const rank = sources.indexOf(end)
    return {
      from: { x: from.x + from.width, y: from.y + from.height / 2 },
      to: { x: to.x, y: arrival(to, rank, sources.length) },
      ...(edge.type === 'enters' && to.x > serviceEdge && { levelFrom: serviceEdge }),
      ...(hue !== undefined && { hue }),
      dashed: isDashed(edge),
    }
  })
}

/** Lines that end at one box come in side by side, in the order of their sources. */
function arrival(to: Box, rank: number, count: number): number {
  const middle = to.type === 'node' ? to.y + 20 : to.y + to.height / 2
  const room = to.type === 'node' ? 20 : to.height - 14
  const step = count > 1 ? Math.min(10, room / (count - 1)) : 0
  return middle + (rank - (count - 1) / 2) * step
}

function isDashed(edge: ViewEdge): boolean {
  return edge.type === 'stands-for' || (edge.type === 'endpoint' && !edge.ready)
}
