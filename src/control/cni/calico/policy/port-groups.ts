import type { ApiPort } from './api-policy.ts'

export interface ProtocolPorts {
  /** In small letters; any, if left out. */
  readonly protocol?: string
  /** Empty for all ports. */
  readonly ports: readonly ApiPort[]
}

/** One port that a rule lists. */
export interface ListedPort {
  readonly protocol?: string
  /** All of the protocol, if left out. */
  readonly port?: ApiPort | undefined
}

/** The ports of each protocol, protocols in the order of their names; a port without a number or a name is all of them. */
export function groupPorts(listed: readonly ListedPort[]): readonly ProtocolPorts[] {
  const protocols = new Map<string, 'all' | ApiPort[]>()
  for (const { protocol = '', port } of listed) {
    const known = protocols.get(protocol)
    if (port === undefined) protocols.set(protocol, 'all')
    else if (known !== 'all') protocols.set(protocol, [...(known ?? []), port])
  }
  return [...protocols]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([protocol, list]) => ({
      ...(protocol !== '' && { protocol: protocol.toLowerCase() }),
      ports: list === 'all' ? [] : simplifyPorts(list),
    }))
}

/** Names first, then numbers as the fewest ranges that hold them; untouched with fewer than two numbers. Mirrors SimplifyPorts. */
export function simplifyPorts(ports: readonly ApiPort[]): readonly ApiPort[] {
  const names = ports.filter((port) => 'name' in port)
  const ranges = ports.flatMap((port) => ('name' in port ? [] : [port]))
  const isOne = ranges.length === 1 && ranges[0]?.first === ranges[0]?.last
  if (ports.length <= 1 || ranges.length === 0 || isOne) return ports
  const merged: { first: number; last: number }[] = []
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = merged.at(-1)
    if (before && first <= before.last + 1) before.last = Math.max(before.last, last)
    else merged.push({ first, last })
  }
  return [...names, ...merged]
}
