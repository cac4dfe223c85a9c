import { describe, expect, test } from 'vitest'
import { parseCluster } from '../../../src/index.ts'

const namespace = (name: string, labels: string) =>
  `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: {${labels}}}}`
const pod = (place: string, labels: string, ports = '') => {
  const [space, name] = place.split('/')
  return `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: ${space}, labels: {${labels}}}, spec: {containers: [{name: c, image: x, ports: [${ports}]}]}}`
}
const policy = (place: string, spec: string) => {
  const [space, name] = place.split('/')
  return `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}, namespace: ${space}}, spec: {${spec}}}`
}

/** Namespace shop (team retail) with pods web and api, namespace bank (team finance) with pod ledger; Service api: 80 to 8080. */
const base = [
  namespace('shop', 'team: retail'),
  namespace('bank', 'team: finance'),
  pod('shop/web', 'app: web', '{name: http, containerPort: 8080}'),
  pod('shop/api', 'app: api', '{name: http, containerPort: 8080}'),
  pod('bank/ledger', 'app: ledger', '{name: sql, containerPort: 5432}'),
  '{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}}',
  '{apiVersion: apps/v1, kind: Deployment, metadata: {name: idle, namespace: shop}, spec: {replicas: 0, selector: {matchLabels: {app: idle}}, template: {metadata: {labels: {app: idle}}, spec: {containers: [{name: c}]}}}}',
]

function audit(...policies: readonly string[]): readonly string[] {
  const text = [...base, ...policies].join('\n---\n')
  return parseCluster([{ name: 'k.yaml', text }])
    .audit()
    .map(({ code, message }) => `${code}: ${message}`)
}

/** What a text that a check gives must begin with; nothing at all, for none. */
interface Row {
  readonly why: string
  readonly policies: readonly string[]
  readonly said: readonly string[]
}

const web = 'podSelector: {matchLabels: {app: web}}'

