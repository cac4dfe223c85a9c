import { describe, expect, test } from 'vitest'
import { parseCluster } from '../../../src/index.ts'
import { example } from '../../support/cni-example.ts'
import { linesOf } from '../../support/node-state.ts'

const policy = (name: string, spec: string) =>
  `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}}, spec: {${spec}}}`

function clusterWith(...more: readonly string[]) {
  return example({ cni: 'kube-router', more: more.join('\n---\n') })
}

/** The names, types and members are those that `ipset save` shows on a node of kube-router's own (testdata/ipset_test_1). */
test('the sets of a real cluster', () => {
  const pod = (name: string, label: string, end: string) =>
    `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, labels: {name: ${label}}}, spec: {nodeName: vm1, containers: [{name: c, image: i}]}, status: {phase: Running, podIP: 10.242.0.${end}, podIPs: [{ip: 10.242.0.${end}}]}}`
  const cluster = parseCluster(
    [
      {
        name: 'cluster.yaml',
        text: [
          '{apiVersion: v1, kind: Node, metadata: {name: vm1}, spec: {podCIDR: 10.242.0.0/24}, status: {addresses: [{type: InternalIP, address: 10.241.0.20}]}}',
          pod('whoami', 'whoami', '5'),
          policy(
            'debug',
            'egress: [{to: [{podSelector: {matchLabels: {name: whoami}}}]}], podSelector: {matchLabels: {name: debug-toolbox}}, policyTypes: [Egress]',
          ),
          policy(
            'whoami',
            'ingress: [{from: [{podSelector: {matchLabels: {name: debug-toolbox}}}, {ipBlock: {cidr: 10.95.0.239/32}}], ports: [{port: 5000, protocol: TCP}]}], podSelector: {matchLabels: {name: whoami}}, policyTypes: [Ingress]',
          ),
        ].join('\n---\n'),
      },
    ],
    { cni: 'kube-router' },
  )
  const sets = cluster.network.namespaces.get('node/vm1')?.sets ?? []
  expect(
    sets
      .filter(({ name }) => name.startsWith('KUBE-'))
      .map(({ name, type, entries }) => `${name} ${type} ${entries.join(', ')}`)
      .toSorted(),
  ).toEqual([
    'KUBE-DST-IZ5JGF4W6BKI7CEV hash:ip 10.242.0.5 timeout 0',
    'KUBE-DST-P226T6HGLTLDGDLC hash:ip 10.242.0.5 timeout 0',
    'KUBE-SRC-C2EUPKL23CCP4COF hash:ip ',
    'KUBE-SRC-KLLOHJLFVAV654Z2 hash:net 10.95.0.239 timeout 0',
  ])
})

/** A policy's chain, its names of sets and chains cut out. */
function chainOf(spec: string): readonly string[] {
  const lines = linesOf(clusterWith(policy('one', spec)), 'n1', 'filter')
  return lines
    .filter((line) => /^-A KUBE-NWPLCY-[A-Z2-7]{16} /.test(line) && line.includes('-j MARK'))
    .map((line) =>
      line
        .replace(/^-A KUBE-NWPLCY-\S+ /, '')
        .replaceAll(/KUBE-(SRC|DST)-[A-Z2-7]{16}/g, '$1')
        .replace(' -j MARK --set-xmark 0x10000/0x10000', ''),
    )
}

const fromP11 = 'from: [{podSelector: {matchLabels: {app: p11}}}]'
const note = (kind: string) => `-m comment --comment "default/one ${kind}"`
const src = '-m set --match-set SRC src'
const dst = '-m set --match-set DST dst'

