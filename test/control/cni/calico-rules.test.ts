import { describe, expect, test } from 'vitest'
import { ruleHashes } from '../../../src/control/cni/calico/felix-rule.ts'
import { chainName, workloadDevice } from '../../../src/control/cni/calico/names.ts'
import { formatRuleSet, parseCluster } from '../../../src/index.ts'
import { example } from '../../support/cni-example.ts'

/** The lines of one table and its chains that begin with this. */
function linesOf(text: string, table: string, begin: string): readonly string[] {
  const part = text.split(/^(?=\*)/m).find((one) => one.startsWith(`*${table}\n`)) ?? ''
  return part.split('\n').filter((line) => line.startsWith(`-A ${begin}`))
}

function rulesOf(cluster: ReturnType<typeof example>, node: string): string {
  const sets = cluster.ruleSets(node) ?? []
  return sets.flatMap((set) => (set.family === 4 ? [formatRuleSet(set)] : [])).join('')
}

/** Lines of `iptables -S` and `iptables-save` of real nodes, from public write-ups of the years 2022 to 2025. */
describe('as real nodes print them, with the hash of every rule', () => {
  // A node of AKS with kubenet and Calico's policies (2023): no pools, and two of its pods that have no policy.
  const azure = parseCluster(
    [
      {
        name: 'aks.yaml',
        text: [
          '{apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {podCIDR: 10.244.0.0/24}, status: {addresses: [{type: InternalIP, address: 192.168.1.4}]}}',
          '{apiVersion: v1, kind: Pod, metadata: {name: calico-kube-controllers-97794b47f-7wwq9, namespace: calico-system}, spec: {nodeName: n1, serviceAccountName: calico-kube-controllers, containers: [{name: c, image: c}]}, status: {phase: Running, podIP: 10.244.0.4}}',
          '{apiVersion: v1, kind: Pod, metadata: {name: coredns-autoscaler-85f7d6b75d-cfg24, namespace: kube-system}, spec: {nodeName: n1, serviceAccountName: coredns-autoscaler, containers: [{name: c, image: c}]}, status: {phase: Running, podIP: 10.244.0.8}}',
        ].join('\n---\n'),
      },
    ],
    { cni: 'calico:encapsulation=none,natOutgoing=false,version=v3.24' },
  )
  const text = rulesOf(azure, 'n1')

  test.each([
    ['INPUT', ['-A INPUT -m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j cali-INPUT']],
    [
      'FORWARD',
      [
        '-A FORWARD -m comment --comment "cali:wUHhoiAYhphO9Mso" -j cali-FORWARD',
        '-A FORWARD -m comment --comment "cali:S93hcgKJrXEqnTfs" -m comment --comment "Policy explicitly accepted packet." -m mark --mark 0x10000/0x10000 -j ACCEPT',
        '-A FORWARD -m comment --comment "cali:mp77cMpurHhyjLrM" -j MARK --set-xmark 0x10000/0x10000',
      ],
    ],
    ['OUTPUT', ['-A OUTPUT -m comment --comment "cali:tVnHkvAo15HuiPy0" -j cali-OUTPUT']],
    [
      'cali-FORWARD',
      [
        '-A cali-FORWARD -m comment --comment "cali:vjrMJCRpqwy5oRoX" -j MARK --set-xmark 0x0/0xe0000',
        '-A cali-FORWARD -m comment --comment "cali:A_sPAO0mcxbT9mOV" -m mark --mark 0x0/0x10000 -j cali-from-hep-forward',
        '-A cali-FORWARD -i cali+ -m comment --comment "cali:8ZoYfO5HKXWbB3pk" -j cali-from-wl-dispatch',
        '-A cali-FORWARD -o cali+ -m comment --comment "cali:jdEuaPBe14V2hutn" -j cali-to-wl-dispatch',
        '-A cali-FORWARD -m comment --comment "cali:12bc6HljsMKsmfr-" -j cali-to-hep-forward',
        '-A cali-FORWARD -m comment --comment "cali:NOSxoaGx8OIstr1z" -j cali-cidr-block',
      ],
    ],
    [
      'cali-INPUT',
      [
        '-A cali-INPUT -i cali+ -m comment --comment "cali:FewJpBykm9iJ-YNH" -g cali-wl-to-host',
        '-A cali-INPUT -m comment --comment "cali:hder3ARWznqqv8Va" -m mark --mark 0x10000/0x10000 -j ACCEPT',
        '-A cali-INPUT -m comment --comment "cali:xgOu2uJft6H9oDGF" -j MARK --set-xmark 0x0/0xf0000',
        '-A cali-INPUT -m comment --comment "cali:_-d-qojMfHM6NwBo" -j cali-from-host-endpoint',
        '-A cali-INPUT -m comment --comment "cali:LqmE76MP94lZTGhA" -m comment --comment "Host endpoint policy accepted packet." -m mark --mark 0x10000/0x10000 -j ACCEPT',
      ],
    ],
    [
      'cali-OUTPUT',
      [
        '-A cali-OUTPUT -m comment --comment "cali:Mq1_rAdXXH3YkrzW" -m mark --mark 0x10000/0x10000 -j ACCEPT',
        '-A cali-OUTPUT -o cali+ -m comment --comment "cali:69FkRTJDvD5Vu6Vl" -j RETURN',
        '-A cali-OUTPUT -m comment --comment "cali:Fskumj4SGQtDV6GC" -j MARK --set-xmark 0x0/0xf0000',
        '-A cali-OUTPUT -m comment --comment "cali:1F4VWEsQu0QbRwKf" -m conntrack ! --ctstate DNAT -j cali-to-host-endpoint',
        '-A cali-OUTPUT -m comment --comment "cali:m8Eqm15x1MjD24LD" -m comment --comment "Host endpoint policy accepted packet." -m mark --mark 0x10000/0x10000 -j ACCEPT',
      ],
    ],
    [
      'cali-wl-to-host',
      [
        '-A cali-wl-to-host -m comment --comment "cali:Ee9Sbo10IpVujdIY" -j cali-from-wl-dispatch',
        '-A cali-wl-to-host -m comment --comment "cali:nSZbcOoG1xPONxb8" -m comment --comment "Configured DefaultEndpointToHostAction" -j ACCEPT',
      ],
    ],
    [
      'cali-fw-cali26cecacb712',
      [
        '-A cali-fw-cali26cecacb712 -m comment --comment "cali:sx01et1AaD3rVrYt" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
        '-A cali-fw-cali26cecacb712 -m comment --comment "cali:ayM14TUcMmlsfHfm" -m conntrack --ctstate INVALID -j DROP',
        '-A cali-fw-cali26cecacb712 -m comment --comment "cali:xM7aZ5Dg0bS2p8-k" -j MARK --set-xmark 0x0/0x10000',
        '-A cali-fw-cali26cecacb712 -p udp -m comment --comment "cali:Ah8ejTB2Y4cAiG1X" -m comment --comment "Drop VXLAN encapped packets originating in workloads" -m multiport --dports 4789 -j DROP',
        '-A cali-fw-cali26cecacb712 -p ipencap -m comment --comment "cali:2VTtKdQOt_5JUGsP" -m comment --comment "Drop IPinIP encapped packets originating in workloads" -j DROP',
        '-A cali-fw-cali26cecacb712 -m comment --comment "cali:IPpE8Z7TLB1in456" -j cali-pro-kns.kube-system',
        '-A cali-fw-cali26cecacb712 -m comment --comment "cali:uRLk3oDpqE3OIVbt" -m comment --comment "Return if profile accepted" -m mark --mark 0x10000/0x10000 -j RETURN',
        '-A cali-fw-cali26cecacb712 -m comment --comment "cali:pO1dZaz9o-0RbNSq" -j cali-pro-_npJ7qTPnQvugDgIE9J',
        '-A cali-fw-cali26cecacb712 -m comment --comment "cali:qI1Jigoiv8rzXT4v" -m comment --comment "Return if profile accepted" -m mark --mark 0x10000/0x10000 -j RETURN',
        '-A cali-fw-cali26cecacb712 -m comment --comment "cali:nODQvoCZTZSxUn5H" -m comment --comment "Drop if no profiles matched" -j DROP',
      ],
    ],
    [
      'cali-tw-cali55f439ddb0e',
      [
        '-A cali-tw-cali55f439ddb0e -m comment --comment "cali:9HweFyAJPIWPUhHt" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
        '-A cali-tw-cali55f439ddb0e -m comment --comment "cali:M4pjbarn7RsC1h4k" -m conntrack --ctstate INVALID -j DROP',
        '-A cali-tw-cali55f439ddb0e -m comment --comment "cali:JAj_RM1eKdlPKS5f" -j MARK --set-xmark 0x0/0x10000',
        '-A cali-tw-cali55f439ddb0e -m comment --comment "cali:zNamrFqkYkH_SwnZ" -j cali-pri-kns.calico-system',
        '-A cali-tw-cali55f439ddb0e -m comment --comment "cali:UVQPaRAyF_qJqTyX" -m comment --comment "Return if profile accepted" -m mark --mark 0x10000/0x10000 -j RETURN',
        '-A cali-tw-cali55f439ddb0e -m comment --comment "cali:kRTl819Jk_xMa97-" -j cali-pri-_nzzjLvInId1gPHmQz_',
        '-A cali-tw-cali55f439ddb0e -m comment --comment "cali:5ILXhJ0s8TX2LppE" -m comment --comment "Return if profile accepted" -m mark --mark 0x10000/0x10000 -j RETURN',
      ],
    ],
    [
      'cali-pri-kns.kube-system',
      [
        '-A cali-pri-kns.kube-system -m comment --comment "cali:J1TyxtHWd0qaBGK-" -m comment --comment "Profile kns.kube-system ingress" -j MARK --set-xmark 0x10000/0x10000',
        '-A cali-pri-kns.kube-system -m comment --comment "cali:QIB6k7eEKdIg73Jp" -m mark --mark 0x10000/0x10000 -j RETURN',
      ],
    ],
    [
      'cali-pro-_npJ7qTPnQvugDgIE9J',
      [
        '-A cali-pro-_npJ7qTPnQvugDgIE9J -m comment --comment "cali:SuQye0xYdA6vsZI5" -m comment --comment "Profile ksa.kube-system.coredns-autoscaler egress"',
      ],
    ],
  ])('AKS, 2023: %s', (chain, lines) => {
    const own = linesOf(text, 'filter', `${chain} `).filter((line) => !line.includes('KUBE-'))
    expect(own.slice(0, lines.length)).toEqual(lines)
    if (chain !== 'cali-tw-cali55f439ddb0e') expect(own.length).toBe(lines.length)
  })

  const ipip = rulesOf(example({ cni: 'calico:encapsulation=ipip,version=v3.22' }), 'n1')
  const vxlan = rulesOf(example({ cni: 'calico:encapsulation=vxlan,version=v3.24' }), 'n1')

  // biome-ignore format: one line a rule
  test.each([
    ['2022, IPIP', ipip, 'filter', '-A cali-INPUT -p ipencap -m comment --comment "cali:PajejrV4aFdkZojI" -m comment --comment "Allow IPIP packets from Calico hosts" -m set --match-set cali40all-hosts-net src -m addrtype --dst-type LOCAL -j ACCEPT'],
    ['2022, IPIP', ipip, 'filter', '-A cali-INPUT -p ipencap -m comment --comment "cali:_wjq-Yrma8Ly1Svo" -m comment --comment "Drop IPIP packets from non-Calico hosts" -j DROP'],
    ['2022, IPIP', ipip, 'filter', '-A cali-INPUT -i cali+ -m comment --comment "cali:8TZGxLWh_Eiz66wc" -g cali-wl-to-host'],
    ['2022, IPIP', ipip, 'filter', '-A cali-INPUT -m comment --comment "cali:q-Vz2ZT9iGE331LL" -m comment --comment "Host endpoint policy accepted packet." -m mark --mark 0x10000/0x10000 -j ACCEPT'],
    ['2022, IPIP', ipip, 'filter', '-A cali-OUTPUT -p ipencap -m comment --comment "cali:AnEsmO6bDZbQntWW" -m comment --comment "Allow IPIP packets to other Calico hosts" -m set --match-set cali40all-hosts-net dst -m addrtype --src-type LOCAL -j ACCEPT'],
    ['2022, IPIP', ipip, 'filter', '-A cali-OUTPUT -m comment --comment "cali:OgU2f8BVEAZ_fwkq" -m comment --comment "Host endpoint policy accepted packet." -m mark --mark 0x10000/0x10000 -j ACCEPT'],
    ['2022, VXLAN', vxlan, 'nat', '-A PREROUTING -m comment --comment "cali:6gwbT8clXdHdC1b1" -j cali-PREROUTING'],
    ['2022, VXLAN', vxlan, 'nat', '-A OUTPUT -m comment --comment "cali:tVnHkvAo15HuiPy0" -j cali-OUTPUT'],
    ['2022, VXLAN', vxlan, 'nat', '-A POSTROUTING -m comment --comment "cali:O3lYWMrLQYEMJtB5" -j cali-POSTROUTING'],
    ['2022, VXLAN', vxlan, 'nat', '-A cali-OUTPUT -m comment --comment "cali:GBTAv2p5CwevEyJm" -j cali-fip-dnat'],
    ['2022, VXLAN', vxlan, 'nat', '-A cali-POSTROUTING -m comment --comment "cali:Z-c7XtVd2Bq7s_hA" -j cali-fip-snat'],
    ['2022, VXLAN', vxlan, 'nat', '-A cali-POSTROUTING -m comment --comment "cali:nYKhEzDlr11Jccal" -j cali-nat-outgoing'],
    ['2022, VXLAN', vxlan, 'nat', '-A cali-POSTROUTING -o vxlan.calico -m comment --comment "cali:e9dnSgSVNmIcpVhP" -m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype --src-type LOCAL -j MASQUERADE --random-fully'],
    ['2022, IPIP', ipip, 'nat', '-A cali-POSTROUTING -o tunl0 -m comment --comment "cali:SXWvdsbh4Mw7wOln" -m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype --src-type LOCAL -j MASQUERADE --random-fully'],
    ['2022, VXLAN', vxlan, 'nat', '-A cali-PREROUTING -m comment --comment "cali:r6XmIziWUJsdOK6Z" -j cali-fip-dnat'],
    ['2022, VXLAN', vxlan, 'nat', '-A cali-nat-outgoing -m comment --comment "cali:flqWnvo8yq4ULQLa" -m set --match-set cali40masq-ipam-pools src -m set ! --match-set cali40all-ipam-pools dst -j MASQUERADE --random-fully'],
    ['2022, IPIP', ipip, 'raw', '-A cali-PREROUTING -m comment --comment "cali:XFX5xbM8B9qR10JG" -j MARK --set-xmark 0x0/0xf0000'],
    ['2022, IPIP', ipip, 'raw', '-A cali-PREROUTING -i cali+ -m comment --comment "cali:EWMPb0zVROM-woQp" -j MARK --set-xmark 0x40000/0x40000'],
    ['2023, IPIP', ipip, 'raw', '-A cali-PREROUTING -m comment --comment "cali:PWuxTAIaFCtsg5Qa" -m mark --mark 0x40000/0x40000 -j cali-rpf-skip'],
    ['2023, IPIP', ipip, 'raw', '-A cali-PREROUTING -m comment --comment "cali:fSSbGND7dgyemWU7" -m mark --mark 0x40000/0x40000 -m rpfilter --validmark --invert -j DROP'],
  ] as const)('%s: %#', (_node, rules, table, line) => {
    expect(linesOf(rules, table, '')).toContain(line)
  })
})

