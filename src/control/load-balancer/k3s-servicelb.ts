import type { BalancerProfile } from './profile.ts'
import { asksForClass, hasController, hasProviderId, hasServiceLbPods } from './signs.ts'

const types: readonly string[] = ['k3s', 'k3s-servicelb', 'servicelb', 'klipper']

/**
 * k3s's ServiceLB: a DaemonSet of svclb pods takes the Service's ports on the nodes, and the nodes' own addresses are
 * the balancer's. There is no machine: what the pods do is in klipper.ts. kube-proxy writes rules for the addresses in
 * the status too, and they stand before those of host ports: a packet for such an address never comes to an svclb pod.
 * One comes there where the node's ExternalIP, which is what the status says then, is translated to its InternalIP.
 */
export const k3sServiceLb: BalancerProfile = {
  name: 'k3s-servicelb',
  types,
  claims: (service, surroundings) => {
    const stated = hasController(surroundings, types)
    if (stated || asksForClass(service)) return stated
    return hasServiceLbPods(surroundings) ?? hasProviderId(surroundings, ['k3s'])
  },
  balance: () => [],
}
