import type { FindCause } from './failure.ts'
import { finding, inService } from './failure.ts'

/** EXTERNAL-IP is <pending>. */
export const findLoadBalancer: FindCause = ({ dial }) => {
  if (dial.type !== 'no-address') return []
  const { service, hostname } = dial
  if (hostname) {
    const known = `the load balancer of Service ${service.name} is known as ${hostname}, and nothing says its address`
    return [
      finding('load-balancer-by-name', known, {
        objects: [inService(service, 'status', 'loadBalancer')],
        fix: 'state its address as ip beside the hostname, or ask a node port instead',
      }),
    ]
  }
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
  const message = `Service ${service.name} has no address yet: nothing in this cluster hands out load balancer addresses`
  return [
    finding('load-balancer-pending', message, {
      objects: [inService(service, 'spec', 'type')],
      fix: 'run a load balancer controller, or state the address in status.loadBalancer.ingress',
    }),
  ]
}
