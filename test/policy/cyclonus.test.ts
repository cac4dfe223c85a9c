import { expect, test } from 'vitest'
import type { Grid } from '../support/policy-grid.ts'
import { disagreements, expected, gridCluster } from '../support/policy-grid.ts'
import { walked } from '../support/policy-verdicts.ts'

/**
 * The cases that Cyclonus generates (targets, rules, peers, ports, conflicts, changes) over its nine pods, with what the API says of
 * each. Most change one thing of a base policy. What its matcher says of NotIn where the key is missing is wrong and no case.
 */
interface Row extends Grid {
  readonly title: string
  /** By port, who reaches whom; where a port is not named, the case says nothing of it. */
  readonly reach: Readonly<Record<string, string>>
}

type Direction = 'ingress' | 'egress'

/** A list of ports or peers in YAML, and what it lets pass. */
interface Part {
  readonly yaml: string
  /** Of peers: the pods. */
  readonly pods: readonly string[]
}

const podBorC = '{matchExpressions: [{key: pod, operator: In, values: [b, c]}]}'
const podAorB = '{matchExpressions: [{key: pod, operator: In, values: [a, b]}]}'
const nsXorY = '{matchExpressions: [{key: ns, operator: In, values: [x, "y"]}]}'
const nsYorZ = '{matchExpressions: [{key: ns, operator: In, values: ["y", z]}]}'
const dnsRule = '{ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]}'

const basePeers: Readonly<Record<Direction, Part>> = {
  ingress: {
    yaml: `{podSelector: ${podBorC}, namespaceSelector: ${nsXorY}}`,
    pods: ['x/b', 'x/c', 'y/b', 'y/c'],
  },
  egress: {
    yaml: `{podSelector: ${podAorB}, namespaceSelector: ${nsYorZ}}`,
    pods: ['y/a', 'y/b', 'z/a', 'z/b'],
  },
}
const basePort = '{port: 80, protocol: TCP}'

const probes: readonly string[] = ['TCP', 'UDP', 'SCTP'].flatMap((protocol) => [
  `${protocol}/80`,
  `${protocol}/81`,
])

const rule = (direction: Direction, peers: string, ports: string) =>
  `{${direction === 'ingress' ? 'from' : 'to'}: [${peers}], ports: [${ports}]}`

const baseRule = (direction: Direction) => rule(direction, basePeers[direction].yaml, basePort)

/** The base policy with other rules in one direction, or another target. */
function policy(changed: Partial<Record<Direction, string>>, target = '{matchLabels: {pod: a}}'): string {
  const { ingress = baseRule('ingress'), egress = baseRule('egress') } = changed
  return `{podSelector: ${target}, policyTypes: [Ingress, Egress], ingress: [${ingress}], egress: [${egress}, ${dnsRule}]}`
}

/** Who reaches a target, and whom it reaches. */
const into = (target: string, pods: readonly string[]) =>
  [`* ↛ ${target}`, ...pods.map((pod) => `${pod} → ${target}`)].join(', ')
const outOf = (target: string, pods: readonly string[]) =>
  [`${target} ↛ *`, ...pods.map((pod) => `${target} → ${pod}`)].join(', ')

function reachAt(direction: Direction, pods: readonly string[], isBasePort: boolean): string {
  const other = direction === 'ingress' ? 'egress' : 'ingress'
  const sides = { [direction]: pods, [other]: isBasePort ? basePeers[other].pods : [] }
  return `${into('x/a', sides['ingress'] ?? [])}, ${outOf('x/a', sides['egress'] ?? [])}`
}

const directions: readonly Direction[] = ['ingress', 'egress']

// biome-ignore format: one form a line
const peers: readonly Part[] = [
  { yaml: '{podSelector: {}}', pods: ['x'] },
  { yaml: '{podSelector: {matchLabels: {pod: c}}}', pods: ['x/c'] },
  { yaml: '{namespaceSelector: {}}', pods: ['*'] },
  { yaml: '{podSelector: {}, namespaceSelector: {}}', pods: ['*'] },
  { yaml: '{podSelector: {matchLabels: {pod: c}}, namespaceSelector: {}}', pods: ['x/c', 'y/c', 'z/c'] },
  { yaml: '{namespaceSelector: {matchLabels: {ns: x}}}', pods: ['x'] },
  { yaml: '{podSelector: {}, namespaceSelector: {matchLabels: {ns: x}}}', pods: ['x'] },
  { yaml: '{podSelector: {matchLabels: {pod: c}}, namespaceSelector: {matchLabels: {ns: x}}}', pods: ['x/c'] },
  { yaml: '{ipBlock: {cidr: 10.244.2.0/24}}', pods: ['x/b', 'y/b', 'z/b'] },
  { yaml: '{ipBlock: {cidr: 10.244.2.0/24, except: [10.244.2.0/30]}}', pods: ['z/b'] },
]

