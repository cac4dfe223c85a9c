import { expect, test } from 'vitest'
import { auditPolicies } from '../../src/control/policy/audit/audit.ts'
import { parseCluster } from '../../src/index.ts'
import { factObjects } from '../support/policy-facts.ts'

/** Two ClusterNetworkPolicies, and whether what they say of one connection depends on an order that nothing defines. */
const policy = (name: string, priority: number, rule: string, tier = 'Admin') =>
  `{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: ${name}}, spec: {tier: ${tier}, priority: ${priority}, subject: {namespaces: {matchLabels: {team: retail}}}, ${rule}}}`

const everybody = 'from: [{namespaces: {}}]'
const finance = 'from: [{namespaces: {matchLabels: {team: finance}}}]'
const lab = 'from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: lab}}}]'
const accept = (rest: string) => `ingress: [{action: Accept, ${rest}}]`
const deny = (rest: string) => `ingress: [{action: Deny, ${rest}}]`
const tcp = (port: number) => `protocols: [{tcp: {destinationPort: {number: ${port}}}}]`

// biome-ignore format: one pair a line
const rows: readonly (readonly [why: string, one: string, other: string, told: boolean])[] = [
  ['one priority, one connection, two answers', policy('a', 5, accept(finance)), policy('b', 5, deny(everybody)), true],
  ['other priorities', policy('a', 5, accept(finance)), policy('b', 6, deny(everybody)), false],
  ['other tiers', policy('a', 5, accept(finance)), policy('b', 5, deny(everybody), 'Baseline'), false],
  ['one answer', policy('a', 5, deny(finance)), policy('b', 5, deny(everybody)), false],
  ['other peers', policy('a', 5, accept(finance)), policy('b', 5, deny(lab)), false],
  ['other ports', policy('a', 5, accept(`${finance}, ${tcp(80)}`)), policy('b', 5, deny(`${everybody}, ${tcp(81)}`)), false],
  ['blocks that overlap', policy('a', 5, 'egress: [{action: Accept, to: [{networks: [203.0.113.0/25]}]}]'), policy('b', 5, 'egress: [{action: Deny, to: [{networks: [203.0.113.0/24]}]}]'), true],
  ['blocks apart', policy('a', 5, 'egress: [{action: Accept, to: [{networks: [203.0.113.0/24]}]}]'), policy('b', 5, 'egress: [{action: Deny, to: [{networks: [198.51.100.0/24]}]}]'), false],
]

test.for(rows)('%s', ([, one, other, told]) => {
  const { cluster } = parseCluster([{ name: 'a.yaml', text: [factObjects, one, other].join('\n---\n') }])
  const found = auditPolicies(cluster).filter(({ code }) => code === 'policy-order-undefined')
  expect(found.map(({ object }) => object?.name)).toEqual(told ? ['b'] : [])
})
