import { describe, expect, test } from 'vitest'
import { formatCidr, formatIp } from '../../src/base/ip.ts'
import type { Route, RoutingRule } from '../../src/model/network.ts'
import type { DumpedDevice } from '../../src/model/node-dump.ts'
import { readTexts } from './read-folder.ts'

/** A route in the words of `ip route`, with every field that the reader keeps. */
function routeText(route: Route): string {
  const { type, destination, nextHops, table, protocol, scope, source, metric, mtu } = route
  const hops = nextHops.map(
    ({ via, device, weight, onlink }) =>
      `${via === undefined ? '' : `via ${formatIp(via)} `}dev ${device}${weight === 1 ? '' : ` weight ${weight}`}${onlink ? ' onlink' : ''}`,
  )
  return [
    ...(type === 'unicast' ? [] : [type]),
    formatCidr(destination),
    ...hops,
    ...(table === 254 ? [] : [`table ${table}`]),
    ...(protocol === undefined ? [] : [`proto ${protocol}`]),
    ...(scope === 'global' ? [] : [`scope ${scope}`]),
    ...(source === undefined ? [] : [`src ${formatIp(source)}`]),
    ...(metric === 0 ? [] : [`metric ${metric}`]),
    ...(mtu === undefined ? [] : [`mtu ${mtu}`]),
  ].join(' ')
}

// biome-ignore format: one route a line, in the forms of iproute2 6.1: text, JSON, what is read
const routes: readonly (readonly [name: string, text: string, json: string, expected: string])[] = [
  ['default', 'default via 192.168.1.1 dev eth0 ', '{"dst":"default","gateway":"192.168.1.1","dev":"eth0","flags":[]}', '0.0.0.0/0 via 192.168.1.1 dev eth0'],
  ['flannel vxlan', '10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink ', '{"dst":"10.244.2.0/24","gateway":"10.244.2.0","dev":"flannel.1","flags":["onlink"]}', '10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink'],
  ['a host without /32, a device of Calico', '10.244.1.2 dev cali0123456789a scope link ', '{"dst":"10.244.1.2","dev":"cali0123456789a","scope":"link","flags":[]}', '10.244.1.2/32 dev cali0123456789a scope link'],
  ['kindnet', '10.244.1.2 dev veth1a2b3c01 scope host ', '{"dst":"10.244.1.2","dev":"veth1a2b3c01","scope":"host","flags":[]}', '10.244.1.2/32 dev veth1a2b3c01 scope host'],
  ['a blackhole with a protocol of which only the number is known', 'blackhole 10.244.1.0/26 proto 80 ', '{"type":"blackhole","dst":"10.244.1.0/26","protocol":"80","flags":[]}', 'blackhole 10.244.1.0/26 proto 80'],
  ['IPIP of Calico', '10.244.2.0/26 via 192.168.1.12 dev tunl0 proto bird onlink ', '{"dst":"10.244.2.0/26","gateway":"192.168.1.12","dev":"tunl0","protocol":"bird","flags":["onlink"]}', '10.244.2.0/26 via 192.168.1.12 dev tunl0 onlink proto bird'],
  ['connected', '192.168.1.0/24 dev eth0 proto kernel scope link src 192.168.1.11 metric 100 ', '{"dst":"192.168.1.0/24","dev":"eth0","protocol":"kernel","scope":"link","prefsrc":"192.168.1.11","metric":100,"flags":[]}', '192.168.1.0/24 dev eth0 proto kernel scope link src 192.168.1.11 metric 100'],
  ['another table', 'default via 192.168.1.1 dev eth1 table 2 ', '{"dst":"default","gateway":"192.168.1.1","dev":"eth1","table":"2","flags":[]}', '0.0.0.0/0 via 192.168.1.1 dev eth1 table 2'],
  ['several ways', '10.4.0.0/16 \n\tnexthop via 192.168.1.3 dev eth0 weight 2 \n\tnexthop via 192.168.1.4 dev eth0 weight 1 ', '{"dst":"10.4.0.0/16","flags":[],"nexthops":[{"gateway":"192.168.1.3","dev":"eth0","weight":2,"flags":[]},{"gateway":"192.168.1.4","dev":"eth0","weight":1,"flags":[]}]}', '10.4.0.0/16 via 192.168.1.3 dev eth0 weight 2 via 192.168.1.4 dev eth0'],
  ['an MTU', '10.5.0.0/16 via 192.168.1.5 dev eth0 mtu lock 1400 ', '{"dst":"10.5.0.0/16","gateway":"192.168.1.5","dev":"eth0","flags":[],"metrics":[{"mtu":1400}]}', '10.5.0.0/16 via 192.168.1.5 dev eth0 mtu 1400'],
  ['IPv6, default by a device alone', 'default dev wg0 metric 1024 pref medium', '{"dst":"default","dev":"wg0","metric":1024,"flags":[],"pref":"medium"}', '::/0 dev wg0 metric 1024'],
  ['IPv6, unreachable with an error', 'unreachable fd00:3::/64 dev lo metric 1024 error -101 pref medium', '{"type":"unreachable","dst":"fd00:3::/64","dev":"lo","metric":1024,"flags":[],"error":-101,"pref":"medium"}', 'unreachable fd00:3::/64 metric 1024'],
  ['all of 127 in the local table follows from the address', 'local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1 ', '{"type":"local","dst":"127.0.0.0/8","dev":"lo","table":"local","protocol":"kernel","scope":"host","prefsrc":"127.0.0.1","flags":[]}', ''],
  ['AnyIP does not', 'local 10.6.0.0/16 dev lo table local scope host ', '{"type":"local","dst":"10.6.0.0/16","dev":"lo","table":"local","scope":"host","flags":[]}', 'local 10.6.0.0/16 dev lo table 255 scope host'],
  ['multicast is nobody\u2019s way', 'multicast ff00::/8 dev eth0 table local proto kernel metric 256 pref medium', '{"type":"multicast","dst":"ff00::/8","dev":"eth0","table":"local","protocol":"kernel","metric":256,"flags":[],"pref":"medium"}', ''],
  ['a dead way counts as none', '10.7.0.0/16 via 192.168.9.1 dev eth9 dead linkdown ', '{"dst":"10.7.0.0/16","gateway":"192.168.9.1","dev":"eth9","flags":["dead","linkdown"]}', ''],
]

