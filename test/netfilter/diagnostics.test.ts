import { describe, expect, test } from 'vitest'
import { collectDiagnostics, formatDiagnostic } from '../../src/base/diagnostic.ts'
import { parseSave } from '../../src/netfilter/save-format/parse.ts'

function faults(text: string, family: 4 | 6 = 4): string[] {
  const { report, diagnostics } = collectDiagnostics()
  parseSave({ name: 'node.rules', text }, family, report)
  return diagnostics.map(formatDiagnostic)
}

/** The one fault of a rule on the third line of a text. */
function faultOf(rule: string, table = 'filter'): string {
  const found = faults(`*${table}\n:USER - [0:0]\n${rule}\nCOMMIT\n`)
  expect(found).toHaveLength(1)
  return (found[0] ?? '').split('\n')[0] ?? ''
}

describe('a rule that cannot be read says where, what, and what was expected', () => {
  // biome-ignore format: one rule a line
  test.each([
    ['-A INPUT -p tcp -m tcp --dport eighty',                '3:32: error: port "eighty" is not a number from 0 to 65535 [iptables-syntax]'],
    ['-A INPUT -p tcp --dport 90:80',                        '3:25: error: port range "90:80" ends before it begins [iptables-syntax]'],
    ['-A INPUT -s 10.0.0.300 -j DROP',                       '3:13: error: "10.0.0.300" is not an IPv4 address or block [iptables-syntax]'],
    ['-A INPUT -s 10.0.0.1/33',                              '3:13: error: "10.0.0.1/33" is not an IPv4 address or block [iptables-syntax]'],
    ['-A INPUT -p nope',                                     '3:13: error: "nope" is no protocol that has a name here; write its number [iptables-syntax]'],
    ['-A INPUT -i a-name-longer-than-15',                    '3:13: error: device name "a-name-longer-than-15" is longer than 15 characters [iptables-syntax]'],
    ['-A INPUT -s',                                          '3:10: error: -s needs a value [iptables-syntax]'],
    ['-A INPUT -s 10.0.0.1 -s 10.0.0.2',                     '3:22: error: -s stands twice [iptables-syntax]'],
    ['-A INPUT ! ! -s 10.0.0.1',                             '3:12: error: two "!" in a row [iptables-syntax]'],
    ['-A INPUT -j DROP !',                                   '3:18: error: "!" stands at the end [iptables-syntax]'],
    ['-A INPUT -j ACCEPT -j DROP',                           '3:23: error: a second target, DROP; a rule has one [iptables-syntax]'],
    ['-A INPUT --frobnicate 5',                              '3:10: error: unknown option "--frobnicate" [iptables-syntax]'],
    ['-A INPUT -m comment ! --comment x',                    '3:23: error: --comment cannot be inverted [iptables-syntax]'],
    ['-A INPUT -m conntrack --ctstate NEW,OLD',              '3:33: error: "OLD" is not a connection state; expected INVALID, NEW, RELATED, ESTABLISHED, UNTRACKED, SNAT, DNAT [iptables-syntax]'],
    ['-A INPUT -p tcp -m multiport --dports 1 --sports 2',   '3:41: error: --sports cannot stand beside --dports [iptables-syntax]'],
    ['-A INPUT -m addrtype --dst-type HOME',                 '3:33: error: "HOME" is not an address type; expected UNSPEC, UNICAST, LOCAL, BROADCAST, ANYCAST, MULTICAST, BLACKHOLE, UNREACHABLE, PROHIBIT, THROW, NAT, XRESOLVE [iptables-syntax]'],
    ['-A INPUT -m limit --limit 3/fortnight',                '3:27: error: -m limit: "3/fortnight" is not a rate such as 3/min [iptables-syntax]'],
    ['-A INPUT -m comment --comment "open',                  '3:31: error: a double quote is never closed [iptables-syntax]'],
    ['[1:2] -A INPUT -s 10.0.0.300',                         '3:19: error: "10.0.0.300" is not an IPv4 address or block [iptables-syntax]'],
    ['-I INPUT -j DROP',                                     '3:1: error: expected "-A CHAIN ...", not "-I" [iptables-syntax]'],
    ['-A NOWHERE -j DROP',                                   '3:4: error: chain NOWHERE is not declared in table filter [iptables-syntax]'],
    ['-A INPUT -j REJECT --reject-with nothing',             '3:34: error: -j REJECT: "nothing" is not one of icmp-net-unreachable, icmp-host-unreachable, icmp-proto-unreachable, icmp-port-unreachable, icmp-net-prohibited, icmp-host-prohibited, tcp-reset, icmp-admin-prohibited [iptables-syntax]'],
    ['-A INPUT -m hl --hl-eq 5',                             '3:13: error: match hl exists for IPv6 only [iptables-syntax]'],
  ])('%s', (rule, fault) => {
    expect(faultOf(rule)).toBe(`node.rules:${fault}`)
  })
})

