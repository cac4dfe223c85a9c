import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCluster } from '../../src/index.ts'
import { factCluster, factObjects } from '../support/policy-facts.ts'
import { disagreements, gridCluster, gridPairs } from '../support/policy-grid.ts'
import { decided, walked } from '../support/policy-verdicts.ts'

const deny = '{podSelector: {}, policyTypes: [Ingress, Egress]}'
const fromB =
  '{podSelector: {matchLabels: {pod: a}}, ingress: [{from: [{podSelector: {matchLabels: {pod: b}}}]}]}'
const toY =
  '{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {ns: "y"}}}], ports: [{port: 80}]}]}'
const port81 = '{podSelector: {matchLabels: {pod: c}}, ingress: [{ports: [{port: 81}, {protocol: UDP}]}]}'
const block =
  '{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.244.0.0/16, except: [10.244.1.0/24]}}]}]}'

const policies = ['x', 'y', 'z'].flatMap((ns) =>
  [deny, fromB, toY, port81, block].map((spec) => [ns, spec] as const),
)

test('the order of NetworkPolicies does not count', () => {
  const some = fc.subarray(policies, { minLength: 2 })
  const twice = some.chain((chosen) =>
    fc.tuple(fc.constant(chosen), fc.shuffledSubarray(chosen, { minLength: chosen.length })),
  )
  fc.assert(
    fc.property(twice, fc.constantFrom('TCP/80', 'TCP/81', 'UDP/80'), ([one, other], port) => {
      const [first, second] = [gridCluster({ policies: one }), gridCluster({ policies: other })]
      const answers = gridPairs(port).map((pair) => [decided(first, pair), decided(second, pair)])
      expect(answers.filter(([a, b]) => a !== b)).toEqual([])
    }),
    { numRuns: 20, seed: 5 },
  )
})

// biome-ignore format: one state a line
const states: readonly (readonly [title: string, specs: readonly string[], reach: Readonly<Record<string, string>>])[] = [
  ['ports: [81]', ['{podSelector: {}, ingress: [{ports: [{port: 81}]}]}'], { 'TCP/80': '* ↛ x', 'TCP/81': '' }],
  ['updated to ports: [80]', ['{podSelector: {}, ingress: [{ports: [{port: 80}]}]}'], { 'TCP/80': '', 'TCP/81': '* ↛ x' }],
  ['stacked: both', ['{podSelector: {}, ingress: [{ports: [{port: 81}]}]}', '{podSelector: {}, ingress: [{ports: [{port: 80}]}]}'], { 'TCP/80': '', 'TCP/81': '', 'UDP/80': '* ↛ x' }],
  ['an exception of one policy, allowed by another', ['{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.244.0.0/16, except: [10.244.2.0/24]}}]}]}', '{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.244.2.0/24}}]}]}'], { 'TCP/80': '' }],
  ['the exception alone', ['{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.244.0.0/16, except: [10.244.2.0/24]}}]}]}'], { 'TCP/80': 'x/b ↛ x, y/b ↛ x, z/b ↛ x' }],
  ['SCTP alone isolates TCP and UDP', ['{podSelector: {}, ingress: [{ports: [{protocol: SCTP}]}]}'], { 'SCTP/80': '', 'TCP/80': '* ↛ x', 'UDP/80': '* ↛ x' }],
  ['UDP alone isolates TCP and SCTP', ['{podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]}'], { 'UDP/80': '', 'TCP/80': '* ↛ x', 'SCTP/80': '* ↛ x' }],
  ['ingress of all, egress of none', ['{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}]}'], { 'TCP/80': 'x ↛ *' }],
]

test.for(states)('%s', ([, specs, reach]) => {
  const loaded = gridCluster({ policies: specs.map((spec) => ['x', spec]) })
  expect(Object.entries(reach).flatMap(([port, said]) => disagreements(loaded, port, said))).toEqual([])
})

