import { describe, expect, test } from 'vitest'
import type { Grid } from '../support/policy-grid.ts'
import { disagreements, expected, gridAddress, gridCluster, gridPairs } from '../support/policy-grid.ts'
import { walked } from '../support/policy-verdicts.ts'

/**
 * The truth tables of Kubernetes' own end-to-end tests of network policies (test/e2e/network/netpol/network_policy.go), with
 * its nine pods. Where a test changes something midway, each of its tables is a row.
 */
interface Row extends Grid {
  readonly title: string
  /** By port, who reaches whom. */
  readonly reach: Readonly<Record<string, string>>
}

const everyPod = '{}'
const podA = '{matchLabels: {pod: a}}'
const podB = '{matchLabels: {pod: b}}'

const ingress = (pods: string, ...rules: readonly string[]) =>
  `{podSelector: ${pods}, policyTypes: [Ingress], ingress: [${rules.join(', ')}]}`
const egress = (pods: string, ...rules: readonly string[]) =>
  `{podSelector: ${pods}, policyTypes: [Egress], egress: [${rules.join(', ')}]}`

const named = (ns: string) => `{matchLabels: {kubernetes.io/metadata.name: '${ns}'}}`
const nameIs = (operator: string, ns: string) =>
  `{matchExpressions: [{key: kubernetes.io/metadata.name, operator: ${operator}, values: ['${ns}']}]}`

const port81FromY = (protocol: string) =>
  ingress(podA, `{from: [{namespaceSelector: ${named('y')}}], ports: [{port: 81, protocol: ${protocol}}]}`)
const fromYA = ingress(podA, `{from: [{namespaceSelector: ${named('y')}, podSelector: ${podA}}]}`)
const fromXA = (pods: string) =>
  ingress(pods, `{from: [{namespaceSelector: ${named('x')}, podSelector: ${podA}}]}`)
const serverB = `${gridAddress('x/b')}/32`
const aroundB = `{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [${serverB}]}}]}`

