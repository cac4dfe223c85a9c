import { networkBalancer, targetGroupAttribute } from './aws.ts'
import type { BalancerProfile } from './profile.ts'
import { nodePortsOf, translated } from './ways.ts'

/**
 * An NLB whose targets are instances: the packet arrives at a node's port with the client's address, which is
 * preserved unless an attribute of the target group says no (AWS, "Edit target group attributes": on by default for
 * instances). A client that is itself the chosen node gets no answer: its own address comes in from outside.
 */
export const awsNlbInstance: BalancerProfile = {
  name: 'aws-nlb-instance',
  types: ['aws-nlb', 'aws-nlb-instance'],
  claims: (service, surroundings) => {
    const found = networkBalancer(service, surroundings)
    return found?.target === 'instance' ? found.sign : undefined
  },
  balance: (context) => {
    const { annotations } = context.service
    const stated = targetGroupAttribute(annotations, 'preserve_client_ip.enabled')
    // UDP keeps the client's address whatever is stated.
    const preserves = ({ protocol }: { readonly protocol: string }) =>
      stated !== 'false' || protocol === 'UDP'
    return translated(context, nodePortsOf(context), { firewall: true, preserves })
  },
}
