import type {
  ClusterEndpoint,
  ClusterEndpointSlice,
  ClusterNode,
  ClusterService,
} from '../../model/cluster.ts'
import type { Completion } from './completion.ts'
import { autoHints } from './topology-mode.ts'

/** What hints depend on beside the slices. */
export interface HintContext {
  readonly service: ClusterService
  readonly nodes: readonly ClusterNode[]
  readonly minorVersion: number
}

/**
 * Topology hints as the EndpointSlice controller writes them: by the annotation `topology-mode: Auto` where a
 * Service has it, else by `trafficDistribution` (KEP-4444, KEP-3015). Mirrors reconcileByAddressType.
 */
export function addHints(
  completion: Completion,
  slices: readonly ClusterEndpointSlice[],
  { service, nodes, minorVersion }: HintContext,
): readonly ClusterEndpointSlice[] {
  if (asksForTopology(service)) return autoHints(completion, slices, service, nodes)
  const { trafficDistribution } = service
  if (!isValid(trafficDistribution, minorVersion)) return slices
  const withNode = trafficDistribution === 'PreferSameNode'
  return slices.map((slice) => ({
    ...slice,
    endpoints: slice.endpoints.map((endpoint) => (endpoint.ready ? hinted(endpoint, withNode) : endpoint)),
  }))
}

/** Mirrors hintsEnabled: the deprecated annotation wins, and only `Auto` and `auto` count. */
function asksForTopology({ annotations }: ClusterService): boolean {
  const mode =
    annotations['service.kubernetes.io/topology-aware-hints'] ??
    annotations['service.kubernetes.io/topology-mode']
  return mode === 'Auto' || mode === 'auto'
}

/** The release from which each value is on by default; an older API server drops the field. */
const validFrom: Readonly<Record<string, number>> = {
  PreferClose: 31,
  PreferSameZone: 34,
  PreferSameNode: 34,
}

function isValid(trafficDistribution: string | undefined, minorVersion: number): boolean {
  const first = validFrom[trafficDistribution ?? '']
  return first !== undefined && minorVersion >= first
}

/** Mirrors preferCloseHeuristic: every ready endpoint is for its own zone and, if that is asked for, its own node. */
function hinted(endpoint: ClusterEndpoint, withNode: boolean): ClusterEndpoint {
  const { zone, nodeName } = endpoint
  return {
    ...endpoint,
    zoneHints: zone === undefined ? [] : [zone],
    nodeHints: withNode && nodeName !== undefined ? [nodeName] : [],
  }
}