describe('ip route', () => {
  test.for(routes)('%s', ([, text, json, expected]) => {
    const asText = readTexts({ 'ip-route': `${text}\n` })
    const asJson = readTexts({ 'ip-route.json': `[${json}]` })
    expect([...asText.said, ...asJson.said]).toEqual([])
    expect(asText.dump.routes?.map(routeText).join('\n')).toBe(expected)
    expect(asJson.dump.routes).toEqual(asText.dump.routes)
  })

  test('a route that encapsulates by itself is left out, and said to be', () => {
    const { dump, said } = readTexts({
      'ip-route':
        '10.9.0.0/16 encap mpls 100 via inet 192.168.1.1 dev eth0\ndefault via 192.168.1.1 dev eth0\n',
    })
    expect(dump.routes?.map(routeText)).toEqual(['0.0.0.0/0 via 192.168.1.1 dev eth0'])
    expect(said.join()).toMatch(/^ip-route:1:\d+: warning: a route that encapsulates .*\[dump-not-modelled\]/)
  })

  test('what bare ip route and ip route show table all both say is one route', () => {
    const line = 'default via 192.168.1.1 dev eth0 \n'
    const { dump } = readTexts({ 'ip-route': line, 'ip-route-show-table-all.txt': line })
    expect(dump.routes?.length).toBe(1)
  })
})

function ruleText({ priority, family, from, to, mark, in: device, inverted, action }: RoutingRule): string {
  return [
    `${priority} v${family}`,
    ...(inverted ? ['not'] : []),
    ...(from ? [`from ${formatCidr(from)}`] : []),
    ...(to ? [`to ${formatCidr(to)}`] : []),
    ...(mark ? [`mark ${mark.value}/${mark.mask}`] : []),
    ...(device === undefined ? [] : [`iif ${device}`]),
    action.type === 'lookup' ? `lookup ${action.table}` : action.type,
  ].join(' ')
}

