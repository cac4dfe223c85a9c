import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseIp } from '../../src/base/ip.ts'
import { SCTP, TCP, UDP } from '../../src/base/packet.ts'
import { blockYaml, flowYaml } from '../../src/base/yaml-text.ts'
import { endpointsOf } from '../../src/control/policy/endpoints.ts'
import { policiesUnder } from '../../src/control/policy/policy-set.ts'
import type { LoadedCluster } from '../../src/index.ts'
import { parseCluster } from '../../src/index.ts'
import { decide } from '../../src/policy/decide.ts'
import { plainEngine } from '../../src/policy/engine.ts'
import { explain } from '../../src/policy/explain.ts'
import type { PolicyFlow } from '../../src/policy/match.ts'
import type { Direction } from '../../src/policy/policy.ts'
import type { Remedy } from '../../src/policy/remedy-candidate.ts'
import type { Manifest } from '../support/random-policies/cluster.ts'
import { drawCluster } from '../support/random-policies/cluster.ts'
import { drawFrom } from '../support/random-policies/draw.ts'
import { drawFlows } from '../support/random-policies/flows.ts'
import { drawNetworkPolicy } from '../support/random-policies/network-policy.ts'

const numbers = { TCP, UDP, SCTP }

function load(objects: readonly Manifest[]): LoadedCluster {
  return parseCluster([
    { name: 'a.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }) },
  ])
}

interface Connection {
  readonly from: string
  readonly to: string
  readonly protocol: keyof typeof numbers
  readonly port: number
}

/** What the policies of one end say, and why; nothing if that end is no pod. */
function explained({ cluster }: LoadedCluster, connection: Connection, direction: Direction) {
  const { from, to, protocol, port } = connection
  const [source, destination] = [parseIp(from), parseIp(to)]
  if (source === undefined || destination === undefined) throw new Error('no address')
  const { party } = endpointsOf(cluster)
  const [own, peer] = direction === 'ingress' ? [destination, source] : [source, destination]
  const { endpoint } = party(own)
  if (endpoint?.type !== 'pod') return undefined
  const policies = policiesUnder(cluster, enforcement)
  const flow: PolicyFlow = {
    direction,
    self: { ip: own, endpoint },
    peer: party(peer),
    protocol: numbers[protocol],
    sport: 40000,
    dport: port,
  }
  const decision = decide(policies.selected(endpoint, direction), flow, plainEngine)
  return { decision, ...explain(decision, flow, plainEngine, policies.set.tiers) }
}

const enforcement = { engine: plainEngine }

/** The manifests with what the remedy adds, as `kubectl patch --type json` would add it. */
function patched(objects: readonly Manifest[], { object, path, value }: Remedy): readonly Manifest[] {
  const copy = structuredClone(objects) as { kind: string; metadata: { name: string; namespace?: string } }[]
  const target = copy.find(
    ({ kind, metadata }) =>
      kind === object.kind &&
      metadata.name === object.name &&
      (kind === 'Namespace' || metadata.namespace === object.namespace),
  )
  if (!target) throw new Error(`${object.kind} ${object.name} is not there`)
  let at: unknown = target
  for (const key of path.slice(0, -1)) {
    const here = at as Record<string | number, unknown>
    here[key] ??= path.at(-1) === '-' ? [] : {}
    at = here[key]
  }
  const last = path.at(-1) ?? ''
  if (last === '-') (at as unknown[]).push(value)
  else if (Array.isArray(at)) at.splice(Number(last), 0, value)
  else {
    const here = at as Record<string, unknown>
    here[String(last)] = { ...(here[String(last)] as object), ...(value as object) }
  }
  return copy as unknown as readonly Manifest[]
}

test('every remedy for a random isolation, put into the manifests, lets the packet pass', () => {
  let isolated = 0
  const kinds = new Set<string>()
  for (let seed = 1; seed <= 40; seed += 1) {
    const draw = drawFrom(seed)
    const cluster = drawCluster(draw)
    const policies = Array.from({ length: 4 }, (_, index) => drawNetworkPolicy(draw, cluster, index))
    const objects = [...cluster.objects, ...policies]
    const loaded = load(objects)
    const connections = drawFlows(draw, cluster, policies)
    for (const connection of draw.some(12, connections)) {
      for (const direction of ['ingress', 'egress'] as const) {
        const found = explained(loaded, connection, direction)
        if (found?.decision.verdict !== 'denied') continue
        isolated += 1
        const { remedy, misses } = found
        expect(misses.length).toBe(found.decision.selected.flatMap((one) => one.policies).length)
        expect(misses.every((one) => one.misses.length > 0)).toBe(true)
        if (!remedy) throw new Error(`seed ${seed}: no remedy for ${JSON.stringify(connection)}`)
        kinds.add(remedy.type)
        const after = explained(load(patched(objects, remedy)), connection, direction)
        expect({ seed, connection, remedy, verdict: after?.decision.verdict }).toMatchObject({
          verdict: 'allowed',
        })
        expect(parse(blockYaml(remedy.value).join('\n'))).toEqual(remedy.value)
        expect(parse(flowYaml(remedy.value))).toEqual(remedy.value)
      }
    }
  }
  expect(isolated).toBeGreaterThan(100)
  expect([...kinds].toSorted()).toEqual(['label', 'peer', 'port', 'rule'])
}, 120_000)

const pod = (namespace: string, name: string, ip: string, labels: object, ports: readonly object[] = []) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels },
  spec: { nodeName: 'worker', containers: [{ name: 'main', image: name, ports }] },
  status: { podIP: ip },
})
const scene: readonly Manifest[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'bank', labels: { team: 'financ' } } },
  pod('shop', 'web', '10.244.1.2', { app: 'web' }, [{ name: 'http', containerPort: 8081 }]),
  pod('shop', 'front', '10.244.1.3', { role: 'fronted' }),
  pod('bank', 'till', '10.244.1.4', { app: 'till' }),
]
const web = { app: 'web' }
const policy = (rule: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { podSelector: { matchLabels: web }, ingress: [rule] },
})
const from = (...peers: object[]) => ({ from: peers, ports: [{ port: 8080 }] })