test('replies leave a pod from which nothing may leave', () => {
  const loaded = gridCluster({
    policies: [['x', '{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}]}']],
  })
  expect(walked(loaded, { from: 'y/b', to: 'x/a', port: 'TCP/80' })).toBe('allowed')
  expect(walked(loaded, { from: 'y/c', to: 'x/a', port: 'UDP/80' })).toBe('allowed')
  expect(walked(loaded, { from: 'x/a', to: 'y/b', port: 'TCP/80' })).toBe('denied')
})

test('a pod reaches itself by its own address, whatever the policies say', () => {
  const loaded = gridCluster({ policies: [['x', deny]] })
  const { outcomes } = loaded.trace({ from: 'pod/x/a', to: 'pod/x/a:80' })
  expect(outcomes.map(({ disposition, policies: checks }) => [disposition, checks])).toEqual([
    ['reached', undefined],
  ])
})

/** One more policy among the pods of the fact rows. */
function withClusterPolicy(apiVersion: string, kind: string, spec: string, environment = '') {
  const object = `{apiVersion: policy.networking.k8s.io/${apiVersion}, kind: ${kind}, metadata: {name: default}, spec: ${spec}}`
  const objects = factObjects.replace('spec:\n', `spec:\n${environment}`)
  return parseCluster([{ name: 'a.yaml', text: `${objects}\n---\n${object}` }])
}

const clusterPolicy = (rules: string, environment?: string) =>
  withClusterPolicy(
    'v1alpha2',
    'ClusterNetworkPolicy',
    `{tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {team: retail}}}, ${rules}}`,
    environment,
  )

describe('a peer of which no field is known', () => {
  const api = { from: 'shop/api', to: 'shop/web', port: 'TCP/8080' }
  const dns = { from: 'lab/probe', to: 'shop/web', port: 'UDP/5353' }
  const peer = 'from: [{galaxies: {}}], protocols: [{tcp: {destinationPort: {number: 8080}}}]'

  test('accepts nothing', () => {
    const loaded = clusterPolicy(
      `ingress: [{action: Accept, ${peer}}, {action: Deny, from: [{namespaces: {}}]}]`,
    )
    expect([decided(loaded, api), walked(loaded, api)]).toEqual(['denied', 'denied'])
    expect(loaded.diagnostics.map(({ code }) => code)).toContain('unknown-field')
  })

  test.for(['Deny', 'Pass'])('denies everything in the place of %s', (action) => {
    const loaded = clusterPolicy(`ingress: [{action: ${action}, ${peer}}]`)
    expect([api, dns].map((one) => [decided(loaded, one), walked(loaded, one)])).toEqual([
      ['denied', 'denied'],
      ['denied', 'denied'],
    ])
  })
})

describe('domain names', () => {
  const rules = (name: string) =>
    `egress: [{action: Accept, to: [{domainNames: ["${name}"]}]}, {action: Deny, to: [{networks: [0.0.0.0/0]}]}]`
  const known =
    '  upstreamDNS: {default: {www.example.com: {CNAME: edge.example.net}, edge.example.net: {A: 203.0.113.9}}}\n'

  // biome-ignore format: one name a line
  const rows: readonly (readonly [name: string, environment: string, to: string, answer: string])[] = [
    ['www.example.com', known, 'ext', 'allowed'],
    ['www.example.com', known, 'ext2', 'denied'],
    ['*.example.net', known, 'ext', 'allowed'],
    // What else is below a domain nobody can list, and what a name stands for that nothing states is not known.
    ['*.example.net', known, 'ext2', 'unknown'],
    ['www.example.com', '', 'ext', 'unknown'],
    // Domain names are for what is outside.
    ['www.example.com', '', 'shop/db', 'denied'],
  ]

  test.for(rows)('%s (%s): %s is %s', ([name, environment, to, answer]) => {
    const loaded = clusterPolicy(rules(name), environment)
    expect(decided(loaded, { from: 'shop/api', to, port: 'TCP/443' })).toBe(answer)
  })
})