// biome-ignore format: one rule a line
const rules: readonly (readonly [text: string, json: string, expected: string])[] = [
  ['0:\tfrom all lookup local', '{"priority":0,"src":"all","table":"local"}', '0 v4 lookup 255'],
  ['512:\tfrom all to 192.168.1.101 lookup main', '{"priority":512,"src":"all","dst":"192.168.1.101","table":"main"}', '512 v4 to 192.168.1.101/32 lookup 254'],
  ['1024:\tfrom all fwmark 0x80/0x80 lookup main', '{"priority":1024,"src":"all","fwmark":"0x80","fwmask":"0x80","table":"main"}', '1024 v4 mark 128/128 lookup 254'],
  ['1025:\tfrom all fwmark 0x1 lookup 7', '{"priority":1025,"src":"all","fwmark":"0x1","table":"7"}', '1025 v4 mark 1/4294967295 lookup 7'],
  ['1536:\tfrom 192.168.1.121 lookup 2', '{"priority":1536,"src":"192.168.1.121","table":"2"}', '1536 v4 from 192.168.1.121/32 lookup 2'],
  ['1537:\tfrom 10.244.0.0/16 to 10.96.0.0/12 iif cni0 lookup 7', '{"priority":1537,"src":"10.244.0.0","srclen":16,"dst":"10.96.0.0","dstlen":12,"iif":"cni0","table":"7"}', '1537 v4 from 10.244.0.0/16 to 10.96.0.0/12 iif cni0 lookup 7'],
  ['1538:\tnot from 10.0.0.1 unreachable', '{"priority":1538,"not":null,"src":"10.0.0.1","action":"unreachable"}', '1538 v4 not from 10.0.0.1/32 unreachable'],
  ['1539:\tfrom fd00:4::/64 blackhole', '{"priority":1539,"src":"fd00:4::","srclen":64,"action":"blackhole"}', '1539 v6 from fd00:4::/64 blackhole'],
]

describe('ip rule', () => {
  test.for(rules)('%s', ([text, json, expected]) => {
    const asText = readTexts({ 'ip-rule': `${text}\n` })
    const asJson = readTexts({ 'ip-rule': `[${json}]` })
    expect([...asText.said, ...asJson.said]).toEqual([])
    expect(asText.dump.rules?.map(ruleText)).toEqual([expected])
    expect(asJson.dump.rules).toEqual(asText.dump.rules)
  })

  test('ip -6 rule is of IPv6, without an address as well', () => {
    expect(readTexts({ 'ip6-rule.txt': '32766:\tfrom all lookup main\n' }).dump.rules?.map(ruleText)).toEqual(
      ['32766 v6 lookup 254'],
    )
  })

  test.for([
    '32764:\tfrom all lookup main suppress_prefixlength 0',
    '99:\tfrom all ipproto tcp dport 80 lookup 7',
  ])('%s is not modelled', (text) => {
    const { dump, diagnostics } = readTexts({ 'ip-rule': `${text}\n` })
    expect(dump.rules).toEqual([])
    expect(diagnostics.map(({ code }) => code)).toEqual(['dump-not-modelled'])
  })
})

const flannel = `6: flannel.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000
    link/ether 0e:f1:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535
    vxlan id 1 local 192.168.1.11 dev eth0 srcport 0 0 dstport 8472 nolearning ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx addrgenmode eui64 numtxqueues 1 numrxqueues 1
`
const calico = `3: cali0123456789a@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP mode DEFAULT group default qlen 1000
    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff link-netns p11 promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535
    veth addrgenmode eui64 numtxqueues 2 numrxqueues 2
`
const tunnel = `5: tunl0@NONE: <NOARP,UP,LOWER_UP> mtu 1480 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000
    link/ipip 0.0.0.0 brd 0.0.0.0 promiscuity 0  allmulti 0 minmtu 0 maxmtu 0
    ipip any remote any local any ttl inherit nopmtudisc addrgenmode eui64 numtxqueues 1 numrxqueues 1
`
const down =
  '4: eth1: <BROADCAST,MULTICAST> mtu 9001 qdisc noop state DOWN mode DEFAULT group default qlen 1000\n    link/ether 02:00:00:00:00:09 brd ff:ff:ff:ff:ff:ff\n'
