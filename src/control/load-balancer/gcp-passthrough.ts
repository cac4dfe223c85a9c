import type { BalancerProfile } from './profile.ts'
import { asksForClass, hasAnnotation, hasClass, hasController, hasProviderId } from './signs.ts'
import { passThrough, toNodePorts } from './ways.ts'

const types: readonly string[] = ['gcp', 'gcp-passthrough', 'gke']

/**
 * Google's passthrough Network Load Balancer: the packet comes to a node with destination and source as the client
 * sent it, and the node answers the client itself. Node ports are allocated and not used. The firewall of the VPC
 * holds loadBalancerSourceRanges. (Google Cloud, "Passthrough Network Load Balancers"; that node ports are not used is
 * vendor knowledge.)
 */
export const gcpPassthrough: BalancerProfile = {
  name: 'gcp-passthrough',
  types,
  claims: (service, surroundings) => {
    const byClass = hasClass(service, [/^networking\.gke\.io\/l4-regional-(external|internal)/])
    if (byClass || asksForClass(service)) return byClass
    return (
      hasController(surroundings, types) ??
      hasAnnotation(service, ['cloud.google.com/', 'networking.gke.io/']) ??
      hasProviderId(surroundings, ['gce'])
    )
  },
  balance: (context) =>
    context.mode === 'Proxy'
      ? toNodePorts(context, { firewall: true })
      : passThrough(context, { firewall: true }),
}
