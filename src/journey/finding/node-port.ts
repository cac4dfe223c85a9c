import type { Ip } from '../../base/ip.ts'
import { familyOf, formatIp, isLoopback } from '../../base/ip.ts'
import { nodePortRestriction } from '../../control/proxy/node-addresses.ts'
import type { ClusterService, ClusterServicePort } from '../../model/cluster.ts'
import type { Finding } from '../../model/journey.ts'
import type { World } from '../world.ts'
import type { FindCause } from './failure.ts'
import { finding, fullName, inService, listNames, protocolName } from './failure.ts'

/** A port of a node on which nothing is served. */
export const findNodePort: FindCause = ({ world, stop, sent, asked }) => {
  if (stop?.reason !== 'no-listener' || !sent || !stop.netns.startsWith('node/')) return []
  const protocol = protocolName(sent.protocol)
  const byPort = world.servicesByNodePort.get(`${protocol} ${sent.dport}`)
  const { nodePorts } = world.cluster.settings
  if (byPort) return [notHere(world, byPort, sent.dst)]
  if (asked) return []
  const other = otherProtocol(world, sent.dport, protocol)
  if (other) return [other]
  if (sent.dport < nodePorts.first || sent.dport > nodePorts.last) {
    if (isLoopback(sent.dst)) return []
    return servicePortAtNode(world, sent.dport, protocol, stop.netns.slice(5))
  }
  const known = [...world.servicesByNodePort.values()].map(
    ({ service, port }) => `${port.nodePort} (${service.name})`,
  )
  return [
    finding('node-port-unknown', `no Service has node port ${sent.dport}/${protocol}`, {
      fix:
        known.length > 0
          ? `node ports are: ${listNames(known.toSorted())}`
          : 'no Service of this cluster has a node port',
    }),
  ]
}

/** The node port exists, but not on this address. */
function notHere(
  world: World,
  { service, port }: { readonly service: ClusterService; readonly port: ClusterServicePort },
  dst: Ip,
): Finding {
  const { kubeProxy } = world.cluster.settings
  const family = familyOf(dst)
  const place = inService(service, 'spec', 'ports', service.ports.indexOf(port), 'nodePort')
  const what = `node port ${port.nodePort} of Service ${service.name} is not served on ${formatIp(dst)}`
  if (!service.families.includes(family)) {
    return finding('node-port-not-here', `${what}: the Service has no IPv${family}`, {
      objects: [inService(service, 'spec', 'ipFamilies'), place],
      fix: 'set ipFamilyPolicy: PreferDualStack, or ask for the other address of the node',
    })
  }
  const restriction = nodePortRestriction(kubeProxy, family)
  if (isLoopback(dst) && (family === 6 || restriction === 'all' || !kubeProxy.localhostNodePorts)) {
    const why = family === 6 ? 'IPv6 has no node ports there' : 'localhostNodePorts is off'
    return finding('node-port-not-here', `${what} (${why})`, {
      objects: [kubeProxy.configuredBy, place],
      fix: "ask for the node's own address",
    })
  }
  const blocks = kubeProxy.nodePortAddresses.join(', ') || 'not set'
  return finding('node-port-not-here', `${what}: nodePortAddresses is ${blocks}`, {
    objects: [kubeProxy.configuredBy, place],
    fix: `add a block that holds ${formatIp(dst)} to nodePortAddresses`,
  })
}

/** The node port exists for another protocol. */
function otherProtocol(world: World, port: number, protocol: string): Finding | undefined {
  for (const [key, found] of world.servicesByNodePort) {
    const [name] = key.split(' ')
    if (found.port.nodePort !== port || name === protocol) continue
    const { service } = found
    const index = service.ports.indexOf(found.port)
    return finding(
      'service-protocol-differs',
      `node port ${port} of Service ${service.name} is for ${name} only, and ${protocol} is asked`,
      {
        objects: [inService(service, 'spec', 'ports', index, 'protocol')],
        fix: `set protocol: ${protocol} on the port, or add a port for it`,
      },
    )
  }
  return undefined
}

/** A node was asked for a Service's own port, or for its pods' port: nodes serve node ports only. */
function servicePortAtNode(world: World, asked: number, protocol: string, node: string): readonly Finding[] {
  const services = world.cluster.services
    .filter((one) => one.type !== 'ExternalName' && fullName(one) !== 'default/kubernetes')
    .toSorted((a, b) => Number(hasNodePort(b)) - Number(hasNodePort(a)))
  for (const service of services) {
    const index = service.ports.findIndex(
      (port) => port.protocol === protocol && (port.port === asked || port.targetPort === asked),
    )
    const port = service.ports[index]
    if (!port) continue
    const whose =
      port.port === asked ? `of Service ${service.name}` : `of the pods of Service ${service.name}`
    const serves =
      port.nodePort === 0
        ? `the Service is of type ${service.type} and has no node port`
        : `on the nodes it is ${port.nodePort}`
    return [
      finding('node-port-unknown', `${node} does not serve ${asked}, which is a port ${whose}; ${serves}`, {
        objects: [
          port.nodePort === 0
            ? inService(service, 'spec', 'type')
            : inService(service, 'spec', 'ports', index, 'nodePort'),
        ],
        fix:
          port.nodePort === 0
            ? 'set type: NodePort and ask for the node port, or ask for the Service itself from within the cluster'
            : `ask for ${port.nodePort}`,
      }),
    ]
  }
  return []
}

function hasNodePort({ ports }: ClusterService): boolean {
  return ports.some((port) => port.nodePort !== 0)
}