// biome-ignore format: one row a policy
const rows: readonly Row[] = [
  { why: 'a policy that selects pods and names ones that are there',
    policies: [policy('shop/a', `${web}, ingress: [{from: [{podSelector: {matchLabels: {app: api}}}], ports: [{port: 8080}]}]`)],
    said: [] },
  { why: 'a label of which one letter is wrong',
    policies: [policy('shop/a', 'podSelector: {matchLabels: {app: wep}}')],
    said: ["policy-selects-nothing: NetworkPolicy shop/a selects no pod; nearest is pod/shop/web: its label app is web, not app=wep"] },
  { why: 'nothing is near',
    policies: [policy('shop/a', 'podSelector: {matchLabels: {role: front, tier: back}}')],
    said: ['policy-selects-nothing: NetworkPolicy shop/a selects no pod'] },
  { why: 'the pods are to come: their Deployment is scaled to 0',
    policies: [policy('shop/a', 'podSelector: {matchLabels: {app: idle}}')],
    said: [] },
  { why: 'the pod is in another namespace',
    policies: [policy('shop/a', 'podSelector: {matchLabels: {app: ledger}}')],
    said: ['policy-selects-nothing: NetworkPolicy shop/a selects no pod; nearest is pod/bank/ledger: its namespace is bank'] },
  { why: 'a namespace asked for by a label that only its automatic one has the value of',
    policies: [policy('shop/a', `${web}, ingress: [{from: [{namespaceSelector: {matchLabels: {name: bank}}}]}]`)],
    said: ["policy-rule-never-matches: NetworkPolicy shop/a: a peer of ingress[0].from is no pod of this cluster; nearest is pod/bank/ledger: its namespace bank's label kubernetes.io/metadata.name is bank, and name is missing"] },
  { why: "egress to Services' addresses",
    policies: [policy('shop/a', `${web}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.96.0.0/16}}]}]`)],
    said: ["policy-rule-never-matches: NetworkPolicy shop/a: egress[0].to names 10.96.0.0/16, addresses of Services"] },
  { why: 'egress to everywhere holds pods too',
    policies: [policy('shop/a', `${web}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]`)],
    said: [] },
  { why: 'a named port that the selected pods do not have',
    policies: [policy('shop/a', `${web}, ingress: [{ports: [{port: sql}]}]`)],
    said: ['policy-rule-never-matches: NetworkPolicy shop/a: ingress[0] allows the port sql, and no pod that it selects has one'] },
  { why: 'a named port of a destination',
    policies: [policy('shop/a', `${web}, policyTypes: [Egress], egress: [{ports: [{port: sql}]}]`)],
    said: [] },
  { why: 'a named port of another protocol',
    policies: [policy('shop/a', `${web}, ingress: [{ports: [{port: http, protocol: UDP}]}]`)],
    said: ['policy-rule-never-matches: NetworkPolicy shop/a: ingress[0] allows the port http'] },
  { why: "the Service's port on the way in",
    policies: [policy('shop/a', 'podSelector: {matchLabels: {app: api}}, ingress: [{ports: [{port: 80}]}]')],
    said: ['policy-service-port: NetworkPolicy shop/a: ingress[0] allows port 80, which is the port of Service shop/api; its pods listen on 8080'] },
  { why: "the Service's port on the way out",
    policies: [policy('shop/a', `${web}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: api}}}], ports: [{port: 80}]}]`)],
    said: ['policy-service-port: NetworkPolicy shop/a: egress[0] allows port 80'] },
  { why: 'a port 80 of pods that no Service is before',
    policies: [policy('shop/a', `${web}, ingress: [{ports: [{port: 80}]}]`)],
    said: [] },
  { why: 'a rule that another of the same policy holds',
    policies: [policy('shop/a', `${web}, ingress: [{from: [{podSelector: {matchLabels: {app: api}}}]}, {from: [{podSelector: {}}]}]`)],
    said: ['policy-rule-redundant: NetworkPolicy shop/a: ingress[0] allows nothing that ingress[1] of the same policy (k.yaml:15) does not'] },
  { why: 'a rule that a policy of all pods of the namespace holds',
    policies: [policy('shop/a', 'podSelector: {}, ingress: [{}]'), policy('shop/b', `${web}, ingress: [{ports: [{port: 8080}]}]`)],
    said: ['policy-rule-redundant: NetworkPolicy shop/b: ingress[0] allows nothing that ingress[0] of NetworkPolicy shop/a'] },
  { why: 'twice the same: the later one alone is told',
    policies: [policy('shop/a', `${web}, ingress: [{ports: [{port: 8080}]}]`), policy('shop/b', `${web}, ingress: [{ports: [{port: 8080}]}]`)],
    said: ['policy-rule-redundant: NetworkPolicy shop/b: ingress[0]'] },
  { why: 'the other policy is about fewer pods',
    policies: [policy('shop/a', `${web}, ingress: [{}]`), policy('shop/b', 'podSelector: {}, ingress: [{ports: [{port: 8080}]}]')],
    said: [] },
  { why: 'the other policy is of another namespace',
    policies: [policy('shop/a', 'podSelector: {}, ingress: [{}]'), policy('bank/b', 'podSelector: {}, ingress: [{ports: [{port: 5432}]}]')],
    said: [] },
  { why: 'a default deny is not redundant',
    policies: [policy('shop/a', 'podSelector: {}'), policy('shop/b', `${web}, ingress: [{ports: [{port: 8080}]}]`)],
    said: [] },
]

describe('what is odd about policies', () => {
  test.for(rows)('$why', ({ policies, said }) => {
    const found = audit(...policies)
    expect(found.map((text, index) => text.slice(0, said[index]?.length))).toEqual(said)
  })
})

test('policies that nothing enforces are told once, and not looked into', () => {
  const text = [...base, policy('shop/a', 'podSelector: {matchLabels: {app: wep}}')].join('\n---\n')
  const odd = parseCluster([{ name: 'k.yaml', text }], { cni: 'flannel' }).audit()
  expect(odd.map(({ code }) => code)).toEqual(['policy-not-enforced'])
})
