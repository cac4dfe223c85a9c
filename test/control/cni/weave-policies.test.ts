import { describe, expect, test } from 'vitest'
import { collectDiagnostics } from '../../../src/base/diagnostic.ts'
import { selectorText } from '../../../src/control/cni/weave/selector-text.ts'
import { setName } from '../../../src/control/cni/weave/set-names.ts'
import { auditNotEnforced } from '../../../src/control/policy/audit/not-enforced.ts'
import { example } from '../../support/cni-example.ts'
import { linesOf } from '../../support/node-state.ts'

const ips = { p11: '10.32.0.2', p12: '10.32.0.3', p21: '10.44.0.2' }

const policy = (name: string, spec: string) =>
  `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}}, spec: {${spec}}}`

function clusterWith(...more: readonly string[]) {
  return example({ cni: 'weave', ips, more: more.join('\n---\n') })
}

// The names that the controller's own tests expect (npc/controller_test.go).
test.each<readonly [what: string, text: string, name: string]>([
  ['all pods of a namespace', 'source:', 'weave-HboJG1fGgG]/SR%k9H#hv5e96'],
  ['namespaces with a label', ':app=source', 'weave-I239Zp%sCvoVt*D6u=A!2]YEk'],
  ['pods with a label', 'default:run=bar', 'weave-bZ~x=yBgzH)Ht()K*Uv3z{M]Y'],
  [
    'exceptions of a block',
    'default:ipblock-except:192.168.48.1/32 192.168.48.2/32',
    'weave-j:W$5om!$8JS})buYAD7q^#sX',
  ],
  [
    'exceptions of a block in another namespace',
    'non-default:ipblock-except:192.168.48.1/32 192.168.48.2/32',
    'weave-|*P{aL2C@#N/1IZ!IvQItv_pt',
  ],
])('the set of %s', (_, text, name) => {
  expect(setName(text)).toBe(name)
})

// As k8s.io/apimachinery prints selectors.
test('the text of a selector', () => {
  expect(
    selectorText({
      matchLabels: { run: 'bar', app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'NotIn', values: ['b', 'a'] },
        { key: 'old', operator: 'DoesNotExist' },
        { key: 'env', operator: 'In', values: ['x'] },
        { key: 'zone', operator: 'Exists' },
      ],
    }),
  ).toBe('app=web,env in (x),!old,run=bar,tier notin (a,b),zone')
  expect(selectorText({})).toBe('')
})

/** What a policy adds to the chains, with the names of sets cut out. */
function rulesOf(spec: string): readonly string[] {
  return linesOf(clusterWith(policy('one', spec)), 'n1', 'filter')
    .filter((line) => /^-A WEAVE-NPC-(INGRESS|EGRESS-CUSTOM) /.test(line))
    .map((line) => line.replace('-A WEAVE-NPC-', '').replaceAll(/--match-set \S+/g, '--match-set SET'))
}

const fromP11 = 'from: [{podSelector: {matchLabels: {app: p11}}}]'
const own = 'pods: namespace: default, selector: '

// biome-ignore format: a table
test.each<readonly [name: string, spec: string, lines: readonly string[]]>([
  ['nothing', 'podSelector: {}', []],
  ['everything', 'podSelector: {}, ingress: [{}]', [`INGRESS -m set --match-set SET dst -m comment --comment "anywhere -> ${own} (ingress)" -j ACCEPT`]],
  ['a port, its range left out', `podSelector: {}, ingress: [{${fromP11}, ports: [{port: 80, endPort: 90}]}]`, [
    `INGRESS -p tcp -m set --match-set SET src -m set --match-set SET dst -m tcp --dport 80 -m comment --comment "${own}app=p11 -> ${own} (ingress)" -j ACCEPT`,
  ]],
  ['a block with an exception, going out', 'podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 192.168.48.0/24, except: [192.168.48.2/32, 192.168.48.1/32]}}]}]',
    ['EGRESS-ACCEPT', 'RETURN'].map((end) => `EGRESS-CUSTOM -d 192.168.48.0/24 -m set --match-set SET src -m set ! --match-set SET dst -m comment --comment "${own} -> cidr: 192.168.48.0/24 except [192.168.48.1/32 192.168.48.2/32] (egress)" -j ${end === 'RETURN' ? end : `WEAVE-NPC-${end}`}`),
  ],
  ['nothing, if a port has a name', 'podSelector: {}, ingress: [{}, {ports: [{port: web}]}]', []],
])('rules that allow %s', (_, spec, lines) => {
  expect(rulesOf(spec)).toEqual(lines)
})

