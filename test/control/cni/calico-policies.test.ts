import { describe, expect, test } from 'vitest'
import { parseSelector } from '../../../src/base/calico-selector.ts'
import { chainName } from '../../../src/control/cni/calico/names.ts'
import { simplifyPorts } from '../../../src/control/cni/calico/policy/port-groups.ts'
import { setId } from '../../../src/control/cni/calico/policy/set-definition.ts'
import { formatSelector } from '../../../src/control/cni/calico/selector.ts'
import { formatRuleSet, parseCluster } from '../../../src/index.ts'

function chainsOf(text: string, begin: string): readonly string[] {
  return text.split('\n').filter((line) => line.startsWith(`-A ${begin}`))
}

interface Given {
  readonly objects: readonly string[]
  readonly version: string
  readonly node?: string
  readonly cni?: 'calico' | 'canal'
}

function load({ objects, version, cni = 'calico' }: Given) {
  const node =
    '{apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {podCIDR: 10.88.0.0/24}, status: {addresses: [{type: InternalIP, address: 192.168.1.4}]}}'
  return parseCluster([{ name: 'in.yaml', text: [node, ...objects].join('\n---\n') }], {
    cni: `${cni}:version=${version}`,
  })
}

function rulesOf(given: Given): string {
  const sets = load(given).ruleSets('n1') ?? []
  return sets.flatMap((set) => (set.family === 4 ? [formatRuleSet(set)] : [])).join('')
}

function setsOf(given: Given): Readonly<Record<string, readonly string[]>> {
  const sets = load(given).network.namespaces.get('node/n1')?.sets ?? []
  return Object.fromEntries(sets.map(({ name, type, entries }) => [name, [type, ...entries]]))
}

function pod(name: string, labels: string, ip: string, more = ''): string {
  return `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, labels: {${labels}}}, spec: {nodeName: n1, containers: [{name: c, image: c${more}}]}, status: {phase: Running, podIP: ${ip}}}`
}

/** The identifiers in the tests of libcalico-go (lib/selector/parser/parser_test.go). */
test.each([
  ['', 'all()', 's:5y5I3VdRZfDU01O--xXAPx2yxCQQqMf0M6IWug'],
  [' (all() )', 'all()', 's:5y5I3VdRZfDU01O--xXAPx2yxCQQqMf0M6IWug'],
  ['! (has( b)||! has(a ))', '!(has(b) || !has(a))', 's:Iss0uCleLYv1GSv_pNm7hAO58kE9jAx1NKyG3Q'],
  ['! (a == "b"&&! c != "d")', '!(a == "b" && !c != "d")', 's:lh3haoY1ikTRkd4UZu0nWSaIBknYLPJLX16d-w'],
])('the selector %s is %s and the set %s', (text, canonical, id) => {
  const selector = parseSelector(text)
  expect(selector && formatSelector(selector)).toBe(canonical)
  expect(selector && setId({ type: 'selector', selector })).toBe(id)
})

/** The texts that the parser of libcalico-go makes of selectors. */
test.each([
  ["a in {'c', 'a', 'a'}", 'a in {"a", "c"}'],
  ['a notin {"x",}', 'a not in {"x"}'],
  ["a startswith 'x' && b ends  with 'y'", '(a starts with "x" && b ends with "y")'],
  ['!!has(a) || !!!has(b)', '(has(a) || !has(b))'],
  ["a == 'quo\"te'", "a == 'quo\"te'"],
  ["(a == '1' && b == '2') && c == '3'", '((a == "1" && b == "2") && c == "3")'],
  ["a == '1' && b == '2' || c == '3'", '((a == "1" && b == "2") || c == "3")'],
  ["in == 'x'", 'in == "x"'],
])('%s is spelt %s', (text, canonical) => {
  const selector = parseSelector(text)
  expect(selector && formatSelector(selector)).toBe(canonical)
})

test.each(['has (a)', "a in {'b' 'c'}", 'a == b', 'all', "a == 'b' c == 'd'", '!', "a containsx 'b'"])(
  '%s is no selector',
  (text) => {
    expect(parseSelector(text)).toBeUndefined()
  },
)

/** Chain names in the tests of Felix 3.28 and 3.32 (felix/rules/policy_test.go): a long name is a hash. */
test.each([
  ['long-policy-name-that-gets-hashed', 'cali-pi-_ffOMcf6pikpiZ6hgKcW'],
  ['gnp/long-policy-name-that-gets-hashed', 'cali-pi-_PymyFHQQg3808jiz1OJ'],
])('the chain of %s is %s', (name, chain) => {
  expect(chainName('cali-pi-', name)).toBe(chain)
})

/** SimplifyPorts of libcalico-go: numbers become the fewest ranges, names stand before them. */
test.each([
  ['80 alone', [{ first: 80, last: 80 }], '80'],
  ['80, 81, 82, 9090 and foo', [80, 81, 82, 9090, 'foo'], 'foo 80-82 9090'],
  ['81, 80, 81', [81, 80, 81], '80-81'],
  ['foo and one number', [90, 'foo'], '90 foo'],
  ['overlapping ranges', [{ first: 80, last: 90 }, { first: 85, last: 100 }, 101], '80-101'],
])('ports %s', (_, ports, expected) => {
  const given = ports.map((port) => {
    if (typeof port === 'number') return { first: port, last: port }
    return typeof port === 'string' ? { name: port } : port
  })
  const texts = simplifyPorts(given).map((port) => {
    if ('name' in port) return port.name
    return port.first === port.last ? String(port.first) : `${port.first}-${port.last}`
  })
  expect(texts.join(' ')).toBe(expected)
})

