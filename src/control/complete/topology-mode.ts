import { byText } from '../../base/ordering.ts'
import type {
  ClusterEndpoint,
  ClusterEndpointSlice,
  ClusterNode,
  ClusterService,
} from '../../model/cluster.ts'
import type { Completion } from './completion.ts'
import { isControlPlaneNode } from './roles.ts'

/** No endpoint may get more than this much above its share of traffic (overloadThreshold). */
const overloadThreshold = 0.2

/** A number for each zone, in the zones' order. */
type ByZone = Map<string, number>

/**
 * Hints for `service.kubernetes.io/topology-mode: Auto`: endpoints are shared out to zones by the CPU that their
 * nodes have. Mirrors TopologyCache.AddHints for slices that are all new. Where the controller walks a map of zones
 * in any order, they are taken by name. No hint is written where zones or CPU are not known, where there is one zone,
 * where endpoints are fewer than zones, or where the shares cannot be kept.
 */
export function autoHints(
  completion: Completion,
  slices: readonly ClusterEndpointSlice[],
  service: ClusterService,
  nodes: readonly ClusterNode[],
): readonly ClusterEndpointSlice[] {
  const ratios = cpuRatios(completion, service, nodes)
  if (!ratios) return slices
  const families = [...new Set(slices.map((slice) => slice.family))]
  return families.flatMap((family) =>
    shareOut(
      slices.filter((slice) => slice.family === family),
      ratios,
    ),
  )
}

function shareOut(slices: readonly ClusterEndpointSlice[], ratios: ByZone): readonly ClusterEndpointSlice[] {
  const ready = slices.flatMap((slice) => slice.endpoints.filter((one) => one.ready))
  const desired = desiredEndpoints(ready.length, ratios)
  if (!desired || ready.some((one) => !one.zone)) return slices
  const zones = moveEndpoints(ready, desired)
  return slices.map((slice) => ({
    ...slice,
    endpoints: slice.endpoints.map((one) => {
      const zone = zones.get(one)
      return zone === undefined ? one : { ...one, zoneHints: [zone] }
    }),
  }))
}

/** Mirrors SetNodes: each zone's part of the CPU of all nodes that are ready and not of the control plane. */
function cpuRatios(
  completion: Completion,
  service: ClusterService,
  nodes: readonly ClusterNode[],
): ByZone | undefined {
  const counted = nodes.filter((node) => node.ready && !isControlPlaneNode(node))
  const cpus: ByZone = new Map()
  for (const node of counted.toSorted((a, b) => byText(a.zone ?? '', b.zone ?? ''))) {
    const cpu = milliCpu(node)
    if (!node.zone || !cpu) return undefined
    cpus.set(node.zone, (cpus.get(node.zone) ?? 0) + cpu)
  }
  if (cpus.size < 2) return undefined
  if (counted.some((node) => node.source?.object.status?.allocatable === undefined)) {
    completion.assume(
      `topology hints of Service ${service.namespace}/${service.name}: nodes that do not say their CPU have 4`,
      service.ref,
    )
  }
  const total = [...cpus.values()].reduce((sum, cpu) => sum + cpu, 0)
  return new Map([...cpus].map(([zone, cpu]) => [zone, cpu / total]))
}

/** `4`, `3920m`: the node's CPU in thousandths; a node without a status is taken to have four. */
function milliCpu(node: ClusterNode): number {
  const allocatable = node.source?.object.status?.allocatable
  if (!allocatable) return 4000
  const text = String(allocatable['cpu'] ?? '')
  return text.endsWith('m') ? Number(text.slice(0, -1)) || 0 : Number(text) * 1000 || 0
}

/** Mirrors getAllocations: how many endpoints each zone should have, if every zone can have its least. */
function desiredEndpoints(count: number, ratios: ByZone): ByZone | undefined {
  if (ratios.size > count) return undefined
  const desired: ByZone = new Map()
  let left = count
  for (const [zone, ratio] of ratios) {
    const share = ratio * count
    const least = Math.ceil(share * (1 / (1 + overloadThreshold)))
    desired.set(zone, Math.max(share, least))
    left -= least
  }
  return left < 0 ? undefined : desired
}

/** Every endpoint is for its own zone at first; then zones that have too many give to zones that have too few. */
function moveEndpoints(
  ready: readonly ClusterEndpoint[],
  desired: ByZone,
): ReadonlyMap<ClusterEndpoint, string> {
  const zones = new Map(ready.map((one) => [one, one.zone ?? '']))
  const { giving, receiving } = plan(zones.values(), desired)
  for (const endpoint of ready) {
    const from = endpoint.zone ?? ''
    const to = [...receiving].toSorted(([a], [b]) => byText(a, b)).find(([, count]) => count > 0)?.[0]
    if (to === undefined) break
    if ((giving.get(from) ?? 0) === 0) continue
    zones.set(endpoint, to)
    add(giving, from, -1)
    add(receiving, to, -1)
  }
  return zones
}

function add(counts: ByZone, zone: string, amount: number): void {
  counts.set(zone, (counts.get(zone) ?? 0) + amount)
}

/** Mirrors getGivingAndReceivingZones. */
function plan(
  zones: Iterable<string>,
  desired: ByZone,
): { readonly giving: ByZone; readonly receiving: ByZone } {
  const allocated: ByZone = new Map()
  for (const zone of zones) add(allocated, zone, 1)
  const surplus: ByZone = new Map()
  const lack: ByZone = new Map()
  for (const [zone, target] of desired) {
    const difference = (allocated.get(zone) ?? 0) - target
    if (difference > 0) surplus.set(zone, difference)
    if (difference < 0) lack.set(zone, -difference)
  }
  const giving: ByZone = new Map()
  const receiving: ByZone = new Map()
  for (;;) {
    const [from, toGive] = most(surplus)
    const [to, toReceive] = most(lack)
    if (toGive < 0.5 || toReceive < 0.5 || (toGive < 1 && toReceive < 1)) return { giving, receiving }
    add(giving, from, 1)
    add(surplus, from, -1)
    add(receiving, to, 1)
    add(lack, to, -1)
  }
}

function most(counts: ByZone): readonly [string, number] {
  return [...counts].reduce<readonly [string, number]>(
    (best, one) => (one[1] > best[1] ? one : best),
    ['', 0],
  )
}