const addresses = `2: eth0@if15: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default
    link/ether 02:42:ac:12:00:03 brd ff:ff:ff:ff:ff:ff link-netnsid 0
    inet 172.18.0.3/16 brd 172.18.255.255 scope global eth0
       valid_lft forever preferred_lft forever
    inet 10.9.9.1 peer 10.9.9.2/32 scope global eth0
       valid_lft forever preferred_lft forever
    inet6 fe80::42:acff:fe12:3/64 scope link
       valid_lft forever preferred_lft forever
`

// biome-ignore format: one device a line
const devices: readonly (readonly [name: string, text: string, expected: Partial<DumpedDevice>])[] = [
  ['flannel.1', flannel, { index: 6, name: 'flannel.1', kind: 'vxlan', mtu: 1450, mac: '0e:f1:00:00:00:01', up: true, tunnel: { vni: 1, local: 0xc0a8010b, port: 8472, link: 'eth0' } }],
  ['a veth of Calico whose other end is in a namespace with a name', calico, { index: 3, name: 'cali0123456789a', kind: 'veth', mtu: 1450, mac: 'ee:ee:ee:ee:ee:ee', up: true, peerIndex: 2, peerNetns: 'p11' }],
  ['tunl0', tunnel, { index: 5, name: 'tunl0', kind: 'ipip', mtu: 1480, up: true, tunnel: {} }],
  ['a card that is down', down, { index: 4, name: 'eth1', mtu: 9001, mac: '02:00:00:00:00:09', up: false }],
  ['eth0 of a node that is a container, with its addresses', addresses, { index: 2, name: 'eth0', mtu: 1500, mac: '02:42:ac:12:00:03', up: true, peerIndex: 15, peerNetns: '0', addresses: [{ ip: 0xac120003, bits: 16 }, { ip: 0x0a090901, bits: 32 }, { ip: 0xfe80_0000_0000_0000_0042_acff_fe12_0003n, bits: 64, scope: 'link' }] }],
]

describe('ip addr and ip -d link', () => {
  test.for(devices)('%s', ([, text, expected]) => {
    const { dump, said } = readTexts({ 'ip-link.txt': text })
    expect(said).toEqual([])
    expect(dump.devices).toEqual([{ addresses: [], ...expected }])
  })

  test('both files tell of one device', () => {
    const { dump } = readTexts({
      'ip-addr': `${flannel.split('\n').slice(0, 2).join('\n')}\n    inet 10.244.1.0/32 scope global flannel.1\n`,
      'ip-d-link': flannel,
      'bridge-fdb':
        '0e:f1:00:00:00:02 dev flannel.1 dst 192.168.1.12 self permanent\n33:33:00:00:00:01 dev flannel.1 self permanent\n',
    })
    expect(dump.devices).toEqual([
      {
        index: 6,
        name: 'flannel.1',
        kind: 'vxlan',
        mtu: 1450,
        mac: '0e:f1:00:00:00:01',
        up: true,
        addresses: [{ ip: 0x0af40100, bits: 32 }],
        tunnel: { vni: 1, local: 0xc0a8010b, port: 8472, link: 'eth0' },
        forwarding: [{ mac: '0e:f1:00:00:00:02', remote: 0xc0a8010c }],
      },
    ])
  })
})