describe('as a node of minikube of 2020 printed them, hashes and all', () => {
  const given: Given = {
    version: 'v3.16',
    objects: [
      pod('db-8d66ff5f7-bp6kf', 'app: db', '10.88.0.26'),
      pod('backend-867fd6dff-mjf92', 'app: backend, networking/allow-db-access: "true"', '10.88.0.27'),
      pod('frontend-8b474f47-zdqdv', 'app: frontend', '10.88.0.24'),
      `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow-db-access}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {networking/allow-db-access: "true"}}}]}]`,
    ],
  }
  const text = rulesOf(given)

  test('the chain of the pod', () => {
    expect(chainsOf(text, 'cali-tw-cali95aa86cbb2a')).toEqual([
      '-A cali-tw-cali95aa86cbb2a -m comment --comment "cali:eCrqwxNk3cKw9Eq6" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      '-A cali-tw-cali95aa86cbb2a -m comment --comment "cali:_krp5nzavhAu5avJ" -m conntrack --ctstate INVALID -j DROP',
      '-A cali-tw-cali95aa86cbb2a -m comment --comment "cali:Cu-tVtfKKu413YTT" -j MARK --set-xmark 0x0/0x10000',
      '-A cali-tw-cali95aa86cbb2a -m comment --comment "cali:leBL64hpAXM9y4nk" -m comment --comment "Start of policies" -j MARK --set-xmark 0x0/0x20000',
      '-A cali-tw-cali95aa86cbb2a -m comment --comment "cali:pm-LK-c1ra31tRwz" -m mark --mark 0x0/0x20000 -j cali-pi-_tTE-E7yY40ogArNVgKt',
      '-A cali-tw-cali95aa86cbb2a -m comment --comment "cali:q_zG8dAujKUIBe0Q" -m comment --comment "Return if policy accepted" -m mark --mark 0x10000/0x10000 -j RETURN',
      '-A cali-tw-cali95aa86cbb2a -m comment --comment "cali:FUDVBYh1Yr6tVRgq" -m comment --comment "Drop if no policies passed packet" -m mark --mark 0x0/0x20000 -j DROP',
      '-A cali-tw-cali95aa86cbb2a -m comment --comment "cali:X19Z-Pa0qidaNsMH" -j cali-pri-kns.default',
      '-A cali-tw-cali95aa86cbb2a -m comment --comment "cali:Ljj0xNidsduxDGUb" -m comment --comment "Return if profile accepted" -m mark --mark 0x10000/0x10000 -j RETURN',
      '-A cali-tw-cali95aa86cbb2a -m comment --comment "cali:0z9RRvvZI9Gud0Wv" -j cali-pri-ksa.default.default',
      '-A cali-tw-cali95aa86cbb2a -m comment --comment "cali:pNCpK-SOYelSULC1" -m comment --comment "Return if profile accepted" -m mark --mark 0x10000/0x10000 -j RETURN',
      '-A cali-tw-cali95aa86cbb2a -m comment --comment "cali:sMkvrxvxj13WlTMK" -m comment --comment "Drop if no profiles matched" -j DROP',
    ])
  })

  test('the chain of the policy', () => {
    expect(chainsOf(text, 'cali-pi-')).toEqual([
      '-A cali-pi-_tTE-E7yY40ogArNVgKt -m comment --comment "cali:M4Und37HGrw6jUk8" -m set --match-set cali40s:LrVD8vMIGQDyv8Y7sPFB1Ge src -j MARK --set-xmark 0x10000/0x10000',
      '-A cali-pi-_tTE-E7yY40ogArNVgKt -m comment --comment "cali:sEnlfZagUFRSPRoe" -m mark --mark 0x10000/0x10000 -j RETURN',
    ])
  })

  test('the set of those who may, and no chain for the direction that the policy is not about', () => {
    expect(setsOf(given)['cali40s:LrVD8vMIGQDyv8Y7sPFB1Ge']).toEqual(['hash:net', '10.88.0.27'])
    expect(chainsOf(text, 'cali-po-')).toEqual([])
  })
})

/** A write-up of 2026 with a node of its cluster: chain, comment and set. */
test('as a node printed them that had Calico from before the tiers', () => {
  const given: Given = {
    version: 'v3.25',
    objects: [
      pod('haejun-nginx', 'user: haejun, app: nginx', '192.168.0.69'),
      pod('haejun-allower', 'user: haejun, role: allower', '192.168.0.70'),
      `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: haejun-policy, namespace: default}
spec:
  podSelector: {matchLabels: {user: haejun, app: nginx}}
  policyTypes: [Ingress]
  ingress:
  - from: [{podSelector: {matchLabels: {user: haejun, role: allower}}}]
    ports: [{protocol: TCP, port: 80}]`,
    ],
  }
  const [first = ''] = chainsOf(rulesOf(given), 'cali-pi-')
  expect(first.replace(/ -m comment --comment "cali:[^"]*"/, '')).toBe(
    '-A cali-pi-_Eb-vckmN-lr2eREXQcs -p tcp -m comment --comment "Policy default/knp.default.haejun-policy ingress" -m set --match-set cali40s:dSXImMSA1iXOPxYRYLVorAP src -m multiport --dports 80 -j MARK --set-xmark 0x10000/0x10000',
  )
  expect(setsOf(given)['cali40s:dSXImMSA1iXOPxYRYLVorAP']).toEqual(['hash:net', '192.168.0.70'])
})
