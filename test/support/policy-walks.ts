import { parseIp } from '../../src/base/ip.ts'
import { SCTP, TCP, UDP } from '../../src/base/packet.ts'
import { endpointsOf } from '../../src/control/policy/endpoints.ts'
import { policiesOf } from '../../src/control/policy/policies-of.ts'
import type { LoadedCluster } from '../../src/index.ts'
import { parseCluster } from '../../src/index.ts'
import { decide } from '../../src/policy/decide.ts'
import type { PolicyFlow } from './random-policies/flows.ts'
import { drawPolicySet } from './random-policies.ts'

const numbers = { TCP, UDP, SCTP } as const
const names = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const

/** A connection of a random cluster, what its policies say of it as the plugin has them, and how its packets fare. */
export interface WalkedFlow {
  readonly flow: string
  readonly decided: 'allowed' | 'denied' | 'nothing enforces'
  readonly walked: 'allowed' | 'denied'
  /** What the journey says that the policies said where they were asked. */
  readonly checks: readonly string[]
}

export interface WalkOptions {
  readonly cni: string
  readonly seed: number
  /** One flow of so many. */
  readonly every: number
  /** The set's addresses, as the plugin would have them. */
  rewrite?(text: string): string
}

/** Connections of pods in a random cluster, decided and walked. */
export function walkRandomFlows({ cni, seed, every, rewrite }: WalkOptions): readonly WalkedFlow[] {
  const set = drawPolicySet('network-policies', seed)
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: set.objects })
  const adapt = rewrite ?? ((one: string) => one)
  const loaded = parseCluster([{ name: 'set.json', text: adapt(text) }], { cni })
  const podIps = new Set(loaded.cluster.pods.flatMap(({ ips }) => ips))
  return set.flows
    .map((flow) => ({ ...flow, from: adapt(flow.from), to: adapt(flow.to) }))
    .filter(({ from }) => podIps.has(parseIp(from) ?? 0))
    .filter((_, index) => (index + seed) % every === 0)
    .map((flow) => ({ flow: textOf(flow, seed), decided: decidedOf(loaded, flow), ...walkOf(loaded, flow) }))
}

function textOf({ from, to, protocol, port }: PolicyFlow, seed: number): string {
  return `${seed}: ${from} -> ${to}:${port}/${protocol}`
}

/** Whether both ends let the connection's first packet pass. */
function decidedOf(
  { cluster }: LoadedCluster,
  { from, to, protocol, port }: PolicyFlow,
): WalkedFlow['decided'] {
  const { party } = endpointsOf(cluster)
  const policies = policiesOf(cluster)
  if (!policies) return 'nothing enforces'
  const source = party(parseIp(from) ?? 0)
  const destination = party(parseIp(to) ?? 0)
  const header = { protocol: numbers[protocol], sport: 34567, dport: port }
  const isAllowed = (['egress', 'ingress'] as const).every((direction) => {
    const [self, peer] = direction === 'egress' ? [source, destination] : [destination, source]
    const { endpoint } = self
    if (!endpoint) return true
    const flow = { direction, self: { ...self, endpoint }, peer, ...header }
    return decide(policies.selected(endpoint, direction), flow, policies.engine).verdict === 'allowed'
  })
  return isAllowed ? 'allowed' : 'denied'
}

/** What is refused at its end has come there; what a rule or a policy stops is dropped or rejected on the way. */
function walkOf(loaded: LoadedCluster, { from, to, protocol, port }: PolicyFlow) {
  const pod = loaded.cluster.pods.find(({ ips }) => ips.includes(parseIp(from) ?? 0))
  const [outcome] = loaded.trace({
    from: `pod/${pod?.namespace}/${pod?.name}`,
    to: `${to}:${port}`,
    protocol: names[protocol],
  }).outcomes
  // What is not stopped is delivered or refused by the pod, leaves the cluster, or finds no answer outside.
  const isStopped = outcome?.disposition === 'dropped' || outcome?.disposition === 'rejected'
  return {
    walked: isStopped ? ('denied' as const) : ('allowed' as const),
    checks: (outcome?.policies ?? []).map(({ verdict }) => verdict),
  }
}
