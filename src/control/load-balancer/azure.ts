import type { BalancerProfile } from './profile.ts'
import { asksForClass, hasAnnotation, hasController, hasProviderId } from './signs.ts'
import { nodePortsOf, passThrough, toNodePorts, translated } from './ways.ts'

const floatingIpOff = 'service.beta.kubernetes.io/azure-disable-load-balancer-floating-ip'

const types: readonly string[] = ['azure', 'aks']

/**
 * Azure's standard load balancer. With floating IP, which is on unless the Service says otherwise, the node gets the
 * balancer's address and port, and answers the client itself; without it the destination becomes the node's port and
 * the client's address stays. The network security group holds loadBalancerSourceRanges. (Vendor knowledge; Azure,
 * "Floating IP configuration", and the annotations of cloud-provider-azure.)
 */
export const azure: BalancerProfile = {
  name: 'azure',
  types,
  claims: (service, surroundings) =>
    asksForClass(service)
      ? undefined
      : (hasController(surroundings, types) ??
        hasAnnotation(service, ['service.beta.kubernetes.io/azure-']) ??
        hasProviderId(surroundings, ['azure'])),
  balance: (context) => {
    if (context.mode === 'Proxy') return toNodePorts(context, { firewall: true })
    if (context.service.annotations[floatingIpOff] !== 'true') return passThrough(context, { firewall: true })
    return translated(context, nodePortsOf(context), { firewall: true, preserves: () => true })
  },
}
