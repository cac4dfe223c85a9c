import { expect, test } from 'vitest'
import { formatIp } from '../../src/base/ip.ts'
import type { Evaluation } from '../../src/netfilter/evaluate.ts'
import { evaluateTable } from '../../src/netfilter/evaluate.ts'
import { targetModules } from '../../src/netfilter/target/registry.ts'
import type { NatRequest } from '../../src/netfilter/target/target.ts'
import { tableOf } from './support/ask.ts'
import { sceneOf } from './support/packet-text.ts'

const start = 'tcp 10.0.0.1:40000 > 10.0.0.2:80'
const fields = ['mark', 'ttl', 'tos'] as const

/** What a target did: the verdict, and what it changed in the packet and its connection. */
function effectOf(evaluation: Evaluation | undefined, before: ReturnType<typeof sceneOf>): string {
  if (evaluation?.type === 'unknown') return 'unknown'
  if (evaluation?.type !== 'decided') return 'none'
  const { verdict, packet, connectionMark, untracked } = evaluation
  const changes = fields.flatMap((field) =>
    packet[field] === before.packet[field] ? [] : [`${field}=${hexOf(packet[field] ?? 0, field)}`],
  )
  if (connectionMark !== undefined) changes.push(`ctmark=${hexOf(connectionMark, 'mark')}`)
  if (untracked) changes.push('untracked')
  return [wordsFor(verdict), ...changes].join(' ')
}

function hexOf(value: number, field: string): string {
  return field === 'ttl' ? String(value) : `0x${value.toString(16)}`
}

function wordsFor(verdict: (Evaluation & { type: 'decided' })['verdict']): string {
  if (verdict.type === 'reject') {
    const { name, icmp } = verdict.answer
    return icmp ? `reject ${name} ${icmp.type}/${icmp.code}` : `reject ${name}`
  }
  return verdict.type === 'nat' ? `nat ${natWords(verdict.request)}` : verdict.type
}

function natWords(request: NatRequest): string {
  const { addresses, ports, basePort, networkMask } = request
  const flags = (['masquerade', 'redirect', 'random', 'fullyRandom', 'persistent'] as const).filter(
    (flag) => request[flag],
  )
  return [
    request.manip,
    ...(addresses ? [`${formatIp(addresses.first)}-${formatIp(addresses.last)}`] : []),
    ...(ports ? [`${ports.first}-${ports.last}`] : []),
    ...(basePort === undefined ? [] : [`base ${basePort}`]),
    ...(networkMask === undefined ? [] : [`mask ${formatIp(networkMask)}`]),
    ...flags,
  ].join(' ')
}

