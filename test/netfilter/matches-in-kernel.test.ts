import { describe, expect, test } from 'vitest'
import type { Family } from '../../src/base/ip.ts'
import type { Hit, Scene } from '../../src/netfilter/evaluate.ts'
import { evaluateTable } from '../../src/netfilter/evaluate.ts'
import type { Table } from '../../src/netfilter/rule.ts'
import { whatIsAvailable } from '../kernel/availability.ts'
import { tableOf } from './support/ask.ts'
import type { Sent } from './support/kernel-probe.ts'
import { countedInKernel } from './support/kernel-probe.ts'
import { sceneOf } from './support/packet-text.ts'

const { backends, missing } = whatIsAvailable()

/** Rules without a target, which only count. Marks are set before by mangle, from the source port. */
const rules4 = `
-s 10.0.0.1/32
! -s 10.0.0.0/24
-d 10.0.0.0/255.0.0.255
-d 10.7.0.0/255.255.0.0
-o out0
! -o out+
-o lo
-o +
-p tcp
! -p tcp
-p udp
-f
! -f
-m comment --comment "always"
-p tcp -m tcp --dport 80
-p tcp -m tcp ! --dport 80
-p tcp -m tcp --dport 80:90
-p tcp -m tcp --sport 1000:2000 ! --dport 443
-p tcp -m tcp --syn
-p tcp -m tcp ! --syn
-p tcp -m tcp --tcp-flags SYN,ACK SYN
-p tcp -m tcp --tcp-flags ALL NONE
-p tcp -m tcp ! --tcp-flags SYN,FIN SYN,FIN
-p udp -m udp --dport 53
-p udp -m udp --sport 1000 ! --dport 53
-p tcp -m multiport --dports 80,443
-p tcp -m multiport ! --dports 80,443
-p udp -m multiport --sports 1000,5000:5010
-p udp -m multiport ! --ports 53,1001
-m addrtype --dst-type LOCAL
-m addrtype --src-type LOCAL
-m addrtype --dst-type UNICAST
-m addrtype --dst-type BROADCAST
-m addrtype --dst-type MULTICAST
-m addrtype ! --dst-type LOCAL,BROADCAST
-m addrtype --src-type LOCAL --limit-iface-out
-m conntrack --ctstate NEW
-m conntrack --ctstate RELATED,ESTABLISHED
-m conntrack ! --ctstate INVALID
-m conntrack --ctstate UNTRACKED
-m conntrack --ctproto 17
-m conntrack ! --ctproto 17
-m conntrack --ctstate UNTRACKED --ctproto 6
-m conntrack --ctorigdst 10.7.0.0/16
-m conntrack --ctorigsrc 10.0.0.1 ! --ctorigdstport 80
-m conntrack --ctreplsrc 10.7.0.1 --ctrepldstport 1000
-m conntrack --ctdir ORIGINAL
-m conntrack --ctdir REPLY
-m conntrack --ctstatus NONE
-m conntrack --ctstatus CONFIRMED
-m conntrack ! --ctstatus CONFIRMED,SEEN_REPLY
-m state --state NEW
-m state ! --state NEW,UNTRACKED
-m mark --mark 0x1
-m mark --mark 0x1/0x1
-m mark ! --mark 0x2/0x2
-m mark --mark 0xff/0x0f
-m connmark --mark 0x8/0x8
-m connmark ! --mark 0x8/0x8
-m iprange --dst-range 10.7.0.0-10.7.0.9
-m iprange ! --dst-range 10.7.0.0-10.7.0.9
-m iprange --src-range 10.0.0.1-10.0.0.1 --dst-range 10.0.0.0-10.8.0.0
-m iprange --src-range 10.0.0.9-10.0.0.1
-m length --length 28
-m length ! --length 28:60
-m length --length 61:
-m length --length 100:40
-m ttl --ttl-eq 64
-m ttl --ttl-lt 64
-m ttl --ttl-gt 63
-m ttl ! --ttl-eq 64
-m pkttype --pkt-type unicast
-m pkttype --pkt-type multicast
-m pkttype ! --pkt-type broadcast
-m dscp --dscp 0x00
-m dscp ! --dscp 0x2e
-m dscp --dscp 0x2e
-m tos --tos 0x00/0xff
-m tos --tos 0xb8/0xfc
-m tos ! --tos 0x10/0x1e
-m physdev --physdev-is-bridged
-m physdev ! --physdev-is-in
-m statistic --mode random --probability 1
-m statistic --mode random --probability 0
-m policy --dir out --pol none
-m policy --dir out --pol ipsec
-m policy --dir out --pol ipsec --strict --proto esp --next --proto ah
-m helper --helper ftp
-m helper ! --helper ftp
-m connlimit --connlimit-above 0
-m connlimit --connlimit-above 1000
-m connlimit --connlimit-upto 1000 --connlimit-mask 24 --connlimit-daddr
-m hashlimit --hashlimit-upto 1000/sec --hashlimit-burst 1000 --hashlimit-mode srcip,dstport --hashlimit-name a
-m hashlimit --hashlimit-above 1000/sec --hashlimit-burst 1000 --hashlimit-name b
-p tcp -m string --string "GET /" --algo bm
-p tcp -m string ! --hex-string "|00ff00ff|" --algo kmp
`

