import { expect, test } from 'vitest'
import { example } from '../../support/cni-example.ts'

const tier = (name: string, spec: string) =>
  `{apiVersion: projectcalico.org/v3, kind: Tier, metadata: {name: ${name}}, spec: {${spec}}}`
const policy = (name: string, spec: string) =>
  `{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: ${name}}, spec: {selector: "app == 'p21'", types: [Ingress], ${spec}}}`
const kubernetes = (ingress: string) =>
  `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: k}, spec: {podSelector: {matchLabels: {app: p21}}, ingress: [${ingress}]}}`
const rules = (...actions: readonly string[]) =>
  `ingress: [${actions.map((action) => `{action: ${action}}`).join(', ')}]`
const set =
  '{apiVersion: projectcalico.org/v3, kind: GlobalNetworkSet, metadata: {name: s, labels: {list: pods}}, spec: {nets: [10.244.1.0/24]}}'

/** What Calico's documentation says of tiers and orders, by whether p11 reaches p21 on another node. */
// biome-ignore format: one case a line
test.each<readonly [what: string, objects: readonly string[], disposition: string]>([
  ['the lower order first', [policy('a', `order: 20, ${rules('Deny')}`), policy('b', `order: 10, ${rules('Allow')}`)], 'reached'],
  ['of equal orders the name', [policy('a', `order: 10, ${rules('Deny')}`), policy('b', `order: 10, ${rules('Allow')}`)], 'dropped'],
  ['without an order last', [policy('a', rules('Deny')), policy('b', `order: 5000, ${rules('Allow')}`)], 'reached'],
  ['NetworkPolicies stand at 1000: before', [policy('a', `order: 999, ${rules('Deny')}`), kubernetes('{}')], 'dropped'],
  ['NetworkPolicies stand at 1000: after', [policy('a', `order: 1001, ${rules('Deny')}`), kubernetes('{}')], 'reached'],
  ['no rule of the tier matches: its default denies', [tier('t', 'order: 1'), policy('t.a', `tier: t, order: 1, ${rules()}`)], 'dropped'],
  ['no rule of the tier matches: its default passes', [tier('t', 'order: 1, defaultAction: Pass'), policy('t.a', `tier: t, order: 1, ${rules()}`)], 'reached'],
  ['Pass goes on in the next tier', [tier('t', 'order: 1'), policy('t.a', `tier: t, ${rules('Pass')}`), kubernetes('')], 'dropped'],
  ['Pass without a next tier leaves it to the profile', [tier('t', 'order: 1'), policy('t.a', `tier: t, ${rules('Pass')}`)], 'reached'],
  ['Allow ends it, whatever later tiers say', [tier('t', 'order: 1'), policy('t.a', `tier: t, ${rules('Allow')}`), kubernetes('')], 'reached'],
  ['a tier behind the default one comes too late', [tier('t', 'order: 2000000'), policy('t.a', `tier: t, ${rules('Deny')}`), kubernetes('{}')], 'reached'],
  ['Log goes on with the next rule', [policy('a', rules('Log', 'Deny'))], 'dropped'],
  ['addresses of a set', [set, policy('a', "ingress: [{action: Allow, source: {selector: \"list == 'pods'\"}}]")], 'reached'],
  ['a namespace by its name', [policy('a', "ingress: [{action: Allow, source: {namespaceSelector: \"projectcalico.org/name == 'default'\"}}]")], 'reached'],
  ['everything outside of namespaces alone', [policy('a', 'ingress: [{action: Allow, source: {namespaceSelector: global()}}]')], 'dropped'],
  ['a service account', [policy('a', 'ingress: [{action: Allow, source: {serviceAccounts: {names: [default]}}}]')], 'reached'],
  ['another service account', [policy('a', 'ingress: [{action: Allow, source: {serviceAccounts: {names: [web]}}}]')], 'dropped'],
  ['a policy for interfaces of nodes', [policy('a', `preDNAT: true, applyOnForward: true, ${rules('Deny')}`)], 'reached'],
])('%s', (_, objects, disposition) => {
  const cluster = example({ cni: 'calico:encapsulation=none', more: objects.join('\n---\n') })
  const [outcome] = cluster.trace({ from: 'pod/p11', to: 'pod/p21:8080' }).outcomes
  expect(outcome?.disposition).toBe(disposition)
  const verdicts = (outcome?.policies ?? []).map(({ verdict }) => verdict)
  expect(new Set(verdicts).size).toBeLessThanOrEqual(1)
  if (verdicts.length > 0) expect(verdicts[0]).toBe(disposition === 'reached' ? 'allowed' : 'denied')
})

/** An egress rule with a Service is about its endpoints at their own ports. */
test('a Service as a destination', () => {
  const egress = (name: string) =>
    `{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: e, namespace: default}, spec: {selector: "app == 'p11'", egress: [{action: Allow, destination: {services: {name: ${name}, namespace: default}}}]}}`
  const reached = (name: string, to: string) =>
    example({ cni: 'calico:encapsulation=none', more: egress(name) }).trace({ from: 'pod/p11', to })
      .outcomes[0]?.disposition
  expect(reached('np21', '10.96.0.21:80')).toBe('reached')
  expect(reached('np21', '10.96.0.12:80')).toBe('dropped')
})