/** A chain and a target, what is known of the packet beyond a SYN from 10.0.0.1:40000 to 10.0.0.2:80, and what happens. */
// biome-ignore format: one target a line
const rows: readonly (readonly [place: string, rule: string, given: string, effect: string])[] = [
  ['filter INPUT',       '-j ACCEPT',                                  '',                        'accept'],
  ['filter INPUT',       '-j DROP',                                    '',                        'drop'],
  ['filter INPUT',       '-j QUEUE',                                   '',                        'queue'],
  ['filter INPUT',       '',                                           '',                        'accept'],
  ['filter INPUT',       '-j RETURN',                                  '',                        'accept'],
  ['filter INPUT',       '-j REJECT',                                  '',                        'reject icmp-port-unreachable 3/3'],
  ['filter INPUT',       '-j REJECT --reject-with icmp-net-unreachable', '',                      'reject icmp-net-unreachable 3/0'],
  ['filter INPUT',       '-j REJECT --reject-with icmp-host-unreachable', '',                     'reject icmp-host-unreachable 3/1'],
  ['filter INPUT',       '-j REJECT --reject-with icmp-proto-unreachable', '',                    'reject icmp-proto-unreachable 3/2'],
  ['filter INPUT',       '-j REJECT --reject-with icmp-net-prohibited', '',                       'reject icmp-net-prohibited 3/9'],
  ['filter INPUT',       '-j REJECT --reject-with icmp-host-prohibited', '',                      'reject icmp-host-prohibited 3/10'],
  ['filter INPUT',       '-j REJECT --reject-with icmp-admin-prohibited', '',                     'reject icmp-admin-prohibited 3/13'],
  ['filter INPUT',       '-p tcp -j REJECT --reject-with tcp-reset',   '',                        'reject tcp-reset'],
  ['nat PREROUTING',     '-j DNAT --to-destination 10.0.0.9',          '',                        'nat destination 10.0.0.9-10.0.0.9'],
  ['nat PREROUTING',     '-p tcp -j DNAT --to-destination 10.0.0.8-10.0.0.9:80-90 --random --persistent', '', 'nat destination 10.0.0.8-10.0.0.9 80-90 random persistent'],
  ['nat PREROUTING',     '-p tcp -j DNAT --to-destination 10.0.0.9:80-90/8000', '',               'nat destination 10.0.0.9-10.0.0.9 80-90 base 8000'],
  ['nat OUTPUT',         '-p tcp -j DNAT --to-destination :8080',      '',                        'nat destination 8080-8080'],
  ['nat POSTROUTING',    '-p tcp -j SNAT --to-source 10.0.0.9:1000-2000 --random-fully', '',      'nat source 10.0.0.9-10.0.0.9 1000-2000 fullyRandom'],
  ['nat INPUT',          '-j SNAT --to-source 10.0.0.9 --persistent',  '',                        'nat source 10.0.0.9-10.0.0.9 persistent'],
  ['nat POSTROUTING',    '-j MASQUERADE --random-fully',               '',                        'nat source masquerade fullyRandom'],
  ['nat POSTROUTING',    '-p tcp -j MASQUERADE --to-ports 5-9 --random', '',                      'nat source 5-9 masquerade random'],
  ['nat PREROUTING',     '-p tcp -j REDIRECT --to-ports 8080',         '',                        'nat destination 8080-8080 redirect'],
  ['nat PREROUTING',     '-j NETMAP --to 10.5.0.0/16',                 '',                        'nat destination 10.5.0.0-10.5.0.0 mask 255.255.0.0'],
  ['nat POSTROUTING',    '-j NETMAP --to 10.5.0.0/16',                 '',                        'nat source 10.5.0.0-10.5.0.0 mask 255.255.0.0'],
  ['mangle PREROUTING',  '-j MARK --set-mark 0x1',                     'mark=0xff00',             'accept mark=0x1'],
  ['mangle PREROUTING',  '-j MARK --set-mark 0x1/0xf0',                'mark=0xff',               'accept mark=0xf'],
  ['mangle PREROUTING',  '-j MARK --set-xmark 0x1/0xf0',               'mark=0xff',               'accept mark=0xe'],
  ['mangle PREROUTING',  '-j MARK --or-mark 0x4000',                   'mark=0x1',                'accept mark=0x4001'],
  ['mangle PREROUTING',  '-j MARK --and-mark 0xfffffffe',              'mark=0xffffffff',         'accept mark=0xfffffffe'],
  ['mangle PREROUTING',  '-j MARK --xor-mark 0x80000000',              'mark=0x80000001',         'accept mark=0x1'],
  ['mangle PREROUTING',  '-j CONNMARK --set-mark 0x1/0xff',            'ct=0xf00',                'accept ctmark=0xf01'],
  ['mangle PREROUTING',  '-j CONNMARK --save-mark',                    'mark=0x5 ct=0xf0',        'accept ctmark=0x5'],
  ['mangle PREROUTING',  '-j CONNMARK --save-mark --mask 0x1',         'mark=0x5 ct=0xf0',        'accept ctmark=0xf1'],
  ['mangle PREROUTING',  '-j CONNMARK --save-mark --nfmask 0xf --ctmask 0xf0', 'mark=0x35 ct=0xff', 'accept ctmark=0xa'],
  ['mangle PREROUTING',  '-j CONNMARK --restore-mark --mask 0xf0',     'mark=0x5 ct=0xff',        'accept mark=0xf5'],
  ['mangle PREROUTING',  '-j CONNMARK --restore-mark',                 'mark=0x5 state=UNTRACKED', 'accept'],
  ['raw PREROUTING',     '-j CT --notrack',                            '',                        'accept untracked'],
  ['raw OUTPUT',         '-j NOTRACK',                                 '',                        'accept untracked'],
  ['raw PREROUTING',     '-j NOTRACK',                                 'in=lo ct=0',              'accept'],
  ['raw PREROUTING',     '-j CT --zone 5',                             '',                        'unknown'],
  ['raw PREROUTING',     '-p tcp -j CT --helper ftp',                  '',                        'accept'],
  ['filter INPUT',       '-j LOG --log-prefix "x "',                   '',                        'accept'],
  ['filter INPUT',       '-j NFLOG --nflog-group 5',                   '',                        'accept'],
  ['raw PREROUTING',     '-j TRACE',                                   '',                        'accept'],
  ['mangle POSTROUTING', '-j CHECKSUM --checksum-fill',                '',                        'accept'],
  ['mangle POSTROUTING', '-j CLASSIFY --set-class 1:10',               'mark=0x5',                'accept'],
  ['mangle FORWARD',     '-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu', '',                        'accept'],
  ['mangle PREROUTING',  '-j TTL --ttl-set 5',                         '',                        'accept ttl=5'],
  ['mangle PREROUTING',  '-j TTL --ttl-dec 65',                        '',                        'accept ttl=0'],
  ['mangle PREROUTING',  '-j TTL --ttl-inc 200',                       '',                        'accept ttl=255'],
  ['mangle PREROUTING',  '-j DSCP --set-dscp-class EF',                'tos=0x03',                'accept tos=0xbb'],
  ['mangle PREROUTING',  '-j TOS --set-tos 0x10/0x3f',                 'tos=0xff',                'accept tos=0xd0'],
  ['mangle PREROUTING',  '-j TOS --and-tos 0x0f',                      'tos=0xff',                'accept tos=0xf'],
  ['mangle PREROUTING',  '-j TOS --or-tos 0x10',                       'tos=0x01',                'accept tos=0x11'],
  ['mangle PREROUTING',  '-j TOS --xor-tos 0x11',                      'tos=0x01',                'accept tos=0x10'],
  ['filter INPUT',       '-j SET --add-set addresses src',             '',                        'accept'],
  ['mangle PREROUTING',  '-j SET --map-set addresses src --map-mark',  '',                        'unknown'],
  ['mangle PREROUTING',  '-p tcp -j TPROXY --on-port 1000',            '',                        'unknown'],
  ['filter INPUT',       '-j NFQUEUE --queue-num 5',                   '',                        'unknown'],
  ['filter INPUT',       '-p tcp -j SYNPROXY --mss 1460',              '',                        'unknown'],
  ['filter INPUT',       '-p udp -j NFQUEUE --queue-num 5',            '',                        'accept'],
  ['filter INPUT',       '-j SOMETHING --of their --own',              '',                        'unknown'],
]

