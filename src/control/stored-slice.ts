import { formatIp } from '../base/ip.ts'
import type { ClusterEndpoint, ClusterEndpointSlice } from '../model/cluster.ts'
import type { Endpoint, EndpointSlice } from '../model/objects.ts'

/** An EndpointSlice that a controller made, as it writes it. */
export function storedSlice(slice: ClusterEndpointSlice): EndpointSlice {
  const { namespace, name, service, family, labels, from } = slice
  const fixed = namespace === 'default' && name === 'kubernetes'
  const owner = {
    apiVersion: 'v1',
    blockOwnerDeletion: true,
    controller: true,
    kind: from === 'endpoints' ? 'Endpoints' : 'Service',
    name: service,
  }
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      ...(!fixed && { generateName: `${service}-` }),
      namespace,
      labels,
      ...(!fixed && { ownerReferences: [owner] }),
    },
    addressType: `IPv${family}`,
    endpoints: slice.endpoints.map((endpoint) => storedEndpoint(endpoint, from)),
    ports: slice.ports.map(({ name: portName, protocol, port }) => ({
      name: portName,
      ...(port !== undefined && { port }),
      protocol,
    })),
  }
}

/** The mirroring controller and the API server set `ready` alone. */
function storedEndpoint(endpoint: ClusterEndpoint, from: ClusterEndpointSlice['from']): Endpoint {
  const { addresses, ready, serving, terminating, nodeName, zone, hostname, target } = endpoint
  const { zoneHints, nodeHints } = endpoint
  const hints = {
    ...(zoneHints.length > 0 && { forZones: zoneHints.map((name) => ({ name })) }),
    ...(nodeHints.length > 0 && { forNodes: nodeHints.map((name) => ({ name })) }),
  }
  return {
    addresses: addresses.map(formatIp),
    conditions: from === 'endpoints' ? { ready } : { ready, serving, terminating },
    ...(hostname !== undefined && { hostname }),
    ...(nodeName !== undefined && { nodeName }),
    ...(zone !== undefined && { zone }),
    ...(target && { targetRef: targetRef(target) }),
    ...(Object.keys(hints).length > 0 && { hints }),
  }
}

/** The object behind an endpoint, as slices and Endpoints name it. */
export function targetRef({ kind, namespace, name }: NonNullable<ClusterEndpoint['target']>) {
  return { kind, name, ...(namespace !== undefined && { namespace }) }
}

/** A slice of the input with SetDefaults_EndpointPort; one of a dump is kept as it is. */
export function givenSlice(slice: EndpointSlice): EndpointSlice {
  if (slice.metadata.uid !== undefined || !slice.ports) return slice
  return { ...slice, ports: slice.ports.map((port) => ({ name: '', protocol: 'TCP', ...port })) }
}
