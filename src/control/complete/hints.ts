import type {
  ClusterEndpoint,
  ClusterEndpointSlice,
  ClusterNode,
  ClusterService,
} from '../../model/cluster.ts'

/**
 * Topology hints as the EndpointSlice controller writes them for `trafficDistribution`: every ready endpoint gets
 * its own zone, and with PreferSameNode its own node. The annotation `topology-mode: Auto` is not modelled.
 */
export function addHints(
  slices: readonly ClusterEndpointSlice[],
  service: ClusterService,
  _nodes: readonly ClusterNode[],
): readonly ClusterEndpointSlice[] {
  const { trafficDistribution } = service
  if (!trafficDistribution) return slices
  const withNode = trafficDistribution === 'PreferSameNode'
  return slices.map((slice) => ({
    ...slice,
    endpoints: slice.endpoints.map((endpoint) => (endpoint.ready ? hinted(endpoint, withNode) : endpoint)),
  }))
}

function hinted(endpoint: ClusterEndpoint, withNode: boolean): ClusterEndpoint {
  const { zone, nodeName } = endpoint
  return {
    ...endpoint,
    zoneHints: zone === undefined ? [] : [zone],
    nodeHints: withNode && nodeName !== undefined ? [nodeName] : [],
  }
}