/**
 * What stands before: marks and DS fields by source port, and one source port that is not tracked. What comes round by
 * lo is dropped, so that nothing answers it.
 */
const before = `*raw
-A PREROUTING -i lo -j DROP
-A OUTPUT -p udp -m udp --sport 1003 -j CT --notrack
COMMIT
*mangle
-A OUTPUT -p udp -m udp --sport 1001 -j MARK --set-mark 0x1
-A OUTPUT -p udp -m udp --sport 1002 -j MARK --set-mark 0x3
-A OUTPUT -p udp -m udp --sport 1002 -j CONNMARK --set-mark 0x8
-A OUTPUT -p udp -m udp --sport 1004 -j DSCP --set-dscp-class EF
-A OUTPUT -p udp -m udp --sport 1005 -j TOS --set-tos 0x10
-A OUTPUT -p udp -m udp --sport 1006 -j TTL --ttl-dec 10
-A OUTPUT -p udp -m udp --sport 1007 -j MARK --set-xmark 0x5/0x0
-A OUTPUT -p udp -m udp --sport 1007 -j MARK --set-xmark 0xf/0x3
COMMIT
`

/** A packet as the kernel is to send it, and as the tables see it, without what `before` does to it. */
interface Probe {
  readonly sent: Sent
  readonly scene: string
}

const udp = (sport: number, to: string, dport: number, more: Partial<Sent> = {}): Probe =>
  probe('udp', sport, to, dport, more)
const tcp = (sport: number, to: string, dport: number): Probe => probe('tcp', sport, to, dport)

function probe(
  protocol: 'tcp' | 'udp',
  sport: number,
  to: string,
  dport: number,
  more: Partial<Sent> = {},
): Probe {
  const six = to.includes(':')
  const from = six ? 'fd00::1' : '10.0.0.1'
  const [local, multicast] = [to === from, to.startsWith('224.')]
  const header = (six ? 40 : 20) + 8
  const length = protocol === 'tcp' ? (six ? 80 : 60) : header + (more.payload ?? 0)
  const hops = more.ttl ?? (multicast ? 1 : 64)
  const hosts = six ? [`[${from}]`, `[${to}]`] : [from, to]
  const device = local ? 'lo' : 'out0'
  return {
    sent: { protocol, from, sport, to, dport, ...more },
    scene: `${protocol} ${hosts[0]}:${sport} > ${hosts[1]}:${dport} hook=OUTPUT out=${device} ttl=${hops} length=${length}`,
  }
}

const packets4: readonly Probe[] = [
  tcp(1000, '10.7.0.1', 80),
  tcp(2000, '10.7.0.1', 443),
  tcp(3000, '10.8.0.1', 8080),
  udp(1000, '10.7.0.1', 53),
  udp(1000, '10.7.0.10', 54),
  udp(1000, '10.0.0.1', 53),
  udp(1000, '10.0.0.255', 53),
  udp(1000, '224.0.0.251', 5353),
  udp(1001, '10.7.0.1', 53),
  udp(1002, '10.7.0.1', 53),
  udp(1003, '10.7.0.1', 53),
  udp(1004, '10.7.0.1', 53),
  udp(1005, '10.7.0.1', 53),
  udp(1006, '10.7.0.1', 53),
  udp(1007, '10.7.0.1', 53),
  udp(5005, '10.9.9.1', 9, { ttl: 5, payload: 100 }),
]