const peerLists: readonly Part[] = [
  { yaml: '', pods: ['*'] },
  ...peers,
  ...peers.flatMap((one, index) =>
    peers
      .slice(index + 1)
      .map((other) => ({ yaml: `${one.yaml}, ${other.yaml}`, pods: [...one.pods, ...other.pods] })),
  ),
]

const peerCases = directions.flatMap((direction) =>
  peerLists.map(
    ({ yaml, pods }): Row => ({
      title: `${direction} peers [${yaml}]`,
      policies: [['x', policy({ [direction]: rule(direction, yaml, basePort) })]],
      reach: { 'TCP/80': reachAt(direction, pods, true), 'TCP/81': reachAt(direction, [], false) },
    }),
  ),
)

/** Lists of ports, and the probes that they let pass. */
// biome-ignore format: one form a line
const portLists: readonly (readonly [yaml: string, open: readonly string[]])[] = [
  ['', probes],
  ['{}', ['TCP/80', 'TCP/81']],
  ['{port: 80}', ['TCP/80']],
  ['{port: 81}', ['TCP/81']],
  ...['TCP', 'UDP', 'SCTP'].flatMap((protocol): readonly (readonly [string, readonly string[]])[] => [
    [`{protocol: ${protocol}}`, [`${protocol}/80`, `${protocol}/81`]],
    [`{protocol: ${protocol}, port: 80}`, [`${protocol}/80`]],
    [`{protocol: ${protocol}, port: 81}`, [`${protocol}/81`]],
    [`{protocol: ${protocol}, port: serve-80-${protocol.toLowerCase()}}`, [`${protocol}/80`]],
    [`{protocol: ${protocol}, port: serve-81-${protocol.toLowerCase()}}`, [`${protocol}/81`]],
    [`{protocol: ${protocol}, port: 53, endPort: 80}`, [`${protocol}/80`]],
    [`{protocol: ${protocol}, port: 53, endPort: 84}`, [`${protocol}/80`, `${protocol}/81`]],
  ]),
  ['{protocol: TCP, port: serve-81-udp}', []],
  ['{protocol: TCP, port: serve-7981-udp}', []],
  ['{protocol: TCP, port: 7981}', []],
  ['{}, {port: 80}', ['TCP/80', 'TCP/81']],
  ['{}, {port: serve-80-tcp}', ['TCP/80', 'TCP/81']],
  ['{}, {protocol: UDP}', ['TCP/80', 'TCP/81', 'UDP/80', 'UDP/81']],
  ['{port: 80}, {port: 81}', ['TCP/80', 'TCP/81']],
  ['{port: 80}, {port: serve-81-tcp}', ['TCP/80', 'TCP/81']],
  ['{port: 80}, {protocol: UDP, port: serve-81-udp}', ['TCP/80', 'UDP/81']],
  ['{protocol: UDP, port: 80}, {protocol: UDP, port: serve-81-udp}', ['UDP/80', 'UDP/81']],
]

const portCases = directions.flatMap((direction) =>
  portLists.map(
    ([yaml, open]): Row => ({
      title: `${direction} ports [${yaml}]`,
      policies: [['x', policy({ [direction]: rule(direction, basePeers[direction].yaml, yaml) })]],
      reach: Object.fromEntries(
        probes.map((probe) => {
          const pods = open.includes(probe) ? basePeers[direction].pods : []
          return [probe, reachAt(direction, pods, probe === 'TCP/80')]
        }),
      ),
    }),
  ),
)

const ruleCases: readonly Row[] = [
  {
    title: 'ingress: deny all',
    policies: [['x', policy({ ingress: '' })]],
    reach: { 'TCP/80': reachAt('ingress', [], true), 'UDP/81': reachAt('ingress', [], false) },
  },
  {
    title: 'ingress: allow all',
    policies: [['x', policy({ ingress: '{}' })]],
    reach: { 'TCP/80': reachAt('ingress', ['*'], true), 'UDP/81': reachAt('ingress', ['*'], false) },
  },
  {
    title: 'egress: deny all',
    policies: [['x', '{podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress], egress: []}']],
    reach: { 'TCP/80': 'x/a ↛ *', 'UDP/81': 'x/a ↛ *' },
  },
  {
    title: 'egress: allow all',
    policies: [['x', policy({ egress: '{}' })]],
    reach: { 'TCP/80': reachAt('egress', ['*'], true), 'UDP/81': reachAt('egress', ['*'], false) },
  },
]

