import { formatIp } from '../../base/ip.ts'
import type { ClusterService, ClusterServicePort } from '../../model/cluster.ts'
import type { FindCause } from './failure.ts'
import { finding, fullName, inService } from './failure.ts'

/** Machines that belong to no cluster; both know no way to its pods and Services. */
const outside = ['internet', 'router']

/** Somebody outside asks for an address that exists inside only: a cluster IP, or a pod's own. */
export const findInsideOnly: FindCause = ({ world, sender, sent, asked, outcome, stop }) => {
  if (!sent || !stop || stop.onReply || !outside.includes(stop.netns)) return []
  const comesByNode = outcome.leg.forward.some(({ netns }) => netns.startsWith('node/'))
  if (comesByNode || !sender.netns.startsWith('host/')) return []
  const ip = formatIp(sent.dst)
  const nowhere = 'no route leads there from outside the cluster'
  if (asked?.by === 'cluster IP') {
    const { service, port } = asked
    return [
      finding('address-inside-only', `${ip} is the cluster IP of Service ${service.name}: ${nowhere}`, {
        objects: [inService(service, 'spec', 'type')],
        fix: wayIn(service, port),
      }),
    ]
  }
  const pod = world.podsByIp.get(sent.dst)
  if (!pod) return []
  return [
    finding('address-inside-only', `${ip} is the address of pod ${pod.name}: ${nowhere}`, {
      objects: [pod.ref],
      fix: 'ask for a Service of type NodePort or LoadBalancer that leads to it; for a test, kubectl port-forward',
    }),
  ]
}

/** How the outside reaches the Service, nearest to what people have in production first. */
function wayIn(service: ClusterService, port: ClusterServicePort | undefined): string {
  const number = port?.port ?? service.ports[0]?.port ?? 0
  const balancer = service.loadBalancer.find(({ ip }) => ip !== undefined)?.ip
  const address = balancer ?? service.externalIps[0]
  if (address !== undefined) {
    const shown = typeof address === 'bigint' ? `[${formatIp(address)}]` : formatIp(address)
    return `ask for ${shown}:${number}`
  }
  const nodePort = (port ?? service.ports[0])?.nodePort ?? 0
  if (nodePort > 0) return `ask for node port ${nodePort} of a node`
  const forward = `kubectl port-forward -n ${service.namespace} svc/${service.name} ${number}`
  return `give Service ${fullName(service)} type NodePort or LoadBalancer; for a test, ${forward}`
}
