import { expect, test } from 'vitest'
import { policiesOf } from '../../src/control/policy/policies-of.ts'
import { factClusterUnder } from '../support/policy-facts.ts'
import { decided, walked } from '../support/policy-verdicts.ts'
import type { Draw } from '../support/random-policies/draw.ts'
import { drawFrom } from '../support/random-policies/draw.ts'

const ends = [
  'shop/web',
  'shop/api',
  'shop/db',
  'bank/web',
  'bank/ledger',
  'lab/probe',
  'ext',
  'ext2',
] as const

const selectors = [
  '{}',
  '{matchLabels: {app: web}}',
  '{matchLabels: {"k8s:tier": back}}',
  '{matchExpressions: [{key: app, operator: NotIn, values: [api]}]}',
  '{matchLabels: {"io.kubernetes.pod.namespace": bank}}',
  '{matchLabels: {"io.cilium.k8s.namespace.labels.team": retail}}',
  '{matchExpressions: [{key: "reserved:world", operator: DoesNotExist}]}',
  '{matchLabels: {pod-template-hash: abc}}',
] as const

const ports = [
  '{port: "8080", protocol: TCP}',
  '{port: "0", protocol: UDP}',
  '{port: "8000", endPort: 8100}',
  '{port: http}',
] as const

function rule(draw: Draw, side: 'from' | 'to'): string {
  const peers = draw.of([
    `${side}Endpoints: [${draw.some(draw.between(0, 2), selectors).join(', ')}]`,
    `${side}Entities: [${draw.some(draw.between(1, 2), ['world', 'cluster', 'host', 'remote-node', 'all']).join(', ')}]`,
    `${side}CIDR: [${draw.of(['203.0.113.0/24', '0.0.0.0/0', '10.244.0.0/16'])}]`,
    `${side}CIDRSet: [{cidr: 0.0.0.0/0, except: [203.0.113.0/24]}]`,
    '',
  ])
  const toPorts = draw.chance(50) ? `toPorts: [{ports: [${draw.some(2, ports).join(', ')}]}]` : ''
  return `{${[peers, toPorts].filter((one) => one !== '').join(', ')}}`
}

function policy(draw: Draw, index: number): string {
  const clusterwide = draw.chance(30)
  const section = (name: string, side: 'from' | 'to') =>
    `${name}: [${draw.list(draw.between(1, 2), () => rule(draw, side)).join(', ')}]`
  const sections = draw.some(draw.between(1, 3), [
    section('ingress', 'from'),
    section('egress', 'to'),
    section('ingressDeny', 'from'),
    section('egressDeny', 'to'),
  ])
  const open = draw.chance(20) ? ['enableDefaultDeny: {ingress: false}'] : []
  const spec = [`endpointSelector: ${draw.of(selectors)}`, ...sections, ...open].join(', ')
  const kind = clusterwide ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy'
  const place = clusterwide ? '' : `, namespace: ${draw.of(['shop', 'bank'])}`
  return `{apiVersion: cilium.io/v2, kind: ${kind}, metadata: {name: p${index}${place}}, spec: {${spec}}}`
}

const seeds = Array.from({ length: 30 }, (_, index) => index + 1)
const verdicts = new Set<string>()

/** What the programs at the pods' devices do is what the policies of both ends say, for any set of policies. */
test.for(seeds)('policies of seed %i', (seed) => {
  const draw = drawFrom(seed)
  const text = draw
    .list(3, () => '')
    .map((_, index) => policy(draw, index))
    .join('\n---\n')
  const loaded = factClusterUnder('plugin: cilium, ipam: kubernetes', '', text)
  const policies = policiesOf(loaded.cluster)
  for (let pair = 0; pair < 8; pair++) {
    const [from, to] = draw.some(2, ends)
    if (from === undefined || to === undefined || (from.startsWith('ext') && to.startsWith('ext'))) continue
    const connection = { from, to, port: draw.of(['TCP/8080', 'UDP/5353', 'TCP/8081']) }
    const said = decided(loaded, connection, policies)
    verdicts.add(said)
    // Somebody outside may not listen to what is asked; only what policies stop is compared then.
    const went = walked(loaded, connection)
    expect({ connection, went: went.includes('denied') ? 'denied' : 'allowed' }).toEqual({
      connection,
      went: said,
    })
  }
})

test('both answers were among them', () => {
  expect([...verdicts].toSorted()).toEqual(['allowed', 'denied'])
})
