import type { ClusterService, PendingBalancer } from '../../model/cluster.ts'
import type { Finding } from '../../model/journey.ts'
import type { FindCause } from './failure.ts'
import { finding, inService } from './failure.ts'

/** EXTERNAL-IP is <pending>. */
export const findLoadBalancer: FindCause = ({ dial }) => {
  if (dial.type !== 'no-address') return []
  const { service, hostname } = dial
  if (hostname) return [balancerByName(service, hostname)]
  if (service.type !== 'LoadBalancer') {
    return [
      finding(
        'load-balancer-pending',
        `Service ${service.name} is of type ${service.type} and gets no load balancer`,
        {
          objects: [inService(service, 'spec', 'type')],
          fix: 'set type: LoadBalancer, or ask for the Service itself',
        },
      ),
    ]
  }
  const { code, reason, fix, at, objects } = service.balancer?.pending ?? unknownReason
  return [
    finding(code, `Service ${service.name} has no address yet: ${reason}`, {
      objects: [inService(service, ...at), ...objects],
      fix,
    }),
  ]
}

/** The balancer has a name, and no address of the family that is asked for. */
export function balancerByName(service: ClusterService, hostname: string): Finding {
  return finding(
    'load-balancer-by-name',
    `the load balancer of Service ${service.name} is known as ${hostname}, and nothing says its address`,
    {
      objects: [inService(service, 'status', 'loadBalancer')],
      fix: 'state its address as ip beside the hostname, or ask a node port instead',
    },
  )
}

const unknownReason: PendingBalancer = {
  code: 'load-balancer-pending',
  reason: 'nothing in this cluster hands out load balancer addresses',
  fix: 'run a load balancer controller, or state the address in status.loadBalancer.ingress',
  at: ['spec', 'type'],
  objects: [],
}

/**
 * The balancer keeps the client's address and chose the client's own node: the packet comes back to its sender, from
 * outside and with the sender's address, which no kernel believes.
 */
export const findHairpin: FindCause = ({ outcome, stop, world }) => {
  if (stop?.reason !== 'martian-source' || stop.onReply) return []
  const passed = outcome.leg.forward.find(({ netns }) => netns.startsWith('balancer/'))
  const [, namespace, name] = passed?.netns.split('/') ?? []
  const service = world.services.get(`${namespace}/${name}`)
  if (!service) return []
  const node = stop.netns.replace(/^node\//, '')
  return [
    finding(
      'load-balancer-hairpin',
      `the load balancer of Service ${service.name} (${service.balancer?.profile}) keeps the client's address and chose ${node}, from which the connection comes: ${node} gets a packet from itself and drops it`,
      {
        objects: [inService(service, 'metadata', 'annotations')],
        fix: `inside the cluster ask for ${service.name}.${service.namespace}; or use IP targets, or turn preservation of client addresses off`,
      },
    ),
  ]
}
