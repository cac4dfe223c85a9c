import type { BalancerProfile } from './profile.ts'
import { asksForClass, hasController, hasProviderId } from './signs.ts'
import { toNodePorts } from './ways.ts'

const types: readonly string[] = ['kind', 'kind-cloud-provider', 'cloud-provider-kind']

/**
 * cloud-provider-kind: an Envoy container for each Service on the nodes' network, which opens connections of its own
 * to node ports; the Service's status says ipMode Proxy (Server.GetLoadBalancer). Modelled as a machine that
 * translates and masquerades: addresses are the same, two connections are shown as one. A kind node has a providerID
 * whoever makes load balancers there, so that it counts only where the Service's status has ipMode Proxy.
 */
export const kindCloudProvider: BalancerProfile = {
  name: 'kind-cloud-provider',
  types,
  claims: (service, surroundings) => {
    const stated = hasController(surroundings, types)
    if (stated || asksForClass(service)) return stated
    const ingress = service.object.status?.loadBalancer?.ingress ?? []
    return ingress.some(({ ipMode }) => ipMode === 'Proxy')
      ? hasProviderId(surroundings, ['kind'])
      : undefined
  },
  balance: (context) => toNodePorts(context, { firewall: false }),
}
