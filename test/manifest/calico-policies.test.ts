import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../src/index.ts'
import { InputError, parseCluster } from '../../src/index.ts'

const node =
  '{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 192.168.1.4}]}}'

function saidOf(text: string): readonly Diagnostic[] {
  try {
    return parseCluster([{ name: 'in.yaml', text: `${node}\n---\n${text}` }], { cni: 'calico' }).diagnostics
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics
    throw error
  }
}

const globalPolicy = (spec: string) =>
  `apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: p}\nspec: {${spec}}`
const rule = (fields: string) => globalPolicy(`ingress: [{action: Allow, ${fields}}]`)
const object = (kind: string, spec: string) =>
  `apiVersion: projectcalico.org/v3\nkind: ${kind}\nmetadata: {name: x}\nspec: {${spec}}`

/** What libcalico-go refuses (lib/validator/v3), and what mends it. */
describe('values that Calico refuses are told', () => {
  // biome-ignore format: one value a line
  test.each<readonly [what: string, text: string, message: string]>([
    ['no selector', globalPolicy("selector: app = 'web'"), `"app = 'web'" is no selector`],
    ['a value without quotes', globalPolicy('selector: app == web'), '"app == web" is no selector'],
    ['global() where pods are selected', globalPolicy('selector: global()'), 'global() stands alone'],
    ['a type that is none', globalPolicy('types: [ingress]'), '"ingress" is not one of Ingress, Egress'],
    ['an action of another kind', globalPolicy('ingress: [{action: Accept}]'), '"Accept" is not one of Allow, Deny, Log, Pass'],
    ['no action', globalPolicy('ingress: [{protocol: TCP}]'), 'action is required'],
    ['a protocol in small letters', rule('protocol: tcp'), '"tcp" is not one of TCP'],
    ['ports by number without a protocol', rule('destination: {ports: [80]}'), 'need a protocol'],
    ['ports of ICMP', rule('protocol: ICMP, destination: {ports: [80]}'), 'the protocol ICMP has no ports'],
    ['a range that ends before it begins', rule('protocol: TCP, destination: {ports: ["90:80"]}'), 'ends before it begins'],
    ['port 0', rule('protocol: TCP, destination: {ports: [0]}'), 'not from 1 to 65535'],
    ['a block with host bits is taken, a word is not', rule('source: {nets: [everywhere]}'), '"everywhere" is no block'],
    ['nobody excluded', rule('source: {notNets: [0.0.0.0/0]}'), 'matches nothing'],
    ['a code of ICMP without a type', rule('protocol: ICMP, icmp: {code: 1}'), 'needs a type'],
    ['icmp without its protocol', rule('icmp: {type: 8}'), 'needs the protocol ICMP'],
    ['a Service beside a selector', globalPolicy('egress: [{action: Allow, destination: {services: {name: a, namespace: b}, selector: all()}}]'), 'services and selector'],
    ['a Service as the destination of ingress', rule('destination: {services: {name: a, namespace: b}}'), 'cannot be the destination'],
    ['before translation without forwarding', globalPolicy('preDNAT: true'), 'needs applyOnForward'],
    ['egress before translation', globalPolicy('preDNAT: true, applyOnForward: true, egress: [{action: Deny}]'), 'no egress rules'],
    ['an action of a tier', object('Tier', 'defaultAction: Allow'), '"Allow" is not one of Deny, Pass'],
    ['a network set with a word', object('GlobalNetworkSet', 'nets: [internet]'), '"internet" is no block'],
    ['a host endpoint without a node', object('HostEndpoint', 'interfaceName: eth0'), 'node'],
  ])('%s', (_, text, message) => {
    const errors = saidOf(text).filter(({ severity }) => severity === 'error')
    expect(errors.map((one) => one.message).join('; ')).toContain(message)
    expect(errors[0]?.at?.line).toBeGreaterThan(2)
  })
})

test('what is written well is taken without a word', () => {
  const text = globalPolicy(
    "tier: default, order: 0.5, selector: \"has(app) && app not in {'a'}\", namespaceSelector: all(), types: [Ingress], ingress: [{action: Pass, protocol: 6, source: {namespaceSelector: global(), nets: [10.1.2.3/8]}, destination: {ports: [80, '90:100', http]}, metadata: {annotations: {why: because}}}]",
  )
  expect(saidOf(text).filter(({ code }) => code !== 'not-json')).toEqual([])
})

test.each(['StagedNetworkPolicy', 'StagedGlobalNetworkPolicy', 'StagedKubernetesNetworkPolicy'])(
  '%s has no effect, and that is said',
  (kind) => {
    expect(saidOf(object(kind, '')).map(({ message }) => message)).toContain(
      `${kind} x is prepared and has no effect`,
    )
  },
)
