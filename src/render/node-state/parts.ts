import type { Netns } from '../../model/network.ts'
import { formatRuleSet } from '../../netfilter/save-format/format.ts'
import { formatAddresses, formatLinks } from './devices.ts'
import { formatRoutes } from './routes.ts'
import { formatForwarding, formatNeighbors, formatRoutingRules, formatSets, formatSysctls } from './tables.ts'

/** One part of a node's state: the command that prints it on a real node, and the file by which a dump has it. */
export interface NodePart {
  readonly command: string
  readonly file: string
  readonly format: (netns: Netns) => string
}

/** The parts by their names. */
export const nodeParts: Readonly<Record<string, NodePart>> = {
  addr: { command: 'ip addr', file: 'ip-addr', format: ({ devices }) => formatAddresses(devices) },
  link: { command: 'ip -d link', file: 'ip-d-link', format: ({ devices }) => formatLinks(devices) },
  route: {
    command: 'ip route show table all',
    file: 'ip-route',
    format: ({ routes }) => formatRoutes(routes, 4),
  },
  route6: {
    command: 'ip -6 route show table all',
    file: 'ip-6-route',
    format: ({ routes }) => formatRoutes(routes, 6),
  },
  rule: { command: 'ip rule', file: 'ip-rule', format: ({ rules }) => formatRoutingRules(rules, 4) },
  rule6: { command: 'ip -6 rule', file: 'ip-6-rule', format: ({ rules }) => formatRoutingRules(rules, 6) },
  neigh: { command: 'ip neigh', file: 'ip-neigh', format: ({ neighbors }) => formatNeighbors(neighbors, 4) },
  neigh6: {
    command: 'ip -6 neigh',
    file: 'ip-6-neigh',
    format: ({ neighbors }) => formatNeighbors(neighbors, 6),
  },
  fdb: { command: 'bridge fdb', file: 'bridge-fdb', format: ({ devices }) => formatForwarding(devices) },
  ipset: { command: 'ipset save', file: 'ipset-save', format: ({ sets }) => formatSets(sets) },
  sysctl: { command: 'sysctl -a', file: 'sysctl', format: formatSysctls },
  iptables: { command: 'iptables-save', file: 'iptables-save', format: (netns) => rulesOf(netns, 4) },
  ip6tables: { command: 'ip6tables-save', file: 'ip6tables-save', format: (netns) => rulesOf(netns, 6) },
}

function rulesOf({ ruleSets }: Netns, family: 4 | 6): string {
  return ruleSets
    .filter((set) => set.family === family)
    .map((set) => formatRuleSet(set))
    .join('')
}
