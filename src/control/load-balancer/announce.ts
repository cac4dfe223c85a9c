import type { Ip } from '../../base/ip.ts'
import { hostCidr } from '../../base/ip.ts'
import { hostRoute } from '../routes.ts'
import { networkOf } from '../underlay.ts'
import { originOf, spread } from './machine.ts'
import type { Balancer, BalancerContext } from './profile.ts'
import { nodeTargets } from './ways.ts'

/**
 * One node answers for the address. One that lies outside the nodes' network is taken to be routed to it: the router
 * asks for it there.
 */
export function announcedBy(
  context: BalancerContext,
  node: string | undefined,
  { held }: { readonly held: boolean },
): readonly Balancer[] {
  const { ip } = context
  const outside = networkOf(context.underlay, ip) === undefined
  if (node === undefined) return outside ? [unanswered(context, ip)] : []
  const announced = { ip, node, held }
  if (!outside) return [{ ports: [], announced }]
  const routes = [hostRoute(ip, 'lan0', { origin: announcing(context) })]
  return [{ ports: [], announced, routes, delivered: [hostCidr(ip)] }]
}

/** The address is routed to the nodes' network, where nobody has it. */
function unanswered(context: BalancerContext, ip: Ip): Balancer {
  const routes = [hostRoute(ip, 'lan0', { origin: announcing(context) })]
  return { ports: [], routes, delivered: [hostCidr(ip)] }
}

/** The node that the Environment names as the one that answers. */
export function statedAnnouncer({ cluster }: BalancerContext): string | undefined {
  const stated = cluster.environment.loadBalancerController?.['announcer']
  return typeof stated === 'string' ? stated : undefined
}

/** Nodes announce the address to the router, which spreads connections over them; with none it has no way. */
export function announcedByAll(context: BalancerContext): readonly Balancer[] {
  const { ip } = context
  const routes = [spread(ip, nodeTargets(context), 'lan0', announcing(context))]
  return [{ ports: [], routes, delivered: [hostCidr(ip)] }]
}

function announcing(context: BalancerContext) {
  const profile = context.service.balancer?.profile
  return { ...originOf(context), ...(profile !== undefined && { component: profile }) }
}
