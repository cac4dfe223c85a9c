import { contains, familyOf, formatEndpoint, formatIp } from '../../base/ip.ts'
import type { Finding } from '../../model/journey.ts'
import { endpointCause } from './endpoints.ts'
import type { AskedService, Failure, FindCause } from './failure.ts'
import { finding, inService, translatedTo } from './failure.ts'
import { writtenBy } from './hand-made-endpoints.ts'

/** The destination's address belongs to nobody. */
export const findAddress: FindCause = (failure) => {
  const { world, sent, asked, outcome, stop } = failure
  if (!sent || stop?.onReply) return []
  const { podCidrs, serviceCidrs } = world.cluster.settings
  const ip = formatIp(sent.dst)
  const endpoint = lostEndpoint(failure)
  if (endpoint.length > 0) return endpoint
  const meetsNode = outcome.leg.forward.some((hop) => hop.netns.startsWith('node/'))
  if (asked && asked.by !== 'cluster IP' && asked.by !== 'node port' && !meetsNode) {
    return notAnnounced(failure, asked, ip)
  }
  if (asked || world.nodesByIp.has(sent.dst)) return []
  if (serviceCidrs.some((cidr) => contains(cidr, sent.dst))) {
    return [
      finding('no-service-at-address', `${ip} lies in the range of the Services, but no Service has it`, {
        fix: 'ask for a Service by its name; its address changes when it is created anew',
      }),
    ]
  }
  if (podCidrs.some((cidr) => contains(cidr, sent.dst)) && !world.podsByIp.has(sent.dst)) {
    return [
      finding('no-pod-at-address', `${ip} lies in the range of the pods, but no pod has it`, {
        fix: 'ask for a Service or a pod by its name; a pod that is made anew has another address',
      }),
    ]
  }
  return []
}

/** An outer address of a Service, and no packet for it comes to a node. */
function notAnnounced(failure: Failure, asked: AskedService, ip: string): readonly Finding[] {
  const { service, by } = asked
  if (by === 'load balancer' && service.balancer?.announcers?.length === 0) {
    return [
      finding(
        'address-not-announced',
        `no machine answers for ${ip}: MetalLB has no L2Advertisement or BGPAdvertisement for its pool on any node`,
        {
          objects: [inService(service, 'status', 'loadBalancer')],
          fix: 'apply an L2Advertisement for the pool',
        },
      ),
    ]
  }
  const idle = by === 'load balancer' ? withoutTargets(failure, asked) : []
  if (idle.length > 0) return idle
  const field = by === 'external IP' ? ['spec', 'externalIPs'] : ['status', 'loadBalancer']
  return [
    finding(
      'address-not-announced',
      `no machine answers for ${ip}: a Service's ${by} adds rules on the nodes, but brings no packet to them`,
      {
        objects: [inService(service, ...field)],
        fix: 'announce the address (MetalLB, keepalived), or route it to a node',
      },
    ),
  ]
}

/** The Service's rules send to an endpoint that is nobody: a pod that is gone, or the address of a Service. */
function lostEndpoint(failure: Failure): readonly Finding[] {
  const { world, asked, stop } = failure
  const to = translatedTo(failure)
  if (!asked?.port || !to || stop?.reason === 'no-listener') return []
  const { service } = asked
  const slice = world
    .slicesOf(service)
    .find((one) => one.endpoints.some((endpoint) => endpoint.addresses.includes(to.ip)))
  const objects = [slice && writtenBy(service, slice), service.ref]
  const where = formatEndpoint(to.ip, to.port)
  const [other] = world.servicesByIp.get(to.ip) ?? []
  if (other) {
    return [
      finding(
        'endpoint-is-service-address',
        `an endpoint of Service ${service.name} is ${where}, the address of Service ${other.name}: what was translated once is not translated again`,
        {
          objects,
          fix: `give the pods' own addresses, or make ${service.name} an ExternalName of ${other.name}`,
        },
      ),
    ]
  }
  const isPods = world.cluster.settings.podCidrs.some((cidr) => contains(cidr, to.ip))
  if (!isPods || world.podsByIp.has(to.ip)) return []
  return [
    finding('no-pod-at-address', `Service ${service.name} sends to ${where}, but no pod has that address`, {
      objects,
      fix: service.selector
        ? 'find out why the EndpointSlice is not brought up to date, or take the dump anew'
        : 'let a selector find the pods: a pod that is made anew has another address',
    }),
  ]
}

/** The balancer has nowhere to send: no endpoint, no node port, or no node that may take part. */
function withoutTargets({ world, sent, stop }: Failure, { service, port }: AskedService): readonly Finding[] {
  const ready = world.slicesOf(service).some((slice) => slice.endpoints.some((one) => one.ready))
  if (!ready && sent) return endpointCause(world, service, { port, family: familyOf(sent.dst) })
  const profile = service.balancer?.profile ?? 'generic'
  if (!stop?.netns.startsWith('balancer/') && !profile.startsWith('metallb-')) return []
  if (port?.nodePort === 0 && !profile.startsWith('metallb-')) {
    const kind = profile === 'generic' ? 'ipMode Proxy' : profile
    return [
      finding(
        'load-balancer-without-node-port',
        `the load balancer of Service ${service.name} sends to node ports (${kind}), and the Service has none`,
        {
          objects: [inService(service, 'spec', 'allocateLoadBalancerNodePorts')],
          fix: 'remove allocateLoadBalancerNodePorts: false, or use a balancer that sends to the address itself',
        },
      ),
    ]
  }
  const local = service.externalLocal ? ' and has an endpoint of its own (externalTrafficPolicy: Local)' : ''
  return [
    finding(
      'load-balancer-without-nodes',
      `the load balancer of Service ${service.name} has no node to send to: none is ready, not excluded${local}`,
      {
        objects: [inService(service, 'spec', service.externalLocal ? 'externalTrafficPolicy' : 'type')],
        fix: 'look at the nodes: Ready, and without the label node.kubernetes.io/exclude-from-external-load-balancers',
      },
    ),
  ]
}
