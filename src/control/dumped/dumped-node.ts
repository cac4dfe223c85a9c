import type { Device, Neighbor, Netns, Route } from '../../model/network.ts'
import type { NodeDump } from '../../model/node-dump.ts'
import type { RuleSet } from '../../netfilter/rule.ts'
import type { Ends } from './devices.ts'
import { devicesOf } from './devices.ts'

/** How the names of generated devices and those of a dump belong together. */
export type Renames = ReadonlyMap<string, string>

/**
 * The namespace of a node of which there is a dump: what the dump has replaces what the cluster would give the node,
 * what it lacks is as the cluster would give it, with the names of the dump's devices.
 */
export function dumpedNode(generated: Netns, dump: NodeDump, ends: Ends, renames: Renames): Netns {
  const devices = dump.devices ? devicesOf(dump, ends) : generated.devices.map((one) => renamed(one, renames))
  const names = new Set(devices.map(({ name }) => name))
  const rules = dump.rules ?? generated.rules
  const sets = dump.sets ?? generated.sets
  let ruleSets: readonly RuleSet[] | undefined
  const { id, role, label, subject, listeners } = generated
  return {
    id,
    role,
    label,
    ...(subject && { subject }),
    devices,
    routes: dump.routes ?? generated.routes.flatMap((one) => renamedRoute(one, renames, names)),
    ...(rules && { rules }),
    neighbors: neighborsOf(generated, dump, devices),
    sysctls: { ...generated.sysctls, ...dump.sysctls },
    get ruleSets() {
      ruleSets ??= ([4, 6] as const).flatMap((family) => {
        const own = dump.ruleSets.filter((one) => one.family === family)
        return own.length > 0 ? own : generated.ruleSets.filter((one) => one.family === family)
      })
      return ruleSets
    },
    listeners,
    ...(sets && { sets }),
  }
}

function renamed(device: Device, renames: Renames): Device {
  return { ...device, name: renames.get(device.name) ?? device.name }
}

/** A generated route by the dump's devices; none, if the dump has no such device. */
function renamedRoute(route: Route, renames: Renames, names: ReadonlySet<string>): readonly Route[] {
  const nextHops = route.nextHops.map((hop) => ({ ...hop, device: renames.get(hop.device) ?? hop.device }))
  return nextHops.every(({ device }) => names.has(device)) ? [{ ...route, nextHops }] : []
}

/** What was learnt is asked for again, but in tunnels, where the walk asks nobody. */
function neighborsOf(
  generated: Netns,
  { neighbors }: NodeDump,
  devices: readonly Device[],
): readonly Neighbor[] {
  if (!neighbors) return generated.neighbors ?? []
  const tunnels = new Set(
    devices.filter(({ type }) => type === 'vxlan' || type === 'geneve').map(({ name }) => name),
  )
  return neighbors
    .filter(({ permanent, device }) => permanent || tunnels.has(device))
    .map(({ ip, mac, device }) => ({ ip, mac, device }))
}