// biome-ignore format: one row a line
const tcp: readonly Row[] = [
  { title: 'default-deny-ingress', policies: [['x', ingress(everyPod)]], reach: { 'TCP/80': '* ↛ x' } },
  { title: 'default-deny-all', policies: [['x', '{podSelector: {}, policyTypes: [Ingress, Egress]}']], reach: { 'TCP/80': '* ↛ x, x ↛ *' } },
  { title: 'from pods within the server namespace by podSelector', policies: [['x', ingress(podA, `{from: [{podSelector: ${podB}}]}`)]], reach: { 'TCP/80': '* ↛ x/a, x/b → x/a' } },
  { title: 'ingress for a target in a closed namespace', policies: [['x', ingress(everyPod)], ['x', ingress(podA, '{from: [{podSelector: {}, namespaceSelector: {}}]}')]], reach: { 'TCP/80': '* ↛ x, * → x/a' } },
  { title: 'from pods in all namespaces', policies: [['x', ingress(podA, '{from: [{namespaceSelector: {matchLabels: {}}}]}')]], reach: { 'TCP/80': '' } },
  { title: 'only from a different namespace, by namespaceSelector', policies: [['x', ingress(podA, `{from: [{namespaceSelector: ${named('y')}}]}`)]], reach: { 'TCP/80': 'x ↛ x/a, z ↛ x/a' } },
  { title: 'podSelector with matchExpressions', policies: [['x', ingress(podA, '{from: [{podSelector: {matchExpressions: [{key: pod, operator: In, values: [b]}]}}]}')]], reach: { 'TCP/80': '* ↛ x/a, x/b → x/a' } },
  { title: 'namespaceSelector with matchExpressions', policies: [['x', ingress(podA, `{from: [{namespaceSelector: ${nameIs('In', 'y')}}]}`)]], reach: { 'TCP/80': 'x ↛ x/a, z ↛ x/a' } },
  { title: 'podSelector or namespaceSelector', policies: [['x', ingress(podA, `{from: [{namespaceSelector: ${nameIs('NotIn', 'x')}}, {podSelector: ${podB}}]}`)]], reach: { 'TCP/80': 'x/c ↛ x/a' } },
  { title: 'podSelector and namespaceSelector', policies: [['x', ingress(podA, `{from: [{namespaceSelector: ${nameIs('NotIn', 'x')}, podSelector: ${podB}}]}`)]], reach: { 'TCP/80': '* ↛ x/a, y/b → x/a, z/b → x/a' } },
  { title: 'several podSelectors and namespaceSelectors', policies: [['x', ingress(podA, `{from: [{namespaceSelector: ${nameIs('NotIn', 'x')}, podSelector: {matchExpressions: [{key: pod, operator: In, values: [b, c]}]}}]}`)]], reach: { 'TCP/80': 'x ↛ x/a, y/a ↛ x/a, z/a ↛ x/a' } },
  { title: 'any of several podSelectors', policies: [['x', ingress(podA, `{from: [{podSelector: ${podB}}, {podSelector: {matchLabels: {pod: c}}}]}`)]], reach: { 'TCP/80': '* ↛ x/a, x/b → x/a, x/c → x/a' } },
  { title: 'only from a pod in a different namespace', policies: [['x', fromYA]], reach: { 'TCP/80': '* ↛ x/a, y/a → x/a' } },
  { title: 'ports', policies: [['x', port81FromY('TCP')]], reach: { 'TCP/81': 'x ↛ x/a, y → x/a, z ↛ x/a' } },
  { title: 'stacked policies with overlapping podSelectors, the first', policies: [['x', port81FromY('TCP')]], reach: { 'TCP/81': 'x ↛ x/a, z ↛ x/a', 'TCP/80': '* ↛ x/a' } },
  { title: 'stacked policies with overlapping podSelectors, both', policies: [['x', port81FromY('TCP')], ['x', ingress(podA, `{from: [{namespaceSelector: ${named('y')}}], ports: [{port: 80, protocol: TCP}]}`)]], reach: { 'TCP/80': 'x ↛ x/a, z ↛ x/a' } },
  { title: 'allow-all', policies: [['x', ingress('{matchLabels: {}}', '{}')]], reach: { 'TCP/80': '', 'TCP/81': '' } },
  { title: 'ingress on one named port', policies: [['x', ingress('{matchLabels: {}}', '{ports: [{port: serve-81-tcp}]}')]], reach: { 'TCP/81': '', 'TCP/80': '* ↛ x' } },
  { title: 'ingress from a namespace on one named port', policies: [['x', ingress(podA, `{from: [{namespaceSelector: ${named('y')}}], ports: [{port: serve-80-tcp, protocol: TCP}]}`)]], reach: { 'TCP/80': 'x ↛ x/a, z ↛ x/a', 'TCP/81': '* ↛ x/a' } },
  { title: 'egress on one named port', policies: [['x', egress('{matchLabels: {}}', '{ports: [{port: serve-80-tcp}]}')]], reach: { 'TCP/80': '', 'TCP/81': 'x ↛ *' } },
  { title: 'updated policy, before', policies: [['x', ingress('{matchLabels: {}}', '{}')]], reach: { 'TCP/81': '' } },
  { title: 'updated policy, after', policies: [['x', '{podSelector: {matchLabels: {}}, policyTypes: [Ingress], ingress: []}']], reach: { 'TCP/81': '* ↛ x' } },
  { title: 'updated namespace, before', policies: [['x', ingress(podA, '{from: [{namespaceSelector: {matchLabels: {ns2: updated}}}]}')]], reach: { 'TCP/80': '* ↛ x/a' } },
  { title: 'updated namespace, after', labels: { y: 'ns2: updated' }, policies: [['x', ingress(podA, '{from: [{namespaceSelector: {matchLabels: {ns2: updated}}}]}')]], reach: { 'TCP/80': '* ↛ x/a, y → *' } },
  { title: 'updated pod, before', policies: [['x', ingress(podA, '{from: [{podSelector: {matchLabels: {pod: b, pod2: updated}}}]}')]], reach: { 'TCP/80': '* ↛ x/a' } },
  { title: 'updated pod, after', labels: { 'x/b': 'pod2: updated' }, policies: [['x', ingress(podA, '{from: [{podSelector: {matchLabels: {pod: b, pod2: updated}}}]}')]], reach: { 'TCP/80': '* ↛ x/a, x/b → x/a' } },
  { title: 'deny ingress from pods of other namespaces', policies: [['x', ingress(everyPod, '{from: [{podSelector: {matchLabels: {}}}]}')]], reach: { 'TCP/80': 'y ↛ x, z ↛ x' } },
  { title: 'deny ingress to an updated pod, before', policies: [['x', ingress('{matchLabels: {target: isolated}}')]], reach: { 'TCP/80': '' } },
  { title: 'deny ingress to an updated pod, after', labels: { 'x/a': 'target: isolated' }, policies: [['x', ingress('{matchLabels: {target: isolated}}')]], reach: { 'TCP/80': '* ↛ x/a' } },
  { title: 'deny egress from pods by podSelector', policies: [['x', egress(podA)]], reach: { 'TCP/80': 'x/a ↛ *' } },
  { title: 'deny egress from all pods of a namespace', policies: [['x', egress(everyPod)]], reach: { 'TCP/80': 'x ↛ *' } },
  { title: 'ingress and egress together', policies: [['x', `{podSelector: ${podA}, policyTypes: [Egress, Ingress], ingress: [{from: [{podSelector: ${podB}}]}], egress: [{ports: [{port: 80}]}]}`]], reach: { 'TCP/80': '* ↛ x/a, x/b → x/a', 'TCP/81': '* ↛ x/a, x/a ↛ *, x/b → x/a' } },
  { title: "egress denied by the client's side, whatever the server allows", policies: [['x', egress(podA, `{to: [{namespaceSelector: ${named('y')}, podSelector: ${podA}}]}`)], ['y', fromXA(podA)], ['y', fromXA(podB)]], reach: { 'TCP/80': 'x/a ↛ *, * ↛ y/a, x/a → y/a, * ↛ y/b' } },
  { title: 'egress to a server in a different namespace', policies: [['x', egress(podA, `{to: [{namespaceSelector: ${named('y')}, podSelector: ${podA}}]}`)]], reach: { 'TCP/80': 'x/a ↛ *, x/a → y/a' } },
  { title: 'ingress on any port of one protocol', policies: [['x', ingress(podA, '{ports: [{protocol: TCP}]}')]], reach: { 'TCP/80': '', 'UDP/80': '* ↛ x/a' } },
  { title: 'ingress to one port', policies: [['x', ingress('{matchLabels: {}}', '{ports: [{port: 80}]}')]], reach: { 'TCP/81': '* ↛ x' } },
  { title: 'ingress to one port, and allow-all', policies: [['x', ingress('{matchLabels: {}}', '{ports: [{port: 80}]}')], ['x', ingress('{matchLabels: {}}', '{}')]], reach: { 'TCP/81': '' } },
  { title: 'egress to one port', policies: [['x', egress('{matchLabels: {}}', '{ports: [{port: 80}]}')]], reach: { 'TCP/81': 'x ↛ *' } },
  { title: 'egress to one port, and allow-all', policies: [['x', egress('{matchLabels: {}}', '{ports: [{port: 80}]}')], ['x', egress('{matchLabels: {}}', '{}')]], reach: { 'TCP/81': '' } },
  { title: 'a policy that is there', policies: [['x', '{podSelector: {}, policyTypes: [Ingress, Egress]}']], reach: { 'TCP/80': 'x ↛ *, * ↛ x' } },
  { title: 'a policy that is deleted', policies: [], reach: { 'TCP/80': '' } },
  { title: 'egress to a server in a block', policies: [['x', egress(podA, `{to: [{ipBlock: {cidr: ${gridAddress('y/b')}/32}}]}`)]], reach: { 'TCP/80': 'x/a ↛ *, x/a → y/b' } },
  { title: 'egress to a block but its exception', policies: [['x', egress(podA, aroundB)]], reach: { 'TCP/80': 'x/a ↛ x/b' } },
  { title: 'an address in a block and in an exception, the policy replaced', policies: [['x', egress(podA, `{to: [{ipBlock: {cidr: ${serverB}}}]}`)]], reach: { 'TCP/80': 'x/a ↛ *, x/a → x/b' } },
  { title: 'an address in a block and in an exception, both policies', policies: [['x', egress(podA, aroundB)], ['x', egress(podA, `{to: [{ipBlock: {cidr: ${serverB}}}]}`)]], reach: { 'TCP/80': '' } },
  { title: 'ingress and egress apart, first', policies: [['x', egress(podA, '{}')]], reach: { 'TCP/80': '' } },
  { title: 'ingress and egress apart, both', policies: [['x', egress(podA, '{}')], ['x', ingress(podA)]], reach: { 'TCP/80': '* ↛ x/a' } },
  { title: 'protocol SCTP is not TCP', policies: [['x', ingress(everyPod)], ['x', ingress(podA, '{ports: [{port: 81, protocol: SCTP}]}')]], reach: { 'TCP/81': '* ↛ x' } },
  { title: 'a policy about SCTP isolates', policies: [['x', ingress(podA, '{ports: [{port: 80, protocol: SCTP}]}')]], reach: { 'TCP/81': '* ↛ x/a' } },
  { title: 'only UDP is not TCP', policies: [['x', ingress(podA, '{ports: [{port: 81, protocol: UDP}]}')]], reach: { 'TCP/81': '* ↛ x/a' } },
  { title: 'the label of names that namespaces have, with matchLabels', policies: [['x', ingress(podA, `{from: [{namespaceSelector: ${named('y')}}]}`)]], reach: { 'TCP/80': 'x ↛ x/a, z ↛ x/a' } },
  { title: 'the label of names that namespaces have, with matchExpressions', policies: [['x', egress(podA, `{to: [{namespaceSelector: ${nameIs('NotIn', 'y')}}]}`)]], reach: { 'TCP/80': 'x/a ↛ y' } },
]