describe('a rule that the kernel refuses says where it stands and where it might', () => {
  // biome-ignore format: one rule a line
  test.each([
    ['filter', '-A INPUT -j NOSUCH',                          '3:10: error: chain INPUT jumps to NOSUCH, which table filter has not [iptables-dangling-jump]'],
    ['filter', '-A INPUT -g NOSUCH',                          '3:10: error: chain INPUT jumps to NOSUCH, which table filter has not [iptables-dangling-jump]'],
    ['filter', '-A USER -j USER\n-A INPUT -j USER',           '3:9: error: chains of table filter form a loop: USER → USER [iptables-chain-cycle]'],
    ['filter', '-A OUTPUT -p tcp -i eth0',                    '3:18: error: -i cannot stand in OUTPUT, where there is no such device yet or any more [iptables-illegal-match]'],
    ['filter', '-A INPUT -m tcp --dport 80',                  '3:10: error: -m tcp in table filter: it needs -p tcp [iptables-illegal-match]'],
    ['filter', '-A INPUT -m rpfilter',                        '3:10: error: -m rpfilter in table filter: it may stand in table raw, mangle only [iptables-illegal-match]'],
    ['filter', '-A USER -m owner --uid-owner 0\n-A INPUT -j USER', '3:9: error: -m owner in table filter, reached from INPUT: it may be reached from OUTPUT, POSTROUTING only [iptables-illegal-match]'],
    ['filter', '-A USER -m physdev --physdev-out a\n-A OUTPUT -j USER', '3:9: error: -m physdev in table filter, reached from OUTPUT: --physdev-out and --physdev-is-out know no port in OUTPUT unless --physdev-is-bridged stands beside them [iptables-illegal-match]'],
    ['nat',    '-A PREROUTING -j DROP',                       '3:15: error: -j DROP in table nat: nat is not for filtering; drop in table filter [iptables-illegal-target]'],
    ['nat',    '-A PREROUTING -j REJECT',                     '3:15: error: -j REJECT in table nat: it may stand in table filter only [iptables-illegal-target]'],
    ['nat',    '-A USER -j DNAT --to-destination 10.0.0.1\n-A POSTROUTING -j USER', '3:9: error: -j DNAT in table nat, reached from POSTROUTING: it may be reached from PREROUTING, OUTPUT only [iptables-illegal-target]'],
    ['nat',    '-A PREROUTING -j MASQUERADE',                 '3:15: error: -j MASQUERADE in table nat, reached from PREROUTING: it may be reached from POSTROUTING only [iptables-illegal-target]'],
    ['nat',    '-A PREROUTING -j DNAT --to-destination 10.0.0.1:80', '3:15: error: -j DNAT in table nat: ports can be translated only where -p says tcp, udp, sctp or dccp [iptables-illegal-target]'],
    ['mangle', '-A INPUT -j REJECT',                          '3:10: error: -j REJECT in table mangle: it may stand in table filter only [iptables-illegal-target]'],
    ['filter', '-A FORWARD -j CHECKSUM --checksum-fill',      '3:12: error: -j CHECKSUM in table filter: it may stand in table mangle only [iptables-illegal-target]'],
    ['mangle', '-A INPUT -p tcp -j TPROXY --on-port 1',       '3:17: error: -j TPROXY in table mangle, reached from INPUT: it may be reached from PREROUTING only [iptables-illegal-target]'],
  ])('%s %s', (table, rule, fault) => {
    expect(faultOf(rule, table)).toBe(`node.rules:${fault}`)
  })
})

test('all faults of a text are told in one go, each table to its end', () => {
  const text = `:INPUT ACCEPT [0:0]
*fliter
:INPUT ACCEPT [0:0]
-A INPUT -j ACCEPT
COMMIT
*nat
:PREROUTING SOMETIMES [0:0]
:INPUT
-A PREROUTING -p tcp --dport x
-A PREROUTING -p tcp --dport y
*filter
-A INPUT -j ACCEPT
-A INPUT -q
`
  expect(faults(text).map((fault) => fault.split('\n')[0])).toEqual([
    'node.rules:1:1: error: expected "*table" before ":INPUT ACCEPT [0:0]" [iptables-syntax]',
    'node.rules:2:1: error: "fliter" is not a table; expected raw, mangle, nat, filter, security [iptables-syntax]',
    'node.rules:7:13: error: policy "SOMETIMES" of chain PREROUTING is not ACCEPT, DROP or - [iptables-syntax]',
    'node.rules:8:1: error: policy "" of chain INPUT is not ACCEPT, DROP or - [iptables-syntax]',
    'node.rules:9:30: error: port "x" is not a number from 0 to 65535 [iptables-syntax]',
    'node.rules:10:30: error: port "y" is not a number from 0 to 65535 [iptables-syntax]',
    'node.rules:11:1: error: table nat is not ended by COMMIT before *filter [iptables-syntax]',
    'node.rules:13:10: error: unknown option "-q" [iptables-syntax]',
    'node.rules:14:1: error: table filter is not ended by COMMIT [iptables-syntax]',
  ])
})

test('binary noise and very long lines are faults, not failures', () => {
  const noise = Array.from({ length: 4000 }, (_, index) => String.fromCharCode((index * 7919) % 256)).join('')
  expect(faults(noise).length).toBeGreaterThan(0)
  expect(faults(`*filter\n-A INPUT ${'-s 10.0.0.1 '.repeat(10_000)}\nCOMMIT\n`)).toEqual([
    'node.rules:2:22: error: -s stands twice [iptables-syntax]',
  ])
  expect(faults('')).toEqual([])
})
