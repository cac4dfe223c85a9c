import type { ClusterService, ClusterServicePort } from '../../model/cluster.ts'
import type { FindCause } from './failure.ts'
import { finding, inService, protocolName } from './failure.ts'

/** The Service exists, but what is asked of it is none of its ports. */
export const findServicePort: FindCause = ({ asked, sent }) => {
  if (!asked || asked.port || !sent || asked.by === 'node port') return []
  const { service } = asked
  const protocol = protocolName(sent.protocol)
  if (protocol === 'ICMP') {
    return [
      finding(
        'ping-to-service',
        `the address of Service ${service.name} belongs to no machine: its ports are translated, a ping is not`,
        {
          objects: [inService(service, 'spec', 'ports')],
          fix: `test a port instead: ${service.ports.map(portText).join(', ')}`,
        },
      ),
    ]
  }
  const same = portIndex(service, (port) => port.port === sent.dport)
  if (same) {
    const message = `Service ${service.name} has port ${same.port.port} for ${same.port.protocol} only, and ${protocol} is asked`
    return [
      finding('service-protocol-differs', message, {
        objects: [inService(service, 'spec', 'ports', same.index, 'protocol')],
        fix: `set protocol: ${protocol} on the port, or add a port for it`,
      }),
    ]
  }
  return [
    finding(
      'service-port-unknown',
      `Service ${service.name} has no port ${sent.dport}; it has ${service.ports.map(portText).join(', ')}`,
      {
        objects: [inService(service, 'spec', 'ports')],
        fix: otherNumber(service, sent.dport) ?? 'ask for one of its ports, or add this one',
      },
    ),
  ]
}

function portText({ port, protocol, name }: ClusterServicePort): string {
  return `${name ? `${name} ` : ''}${port}/${protocol}`
}

function portIndex(service: ClusterService, wanted: (port: ClusterServicePort) => boolean) {
  const index = service.ports.findIndex(wanted)
  const port = service.ports[index]
  return port && { index, port }
}

/** The number is the port's target port or node port. */
function otherNumber(service: ClusterService, asked: number): string | undefined {
  const target = service.ports.find((port) => port.targetPort === asked)
  if (target) return `${asked} is the port of the pods; ask for ${target.port}`
  const node = service.ports.find((port) => port.nodePort === asked)
  return node && `${asked} is the port on the nodes; ask for ${node.port} here`
}
