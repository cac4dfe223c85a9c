import { expect, test } from 'vitest'
import { loadManifest } from '../../src/manifest/load.ts'

/** What the CRD of Cilium 1.20 or its agents refuse: the rule, the place of the fault, and the message. */
// biome-ignore format: one row a line
const refused: readonly (readonly [rule: string, message: RegExp, fix?: RegExp])[] = [
  ['{endpointSelector: {}}', /one of ingress, ingressDeny, egress, egressDeny must have a rule/, /ingress: \[\{\}\]/],
  ['{endpointSelector: {}, ingress: []}', /must have a rule/],
  ['{ingress: [{}]}', /spec\.endpointSelector is required/, /endpointSelector: \{\}/],
  ['{nodeSelector: {}, ingress: [{}]}', /a CiliumNetworkPolicy has no nodeSelector/, /CiliumClusterwideNetworkPolicy/],
  ['{endpointSelector: {}, ingress: [{fromEntities: [wolrd]}]}', /entity "wolrd" is not one of/, /write world/],
  ['{endpointSelector: {}, ingress: [{fromCIDR: [10.0.0.0/33]}]}', /"10.0.0.0\/33" is no block/],
  ['{endpointSelector: {}, ingress: [{fromCIDRSet: [{cidr: 10.0.0.1}]}]}', /"10.0.0.1" is no block/, /10\.0\.0\.1\/32/],
  ['{endpointSelector: {}, ingress: [{fromCIDRSet: [{cidr: 10.0.0.0/8, except: [11.0.0.0/9]}]}]}', /11\.0\.0\.0\/9 is not a part of 10\.0\.0\.0\/8/],
  ['{endpointSelector: {}, ingress: [{fromCIDRSet: [{cidr: 10.0.0.0/8, cidrGroupRef: g}]}]}', /exactly one of cidr, cidrGroupRef/],
  ['{endpointSelector: {}, ingress: [{fromEndpoints: [{}], fromEntities: [world]}]}', /both fromEndpoints and fromEntities/, /two rules/],
  ['{endpointSelector: {}, ingress: [{fromRequires: [{}]}]}', /fromRequires was removed in Cilium 1\.19/],
  ['{endpointSelector: {}, egress: [{toServices: [{}]}]}', /named by k8sService or chosen by k8sServiceSelector/],
  ['{endpointSelector: {}, egress: [{toFQDNs: [{matchName: "*.example.com"}]}]}', /is not a DNS name/, /matchPattern/],
  ['{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "80-90"}]}]}]}', /neither a port nor the name of one/, /port: "80" and endPort: 90/],
  ['{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "65536"}]}]}]}', /is not from 0 to 65535/],
  ['{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "80", protocol: tpc}]}]}]}', /protocol "tpc" is not one of/, /write TCP/],
  ['{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "8", protocol: ICMP}]}]}]}', /protocol "ICMP" is not one of/, /icmps/],
  ['{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "53"}], rules: {dns: [{matchPattern: "*"}]}}]}]}', /for egress alone/],
  ['{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "80"}], rules: {http: [{}]}}]}]}', /need protocol TCP, not ANY/],
  ['{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "80"}]}], icmps: [{fields: [{type: 8}]}]}]}', /icmps or toPorts, not both/],
  ['{endpointSelector: {}, ingress: [{icmps: [{fields: [{type: EchoRequets}]}]}]}', /no type of ICMP/, /EchoRequest/],
  ['{endpointSelector: {matchExpressions: [{key: a, operator: Is}]}, ingress: [{}]}', /operator "Is" is not one of/],
]

test.for(refused)('%s', ([rule, message, fix]) => {
  const text = `{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: p}, spec: ${rule}}`
  const errors = loadManifest([{ name: 'p.yaml', text }]).diagnostics.filter(
    (one) => one.severity === 'error',
  )
  expect(errors.map((one) => one.message)).toEqual([expect.stringMatching(message)])
  expect(errors[0]?.at?.file).toBe('p.yaml')
  if (fix) expect(errors[0]?.fix).toMatch(fix)
})

test('what is right is taken', () => {
  const rule =
    '{endpointSelector: {matchLabels: {"k8s:app": a}}, ingress: [{fromEntities: [world, cluster-mesh]}], egressDeny: [{toCIDR: [10.0.0.1, 10.0.0.0/8]}]}'
  const text = `{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy, metadata: {name: p}, spec: ${rule}}
---
{apiVersion: cilium.io/v2alpha1, kind: CiliumCIDRGroup, metadata: {name: g}, spec: {externalCIDRs: [10.0.0.0/8]}}`
  const { value, diagnostics } = loadManifest([{ name: 'p.yaml', text }])
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(value.objects.CiliumClusterwideNetworkPolicy.length).toBe(1)
  expect(value.objects.CiliumCIDRGroup.length).toBe(1)
})
