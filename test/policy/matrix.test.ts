import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCidr, parseIp } from '../../src/base/ip.ts'
import type { SelectedTier } from '../../src/policy/decide.ts'
import { decide, rulesOf } from '../../src/policy/decide.ts'
import type { Endpoint, Party } from '../../src/policy/endpoint.ts'
import type { PolicyEngine } from '../../src/policy/engine.ts'
import { plainEngine } from '../../src/policy/engine.ts'
import type { LabelExpression } from '../../src/policy/label-expression.ts'
import type { PolicyFlow } from '../../src/policy/match.ts'
import { selects } from '../../src/policy/match.ts'
import { policyMatrix } from '../../src/policy/matrix.ts'
import type {
  Direction,
  EndpointSelector,
  Entity,
  IpBlock,
  Peer,
  Policy,
  PolicyRule,
  PortMatch,
  Tier,
} from '../../src/policy/policy.ts'

/** Each pair of random parties under random tiers of random policies: the matrix has what `decide` says. */

const ips = ['10.0.0.1', '10.0.0.2', '10.0.1.1', '192.0.2.7', 'fd00::1', 'fd00:1::1'].map((text) => {
  const ip = parseIp(text)
  if (ip === undefined) throw new Error(text)
  return ip
})

const label = fc.record(
  { app: fc.constantFrom('a', 'b', 'c'), tier: fc.constantFrom('x', 'y') },
  { requiredKeys: [] },
)
const key = fc.constantFrom('app', 'tier', 'none')
const value = fc.constantFrom('a', 'b', 'x', 'z')

const expression: fc.Arbitrary<LabelExpression> = fc.oneof(
  fc.constant<LabelExpression>({ type: 'all', of: [] }),
  fc.record({ type: fc.constantFrom('in' as const, 'not-in' as const), key, values: fc.array(value) }),
  fc.record({ type: fc.constantFrom('exists' as const, 'not-exists' as const), key }),
  fc.record({ type: fc.constantFrom('starts-with' as const, 'contains' as const), key, value }),
  fc.record({ key, values: fc.array(value) }).map(
    ({ key: own, values }): LabelExpression => ({
      type: 'not',
      of: { type: 'any', of: [{ type: 'in', key: own, values }] },
    }),
  ),
)

const port: fc.Arbitrary<Endpoint['ports'][number]> = fc.record({
  name: fc.constantFrom('http', 'dns'),
  protocol: fc.constantFrom(6, 17),
  port: fc.constantFrom(53, 80, 8080),
})

const endpoint: fc.Arbitrary<Endpoint> = fc
  .record({
    type: fc.constantFrom('pod' as const, 'pod' as const, 'node' as const),
    namespace: fc.constantFrom('one', 'two'),
    labels: label,
    namespaceLabels: label,
    serviceAccount: fc.constantFrom('default', 'robot'),
    ports: fc.array(port, { maxLength: 2 }),
    node: fc.constantFrom('n1', 'n2'),
    master: fc.boolean(),
  })
  .map(({ type, namespace, labels, node, master, ...rest }) => ({
    ...rest,
    type,
    id: '',
    ref: { kind: 'Pod', name: 'x' },
    ...(type === 'pod' ? { namespace } : {}),
    labels: master ? { ...labels, 'node-role.kubernetes.io/control-plane': '' } : labels,
    ips: [],
    node,
  }))

const party: fc.Arbitrary<Party> = fc
  .record({
    ip: fc.constantFrom(...ips),
    endpoint: fc.option(endpoint, { nil: undefined }),
    apiServer: fc.boolean(),
    disguised: fc.boolean(),
  })
  .map(({ ip, endpoint: own, apiServer, disguised }) => ({
    ip,
    ...(own && { endpoint: own }),
    ...(apiServer && { apiServer }),
    ...(disguised && own && { disguised }),
  }))

const selector: fc.Arbitrary<EndpointSelector> = fc
  .record(
    {
      labels: expression,
      namespace: fc.oneof(fc.constantFrom('one', 'two'), expression),
      types: fc.constantFrom<EndpointSelector['types']>(['pod'], ['node'], ['pod', 'node']),
      serviceAccounts: fc.constantFrom({ names: ['robot'] }, { labels: { type: 'all' as const, of: [] } }),
    },
    { requiredKeys: ['labels'] },
  )
  .map((one) => one as EndpointSelector)

const block: fc.Arbitrary<IpBlock> = fc
  .record({
    cidr: fc.constantFrom('10.0.0.0/8', '10.0.0.0/24', '0.0.0.0/0', 'fd00::/16', '::/0', '192.0.2.7/32'),
    except: fc.subarray(['10.0.0.2/32', '10.0.1.0/24', 'fd00:1::/32']),
  })
  .map(({ cidr, except }) => ({
    cidr: parseCidr(cidr) ?? { first: 0, last: 0, bits: 32 },
    except: except.flatMap((one) => parseCidr(one) ?? []),
    path: [],
  }))

const entityNames: Entity[] = [
  'all',
  'cluster',
  'host',
  'remote-node',
  'kube-apiserver',
  'world',
  'world-ipv4',
]

const peer: fc.Arbitrary<Peer> = fc
  .record(
    {
      endpoints: selector,
      notEndpoints: selector,
      blocks: fc.array(block, { minLength: 1, maxLength: 2 }),
      notBlocks: fc.array(block, { minLength: 1, maxLength: 2 }),
      entities: fc.subarray(entityNames, { minLength: 1, maxLength: 2 }),
      notEntities: fc.subarray(entityNames, { minLength: 1, maxLength: 1 }),
    },
    { requiredKeys: [] },
  )
  .map((one) => ({ ...one, path: [] }) as Peer)

