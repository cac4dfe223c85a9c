import type { Ip } from '../../base/ip.ts'
import { familyOf } from '../../base/ip.ts'
import type { Origin } from '../../base/source.ts'
import type { ClusterService, ClusterServicePort } from '../../model/cluster.ts'
import type { Chain, Rule, Table } from '../../netfilter/rule.ts'
import { makeTable } from '../../netfilter/table.ts'
import { accept, block, drop, host, onProtocol, rule, transport } from '../proxy/iptables-rules.ts'
import type { ReturnPath } from './profile.ts'

/** Where a balancer sends one of the connections to a port. */
export interface BalancerTarget {
  readonly ip: Ip
  readonly port: number
}

/** The targets of each port of the Service. */
export type TargetsOf = (port: ClusterServicePort) => readonly BalancerTarget[]

export function protocolOf({ protocol }: Pick<ClusterServicePort, 'protocol'>): ReturnPath['protocol'] {
  return protocol.toLowerCase() as ReturnPath['protocol']
}

/** A balancer that passes packets on has listeners for the Service's ports and for nothing else. */
export function onlyServicePorts({ ports }: ClusterService, ip: Ip, origin: Origin): Table {
  const rules = ports.map((port): Rule => {
    const protocol = protocolOf(port)
    return rule(
      origin,
      { destination: host(ip), ...onProtocol(protocol) },
      [transport(protocol, port.port)],
      accept,
    )
  })
  const chains: readonly Chain[] = [
    { name: 'INPUT', policy: 'ACCEPT', rules: [] },
    { name: 'FORWARD', policy: 'DROP', rules },
    { name: 'OUTPUT', policy: 'ACCEPT', rules: [] },
  ]
  return makeTable('filter', chains)
}

/**
 * The provider's firewall holds loadBalancerSourceRanges as well, before a packet comes near a node. Nothing, if the
 * Service states none.
 */
export function cloudFirewall(
  { ports, sourceRanges }: ClusterService,
  ip: Ip,
  origin: Origin,
): readonly Table[] {
  const ranges = sourceRanges.filter((one) => familyOf(one.first) === familyOf(ip))
  if (sourceRanges.length === 0) return []
  const rules = ports.flatMap((port) => {
    const protocol = protocolOf(port)
    const header = { destination: host(ip), ...onProtocol(protocol) }
    const matches = [transport(protocol, port.port)]
    return [
      ...ranges.map((range) => {
        const source = block(range)
        return rule(origin, { ...header, ...(source && { source }) }, matches, accept)
      }),
      rule(origin, header, matches, drop),
    ]
  })
  const empty = ['INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const
  return [
    makeTable('mangle', [
      { name: 'PREROUTING', policy: 'ACCEPT', rules },
      ...empty.map((name): Chain => ({ name, policy: 'ACCEPT', rules: [] })),
    ]),
  ]
}

/** Each connection is translated to one target, all with equal shares; with `masquerade` it is the balancer's own. */
export function translation(
  { ports }: ClusterService,
  ip: Ip,
  targetsOf: TargetsOf,
  options: { readonly origin: Origin; readonly masquerade: (port: ClusterServicePort) => boolean },
): Table {
  const { origin, masquerade } = options
  const prerouting = ports.flatMap((port) => {
    const targets = targetsOf(port)
    return targets.map((target, index) => sendTo(ip, port, target, { left: targets.length - index, origin }))
  })
  const protocols = new Set(ports.filter(masquerade).map(protocolOf))
  const all = ports.every(masquerade)
  const out = { name: 'lan0', inverted: false }
  const hide = (header: Rule['header']) =>
    rule(origin, header, [], { type: 'MASQUERADE', random: false, fullyRandom: false })
  return makeTable('nat', [
    { name: 'PREROUTING', policy: 'ACCEPT', rules: prerouting },
    { name: 'INPUT', policy: 'ACCEPT', rules: [] },
    { name: 'OUTPUT', policy: 'ACCEPT', rules: [] },
    {
      name: 'POSTROUTING',
      policy: 'ACCEPT',
      rules: all ? [hide({ out })] : [...protocols].map((one) => hide({ out, ...onProtocol(one) })),
    },
  ])
}

function sendTo(
  ip: Ip,
  port: ClusterServicePort,
  target: BalancerTarget,
  { left, origin }: { readonly left: number; readonly origin: Origin },
): Rule {
  const protocol = protocolOf(port)
  const probability = Math.round(0x80000000 / left)
  const chance =
    left === 1 ? undefined : ({ type: 'statistic', mode: 'random', probability, inverted: false } as const)
  return rule(
    origin,
    { destination: host(ip), ...onProtocol(protocol) },
    [transport(protocol, port.port), chance],
    {
      type: 'DNAT',
      addresses: { first: target.ip, last: target.ip },
      ports: { first: target.port, last: target.port },
      random: false,
      persistent: false,
    },
  )
}