// The rules that the controller's own tests expect, as iptables-save spells them.
// biome-ignore format: a table
test.each<readonly [name: string, spec: string, lines: readonly string[]]>([
  ['nothing is allowed', 'podSelector: {}, ingress: []', []],
  ['everything', 'podSelector: {}, ingress: [{}]', [`${note('ingress any')} ${dst}`]],
  ['pods', `podSelector: {}, ingress: [{${fromP11}}]`, [`${note('ingress pods')} ${src} ${dst}`]],
  ['pods and ports', `podSelector: {}, ingress: [{${fromP11}, ports: [{port: 80}, {protocol: UDP, port: 53}]}]`, [
    `-p tcp ${note('ingress pods')} ${src} ${dst} -m tcp --dport 80`,
    `-p udp ${note('ingress pods')} ${src} ${dst} -m udp --dport 53`,
  ]],
  ['pods that are not there', 'podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: none}}}]}]', []],
  ['a protocol alone', 'podSelector: {}, ingress: [{ports: [{protocol: SCTP}]}]', [`-p sctp ${note('ingress any')} ${dst}`]],
  ['a range', 'podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 30000, endPort: 31000}]}]', [`-p tcp ${note('egress any')} ${src} -m tcp --dport 30000:31000`]],
  ['blocks', 'podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]', [`${note('egress cidr')} ${src} ${dst}`]],
  ['a name that no pod has', `podSelector: {}, ingress: [{${fromP11}, ports: [{port: web}]}]`, [`${note('ingress pods')} ${src} ${dst}`]],
  ['egress rules of an ingress policy', 'podSelector: {}, policyTypes: [Ingress], egress: [{}]', []],
])('a chain for %s', (_, spec, lines) => {
  expect(chainOf(spec)).toEqual(lines)
})

// evalIPBlockPeer; a set of type hash:net takes no prefix of 0.
test('a set of blocks with exceptions, for the whole of a rule', () => {
  const cluster = clusterWith(
    policy(
      'one',
      'podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 192.168.1.9/32]}}, {ipBlock: {cidr: 10.1.0.0/16}}]}]',
    ),
  )
  const sets = cluster.network.namespaces.get('node/n1')?.sets ?? []
  expect(sets.find(({ name, type }) => name.startsWith('KUBE-SRC') && type === 'hash:net')?.entries).toEqual([
    '0.0.0.0/1 timeout 0',
    '128.0.0.0/1 timeout 0',
    '10.0.0.0/8 timeout 0 nomatch',
    '192.168.1.9 timeout 0 nomatch',
    '10.1.0.0/16 timeout 0',
  ])
})

test("a pod's chain: what passes anyway, what no policy is about, the policies from the last, the rest", () => {
  const cluster = clusterWith(
    policy('a', 'podSelector: {matchLabels: {app: p11}}'),
    policy('b', 'podSelector: {matchLabels: {app: p11}}, ingress: [{}]'),
  )
  const lines = linesOf(cluster, 'n1', 'filter')
  const chain = /-j (KUBE-POD-FW-\S+)$/.exec(
    lines.find((line) => line.includes('"default/p11 in"')) ?? '',
  )?.[1]
  expect(
    lines
      .filter((line) => line.startsWith(`-A ${chain} `))
      .map((line) => line.replace(`-A ${chain} `, '').replace(/NWPLCY-[A-Z2-7]{16}$/, 'NWPLCY')),
  ).toEqual([
    '-m comment --comment "common netpol rules" -j KUBE-NWPLCY-COMMON',
    '-d 10.244.1.2/32 -m comment --comment "from local node" -m addrtype --src-type LOCAL -j ACCEPT',
    '-s 10.244.1.2/32 -m comment --comment "default egress" -j KUBE-NWPLCY-DEFAULT',
    '-d 10.244.1.2/32 -m comment --comment "default/b policy" -j KUBE-NWPLCY',
    '-d 10.244.1.2/32 -m comment --comment "default/a policy" -j KUBE-NWPLCY',
    '-m comment --comment "default/p11 log-drop" -m mark ! --mark 0x10000/0x10000 -m limit --limit 10/min --limit-burst 10 -j NFLOG --nflog-group 100',
    '-m comment --comment "default/p11 reject" -m mark ! --mark 0x10000/0x10000 -j REJECT --reject-with icmp-port-unreachable',
    '-j MARK --set-xmark 0x0/0x10000',
    '-m comment --comment "set netpol-ok mark" -j MARK --set-xmark 0x20000/0x20000',
  ])
})

interface Walk {
  readonly name: string
  readonly policies: readonly string[]
  readonly from: string
  readonly to: string
  readonly protocol?: 'icmp'
  readonly ends: string
}