/** A connection between two targets needs both: whom each side lets in and out is said, and the rest is denied. */
// biome-ignore format: one target a line
const targetCases: readonly Row[] = [
  { title: 'target in x', policies: [['x', policy({})]], reach: { 'TCP/80': reachAt('ingress', basePeers.ingress.pods, true) } },
  { title: 'target in y', policies: [['y', policy({})]], reach: { 'TCP/80': `${into('y/a', basePeers.ingress.pods)}, ${outOf('y/a', ['y/b', 'z/a', 'z/b'])}` } },
  { title: 'target in z', policies: [['z', policy({})]], reach: { 'TCP/80': `${into('z/a', basePeers.ingress.pods)}, ${outOf('z/a', ['y/a', 'y/b', 'z/b'])}` } },
  { title: 'every pod of x', policies: [['x', policy({}, '{}')]], reach: { 'TCP/80': '* ↛ x, y/b → x, y/c → x, x ↛ *, x → y/a, x → y/b, x → z/a, x → z/b' } },
  { title: 'pods a and b of x', policies: [['x', policy({}, podAorB)]], reach: { 'TCP/80': '* ↛ x/a, * ↛ x/b, x/c → x/a, x/c → x/b, y/b → x/a, y/b → x/b, y/c → x/a, y/c → x/b, x/a ↛ *, x/b ↛ *, x/a → y/a, x/a → y/b, x/a → z/a, x/a → z/b, x/b → y/a, x/b → y/b, x/b → z/a, x/b → z/b' } },
  { title: 'ingress from a namespace by the label of its name', policies: [['x', policy({ ingress: rule('ingress', '{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: z}}}', basePort) })]], reach: { 'TCP/80': reachAt('ingress', ['z'], true) } },
  { title: 'egress to a namespace by the label of its name', policies: [['x', policy({ egress: rule('egress', '{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: z}}}', basePort) })]], reach: { 'TCP/80': reachAt('egress', ['z'], true) } },
]

const one = (direction: 'Ingress' | 'Egress', pod: string, rules: string) =>
  `{podSelector: {matchLabels: {pod: ${pod}}}, policyTypes: [${direction}], ${direction.toLowerCase()}: [${rules}]}`
const byIp = (side: 'from' | 'to') => `{${side}: [{ipBlock: {cidr: 0.0.0.0/0}}]}`
const byPod = (side: 'from' | 'to') => `{${side}: [{namespaceSelector: {}}]}`
const noIp = (side: 'from' | 'to') => `{${side}: [{ipBlock: {cidr: 0.0.0.0/31}}]}`
const noPod = (side: 'from' | 'to') =>
  `{${side}: [{namespaceSelector: {matchLabels: {this-will-never-happen: qrs123}}}]}`

