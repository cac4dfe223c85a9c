import { formatRef } from '../base/source.ts'
import type { Drift, DriftEntry } from '../model/drift.ts'
import type { Netns } from '../model/network.ts'
import type { NodeDump } from '../model/node-dump.ts'
import type { DriftContext, KnownObjects } from './context.ts'
import { indexObjects } from './context.ts'
import { deviceEntries } from './devices.ts'
import { matchDevices } from './match-devices.ts'
import { routeEntries } from './routes.ts'
import { routingRuleEntries } from './routing-rules.ts'
import { ruleDrift } from './rules/rule-drift.ts'
import { setEntries } from './sets.ts'
import { sysctlEntries } from './sysctls.ts'
import { tunnelEntries } from './tunnel-ends.ts'

/** Says by what a node, as it was dumped, is off from what the cluster's agents should have made of it. */
export function findDrift(expected: Netns, dump: NodeDump, cluster: KnownObjects): Drift {
  const devices = matchDevices(expected, dump)
  const { podCidrs, serviceCidrs } = cluster.settings
  const ranges = [...podCidrs, ...serviceCidrs, ...cluster.nodes.flatMap((node) => node.podCidrs)]
  const context: DriftContext = { expected, dump, devices, ranges, objects: indexObjects(cluster) }
  const rules = ruleDrift(context)
  return {
    apiVersion: 'kubewalk.dev/v1alpha1',
    kind: 'Drift',
    node: dump.node,
    entries: [
      ...sysctlEntries(context),
      ...deviceEntries(context),
      ...foldTunnelEnds([...routeEntries(context), ...tunnelEntries(context)]),
      ...routingRuleEntries(context),
      ...setEntries(context),
      ...rules.entries,
    ],
    foreign: rules.foreign,
    notes: [...absentParts(context), ...rules.notes],
  }
}

/** Parts of a dump without which something that the node should have cannot be compared. */
function absentParts({ expected, dump }: DriftContext): readonly string[] {
  const parts = [
    [dump.routes, expected.routes, 'ip route: routes are not compared'],
    [dump.devices, expected.devices, 'ip link and ip addr: devices and addresses are not compared'],
    [dump.rules, expected.rules ?? [], 'ip rule: routing rules are not compared'],
    [dump.neighbors, expected.neighbors ?? [], 'ip neigh: neighbour entries are not compared'],
    [dump.sysctls, [0], 'sysctl: kernel settings are not compared'],
    [dump.sets, expected.sets ?? [], 'ipset: sets are not compared'],
  ] as const
  return parts.flatMap(([has, should, text]) =>
    has === undefined && should.length > 0 ? [`the dump has no ${text}`] : [],
  )
}

/** Where even the route to a node's pods is missing, its neighbour and forwarding entries are of the same cause. */
function foldTunnelEnds(entries: readonly DriftEntry[]): readonly DriftEntry[] {
  const name = ({ subject }: DriftEntry) => (subject ? formatRef(subject) : '')
  const isEnd = ({ area, type }: DriftEntry) =>
    type === 'missing' && (area === 'neighbors' || area === 'forwarding')
  const routes = new Set(
    entries.filter(({ area, type }) => area === 'routes' && type === 'missing').map(name),
  )
  const folded = entries.filter((one) => isEnd(one) && routes.has(name(one)))
  return entries
    .filter((one) => !folded.includes(one))
    .map((one) => {
      const own =
        one.area === 'routes' && one.type === 'missing' ? folded.filter((end) => name(end) === name(one)) : []
      if (own.length === 0) return one
      return {
        ...one,
        message: `${one.message}, and so is how the tunnel finds the node`,
        expected: [...one.expected, ...own.flatMap(({ expected }) => expected)],
      }
    })
}
