import type { Ip } from '../../base/ip.ts'
import { formatIp } from '../../base/ip.ts'
import { portMappings } from '../../control/cni/portmap.ts'
import { cniOf } from '../../control/cni/registry.ts'
import type { Finding } from '../../model/journey.ts'
import type { HostPort } from '../world.ts'
import type { FindCause } from './failure.ts'
import { finding, inPod, protocolName } from './failure.ts'

/** A node has no socket for a port that a pod asked for, since no plugin maps it. */
export const findHostPort: FindCause = ({ world, outcome, stop, sent }) => {
  const { destination } = outcome
  const node = destination && world.nodesByIp.get(destination.ip)
  if (stop?.reason !== 'no-listener' || !sent || !node) return []
  const hostPort = world.hostPorts.get(`${node.name} ${protocolName(sent.protocol)} ${sent.dport}`)
  if (!hostPort) return []
  const { pod, port } = hostPort
  if (cniOf(world.cluster).mapsHostPorts(node.name)) return otherAddress(hostPort, destination.ip)
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

/** `hostIP` keeps the port to one address of the node. */
function otherAddress({ pod, port }: HostPort, asked: Ip): readonly Finding[] {
  const stated = portMappings(pod).find((one) => one.hostPort === port)?.hostIp
  if (stated === undefined || stated === asked) return []
  return [
    finding(
      'host-port-other-address',
      `pod ${pod.name} asks for host port ${port} on ${formatIp(stated)} alone (hostIP), and not on ${formatIp(asked)}`,
      {
        objects: [inPod(pod, 'spec', 'containers')],
        fix: `ask for ${formatIp(stated)}, or remove hostIP from the port of pod ${pod.name}`,
      },
    ),
  ]
}