test.each(rows)('%s | %s | %s | %s', (place, rule, given, effect) => {
  const [table = '', hook = ''] = place.split(' ')
  const scene = sceneOf(`${start} hook=${hook} ${given}`.trim())
  expect(effectOf(evaluateTable(tableOf(`*${table}\n-A ${hook} ${rule}\nCOMMIT\n`), scene), scene)).toBe(
    effect,
  )
})

test('the IPv6 REJECT answers with ICMPv6', () => {
  const scene = sceneOf('udp [fd00::2]:1 > [fd00::1]:2')
  const answers = [
    '',
    ' --reject-with icmp6-no-route',
    ' --reject-with adm-prohibited',
    ' --reject-with icmp6-addr-unreachable',
    ' --reject-with policy-fail',
    ' --reject-with reject-route',
  ].map((option) =>
    effectOf(evaluateTable(tableOf(`*filter\n-A INPUT -j REJECT${option}\nCOMMIT\n`, 6), scene), scene),
  )
  expect(answers).toEqual([
    'reject icmp6-port-unreachable 1/4',
    'reject icmp6-no-route 1/0',
    'reject icmp6-adm-prohibited 1/1',
    'reject icmp6-addr-unreachable 1/3',
    'reject icmp6-policy-fail 1/5',
    'reject icmp6-reject-route 1/6',
  ])
})

test('a mark that a rule sets is the mark that later rules see', () => {
  const table = tableOf(
    '*filter\n:INPUT DROP [0:0]\n-A INPUT -j MARK --set-mark 5\n-A INPUT -m mark --mark 5 -j ACCEPT\nCOMMIT\n',
  )
  const scene = sceneOf(start)
  expect(effectOf(evaluateTable(table, scene), scene)).toBe('accept mark=0x5')
})

test('an ipset that a rule changes is not known to later rules', () => {
  const table = tableOf(
    '*filter\n-A INPUT -j SET --del-set addresses src\n-A INPUT -m set --match-set addresses src -j DROP\nCOMMIT\n',
  )
  const scene = sceneOf(start)
  expect(effectOf(evaluateTable(table, scene), scene)).toBe('unknown')
})

test('every target has a row', () => {
  const named = new Set(rows.map(([, rule]) => /-j (\w+)/.exec(rule)?.[1]))
  expect(Object.keys(targetModules).filter((name) => name !== 'HL' && !named.has(name))).toEqual([])
})
