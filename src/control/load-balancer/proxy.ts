import type { BalancerProfile } from './profile.ts'
import { asksForClass, controllerField, hasAnnotation, hasController, hasProviderId } from './signs.ts'
import { toNodePorts } from './ways.ts'

const annotations = [
  'loadbalancer.openstack.org/',
  'service.beta.kubernetes.io/do-loadbalancer-',
  'load-balancer.hetzner.cloud/',
]

const types: readonly string[] = ['proxy', 'octavia', 'openstack', 'digitalocean', 'hetzner', 'hcloud']

/**
 * Proxies in front of the nodes, as OpenStack's Octavia, DigitalOcean's and Hetzner's are: each connection is ended
 * there, and another one goes to a node port from the proxy's own address. The client is known by a PROXY protocol
 * header at best. (Vendor knowledge.)
 */
export const proxy: BalancerProfile = {
  name: 'proxy',
  types,
  claims: (service, surroundings) => {
    if (asksForClass(service)) return undefined
    const forwards = controllerField(surroundings, 'forwards')
    return (
      hasController(surroundings, types) ??
      (forwards?.includes('nodePort') ? `loadBalancerController.forwards of the Environment` : undefined) ??
      hasAnnotation(service, annotations) ??
      hasProviderId(surroundings, ['openstack', 'digitalocean', 'hcloud'])
    )
  },
  balance: (context) => toNodePorts(context, { firewall: true }),
}
