import { familyOf } from '../../base/ip.ts'
import type { ClusterServicePort } from '../../model/cluster.ts'
import type { Table } from '../../netfilter/rule.ts'
import { machine, originOf, spread } from './machine.ts'
import type { Balancer, BalancerContext, ReturnPath } from './profile.ts'
import type { BalancerTarget, TargetsOf } from './rules.ts'
import { cloudFirewall, onlyServicePorts, protocolOf, translation } from './rules.ts'

/** The ways in which balancers hand packets on; profiles are made of these. */

/** Whether the provider has a firewall that holds loadBalancerSourceRanges. */
interface WayOptions {
  readonly firewall: boolean
}

/** The nodes' addresses of the family that the balancer's address has. */
export function nodeTargets({ nodes, ip }: BalancerContext) {
  return nodes.flatMap((node) => node.addresses.filter((one) => familyOf(one) === familyOf(ip)))
}

/** Passed on as it is: the node gets the balancer's address and port, and answers the client itself. */
export function passThrough(context: BalancerContext, { firewall }: WayOptions): readonly Balancer[] {
  const { service, ip } = context
  const origin = originOf(context)
  const tables = [
    ...(firewall ? cloudFirewall(service, ip, origin) : []),
    onlyServicePorts(service, ip, origin),
  ]
  const routes = [spread(ip, nodeTargets(context), 'lan0', origin)]
  return [machine(context, { tables, routes, holdsAddress: false })]
}

/** A connection of the balancer's own to the node port of a node: the node sees the balancer's address. */
export function toNodePorts(context: BalancerContext, { firewall }: WayOptions): readonly Balancer[] {
  const tables = [
    ...firewallOf(context, firewall),
    translation(context.service, context.ip, nodePortsOf(context), {
      origin: originOf(context),
      masquerade: () => true,
    }),
  ]
  return [machine(context, { tables, holdsAddress: true })]
}

function firewallOf(context: BalancerContext, firewall: boolean): readonly Table[] {
  return firewall ? cloudFirewall(context.service, context.ip, originOf(context)) : []
}

/** The node port of each healthy node; none where the Service has none. */
export function nodePortsOf(context: BalancerContext): TargetsOf {
  const nodes = nodeTargets(context)
  return ({ nodePort }) => (nodePort === 0 ? [] : nodes.map((ip) => ({ ip, port: nodePort })))
}

/**
 * Translated to a target without changing the client's address, where `preserves` says so; otherwise the target sees
 * the balancer. Answers to preserved clients are led back through the balancer by the provider's network.
 */
export function translated(
  context: BalancerContext,
  targetsOf: TargetsOf,
  options: WayOptions & {
    readonly preserves: (port: ClusterServicePort) => boolean
    readonly routes?: Parameters<typeof machine>[1]['routes']
  },
): readonly Balancer[] {
  const { service, ip } = context
  const { firewall, preserves, routes = [] } = options
  const tables = [
    ...firewallOf(context, firewall),
    translation(service, ip, targetsOf, {
      origin: originOf(context),
      masquerade: (port) => !preserves(port),
    }),
  ]
  const returns = service.ports.filter(preserves).flatMap((port) => wayBack(context, port, targetsOf(port)))
  return [{ ...machine(context, { tables, routes, holdsAddress: false }), returns }]
}

function wayBack(
  { inside }: BalancerContext,
  port: ClusterServicePort,
  targets: readonly BalancerTarget[],
): readonly ReturnPath[] {
  if (inside === undefined) return []
  return targets.map((target) => ({
    source: target.ip,
    protocol: protocolOf(port),
    port: target.port,
    via: inside,
  }))
}
