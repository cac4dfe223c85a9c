import { describe, expect, test } from 'vitest'
import { parseIp } from '../../src/base/ip.ts'
import { SCTP, TCP, UDP } from '../../src/base/packet.ts'
import { completeCluster } from '../../src/control/complete.ts'
import { endpointsOf } from '../../src/control/policy/endpoints.ts'
import { kubeNetworkPolicies } from '../../src/control/policy/kube-network-policies.ts'
import type { PolicyEnforcement } from '../../src/control/policy/policy-set.ts'
import { policiesUnder } from '../../src/control/policy/policy-set.ts'
import { loadManifest } from '../../src/manifest/load.ts'
import type { Cluster } from '../../src/model/cluster.ts'
import { decide } from '../../src/policy/decide.ts'
import { plainEngine } from '../../src/policy/engine.ts'
import { judgedSets, verdictOf } from '../support/judged-policies.ts'
import type { PolicyFlow } from '../support/random-policies/flows.ts'
import type { PolicyFamily, PolicySet } from '../support/random-policies.ts'
import { drawPolicySet, fingerprint } from '../support/random-policies.ts'

const families: readonly { readonly family: PolicyFamily; readonly sets: number; readonly flows: number }[] =
  [
    { family: 'network-policies', sets: 800, flows: 311_424 },
    { family: 'network-policies-over-ipv6', sets: 200, flows: 76_764 },
    { family: 'cluster-network-policies', sets: 500, flows: 195_108 },
    { family: 'admin-network-policies', sets: 400, flows: 155_484 },
  ]

function clusterOf({ objects }: PolicySet): Cluster {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
  const loaded = loadManifest([{ name: 'set.json', text }])
  const completed = completeCluster(loaded.value.objects, {})
  expect(
    [...loaded.diagnostics, ...completed.diagnostics].filter(({ severity }) => severity === 'error'),
  ).toEqual([])
  return completed.value
}

const numbers = { TCP, UDP, SCTP } as const
const plain: PolicyEnforcement = { engine: plainEngine }

/** Whether both ends let the connection's first packet pass. */
function isAllowed(
  cluster: Cluster,
  { from, to, protocol, port }: PolicyFlow,
  enforcement: PolicyEnforcement,
): boolean {
  const { party } = endpointsOf(cluster)
  const policies = policiesUnder(cluster, enforcement)
  const source = party(parseIp(from) ?? 0)
  const destination = party(parseIp(to) ?? 0)
  const header = { protocol: numbers[protocol], sport: 34567, dport: port }
  return (['egress', 'ingress'] as const).every((direction) => {
    const [self, peer] = direction === 'egress' ? [source, destination] : [destination, source]
    const { endpoint } = self
    if (!endpoint) return true
    const selected = policies.selected(endpoint, direction)
    const flow = { direction, self: { ...self, endpoint }, peer, ...header }
    return decide(selected, flow, policies.engine).verdict === 'allowed'
  })
}

// Half a million decisions, on a machine that may be busy.
const timeout = 600_000

describe('the sets are those that were judged, and the judges agree once their known mistakes are set right', () => {
  test.each(families)(
    '$family',
    ({ family, sets, flows }) => {
      const judged = judgedSets(family)
      const drawn = judged.map(({ seed }) => drawPolicySet(family, seed))
      expect(drawn.map(fingerprint)).toEqual(judged.map((one) => one.fingerprint))
      expect([judged.length, drawn.reduce((sum, one) => sum + one.flows.length, 0)]).toEqual([sets, flows])
      const disagreements = judged.flatMap(({ seed, judges }, at) =>
        (drawn[at]?.flows ?? []).flatMap((_, flow) => {
          const verdicts = Object.values(judges).map((record) => verdictOf(record, flow))
          return new Set(verdicts.filter((one) => one !== undefined)).size === 1
            ? []
            : [{ seed, flow, verdicts }]
        }),
      )
      expect(disagreements).toEqual([])
    },
    timeout,
  )
})

describe('kubewalk decides as every judge does', () => {
  test.each(families)(
    '$family',
    ({ family }) => {
      const disagreements = judgedSets(family).flatMap(({ seed, judges }) => {
        const set = drawPolicySet(family, seed)
        const cluster = clusterOf(set)
        return set.flows.flatMap((flow, at) => {
          const allowed = isAllowed(cluster, flow, plain)
          const others = Object.entries(judges).filter(([, record]) => verdictOf(record, at) === !allowed)
          return others.length === 0 ? [] : [{ seed, flow, allowed, against: others.map(([name]) => name) }]
        })
      })
      expect(disagreements.slice(0, 20)).toEqual([])
    },
    timeout,
  )
})

test(
  'the Baseline tier is skipped where kube-network-policies skips it, and nowhere else',
  () => {
    const enforcement = kubeNetworkPolicies({
      clusterPolicies: 'v1alpha2',
      judgesInput: true,
      dnsFirst: true,
    })
    const judged = judgedSets('cluster-network-policies')
    const skipped = judged.filter(
      ({ judges }) => judges['kube-network-policies']?.explained?.['baseline-skipped'] !== undefined,
    )
    expect(skipped.length).toBeGreaterThan(5)
    const disagreements = judged.flatMap(({ seed, judges }) => {
      const record = judges['kube-network-policies']
      const set = drawPolicySet('cluster-network-policies', seed)
      const cluster = clusterOf(set)
      return set.flows.flatMap((flow, at) =>
        record && isAllowed(cluster, flow, enforcement) === verdictOf(record, at, 'baseline-skipped')
          ? []
          : [{ seed, flow }],
      )
    })
    expect(disagreements.slice(0, 20)).toEqual([])
  },
  timeout,
)
