import type { Endpoint } from './endpoint.ts'
import type { PolicyEngine } from './engine.ts'
import type { PolicyRule, PolicySet, PortMatch } from './policy.ts'

/** Ports from the first to the last, that no policy tells apart. */
export interface PortInterval {
  readonly first: number
  readonly last: number
}

/** The intervals of destination ports of a protocol that the policies of a set treat alike, in order, from 1 to 65535. */
export type PortIntervals = (protocol: number) => readonly PortInterval[]

/**
 * Cuts the ports where a policy begins or ceases to match: at numbers and ranges, and at the ports that endpoints have
 * under names that policies use.
 */
export function portIntervals(
  { tiers }: PolicySet,
  endpoints: Iterable<Endpoint>,
  engine: PolicyEngine,
): PortIntervals {
  const rules = tiers.flatMap(({ policies }) =>
    policies.flatMap(({ ingress = [], egress = [] }) => [...ingress, ...egress]),
  )
  const matches = rules.flatMap(portMatchesOf)
  const names = new Set(matches.flatMap(({ name }) => name ?? []))
  const named: PortMatch[] = []
  if (names.size > 0) {
    for (const { ports } of endpoints) {
      for (const { name, protocol, port } of ports)
        if (names.has(name)) named.push({ path: [], protocol, port })
    }
  }
  const known = new Map<number, readonly PortInterval[]>()
  return (protocol) => {
    const found = known.get(protocol) ?? cut([...matches, ...named], protocol, engine)
    known.set(protocol, found)
    return found
  }
}

function portMatchesOf({ ports = [], notPorts = [] }: PolicyRule): readonly PortMatch[] {
  return [...ports, ...notPorts]
}

function cut(
  matches: readonly PortMatch[],
  protocol: number,
  { endPorts }: PolicyEngine,
): readonly PortInterval[] {
  const starts = new Set([1])
  for (const { protocol: own, port, endPort } of matches) {
    if (port === undefined || (own !== undefined && own !== protocol)) continue
    starts.add(port)
    starts.add((endPorts ? (endPort ?? port) : port) + 1)
  }
  const sorted = [...starts].filter((port) => port >= 1 && port <= 65535).toSorted((a, b) => a - b)
  return sorted.map((first, at) => ({ first, last: (sorted[at + 1] ?? 65536) - 1 }))
}