describe('what came nearest is said in words, and what would mend it', () => {
  const front = '10.244.1.3'
  const till = '10.244.1.4'
  // biome-ignore format: one rule a line
  test.for([
    { rule: from({ podSelector: { matchLabels: { role: 'frontend' } } }), by: front, says: 'would match if `role` were `frontend` (pod shop/front has `role=fronted`)', add: 'peer {podSelector: {matchLabels: {role: fronted}}}' },
    { rule: from({ podSelector: { matchLabels: { tier: 'a' } } }), by: front, says: 'would match if `tier` were `a` (pod shop/front has none)', add: 'label {tier: a}' },
    { rule: from({ namespaceSelector: { matchLabels: { team: 'finance' } } }), by: till, says: 'namespace bank lacks label `team=finance` (it has `team=financ`)', add: 'peer {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: bank}}, podSelector: {matchLabels: {app: till}}}' },
    { rule: from({ namespaceSelector: { matchLabels: { name: 'bank' } } }), by: till, says: 'namespace bank lacks label `name=bank`', add: 'label {name: bank}' },
    { rule: from({ podSelector: { matchLabels: { app: 'till' } } }), by: till, says: 'it selects pods of namespace shop alone, without a namespaceSelector, and pod bank/till is in bank', add: 'peer {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: bank}}, podSelector: {matchLabels: {app: till}}}' },
    { rule: from({ podSelector: { matchExpressions: [{ key: 'role', operator: 'DoesNotExist' }] } }), by: front, says: 'would match without label `role` (pod shop/front has `role=fronted`, and `!role` is asked)', add: 'peer {podSelector: {matchLabels: {role: fronted}}}' },
    { rule: from({ podSelector: {} }), by: '172.18.0.4', says: '172.18.0.4 is node worker2, no pod: selectors never match nodes', add: 'peer {ipBlock: {cidr: 172.18.0.4/32}}' },
    { rule: from({ podSelector: {} }), by: '203.0.113.9', says: "203.0.113.9 is no pod's address: selectors never match it", add: 'peer {ipBlock: {cidr: 203.0.113.9/32}}' },
    { rule: from({ ipBlock: { cidr: '203.0.112.0/20', except: ['203.0.112.0/24', '203.0.113.0/24'] } }), by: '203.0.113.9', says: '203.0.113.9 is in except 203.0.113.0/24', add: 'peer {ipBlock: {cidr: 203.0.113.9/32}}' },
    { rule: from({ ipBlock: { cidr: '10.1.0.0/16' } }), by: front, says: '10.244.1.3 (pod shop/front) is not in 10.1.0.0/16', add: 'peer {podSelector: {matchLabels: {role: fronted}}}' },
    { rule: { ports: [{ port: 80 }] }, by: front, says: 'allows TCP 80, and the packet goes to TCP 8080', add: 'port {protocol: TCP, port: 8080}' },
    { rule: { ports: [{ port: 8080, protocol: 'UDP' }] }, by: front, says: 'allows UDP 8080, and the packet goes to TCP 8080', add: 'port {protocol: TCP, port: 8080}' },
    { rule: { ports: [{ port: 8000, endPort: 8079 }] }, by: front, says: 'allows TCP 8000-8079, and the packet goes to TCP 8080', add: 'port {protocol: TCP, port: 8080}' },
    { rule: { ports: [{ port: 'http' }] }, by: front, says: 'allows port `http` (TCP 8081 on pod shop/web), and the packet goes to TCP 8080', add: 'port {protocol: TCP, port: 8080}' },
    { rule: { ports: [{ port: 'grpc' }] }, by: front, says: 'allows port `grpc` (pod shop/web has no port of this name), and the packet goes to TCP 8080', add: 'port {protocol: TCP, port: 8080}' },
    { rule: { from: [{ podSelector: { matchLabels: { app: 'x' } } }], ports: [{ port: 1 }] }, by: till, says: 'it selects pods of namespace shop alone, without a namespaceSelector, and pod bank/till is in bank; would match if `app` were `x` (pod bank/till has `app=till`); allows TCP 1, and the packet goes to TCP 8080', add: 'rule {from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: bank}}, podSelector: {matchLabels: {app: till}}}], ports: [{protocol: TCP, port: 8080}]}' },
  ])('$says', ({ rule, by, says, add }) => {
    const found = explained(load([...scene, policy(rule)]), { from: by, to: '10.244.1.2', protocol: 'TCP', port: 8080 }, 'ingress')
    expect(found?.misses.map(({ misses }) => misses.map(({ text }) => text).join('; '))).toEqual([says])
    const { remedy } = found ?? {}
    expect(remedy && `${remedy.type} ${flowYaml(remedy.value)}`).toBe(add)
  })
})

test('a rule that matches is told with its peer and its port', () => {
  const rule = from(
    { podSelector: { matchLabels: { app: 'x' } } },
    { podSelector: { matchLabels: { role: 'fronted' } } },
  )
  const found = explained(
    load([...scene, policy(rule)]),
    { from: '10.244.1.3', to: '10.244.1.2', protocol: 'TCP', port: 8080 },
    'ingress',
  )
  expect(found?.decision.verdict).toBe('allowed')
  expect(found?.matched).toEqual({
    peer: ['spec', 'ingress', 0, 'from', 1],
    port: ['spec', 'ingress', 0, 'ports', 0],
  })
  expect(found?.misses).toEqual([])
})