describe('AdminNetworkPolicy and BaselineAdminNetworkPolicy', () => {
  const retail = 'subject: {namespaces: {matchLabels: {team: retail}}}'
  const finance = 'from: [{namespaces: {matchLabels: {team: finance}}}]'

  // biome-ignore format: one rule a line
  const rows: readonly (readonly [kind: string, spec: string, from: string, to: string, port: string, answer: string])[] = [
    ['AdminNetworkPolicy', `{priority: 5, ${retail}, ingress: [{action: Deny, ${finance}}]}`, 'bank/web', 'shop/web', 'TCP/8080', 'denied'],
    ['AdminNetworkPolicy', `{priority: 5, ${retail}, ingress: [{action: Deny, ${finance}}]}`, 'lab/probe', 'shop/web', 'TCP/8080', 'allowed'],
    ['AdminNetworkPolicy', `{priority: 5, ${retail}, ingress: [{action: Allow, ${finance}}, {action: Deny, ${finance}}]}`, 'bank/web', 'shop/web', 'TCP/8080', 'allowed'],
    ['AdminNetworkPolicy', `{priority: 5, ${retail}, ingress: [{action: Deny, ${finance}, ports: [{portNumber: {port: 8080}}]}]}`, 'bank/web', 'shop/web', 'TCP/8080', 'denied'],
    ['AdminNetworkPolicy', `{priority: 5, ${retail}, ingress: [{action: Deny, ${finance}, ports: [{portNumber: {port: 8080}}]}]}`, 'bank/web', 'shop/web', 'UDP/8080', 'allowed'],
    ['AdminNetworkPolicy', `{priority: 5, ${retail}, ingress: [{action: Deny, ${finance}, ports: [{portRange: {protocol: UDP, start: 5000, end: 6000}}]}]}`, 'bank/web', 'shop/web', 'UDP/5353', 'denied'],
    ['AdminNetworkPolicy', `{priority: 5, ${retail}, ingress: [{action: Deny, ${finance}, ports: [{namedPort: metrics}]}]}`, 'bank/web', 'shop/web', 'TCP/9090', 'denied'],
    ['AdminNetworkPolicy', `{priority: 5, ${retail}, ingress: [{action: Deny, ${finance}, ports: [{namedPort: metrics}]}]}`, 'bank/web', 'shop/web', 'TCP/8080', 'allowed'],
    ['AdminNetworkPolicy', `{priority: 5, ${retail}, egress: [{action: Deny, to: [{nodes: {}}]}]}`, 'shop/api', '192.168.1.11', 'TCP/443', 'denied'],
    ['AdminNetworkPolicy', `{priority: 5, ${retail}, egress: [{action: Deny, to: [{nodes: {matchLabels: {rack: r1}}}]}]}`, 'shop/api', '192.168.1.11', 'TCP/443', 'allowed'],
    ['AdminNetworkPolicy', `{priority: 5, ${retail}, egress: [{action: Deny, to: [{networks: [203.0.113.0/24]}]}]}`, 'shop/api', 'ext', 'TCP/443', 'denied'],
    ['BaselineAdminNetworkPolicy', `{${retail}, ingress: [{action: Deny, ${finance}}]}`, 'bank/web', 'shop/web', 'TCP/8080', 'denied'],
    ['BaselineAdminNetworkPolicy', `{${retail}, ingress: [{action: Deny, ${finance}}]}`, 'lab/probe', 'shop/web', 'TCP/8080', 'allowed'],
    ['BaselineAdminNetworkPolicy', `{${retail}, ingress: [{action: Allow, ${finance}}, {action: Deny, from: [{namespaces: {}}]}]}`, 'bank/web', 'shop/web', 'TCP/8080', 'allowed'],
  ]

  test.for(rows)('%s %s: %s → %s %s %s', ([kind, spec, from, to, port, answer]) => {
    expect(decided(withClusterPolicy('v1alpha1', kind, spec), { from, to, port })).toBe(answer)
  })
})

test('deleting the last policy that isolates a pod opens it again', () => {
  const pair = { from: 'shop/api', to: 'shop/web', port: 'TCP/8080' }
  const answers = ['deny-in deny-web', 'deny-web', ''].map((names) => decided(factCluster(names), pair))
  expect(answers).toEqual(['denied', 'denied', 'allowed'])
})
