import { formatIp, isLoopback } from '../../base/ip.ts'
import type { FindCause } from './failure.ts'
import { finding, inService, listNames, protocolName } from './failure.ts'

/** A port of a node on which nothing is served. */
export const findNodePort: FindCause = ({ world, stop, sent, asked }) => {
  if (stop?.reason !== 'no-listener' || !sent || !stop.netns.startsWith('node/')) return []
  const protocol = protocolName(sent.protocol)
  const byPort = world.servicesByNodePort.get(`${protocol} ${sent.dport}`)
  const { kubeProxy, nodePorts } = world.cluster.settings
  if (byPort) {
    const { service, port } = byPort
    const index = service.ports.indexOf(port)
    const where = isLoopback(sent.dst)
      ? 'on 127.0.0.1 (localhostNodePorts is off, or the address family has none)'
      : `on ${formatIp(sent.dst)}: nodePortAddresses is ${kubeProxy.nodePortAddresses.join(', ') || 'not set'}`
    return [
      finding(
        'node-port-not-here',
        `node port ${port.nodePort} of Service ${service.name} is not served ${where}`,
        {
          objects: [kubeProxy.configuredBy, inService(service, 'spec', 'ports', index, 'nodePort')],
          fix: isLoopback(sent.dst)
            ? "ask for the node's own address"
            : `add a block that holds ${formatIp(sent.dst)} to nodePortAddresses`,
        },
      ),
    ]
  }
  if (asked || sent.dport < nodePorts.first || sent.dport > nodePorts.last) return []
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
