import { familyOf } from '../../base/ip.ts'
import type { Route } from '../../model/network.ts'
import { networkBalancer, targetGroupAttribute } from './aws.ts'
import { originOf } from './machine.ts'
import { podRoutes } from './pod-routes.ts'
import type { BalancerContext, BalancerProfile } from './profile.ts'
import type { TargetsOf } from './rules.ts'
import { translated } from './ways.ts'

/**
 * An NLB whose targets are pods: past the nodes' rules, so that kube-proxy and externalTrafficPolicy have no part in
 * it. The pod sees the NLB's own address, for TCP and TLS at least (AWS, "Edit target group attributes": preservation
 * is off by default for IP targets, and always on for UDP). The pods' network has to be routed in the VPC.
 */
export const awsNlbIp: BalancerProfile = {
  name: 'aws-nlb-ip',
  types: ['aws-nlb-ip'],
  claims: (service, surroundings) => {
    const found = networkBalancer(service, surroundings)
    return found?.target === 'ip' ? found.sign : undefined
  },
  balance: (context) => {
    const { annotations } = context.service
    const stated = targetGroupAttribute(annotations, 'preserve_client_ip.enabled')
    const preserves = ({ protocol }: { readonly protocol: string }) => stated === 'true' || protocol === 'UDP'
    return translated(context, podTargets(context), { firewall: true, preserves, routes: routesOf(context) })
  },
}

/** The ready endpoints of a port, by their own addresses. */
function podTargets({ cluster, service, ip }: BalancerContext): TargetsOf {
  const slices = cluster.endpointSlices.filter(
    (slice) =>
      slice.namespace === service.namespace &&
      slice.service === service.name &&
      slice.family === familyOf(ip),
  )
  return ({ name, protocol }) => {
    const targets = slices.flatMap((slice) => {
      const port = slice.ports.find((one) => one.name === name && one.protocol === protocol)?.port
      if (port === undefined) return []
      return slice.endpoints
        .filter((endpoint) => endpoint.ready)
        .flatMap(({ addresses: [first] }) => (first === undefined ? [] : [{ ip: first, port }]))
    })
    return targets.toSorted((a, b) => (a.ip < b.ip ? -1 : 1))
  }
}

function routesOf(context: BalancerContext): readonly Route[] {
  return podRoutes(context.cluster, familyOf(context.ip), { origin: originOf(context) })
}