// biome-ignore format: one line of conntrack a line
const connections: readonly (readonly [text: string, expected: object])[] = [
  ['tcp      6 86399 ESTABLISHED src=10.244.1.2 dst=10.96.0.53 sport=40000 dport=80 src=10.244.2.2 dst=10.244.1.2 sport=8080 dport=40000 [ASSURED] mark=0 use=1', { protocol: 'TCP', orig: { src: '10.244.1.2:40000', dst: '10.96.0.53:80' }, reply: { src: '10.244.2.2:8080', dst: '10.244.1.2:40000' }, state: 'ESTABLISHED ASSURED' }],
  ['udp      17 24 src=10.244.1.2 dst=10.96.0.10 sport=40000 dport=53 [UNREPLIED] src=10.244.2.9 dst=10.244.1.2 sport=53 dport=40000 mark=128 use=1', { protocol: 'UDP', orig: { src: '10.244.1.2:40000', dst: '10.96.0.10:53' }, reply: { src: '10.244.2.9:53', dst: '10.244.1.2:40000' }, state: 'UNREPLIED', mark: 128 }],
  ['ipv4     2 tcp      6 103 TIME_WAIT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 packets=6 bytes=400 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 packets=4 bytes=300 [ASSURED] mark=0 zone=0 use=2', { protocol: 'TCP', orig: { src: '10.0.0.1:1', dst: '10.0.0.2:2' }, reply: { src: '10.0.0.2:2', dst: '10.0.0.1:1' }, state: 'TIME_WAIT ASSURED' }],
  ['ipv6     10 udp      17 29 src=fd00::1 dst=fd00::2 sport=5 dport=53 src=fd00::2 dst=fd00::1 sport=53 dport=5 mark=0 use=1', { protocol: 'UDP', orig: { src: '[fd00::1]:5', dst: '[fd00::2]:53' }, reply: { src: '[fd00::2]:53', dst: '[fd00::1]:5' }, state: 'REPLIED' }],
  ['icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=77 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=77 mark=0 use=1', { protocol: 'ICMP', orig: { src: '10.0.0.1:77', dst: '10.0.0.2:2048' }, reply: { src: '10.0.0.2:77', dst: '10.0.0.1:0' }, state: 'REPLIED' }],
]

describe('conntrack -L', () => {
  test.for(connections)('%s', ([text, expected]) => {
    const { dump, said } = readTexts({
      conntrack: `${text}\nconntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.\n`,
    })
    expect(said).toEqual([])
    expect(dump.connections).toEqual([expected])
  })
})

test('ipset save, sysctl -a, ip neigh', () => {
  const { dump, said } = readTexts({
    'ipset-save.txt':
      'create cali40s:abc hash:net family inet hashsize 1024 maxelem 1048576 bucketsize 12 initval 0x1\nadd cali40s:abc 10.244.1.2\nadd cali40s:abc 10.244.3.0/24 nomatch\ncreate empty hash:ip,port\n',
    'sysctl-a.log':
      "net.ipv4.ip_forward = 1\r\nnet.ipv4.conf.eth0/100.rp_filter = 2\r\nkernel.hostname = worker\r\nnet.ipv4.tcp_rmem = 4096 131072 6291456\r\nsysctl: permission denied on key 'net.ipv4.tcp_fastopen_key'\r\n",
    'ip-neigh':
      '10.244.2.0 dev flannel.1 lladdr 0e:f1:00:00:00:02 PERMANENT \n10.244.1.9 dev cni0 FAILED \nfe80::1 dev eth0 lladdr 02:42:00:00:00:01 router STALE \n',
  })
  expect(said).toEqual([])
  expect(dump.sets).toEqual([
    { name: 'cali40s:abc', type: 'hash:net', entries: ['10.244.1.2', '10.244.3.0/24 nomatch'] },
    { name: 'empty', type: 'hash:ip,port', entries: [] },
  ])
  expect(dump.sysctls).toEqual({ 'net.ipv4.ip_forward': 1, 'net.ipv4.conf.eth0/100.rp_filter': 2 })
  expect(dump.neighbors).toEqual([
    { ip: 0x0af40200, mac: '0e:f1:00:00:00:02', device: 'flannel.1', permanent: true },
    { ip: 0xfe80_0000_0000_0000_0000_0000_0000_0001n, mac: '02:42:00:00:00:01', device: 'eth0' },
  ])
})