const closed = policy('closed', 'podSelector: {}')
const shut = policy('shut', 'podSelector: {}, policyTypes: [Egress]')

// biome-ignore format: a table
test.each<Walk>([
  { name: 'what is not allowed is rejected', policies: [closed], from: 'pod/p11', to: 'pod/p21:8080', ends: 'rejected' },
  { name: 'echo requests pass', policies: [closed, shut], from: 'pod/p11', to: 'pod/p21', protocol: 'icmp', ends: 'reached' },
  { name: "the pod's own node passes", policies: [closed], from: 'node/n1', to: 'pod/p11:8080', ends: 'reached' },
  { name: 'another node does not', policies: [closed], from: 'node/n1', to: 'pod/p21:8080', ends: 'rejected' },
  { name: 'a pod reaches itself by its Service if one direction is open', policies: [closed], from: 'pod/p11', to: '10.96.0.11:80', ends: 'reached' },
  { name: 'a pod does not reach itself by its Service if both are closed', policies: [closed, shut], from: 'pod/p11', to: '10.96.0.11:80', ends: 'rejected' },
  { name: 'a rule for ingress lets egress pass between pods of one policy for both', policies: [policy('mesh', 'podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}]')], from: 'pod/p11', to: 'pod/p21:8080', ends: 'reached' },
  { name: 'two policies, one for each direction, do not mix', policies: [policy('in', 'podSelector: {}, ingress: [{}]'), shut], from: 'pod/p11', to: 'pod/p21:8080', ends: 'rejected' },
])('$name', ({ policies, from, to, protocol, ends }) => {
  const [outcome] = clusterWith(...policies).trace({ from, to, ...(protocol && { protocol }) }).outcomes
  expect(outcome?.disposition).toBe(ends)
})

test('where policies were asked, and what they said, at their places', () => {
  const [outcome] = clusterWith(closed).trace({ from: 'pod/p11', to: 'pod/p21:8080' }).outcomes
  expect(
    outcome?.policies?.map(({ engine, netns, endpoint, direction, verdict, policies }) => [
      ...[engine, netns, endpoint, direction, verdict],
      policies.map(({ name }) => name).join(),
    ]),
  ).toEqual([['kube-router', 'node/n2', 'pod/default/p21', 'ingress', 'denied', 'closed']])
})

describe('k3s runs the controller beside flannel', () => {
  const k3s = (annotations: string) => {
    const node = `{apiVersion: v1, kind: Node, metadata: {name: k, annotations: {flannel.alpha.coreos.com/public-ip: 192.168.1.5, ${annotations}}}, spec: {podCIDR: 10.42.0.0/24, providerID: "k3s://k"}, status: {addresses: [{type: InternalIP, address: 192.168.1.5}]}}`
    const pod = (name: string, end: number) =>
      `{apiVersion: v1, kind: Pod, metadata: {name: ${name}}, spec: {nodeName: k, containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}, status: {podIP: 10.42.0.${end}}}`
    const text = [node, pod('a', 2), pod('b', 3), closed].join('\n---\n')
    return parseCluster([{ name: 'k3s.yaml', text }])
  }

  test.each<readonly [string, string, string]>([
    ['as it is released', 'k3s.io/internal-ip: 192.168.1.5', 'rejected'],
    [
      'not with --disable-network-policy',
      `k3s.io/node-args: '["server","--disable-network-policy"]'`,
      'reached',
    ],
    [
      'not with --disable-network-policy=true',
      `k3s.io/node-args: '["server","--disable-network-policy","true"]'`,
      'reached',
    ],
  ])('%s', (_, annotations, ends) => {
    const cluster = k3s(annotations)
    expect(cluster.cluster.settings.cni.plugin).toBe('flannel')
    expect(cluster.trace({ from: 'pod/a', to: 'pod/b:80' }).outcomes[0]?.disposition).toBe(ends)
  })
})

test('without its firewall nothing is enforced', () => {
  const cluster = example({ cni: 'kube-router:run-firewall=false', more: closed })
  expect(cluster.trace({ from: 'pod/p11', to: 'pod/p21:8080' }).outcomes[0]?.disposition).toBe('reached')
})