const otherProtocols = ['UDP', 'SCTP'].flatMap((protocol): readonly Row[] => [
  {
    title: `${protocol}: default-deny-ingress`,
    policies: [['x', ingress(everyPod)]],
    reach: { [`${protocol}/80`]: '* ↛ x' },
  },
  {
    title: `${protocol}: ports`,
    policies: [['x', port81FromY(protocol)]],
    reach: { [`${protocol}/81`]: 'x ↛ x/a, z ↛ x/a' },
  },
  {
    title: `${protocol}: only from a pod in a different namespace`,
    policies: [['x', fromYA]],
    reach: { [`${protocol}/80`]: '* ↛ x/a, y/a → x/a' },
  },
])

describe.for([...tcp, ...otherProtocols])('$title', ({ reach, ...grid }) => {
  const loaded = gridCluster(grid)

  test.for(Object.entries(reach))('%s: all but %s', ([port, statements]) => {
    expect(disagreements(loaded, port, statements)).toEqual([])
  })

  test('packets from and to x/a fare so', () => {
    const wrong = Object.entries(reach).flatMap(([port, statements]) => {
      const reaches = expected(statements)
      const pairs = gridPairs(port).filter(({ from, to }) => from === 'x/a' || to === 'x/a')
      return pairs.flatMap((pair) => {
        const got = walked(loaded, pair)
        return got === (reaches(pair) ? 'allowed' : 'denied') ? [] : [`${pair.from} to ${pair.to}: ${got}`]
      })
    })
    expect(wrong).toEqual([])
  })
})
