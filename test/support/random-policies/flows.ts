import type { Manifest, PolicyProtocol, RandomCluster } from './cluster.ts'
import { outsideAddresses, protocols } from './cluster.ts'
import type { Draw } from './draw.ts'

/** A connection to be judged, by the addresses of its two ends. */
export interface PolicyFlow {
  readonly from: string
  readonly to: string
  readonly protocol: PolicyProtocol
  readonly port: number
}

interface Target {
  readonly protocol: PolicyProtocol
  readonly port: number
}

/** Every pod to every other one, and to and from hosts outside, on each of six protocols and ports. */
export function drawFlows(
  draw: Draw,
  cluster: RandomCluster,
  policies: readonly Manifest[],
): readonly PolicyFlow[] {
  const targets = draw.some(6, interestingTargets(cluster, policies))
  const pods = cluster.pods.map(({ ip }) => ip)
  const pairs = [
    ...pods.flatMap((from) => pods.filter((to) => to !== from).map((to) => ({ from, to }))),
    ...pods.flatMap((pod) =>
      outsideAddresses.flatMap((host) => [
        { from: pod, to: host },
        { from: host, to: pod },
      ]),
    ),
  ]
  return pairs.flatMap((pair) => targets.map((target) => ({ ...pair, ...target })))
}

/** Protocols and ports which these policies can tell apart: those they name, their neighbours, and pods' named ones. */
function interestingTargets(cluster: RandomCluster, policies: readonly Manifest[]): readonly Target[] {
  const numbers = [...new Set(policies.flatMap((policy) => numbersOf(policy)))]
  const near = numbers.flatMap((port) => protocols.map((protocol) => ({ protocol, port })))
  const named = cluster.pods.flatMap(({ ports }) => ports)
  const always: readonly Target[] = [
    { protocol: 'TCP', port: 8080 },
    { protocol: 'UDP', port: 53 },
    { protocol: 'SCTP', port: 9090 },
    { protocol: 'TCP', port: 1 },
    { protocol: 'TCP', port: 80 },
    { protocol: 'UDP', port: 8080 },
  ]
  const all = [...near, ...named, ...always]
  return [...new Map(all.map(({ protocol, port }) => [`${protocol}/${port}`, { protocol, port }])).values()]
}

/** The numbers of ports in a policy, with the ones just outside of a range. */
function numbersOf(value: unknown): readonly number[] {
  if (Array.isArray(value)) return value.flatMap(numbersOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([field, inner]) => {
    if (typeof inner !== 'number') return numbersOf(inner)
    if (field === 'endPort' || field === 'end') return [inner, inner + 1]
    if (field === 'start') return [inner - 1, inner]
    return field === 'port' || field === 'number' ? [inner] : []
  })
}
