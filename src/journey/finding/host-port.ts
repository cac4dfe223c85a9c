import { cniOf } from '../../control/cni/registry.ts'
import type { FindCause } from './failure.ts'
import { finding, protocolName } from './failure.ts'

/** A node has no socket for a port that a pod asked for, since no plugin maps it. */
export const findHostPort: FindCause = ({ world, outcome, stop, sent }) => {
  const { destination } = outcome
  const node = destination && world.nodesByIp.get(destination.ip)
  if (stop?.reason !== 'no-listener' || !sent || !node) return []
  if (cniOf(world.cluster).mapsHostPorts(node.name)) return []
  const hostPort = world.hostPorts.get(`${node.name} ${protocolName(sent.protocol)} ${sent.dport}`)
  if (!hostPort) return []
  const { pod, port } = hostPort
  return [
    finding(
      'host-port-not-mapped',
      `pod ${pod.name} asks for host port ${port}, but nothing brings it there: the plugin chain of node ${node.name} has no portmap`,
      {
        fix: `chain portmap behind the network plugin of ${node.name}, and start the pod again; or give the pod hostNetwork: true`,
        objects: [pod.ref, node.ref],
      },
    ),
  ]
}
