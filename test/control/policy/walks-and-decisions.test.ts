import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseIp } from '../../../src/base/ip.ts'
import { TCP } from '../../../src/base/packet.ts'
import { endpointsOf } from '../../../src/control/policy/endpoints.ts'
import { policiesOf } from '../../../src/control/policy/policies-of.ts'
import { decide } from '../../../src/policy/decide.ts'
import type { Direction } from '../../../src/policy/policy.ts'
import { example, exampleYaml } from '../../support/cni-example.ts'
import { complete } from '../complete.ts'

/** Under kindnet a connection between pods is reached where the policies of both its ends allow it, and nowhere else. */
const pods = { p11: '10.244.1.2', p12: '10.244.1.3', p21: '10.244.2.2' } as const
type PodName = keyof typeof pods
const names = Object.keys(pods) as readonly PodName[]

const labels = fc.oneof(
  fc.constant({}),
  fc.constantFrom(...names).map((app) => ({ matchLabels: { app } })),
  fc
    .tuple(fc.constantFrom('In', 'NotIn'), fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }))
    .map(([operator, values]) => ({ matchExpressions: [{ key: 'app', operator, values }] })),
)
const peer = fc.oneof(
  labels.map((podSelector) => ({ podSelector })),
  labels.map((podSelector) => ({ podSelector, namespaceSelector: {} })),
  fc.constantFrom(
    { ipBlock: { cidr: '10.244.1.0/24' } },
    { ipBlock: { cidr: '10.244.0.0/16', except: ['10.244.1.2/32'] } },
    { ipBlock: { cidr: '192.168.1.0/24' } },
  ),
)
const port = fc.constantFrom<object>(
  { port: 8080 },
  { port: 8000, endPort: 8100 },
  { port: 80 },
  { protocol: 'UDP', port: 8080 },
  {},
)
const rule = (side: 'from' | 'to') =>
  fc
    .tuple(fc.array(peer, { maxLength: 2 }), fc.array(port, { maxLength: 2 }))
    .map(([peers, ports]) => ({ [side]: peers, ports }))
const spec = fc.record({
  podSelector: labels,
  policyTypes: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
  ingress: fc.array(rule('from'), { maxLength: 2 }),
  egress: fc.array(rule('to'), { maxLength: 2 }),
})

function manifest(specs: readonly object[]): string {
  return specs
    .map((one, index) =>
      JSON.stringify({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: `policy-${index}` },
        spec: one,
      }),
    )
    .join('\n---\n')
}

test('random policies: every pair of pods as both ends decide', () => {
  let allowed = 0
  let denied = 0
  fc.assert(
    fc.property(fc.array(spec, { minLength: 1, maxLength: 4 }), (specs) => {
      const more = manifest(specs)
      const cluster = complete(exampleYaml({ more }))
      const policies = policiesOf(cluster)
      const { byId, party } = endpointsOf(cluster)
      const decided = (own: PodName, other: PodName, direction: Direction) => {
        const endpoint = byId(`pod/default/${own}`)
        if (!endpoint || !policies) throw new Error('kindnet enforces policies')
        const self = { ip: parseIp(pods[own]) ?? 0, endpoint }
        const flow = { direction, self, peer: party(parseIp(pods[other]) ?? 0) }
        const packet = { protocol: TCP, sport: 40000, dport: 8080 }
        return decide(policies.selected(endpoint, direction), { ...flow, ...packet }, policies.engine).verdict
      }
      const walked = example({ more })
      for (const from of names) {
        for (const to of names.filter((one) => one !== from)) {
          const verdicts = [decided(from, to, 'egress'), decided(to, from, 'ingress')]
          const wanted = verdicts.includes('denied') ? 'dropped' : 'reached'
          if (wanted === 'reached') allowed++
          else denied++
          const { outcomes } = walked.trace({ from: `pod/${from}`, to: `pod/${to}:8080` })
          expect(outcomes.map(({ disposition }) => disposition)).toEqual([wanted])
        }
      }
    }),
    { numRuns: 60, seed: 5 },
  )
  expect(Math.min(allowed, denied)).toBeGreaterThan(60)
})
