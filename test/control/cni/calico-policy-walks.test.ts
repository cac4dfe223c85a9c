import { describe, expect, test } from 'vitest'
import { parseIp } from '../../../src/base/ip.ts'
import type { Packet } from '../../../src/base/packet.ts'
import { SCTP, TCP, UDP } from '../../../src/base/packet.ts'
import { endpointsOf } from '../../../src/control/policy/endpoints.ts'
import { decideFor } from '../../../src/control/policy/judge.ts'
import { policiesOf } from '../../../src/control/policy/policies-of.ts'
import type { LoadedCluster } from '../../../src/index.ts'
import { parseCluster } from '../../../src/index.ts'
import { drawAdminNetworkPolicies } from '../../support/random-policies/admin-network-policy.ts'
import { drawCalicoObjects } from '../../support/random-policies/calico.ts'
import type { Manifest, RandomCluster } from '../../support/random-policies/cluster.ts'
import { drawCluster } from '../../support/random-policies/cluster.ts'
import { drawClusterNetworkPolicies } from '../../support/random-policies/cluster-network-policy.ts'
import type { Draw } from '../../support/random-policies/draw.ts'
import { drawFrom } from '../../support/random-policies/draw.ts'
import type { PolicyFlow } from '../../support/random-policies/flows.ts'
import { drawFlows } from '../../support/random-policies/flows.ts'
import { drawNetworkPolicy } from '../../support/random-policies/network-policy.ts'

const protocols = { TCP, UDP, SCTP } as const

interface Form {
  readonly cni: string
  readonly seeds: number
  /** Which policies stand beside NetworkPolicies. */
  readonly beside: 'none' | 'Calico' | 'ClusterNetworkPolicy' | 'AdminNetworkPolicy'
}

function clusterOf(seed: number, { cni, beside }: Form) {
  const draw = drawFrom(seed)
  const cluster = drawCluster(draw)
  const networkPolicies = draw
    .list(draw.between(beside === 'none' ? 1 : 0, 4), () => undefined)
    .map((_, index) => drawNetworkPolicy(draw, cluster, index))
  const policies = [...networkPolicies, ...drawBeside(draw, cluster, beside)]
  const flows = draw.some(60, drawFlows(draw, cluster, policies))
  const text = [...cluster.objects, ...policies].map((object) => JSON.stringify(object)).join('\n---\n')
  return { loaded: parseCluster([{ name: `${seed}.yaml`, text }], { cni }), flows }
}

function drawBeside(draw: Draw, cluster: RandomCluster, beside: Form['beside']): readonly Manifest[] {
  switch (beside) {
    case 'Calico':
      return drawCalicoObjects(draw, cluster)
    case 'ClusterNetworkPolicy':
      return drawClusterNetworkPolicies(draw, cluster, draw.between(1, 4))
    case 'AdminNetworkPolicy':
      return drawAdminNetworkPolicies(draw, cluster, draw.between(1, 3))
    default:
      return []
  }
}

/** What the policies of both ends say of the packet, where its addresses are those that it was sent with. */
function decided({ cluster }: LoadedCluster, { from, to, protocol, port }: PolicyFlow): 'allowed' | 'denied' {
  const policies = policiesOf(cluster)
  const { party } = endpointsOf(cluster)
  const [src, dst] = [parseIp(from), parseIp(to)]
  if (!policies || src === undefined || dst === undefined) throw new Error('nothing to ask')
  const packet: Packet = {
    ...{ src, dst, protocol: protocols[protocol], sport: 40000, dport: port },
    ...{ tcpFlags: 0, ttl: 64, length: 60, dontFragment: true, mark: 0 },
  }
  const verdicts = (['egress', 'ingress'] as const).map((direction) => {
    const { endpoint } = party(direction === 'egress' ? src : dst)
    if (endpoint?.type !== 'pod') return 'allowed'
    return decideFor(cluster, policies, packet, { endpoint: endpoint.id, direction })?.verdict
  })
  return verdicts.every((verdict) => verdict === 'allowed') ? 'allowed' : 'denied'
}

/**
 * What became of the packet in Felix's chains: stopped in one of them, or not; nothing, if it got lost somewhere else, as
 * an answer does that has no way back.
 */
function walked(
  loaded: LoadedCluster,
  { from, to, protocol, port }: PolicyFlow,
): 'allowed' | 'denied' | undefined {
  const { party } = endpointsOf(loaded.cluster)
  const fromIp = parseIp(from)
  const endpoint = fromIp === undefined ? undefined : party(fromIp).endpoint
  const sender =
    endpoint?.type === 'pod' ? `pod/${endpoint.namespace}/${endpoint.ref.name}` : `external/${from}`
  const word = ({ TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const)[protocol]
  const { outcomes } = loaded.trace({ from: sender, to: `${to}:${port}`, protocol: word })
  const [outcome] = outcomes
  if (outcome?.stoppedAt?.chain?.startsWith('cali-')) return 'denied'
  return outcome?.disposition === 'reached' || outcome?.disposition === 'refused' ? 'allowed' : undefined
}

/** The chains and the meaning of policies are made by two compilers; packets must fare alike under both. */
describe.each<Form>([
  { cni: 'calico:encapsulation=none', seeds: 8, beside: 'none' },
  { cni: 'canal', seeds: 4, beside: 'none' },
  { cni: 'calico:encapsulation=none', seeds: 20, beside: 'Calico' },
  { cni: 'calico:encapsulation=none', seeds: 8, beside: 'ClusterNetworkPolicy' },
  { cni: 'calico:encapsulation=none,version=v3.31', seeds: 8, beside: 'AdminNetworkPolicy' },
  { cni: 'calico:encapsulation=none,version=v3.29', seeds: 4, beside: 'Calico' },
  { cni: 'calico:encapsulation=none,version=v3.28', seeds: 4, beside: 'Calico' },
  { cni: 'calico:encapsulation=none,version=v3.25', seeds: 4, beside: 'Calico' },
])('random policies under $cni, beside: $beside', (form) => {
  test.each(Array.from({ length: form.seeds }, (_, index) => index + 1))('set %i', (seed) => {
    const { loaded, flows } = clusterOf(seed, form)
    const compared = flows
      .map((flow) => ({ ...flow, says: decided(loaded, flow), does: walked(loaded, flow) }))
      .filter(({ does }) => does !== undefined)
    expect(compared.filter(({ says, does }) => says !== does)).toEqual([])
    expect(compared.length).toBeGreaterThan(30)
  })
})
