import { formatIp } from '../../base/ip.ts'
import type { ClusterEndpointSlice, ClusterService, ClusterServicePort } from '../../model/cluster.ts'
import type { Finding } from '../../model/journey.ts'
import type { World } from '../world.ts'
import type { Wanted } from './endpoints.ts'
import { finding, fullName, inService, listNames } from './failure.ts'

/** Why a Service without a selector has no endpoint for a port: what its Endpoints or EndpointSlices lack. */
export function withoutSelector(
  world: World,
  service: ClusterService,
  { port, family }: Wanted,
): readonly Finding[] {
  const slices = world.slicesOf(service).filter((slice) => slice.endpoints.length > 0)
  const own = slices.filter((slice) => slice.family === family)
  const [first] = slices
  const [slice] = own
  if (first && !slice) return [otherFamily(service, first, family)]
  if (slice && port) {
    return [
      own.every((one) => one.endpoints.every((endpoint) => !endpoint.ready))
        ? notReady(service, own)
        : portsDiffer(service, port, slice),
    ]
  }
  return [orphaned(world, service) ?? none(service)]
}

/** The object that the user wrote: an Endpoints object for what was mirrored from one. */
export function writtenBy(service: ClusterService, { from, ref }: ClusterEndpointSlice) {
  return from === 'endpoints' ? { ...ref, kind: 'Endpoints', name: service.name } : ref
}

function otherFamily(service: ClusterService, slice: ClusterEndpointSlice, family: 4 | 6): Finding {
  const written = writtenBy(service, slice)
  return finding(
    'endpoint-family-missing',
    `the addresses of ${written.kind} ${written.name} of Service ${service.name} are IPv${slice.family} only, and IPv${family} is asked`,
    {
      objects: [written, inService(service, 'spec', 'ipFamilies')],
      fix: `give the Service endpoints with IPv${family} addresses, or ask for its IPv${slice.family} address`,
    },
  )
}

function notReady(service: ClusterService, slices: readonly ClusterEndpointSlice[]): Finding {
  const ips = slices.flatMap((slice) => slice.endpoints.flatMap((one) => one.addresses.map(formatIp)))
  const written = slices.map((slice) => writtenBy(service, slice))
  return finding(
    'endpoint-not-ready',
    `none of the endpoints that were given for Service ${service.name} is ready: ${listNames(ips)}`,
    {
      objects: [...written, service.ref],
      fix:
        written[0]?.kind === 'Endpoints'
          ? 'move the addresses from notReadyAddresses to addresses'
          : 'set conditions.ready: true on the endpoints',
    },
  )
}

function portsDiffer(
  service: ClusterService,
  port: ClusterServicePort,
  slice: ClusterEndpointSlice,
): Finding {
  const written = writtenBy(service, slice)
  const place = inService(service, 'spec', 'ports', service.ports.indexOf(port))
  const whose = `its ${written.kind === 'Endpoints' ? 'Endpoints have' : 'EndpointSlice has'}`
  const sameName = slice.ports.find((one) => one.name === port.name)
  if (slice.ports.length === 0 || sameName) {
    const has = sameName ? `that for ${sameName.protocol} only` : 'no ports'
    return finding(
      'endpoints-port-name-differs',
      `port ${port.port} of Service ${service.name} is for ${port.protocol}, but ${whose} ${has}`,
      {
        objects: [written, place],
        fix: sameName
          ? `set protocol: ${port.protocol} there, or protocol: ${sameName.protocol} on the Service's port`
          : `add a port${port.name === '' ? '' : ` with the name ${port.name}`} to ${written.kind} ${written.name}`,
      },
    )
  }
  const names = slice.ports.map((one) => (one.name === '' ? 'no name' : `the name ${one.name}`)).join(', ')
  const wants = port.name === '' ? 'has no name' : `is called ${port.name}`
  return finding(
    'endpoints-port-name-differs',
    `port ${port.port} of Service ${service.name} ${wants}, but the ports of its ${written.kind === 'Endpoints' ? 'Endpoints have' : 'EndpointSlice have'} ${names}`,
    { objects: [written, place], fix: `give both the same name: ${port.name === '' ? 'none' : port.name}` },
  )
}

/** Endpoints of the namespace that belong to no Service, or of the Service's name in another one. */
function orphaned(world: World, service: ClusterService): Finding | undefined {
  const orphan = nearestOrphan(world, service)
  if (!orphan) return undefined
  const elsewhere = orphan.namespace !== service.namespace
  const rename =
    orphan.kind === 'Endpoints'
      ? `call the Endpoints ${service.name}`
      : `label it kubernetes.io/service-name: ${service.name}`
  return finding(
    'endpoints-name-differs',
    elsewhere
      ? `Service ${fullName(service)} has no selector and no Endpoints; ${orphan.kind} ${orphan.name} is in namespace ${orphan.namespace}`
      : `Service ${service.name} has no selector and no Endpoints of its name; ${orphan.kind} ${orphan.name} belongs to no Service`,
    {
      objects: [orphan, service.ref],
      fix: elsewhere ? `create it in namespace ${service.namespace}` : rename,
    },
  )
}

function nearestOrphan({ cluster }: World, service: ClusterService) {
  const own = cluster.orphanEndpoints.filter((one) => one.namespace === service.namespace)
  const alike = own.find((one) => one.name.includes(service.name) || service.name.includes(one.name))
  return alike ?? own[0] ?? cluster.orphanEndpoints.find((one) => one.name === service.name)
}

function none(service: ClusterService): Finding {
  return finding(
    'service-without-selector',
    `Service ${fullName(service)} has no selector, and no Endpoints were given for it`,
    {
      objects: [inService(service, 'spec')],
      fix: 'add a selector, or Endpoints of the same name',
    },
  )
}
