import { expect, test } from 'vitest'
import { formatDiagnostic } from '../../src/base/diagnostic.ts'
import { loadManifest } from '../../src/manifest/load.ts'

/**
 * What the API server refuses of policies: ValidateNetworkPolicySpec (pkg/apis/networking/validation), and the CRDs of
 * policy.networking.k8s.io. A `«` stands where the fault is reported.
 */
type Row = readonly [spec: string, said: string]

function faultsOf(text: string): readonly string[] {
  const { diagnostics } = loadManifest([{ name: 'a.yaml', text }])
  return diagnostics.map(formatDiagnostic)
}

function check(head: string, [spec, said]: Row): void {
  const text = `${head}spec: ${spec}\n`
  const line = text.slice(0, text.indexOf('«')).split('\n').length
  const column = (text.split('\n')[line - 1] ?? '').indexOf('«') + 1
  const faults = faultsOf(text.replace('«', ''))
  expect(faults.map((one) => one.split('\n')[0])).toEqual([
    expect.stringContaining(`a.yaml:${line}:${column}: error: `),
  ])
  expect(faults[0]).toContain(said)
}

// biome-ignore format: one fault a line
const networkPolicies: readonly Row[] = [
  ['{podSelector: {}, policyTypes: [«Ingres]}', 'write Ingress'],
  ['{podSelector: {}, policyTypes: «[Ingress, Egress, Ingress]}', '3 entries; two at most'],
  ['{podSelector: {}, ingress: [{from: [«{}]}]}', 'a peer must say whom it means'],
  ['{podSelector: {}, ingress: [{from: [«null]}]}', 'a peer must say whom it means'],
  ['{podSelector: {}, ingress: [{from: [«{podSelector: null}]}]}', 'a peer must say whom it means'],
  ['{podSelector: {}, ingress: [{from: [«{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]}', 'not both'],
  ['{podSelector: {}, ingress: [{from: [{ipBlock: «{}}]}]}', 'cidr is required'],
  ['{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: «10.0.0.1}}]}]}', 'write 10.0.0.1/32'],
  ['{podSelector: {}, egress: [{to: [{ipBlock: {cidr: «2001:db8::1}}]}]}', 'write 2001:db8::1/128'],
  ['{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [«10.0.0.0/8]}}]}]}', 'is not a part of'],
  ['{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [«11.0.0.0/16]}}]}]}', 'is not a part of'],
  ['{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: ["«2001:db8::/64"]}}]}]}'.replace('"«', '«"'), 'is not a part of'],
  ['{podSelector: {}, ingress: [{ports: [{protocol: «tcp}]}]}', 'write TCP'],
  ['{podSelector: {}, ingress: [{ports: [{protocol: «ICMP}]}]}', 'is not one of TCP, UDP, SCTP'],
  ['{podSelector: {}, ingress: [{ports: [{port: «0}]}]}', 'is not from 1 to 65535'],
  ['{podSelector: {}, ingress: [{ports: [{port: «65536}]}]}', 'is not from 1 to 65535'],
  ['{podSelector: {}, ingress: [{ports: [{port: «"80"}]}]}', 'without quotes'],
  ['{podSelector: {}, ingress: [{ports: [{port: «a-name-that-is-too-long}]}]}', 'is not the name of a port'],
  ['{podSelector: {}, ingress: [{ports: [{port: 90, endPort: «80}]}]}', 'write port: 80, endPort: 90'],
  ['{podSelector: {}, ingress: [{ports: [{port: http, endPort: «80}]}]}', 'endPort needs a port that is a number'],
  ['{podSelector: {}, ingress: [{ports: [{endPort: «80}]}]}', 'endPort needs a port that is a number'],
  ['{podSelector: {matchExpressions: [{key: app, operator: «Is, values: [a]}]}}', 'is not one of In, NotIn, Exists, DoesNotExist'],
  ['{podSelector: {matchExpressions: [«{key: app, operator: In}]}}', 'In needs values'],
  ['{podSelector: {matchExpressions: [{key: app, operator: Exists, values: «[a]}]}}', 'Exists takes no values'],
]

test.for(networkPolicies)('NetworkPolicy %s: %s', (row) => {
  check('apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n', row)
})

const everyPod = 'subject: {namespaces: {}}'
const adminTier = `tier: Admin, priority: 1, ${everyPod}`
const anybody = 'from: [{namespaces: {}}]'
const rules = (number: number) => Array(number).fill(`{action: Deny, ${anybody}}`).join(', ')