/** The kernel's own multicast reports leave before they are counted. */
const rules6 = `
-p ipv6-icmp -j ACCEPT
-s fd00::1/128
! -d fd00::/64
-d fd00::/ffff::
-p tcp -m tcp --dport 80
-p udp -m udp ! --dport 80
-m addrtype --dst-type LOCAL
-m addrtype --src-type LOCAL
-m addrtype --dst-type UNICAST
-m addrtype --dst-type UNICAST,LOCAL
-m addrtype ! --dst-type LOCAL
-m addrtype --dst-type MULTICAST
-m addrtype --dst-type UNSPEC
-m conntrack --ctstate NEW
-m conntrack --ctorigdst fd77::/16
-m iprange --dst-range fd77::1-fd77::ff
-m length --length 48
-m length --length 80
-m hl --hl-eq 64
-m hl --hl-lt 64
-m hl ! --hl-eq 64
-m dscp --dscp 0x00
-m tos ! --tos 0x00/0xff
-m pkttype --pkt-type unicast
`

const packets6: readonly Probe[] = [
  tcp(1000, 'fd77::1', 80),
  udp(1000, 'fd77::1:0', 53),
  udp(1000, 'fd00::1', 80),
  udp(1000, 'fd00::9', 80, { ttl: 5 }),
]

const linesOf = (rules: string) => rules.trim().split('\n')

function textOf(rules: string, first: string): string {
  return `${first}*filter\n:OUTPUT ACCEPT [0:0]\n${linesOf(rules)
    .map((rule) => `-A OUTPUT ${rule}`)
    .join('\n')}\nCOMMIT\n`
}

/** The packet after what stands before the filter table, as an engine hands it on. */
function afterMangle(probe: Probe): Scene {
  const scene = sceneOf(probe.scene)
  const { sport, protocol, src, dst, dport } = scene.packet
  if (protocol === 17 && sport === 1003) return { ...scene, state: 'UNTRACKED' }
  const result = evaluateTable(mangle, scene)
  if (result?.type !== 'decided') throw new Error('mangle decides')
  const original = { src, dst, protocol, sport, dport }
  const reply = { src: dst, dst: src, protocol, sport: dport, dport: sport }
  const connection = {
    original,
    reply,
    direction: 'original',
    mark: protocol === 17 && sport === 1002 ? 8 : 0,
    sourceTranslated: false,
    destinationTranslated: false,
    seenReply: false,
    assured: false,
    confirmed: false,
  } as const
  return { ...scene, packet: result.packet, connection }
}

const mangle = tableOf(before.slice(before.indexOf('*mangle')))

/** The rules that a packet matches here: their positions from 0. */
function countedHere(table: Table, scene: Scene): number[] {
  const result = evaluateTable(table, scene)
  if (result?.type !== 'decided') throw new Error('every rule here can be answered')
  const found: number[] = []
  for (let hit: Hit | undefined = result.hits; hit; hit = hit.previous) found.push(hit.place.number - 1)
  return found.reverse()
}

const reason = missing && `: skipped, ${missing}`

describe.skipIf(missing !== '')(`matches as the kernel answers them${reason}`, () => {
  // biome-ignore format: one family a line
  const families: readonly { readonly family: Family; readonly rules: string; readonly packets: readonly Probe[]; readonly first: string }[] = [
    { family: 4, rules: rules4, packets: packets4, first: before },
    { family: 6, rules: rules6, packets: packets6, first: '' },
  ]

  for (const { family, rules, packets, first } of families) {
    for (const backend of ['nft', 'legacy'] as const) {
      test.skipIf(!backends.includes(backend))(
        `IPv${family}, iptables-${backend}: which rules count which packets`,
        // On a busy machine a packet of IPv6 may find its neighbour too late to be counted: then the whole is sent again.
        { retry: 2, timeout: 60_000 },
        () => {
          const table = tableOf(textOf(rules, ''), family)
          const counted = countedInKernel(
            backend,
            family,
            textOf(rules, first),
            packets.map((one) => one.sent),
          )
          const differences = packets.flatMap((one, index) => {
            const [kernel, here] = [counted[index] ?? [], countedHere(table, afterMangle(one))]
            return linesOf(rules).flatMap((rule, position) => {
              const [says, answers] = [kernel.includes(position), here.includes(position)]
              return says === answers || rule.includes('-j')
                ? []
                : [`${one.scene} | ${rule} | kernel ${says}, here ${answers}`]
            })
          })
          expect(differences).toEqual([])
          expect(counted.flat().length).toBeGreaterThan(packets.length)
        },
      )
    }
  }
})
