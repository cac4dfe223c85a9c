import { classicBalancer, classicTypes } from './aws.ts'
import type { BalancerProfile } from './profile.ts'
import { toNodePorts } from './ways.ts'

/**
 * A Classic Load Balancer, which the controller of Kubernetes itself makes on AWS where nothing asks for another
 * kind: it ends the connection and opens one of its own to a node port. The client is known by PROXY protocol
 * version 1 at best. (Vendor knowledge.)
 */
export const awsClassic: BalancerProfile = {
  name: 'aws-classic',
  types: classicTypes,
  claims: classicBalancer,
  balance: (context) => toNodePorts(context, { firewall: true }),
}