// biome-ignore format: one fault a line
const clusterNetworkPolicies: readonly Row[] = [
  [`«{priority: 1, ${everyPod}}`, 'spec.tier is required'],
  [`{tier: «admin, priority: 1, ${everyPod}}`, 'write Admin'],
  [`«{tier: Admin, ${everyPod}}`, 'write a number from 0 (first) to 1000 (last)'],
  [`{tier: Admin, priority: «1001, ${everyPod}}`, 'is not from 0 to 1000'],
  [`{tier: Admin, priority: «-1, ${everyPod}}`, 'is not from 0 to 1000'],
  ['«{tier: Admin, priority: 1}', 'write subject: { namespaces: {} } for all pods'],
  ['{tier: Admin, priority: 1, subject: «{}}', 'must have one of namespaces, pods'],
  ['{tier: Admin, priority: 1, subject: {namespaces: {}, pods: «{podSelector: {}}}}', 'not namespaces and pods'],
  ['{tier: Admin, priority: 1, subject: {pods: «{namespaceSelector: {}}}}', 'write podSelector: {}'],
  [`{${adminTier}, ingress: [{action: «Allow, ${anybody}}]}`, 'write Accept'],
  [`{${adminTier}, ingress: [«{${anybody}}]}`, 'action is required'],
  [`{${adminTier}, ingress: [«{action: Deny}]}`, 'for all pods write from: [{ namespaces: {} }]'],
  [`{${adminTier}, ingress: [{action: Deny, from: «[]}]}`, 'for all pods write from'],
  [`{${adminTier}, ingress: [{action: Deny, from: [«{}]}]}`, 'must have one of namespaces, pods'],
  [`{${adminTier}, ingress: [{action: Deny, from: [{networks: «[10.0.0.0/8]}]}]}`, 'ingress rules of this kind have no peers by networks'],
  [`{${adminTier}, egress: [{action: Deny, to: [{namespaces: {}, networks: «[10.0.0.0/8]}]}]}`, 'not namespaces and networks'],
  [`{${adminTier}, egress: [{action: Deny, to: [{networks: [«10.0.0.1]}]}]}`, 'write 10.0.0.1/32'],
  [`{${adminTier}, egress: [{action: Deny, to: [{networks: «[]}]}]}`, 'list at least one'],
  [`{${adminTier}, egress: [{action: Deny, to: [{networks: [10.0.0.0/8, «10.0.0.0/8]}]}]}`, 'stands there twice'],
  [`{${adminTier}, egress: [{action: Accept, to: [{domainNames: ['«a.*.example']}]}]}`.replace("'«", "«'"), 'is neither a domain name'],
  [`{${adminTier}, ingress: [{action: Deny, ${anybody}, protocols: «[]}]}`, 'for all protocols leave it out'],
  [`{${adminTier}, ingress: [{action: Deny, ${anybody}, protocols: [«{}]}]}`, 'must have one of tcp, udp, sctp, destinationNamedPort'],
  [`{${adminTier}, ingress: [{action: Deny, ${anybody}, protocols: [{tcp: «{}}]}]}`, 'destinationPort is required'],
  [`{${adminTier}, ingress: [{action: Deny, ${anybody}, protocols: [{tcp: {destinationPort: {number: «0}}}]}]}`, 'is not from 1 to 65535'],
  [`{${adminTier}, ingress: [{action: Deny, ${anybody}, protocols: [{tcp: {destinationPort: {range: «{start: 90, end: 80}}}}]}]}`, 'write start: 80, end: 90'],
  [`{${adminTier}, ingress: [{action: Deny, ${anybody}, protocols: [{tcp: {destinationPort: {range: «{start: 80, end: 80}}}}]}]}`, 'give the number 80 instead'],
  [`{${adminTier}, egress: [{action: Deny, to: [«{networks: [10.0.0.0/8]}], protocols: [{destinationNamedPort: http}]}]}`, 'has no names for its ports'],
  [`{${adminTier}, ingress: [${rules(25)}, «{action: Deny, ${anybody}}]}`, '26 rules, and the API takes 25 at most'],
]

test.for(clusterNetworkPolicies)('ClusterNetworkPolicy %s: %s', (row) => {
  check(
    'apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: p}\n',
    row,
  )
})

// biome-ignore format: one fault a line
const adminNetworkPolicies: readonly Row[] = [
  [`{priority: «1001, ${everyPod}}`, 'is not from 0 to 1000'],
  [`{priority: 1, ${everyPod}, ingress: [{action: «Accept, ${anybody}}]}`, 'write Allow'],
  [`{priority: 1, ${everyPod}, ingress: [{action: Deny, ${anybody}, ports: [«{}]}]}`, 'must have one of portNumber, portRange, namedPort'],
  [`{priority: 1, ${everyPod}, ingress: [{action: Deny, ${anybody}, ports: [{portNumber: {protocol: «tcp, port: 80}}]}]}`, 'write TCP'],
  [`{priority: 1, ${everyPod}, ingress: [{action: Deny, ${anybody}, ports: [{portRange: «{start: 9, end: 8}}]}]}`, 'write start: 8, end: 9'],
  [`{priority: 1, ${everyPod}, ingress: [${rules(100)}, «{action: Deny, ${anybody}}]}`, '101 rules, and the API takes 100 at most'],
]

test.for(adminNetworkPolicies)('AdminNetworkPolicy %s: %s', (row) => {
  check('apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: p}\n', row)
})

test('a BaselineAdminNetworkPolicy is called default, and passes nothing on', () => {
  const head = 'apiVersion: policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy\n'
  check(`${head}metadata: {name: default}\n`, [
    `{${everyPod}, ingress: [{action: «Pass, ${anybody}}]}`,
    'is not one of Allow, Deny',
  ])
  expect(faultsOf(`${head}metadata: {name: base}\nspec: {${everyPod}}\n`)).toEqual([
    expect.stringMatching(/^a\.yaml:3:18: error: .*its name is default[\s\S]*write name: default/),
  ])
})