const portMatch: fc.Arbitrary<PortMatch> = fc.oneof(
  fc.constant<PortMatch>({ path: [], protocol: 6 }),
  fc.constant<PortMatch>({ path: [], protocol: 6, port: 80 }),
  fc.constant<PortMatch>({ path: [], protocol: 17, port: 53 }),
  fc.constant<PortMatch>({ path: [], protocol: 6, port: 50, endPort: 90 }),
  fc.constant<PortMatch>({ path: [], port: 53 }),
  fc.constant<PortMatch>({ path: [], protocol: 6, name: 'http' }),
  fc.constant<PortMatch>({ path: [], name: 'dns' }),
)

const rule: fc.Arbitrary<PolicyRule> = fc
  .record(
    {
      action: fc.constantFrom('allow', 'allow', 'deny', 'pass', 'log'),
      peers: fc.array(peer, { maxLength: 2 }),
      self: peer,
      ports: fc.array(portMatch, { minLength: 1, maxLength: 2 }),
      notPorts: fc.array(portMatch, { minLength: 1, maxLength: 1 }),
      sourcePorts: fc.constant([{ path: [], port: 40000 }]),
      protocol: fc.record({ number: fc.constantFrom(6, 17), inverted: fc.boolean() }),
      family: fc.constantFrom(4, 6),
      unmodelled: fc.constant(['a condition']),
    },
    { requiredKeys: ['action'] },
  )
  .map((one) => ({ ...one, path: [] }) as PolicyRule)

const policy: fc.Arbitrary<Policy> = fc
  .record(
    {
      subject: selector,
      ingress: fc.array(rule, { maxLength: 3 }),
      egress: fc.array(rule, { maxLength: 3 }),
      passive: fc.subarray<Direction>(['ingress', 'egress']),
    },
    { requiredKeys: ['subject'] },
  )
  .map((one) => ({
    ...(one as Pick<Policy, 'subject' | 'ingress' | 'egress' | 'passive'>),
    api: 'NetworkPolicy',
    ref: { kind: 'NetworkPolicy', name: 'p' },
    locate: () => undefined,
  }))

const tier: fc.Arbitrary<Tier> = fc
  .record(
    {
      name: fc.constant('t'),
      policies: fc.array(policy, { maxLength: 4 }),
      otherwise: fc.constantFrom('deny' as const, 'pass' as const),
      denyFirst: fc.constant(true as const),
    },
    { requiredKeys: ['name', 'policies', 'otherwise'] },
  )
  .map((one) => one as Tier)

function selectedTiers(
  tiers: readonly Tier[],
  self: Endpoint,
  direction: Direction,
): readonly SelectedTier[] {
  return tiers.flatMap((one) => {
    const policies = one.policies.filter(
      (own) => rulesOf(own, direction) !== undefined && selects(own.subject, self),
    )
    return policies.length > 0 ? [{ tier: one, policies }] : []
  })
}

const traffics = [
  { protocol: 6, sport: 40000, dport: 80 },
  { protocol: 6, sport: 40000, dport: 8080 },
  { protocol: 17, sport: 40000, dport: 53 },
]

interface Question extends PolicyFlow {
  readonly together: boolean
}

/** Each party that has policies, with each party, in each direction, for each traffic. */
function everyQuestion(parties: readonly Party[]): readonly Question[] {
  return parties.flatMap((self) => {
    const { endpoint: own } = self
    if (!own) return []
    return parties.flatMap((other) =>
      traffics.flatMap((traffic) =>
        (['ingress', 'egress'] as const).map((direction) => ({
          direction,
          self: { ...self, endpoint: own },
          peer: other,
          together: other.endpoint?.node === own.node,
          ...traffic,
        })),
      ),
    )
  })
}

/** An engine that lets DNS and its own node pass before it asks any policy. */
const exempt: PolicyEngine['exempt'] = {
  ingress: [{ action: 'allow', path: [], peers: [{ path: [], entities: ['host'] }] }],
  egress: [{ action: 'allow', path: [], ports: [{ path: [], protocol: 17, port: 53 }] }],
}

const engines: readonly (readonly [string, PolicyEngine])[] = [
  ['as the specification has it', plainEngine],
  [
    'without blocks of endpoints, named ports and ranges',
    { ...plainEngine, blocksMatchEndpoints: false, namedPorts: false, endPorts: false },
  ],
  ['own nodes pass', { ...plainEngine, blocksMatchEndpoints: 'nodes', ownNodePasses: true }],
  ['some packets are exempt', { ...plainEngine, exempt }],
]

/** All verdicts that were compared, so that it is seen that none was left out. */
const verdicts = new Set<string>()

test.each(engines)('the matrix is what decide says of every pair: %s', (_, engine) => {
  fc.assert(
    fc.property(
      fc.array(tier, { minLength: 1, maxLength: 3 }),
      fc.array(party, { minLength: 2, maxLength: 8 }),
      (tiers, parties) => {
        const matrix = policyMatrix({ tiers }, engine, parties)
        for (const asked of everyQuestion(parties)) {
          const { self, peer: other, direction, together, ...traffic } = asked
          const { verdict } = decide(selectedTiers(tiers, self.endpoint, direction), asked, engine)
          const [a, b] = [matrix.classes.classOf(self) ?? -1, matrix.classes.classOf(other) ?? -1]
          expect(matrix.verdict(direction, a, b, traffic, together)).toBe(verdict)
          verdicts.add(verdict)
        }
      },
    ),
    { numRuns: 300, seed: 5 },
  )
})

test('all verdicts were compared', () => {
  expect([...verdicts].toSorted()).toEqual(['allowed', 'denied', 'unknown'])
})
