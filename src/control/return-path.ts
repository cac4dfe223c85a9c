import type { Ip } from '../base/ip.ts'
import { familyOf, hostCidr } from '../base/ip.ts'
import type { Origin } from '../base/source.ts'
import type { Netns, Route, RoutingRule } from '../model/network.ts'
import type { Rule, Table } from '../netfilter/rule.ts'
import { makeTable } from '../netfilter/table.ts'
import type { Balancer, ReturnPath } from './load-balancer/profile.ts'
import { host, onProtocol, rule, states } from './proxy/iptables-rules.ts'
import { everything, route, standardRules } from './routes.ts'

/** What the nodes' router needs so that answers come back through the balancer that translated the request. */
export interface ReturnRouting {
  readonly rules: NonNullable<Netns['rules']>
  readonly routes: readonly Route[]
  /** By family. */
  readonly tables: ReadonlyMap<4 | 6, Table>
}

const firstTable = 1000
const origin: Origin = { component: 'cloud network' }

/**
 * A balancer that keeps the client's address gets the answers only because the provider's network leads them there:
 * the router marks answers whose request it has not seen itself, and sends them by a table for each balancer.
 */
export function returnRouting(balancers: readonly Balancer[]): ReturnRouting | undefined {
  const paths = balancers.flatMap((one) => one.returns ?? [])
  if (paths.length === 0) return undefined
  const vias = [...new Set(paths.map((one) => one.via))]
  const tableFor = (via: Ip) => firstTable + vias.indexOf(via)
  const marks = (family: 4 | 6) =>
    paths.filter((one) => familyOf(one.via) === family).map((one) => markRule(one, tableFor(one.via)))
  return {
    rules: ([4, 6] as const).flatMap((family) => [
      ...standardRules.filter((one) => one.family === family),
      ...vias
        .filter((via) => familyOf(via) === family)
        .map((via): RoutingRule => {
          const table = tableFor(via)
          const mark = { value: table, mask: 0xffffffff }
          return { priority: 1000, family, mark, action: { type: 'lookup', table } }
        }),
    ]),
    routes: vias.map((via) => ({
      ...route(everything(familyOf(via)), 'lan0', { via, origin }),
      table: tableFor(via),
    })),
    tables: new Map(
      ([4, 6] as const).flatMap((family) => {
        const rules = marks(family)
        return rules.length === 0 ? [] : [[family, mangle(rules)] as const]
      }),
    ),
  }
}

/** An answer of the target to a request that came by the balancer, past the router. */
function markRule({ source, protocol, port }: ReturnPath, mark: number): Rule {
  const sport = { first: port, last: port, inverted: false }
  return rule(
    origin,
    { source: host(source), in: { name: 'lan+', inverted: false }, ...onProtocol(protocol) },
    [{ type: protocol, sport }, states('NEW', 'INVALID')],
    { type: 'MARK', value: mark, mask: 0xffffffff },
  )
}

function mangle(rules: readonly Rule[]): Table {
  const empty = ['INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const
  return makeTable('mangle', [
    { name: 'PREROUTING', policy: 'ACCEPT', rules },
    ...empty.map((name) => ({ name, policy: 'ACCEPT' as const, rules: [] })),
  ])
}

/** The nodes' network where every packet between machines passes the provider's router, as in a VPC. */
export function routesByRouter(device: string, own: Route, gateway: Ip): readonly Route[] {
  return [
    { ...route(hostCidr(gateway), device), origin },
    route(own.destination, device, {
      via: gateway,
      onlink: true,
      origin,
      ...(own.source !== undefined && { source: own.source }),
    }),
  ]
}