test('what is appended is hashed apart from what is inserted', () => {
  const rules = [{ action: '--jump cali-POSTROUTING' }]
  expect(ruleHashes('POSTROUTING', rules)).toEqual(['O3lYWMrLQYEMJtB5'])
  expect(ruleHashes('POSTROUTING*appends*', rules)).not.toEqual(['O3lYWMrLQYEMJtB5'])
})

test('a rule\u2019s hash says where it stands: it goes on from the rules before it', () => {
  const [first, second] = ruleHashes('cali-wl-to-host', [
    { action: '--jump cali-from-wl-dispatch' },
    { comment: 'Configured DefaultEndpointToHostAction', action: '--jump ACCEPT' },
  ])
  expect([first, second]).toEqual(['Ee9Sbo10IpVujdIY', 'nSZbcOoG1xPONxb8'])
  const alone = ruleHashes('cali-wl-to-host', [
    { comment: 'Configured DefaultEndpointToHostAction', action: '--jump ACCEPT' },
  ])
  expect(alone).not.toEqual([second])
})

test.each([
  ['calico-system', 'calico-kube-controllers-97794b47f-7wwq9', 'cali55f439ddb0e'],
  ['kube-system', 'coredns-autoscaler-85f7d6b75d-cfg24', 'cali26cecacb712'],
])('the device of pod %s/%s is %s, as on a real node', (namespace, name, device) => {
  expect(workloadDevice('cali', { namespace, name })).toBe(device)
})

test.each([
  ['cali-pri-', 'kns.kube-system', 'cali-pri-kns.kube-system'],
  ['cali-pri-', 'ksa.kube-system.metrics-server', 'cali-pri-_CVSZITRyIpEmH8AB6H'],
  ['cali-pri-', 'ksa.kube-system.konnectivity-agent', 'cali-pri-_b-WIgmNvlBH1FuEYm2'],
  ['cali-pri-', 'ksa.calico-system.calico-kube-controllers', 'cali-pri-_nzzjLvInId1gPHmQz_'],
])('the chain %s for %s is %s, as on a real node', (prefix, name, chain) => {
  expect(chainName(prefix, name)).toBe(chain)
})