describe('the drop of what no egress rule allows', () => {
  const ends = (spec: string) =>
    linesOf(clusterWith(policy('one', spec)), 'n1', 'filter')
      .filter((line) => line.startsWith('-A WEAVE-NPC-EGRESS '))
      .at(-1)
  const drop = '-A WEAVE-NPC-EGRESS -m mark ! --mark 0x40000/0x40000 -j DROP'

  // biome-ignore format: a table
  test.each<readonly [spec: string, isThere: boolean]>([
    ['podSelector: {}', false],
    ['podSelector: {}, policyTypes: [Egress]', true],
    ['podSelector: {}, egress: [{}]', true],
    ['podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: web}]}]', true],
  ])('%s: %s', (spec, isThere) => {
    expect(ends(spec) === drop).toBe(isThere)
  })
})

interface Walk {
  readonly name: string
  readonly policies: readonly string[]
  readonly from: string
  readonly to: string
  readonly ends: string
}

const closed = policy('closed', 'podSelector: {}')
const shut = policy('shut', 'podSelector: {}, policyTypes: [Egress]')

// biome-ignore format: a table
test.each<Walk>([
  { name: 'what is not allowed in is dropped', policies: [closed], from: 'pod/p11', to: 'pod/p21:8080', ends: 'dropped' },
  { name: 'what is not allowed out is dropped', policies: [shut], from: 'pod/p11', to: 'pod/p21:8080', ends: 'dropped' },
  { name: "the pod's own node passes", policies: [closed], from: 'node/n1', to: 'pod/p11:8080', ends: 'reached' },
  { name: 'another node does not', policies: [closed], from: 'node/n1', to: 'pod/p21:8080', ends: 'dropped' },
  { name: 'a pod reaches its own node whatever it may', policies: [shut], from: 'pod/p11', to: '192.168.1.11:10250', ends: 'reached' },
  { name: 'and another node not', policies: [shut], from: 'pod/p11', to: '192.168.1.12:10250', ends: 'dropped' },
  { name: 'a pod is judged in both directions towards itself', policies: [closed], from: 'pod/p11', to: '10.96.0.11:80', ends: 'dropped' },
  { name: 'a policy with a name of a port isolates nobody', policies: [policy('one', 'podSelector: {}, ingress: [{ports: [{port: web}]}]')], from: 'pod/p11', to: 'pod/p21:8080', ends: 'reached' },
  { name: 'of a range the first port counts', policies: [policy('one', 'podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 9000}]}]')], from: 'pod/p11', to: 'pod/p21:8080', ends: 'dropped' },
  { name: 'a rule for ingress of a policy of egress allows', policies: [closed, policy('one', 'podSelector: {}, policyTypes: [Egress], ingress: [{}], egress: [{}]')], from: 'pod/p11', to: 'pod/p21:8080', ends: 'reached' },
])('$name', ({ policies, from, to, ends }) => {
  expect(clusterWith(...policies).trace({ from, to }).outcomes[0]?.disposition).toBe(ends)
})

test('where policies were asked, and what they said', () => {
  const open = policy('open', 'podSelector: {}, policyTypes: [Egress], egress: [{}]')
  const [outcome] = clusterWith(closed, open).trace({ from: 'pod/p11', to: 'pod/p21:8080' }).outcomes
  expect(
    outcome?.policies?.map(({ netns, endpoint, direction, verdict }) => [
      netns,
      endpoint,
      direction,
      verdict,
    ]),
  ).toEqual([
    ['node/n1', 'pod/default/p11', 'egress', 'allowed'],
    ['node/n2', 'pod/default/p21', 'ingress', 'denied'],
  ])
})

test('a policy of which nothing is applied is told of, at the name of its port', () => {
  const { report, diagnostics } = collectDiagnostics()
  auditNotEnforced(
    clusterWith(closed, policy('one', 'podSelector: {}, ingress: [{ports: [{port: web}]}]')).cluster,
    report,
  )
  expect(diagnostics.map(({ code, message, at }) => [code, message, at !== undefined])).toEqual([
    [
      'policy-not-enforced',
      'NetworkPolicy default/one: accepted, not enforced; Weave NPC applies nothing of a policy that has a port by its name',
      true,
    ],
  ])
})
