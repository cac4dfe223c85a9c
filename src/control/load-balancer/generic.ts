import { fnv1a } from '../../base/hash.ts'
import { formatIp } from '../../base/ip.ts'
import { byText } from '../../base/ordering.ts'
import { networkOf } from '../underlay.ts'
import { announcedBy, statedAnnouncer } from './announce.ts'
import type { BalancerContext, BalancerProfile } from './profile.ts'
import { unknownProvider } from './profile.ts'
import { hasController } from './signs.ts'
import { passThrough, toNodePorts } from './ways.ts'

/**
 * Nothing says whose balancer it is. An address of the nodes' own network is announced by one of them; any other
 * belongs to a machine that passes packets on as they are, or to a proxy if the status says ipMode Proxy.
 */
export const generic: BalancerProfile = {
  name: unknownProvider,
  types: ['generic', 'cloud'],
  claims: (_, surroundings) =>
    hasController(surroundings, ['generic', 'cloud']) ?? 'nothing says whose it is',
  balance: (context) => {
    if (context.mode === 'Proxy') return toNodePorts(context, { firewall: false })
    if (!networkOf(context.underlay, context.ip)) return passThrough(context, { firewall: false })
    if (context.cluster.nodes.some((node) => node.addresses.includes(context.ip))) return []
    return announcedBy(context, statedAnnouncer(context) ?? elected(context), { held: false })
  },
}

/** One node by hash. */
function elected({ service, ip, nodes }: BalancerContext): string | undefined {
  const sorted = nodes.toSorted((a, b) => byText(a.name, b.name))
  const seed = `${service.namespace}/${service.name} ${formatIp(ip)}`
  return sorted[fnv1a(seed) % Math.max(sorted.length, 1)]?.name
}