// biome-ignore format: one conflict a line
const conflictCases: readonly Row[] = [
  { title: 'deny all from source, allow all to destination', policies: [['x', one('Egress', 'b', '')], ['y', one('Ingress', 'c', '{}')]], reach: { 'TCP/80': 'x/b ↛ *' } },
  { title: 'allow all from source, deny all to destination', policies: [['x', one('Egress', 'b', '{}')], ['y', one('Ingress', 'c', '')]], reach: { 'TCP/80': '* ↛ y/c' } },
  { title: 'deny all and allow all from one source', policies: [['x', one('Egress', 'b', '')], ['x', one('Egress', 'b', '{}')]], reach: { 'TCP/80': '' } },
  { title: 'deny all and allow all to one destination', policies: [['y', one('Ingress', 'c', '')], ['y', one('Ingress', 'c', '{}')]], reach: { 'TCP/80': '' } },
  { title: 'deny all and allow all pods from one source', policies: [['x', one('Egress', 'b', '')], ['x', one('Egress', 'b', byPod('to'))]], reach: { 'TCP/80': '' } },
  { title: 'deny all and allow all addresses from one source', policies: [['x', one('Egress', 'b', '')], ['x', one('Egress', 'b', byIp('to'))]], reach: { 'TCP/80': '' } },
  { title: 'no address and all pods from one source', policies: [['x', one('Egress', 'b', noIp('to'))], ['x', one('Egress', 'b', byPod('to'))]], reach: { 'TCP/80': '' } },
  { title: 'no pod and all addresses from one source', policies: [['x', one('Egress', 'b', noPod('to'))], ['x', one('Egress', 'b', byIp('to'))]], reach: { 'TCP/80': '' } },
  { title: 'deny all and allow all pods to one destination', policies: [['x', one('Ingress', 'b', '')], ['x', one('Ingress', 'b', byPod('from'))]], reach: { 'TCP/80': '' } },
  { title: 'deny all and allow all addresses to one destination', policies: [['x', one('Ingress', 'b', '')], ['x', one('Ingress', 'b', byIp('from'))]], reach: { 'TCP/80': '' } },
  { title: 'no address and all pods to one destination', policies: [['x', one('Ingress', 'b', noIp('from'))], ['x', one('Ingress', 'b', byPod('from'))]], reach: { 'TCP/80': '' } },
  { title: 'no pod and all addresses to one destination', policies: [['x', one('Ingress', 'b', noPod('from'))], ['x', one('Ingress', 'b', byIp('from'))]], reach: { 'TCP/80': '' } },
  { title: 'egress to no address', policies: [['x', one('Egress', 'b', noIp('to'))]], reach: { 'TCP/80': 'x/b ↛ *' } },
  { title: 'egress to no pod', policies: [['x', one('Egress', 'b', noPod('to'))]], reach: { 'TCP/80': 'x/b ↛ *' } },
  { title: 'ingress from no address', policies: [['x', one('Ingress', 'b', noIp('from'))]], reach: { 'TCP/80': '* ↛ x/b' } },
  { title: 'ingress from no pod', policies: [['x', one('Ingress', 'b', noPod('from'))]], reach: { 'TCP/80': '* ↛ x/b' } },
]

const newNamespace = policy({
  ingress: rule('ingress', '{namespaceSelector: {matchLabels: {new-ns: qrs}}}', basePort),
})
const newPod = policy({
  ingress: rule(
    'ingress',
    `{podSelector: {matchLabels: {new-label: abc}}, namespaceSelector: ${nsYorZ}}`,
    basePort,
  ),
})

// biome-ignore format: one state a line
const changeCases: readonly Row[] = [
  { title: 'the policy deleted', policies: [], reach: { 'TCP/80': '', 'UDP/81': '' } },
  { title: 'the policy updated', policies: [['x', policy({ ingress: rule('ingress', basePeers.ingress.yaml, '{protocol: UDP, port: serve-81-udp}') })]], reach: { 'TCP/80': reachAt('ingress', [], true), 'UDP/81': reachAt('ingress', basePeers.ingress.pods, false) } },
  { title: 'no namespace has the label', policies: [['x', newNamespace]], reach: { 'TCP/80': reachAt('ingress', [], true) } },
  { title: 'the namespace has the label', labels: { y: 'new-ns: qrs' }, policies: [['x', newNamespace]], reach: { 'TCP/80': reachAt('ingress', ['y'], true) } },
  { title: 'no pod has the label', policies: [['x', newPod]], reach: { 'TCP/80': reachAt('ingress', [], true) } },
  { title: 'the pod has the label', labels: { 'y/b': 'new-label: abc' }, policies: [['x', newPod]], reach: { 'TCP/80': reachAt('ingress', ['y/b'], true) } },
]

const cases = [...peerCases, ...portCases, ...ruleCases, ...targetCases, ...conflictCases, ...changeCases]

test.for(cases)('$title', ({ reach, ...grid }) => {
  const loaded = gridCluster(grid)
  const ports = Object.entries(reach)
  expect(ports.flatMap(([port, statements]) => disagreements(loaded, port, statements))).toEqual([])
  const sample = [
    { from: 'y/b', to: 'x/a' },
    { from: 'x/a', to: 'y/b' },
    { from: 'z/c', to: 'x/a' },
    { from: 'x/b', to: 'y/c' },
  ]
  const wrong = ports.flatMap(([port, statements]) =>
    sample.flatMap((ends) => {
      const pair = { ...ends, port }
      const got = walked(loaded, pair)
      return got === (expected(statements)(pair) ? 'allowed' : 'denied')
        ? []
        : [`${pair.from} to ${pair.to} ${port}: ${got}`]
    }),
  )
  expect(wrong).toEqual([])
})

test('the generator has 16 conflicts, 2 × 56 lists of peers and 2 × 35 of ports', () => {
  expect([conflictCases.length, peerCases.length, portCases.length]).toEqual([16, 112, 70])
})
