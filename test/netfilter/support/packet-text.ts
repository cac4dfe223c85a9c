import type { Ip } from '../../../src/base/ip.ts'
import { familyOf, parseIp } from '../../../src/base/ip.ts'
import type { IcmpHeader, Packet } from '../../../src/base/packet.ts'
import { ICMP, ICMPV6, SCTP, TCP, TCP_SYN, UDP } from '../../../src/base/packet.ts'
import type { Scene } from '../../../src/netfilter/evaluate.ts'
import type { ConnectionView, HostView } from '../../../src/netfilter/match/match.ts'
import { isHookName } from '../../../src/netfilter/rule.ts'

const protocols: Readonly<Record<string, number>> = {
  tcp: TCP,
  udp: UDP,
  sctp: SCTP,
  icmp: ICMP,
  esp: 50,
  ah: 51,
}
const flagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG']
const states = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED'] as const

/**
 * What one table is asked, from a text such as `tcp 10.0.0.1:40000 > 10.0.0.2:80 flags=SYN,ACK in=eth0 hook=FORWARD`.
 * Left out, the packet is a SYN or 28 bytes long datagram with a TTL of 64 that comes in by eth0 at INPUT; no
 * connection is known of it, and its state is NEW.
 */
export function sceneOf(text: string): Scene {
  const [name = '', source = '', , target = '', ...words] = text.split(' ')
  const word = (key: string) => words.find((one) => one.startsWith(`${key}=`))?.slice(key.length + 1)
  const hook = word('hook') ?? 'INPUT'
  if (!isHookName(hook)) throw new Error(`no hook: ${hook}`)
  const [seesIn, seesOut] = [hook !== 'OUTPUT', hook !== 'PREROUTING' && hook !== 'INPUT']
  const device = (key: string, sees: boolean) => (sees ? (word(key) ?? 'eth0') : undefined)
  const given = (key: string) =>
    word(key) === 'none' ? undefined : device(key, key === 'in' ? seesIn : seesOut)
  const state = states.find((one) => one === word('state')) ?? 'NEW'
  return {
    hook,
    packet: packetOf(name, source, target, word),
    devices: {
      in: given('in'),
      out: given('out'),
      physicalIn: word('physin'),
      physicalOut: word('physout'),
      bridged: word('physout') !== undefined,
    },
    state,
    connection: word('ct') === undefined ? undefined : connectionOf(word('ct') ?? ''),
    host,
    memory: emptyMemory,
    now: Number(word('now') ?? 0),
    record: 'matches',
  }
}

type Word = (key: string) => string | undefined

function packetOf(name: string, source: string, target: string, word: Word): Packet {
  const [from, to] = [endpoint(source), endpoint(target)]
  const base = name === 'icmp' && familyOf(from.ip) === 6 ? ICMPV6 : (protocols[name] ?? Number(name))
  const flags = word('flags')
  const icmp = word('icmp')
  return {
    src: from.ip,
    dst: to.ip,
    protocol: base,
    sport: from.port,
    dport: to.port,
    tcpFlags: flags === undefined ? (base === TCP ? TCP_SYN : 0) : flagBits(flags),
    ...(icmp !== undefined && { icmp: icmpOf(icmp) }),
    ttl: Number(word('ttl') ?? 64),
    length: Number(word('length') ?? (base === TCP ? 60 : 28)),
    dontFragment: true,
    mark: Number(word('mark') ?? 0),
    ...(word('tos') !== undefined && { tos: Number(word('tos')) }),
  }
}

function endpoint(text: string): { readonly ip: Ip; readonly port: number } {
  const [, bracketed, plain, port] =
    /^(?:\[(.*)\]|([^:]*|[0-9a-f:]*::[0-9a-f:]*))(?::(\d+))?$/.exec(text) ?? []
  const ip = parseIp(bracketed ?? plain ?? text)
  if (ip === undefined) throw new Error(`no address: ${text}`)
  return { ip, port: Number(port ?? 0) }
}

function flagBits(text: string): number {
  return text.split(',').reduce((bits, name) => bits | (name === '' ? 0 : 1 << flagNames.indexOf(name)), 0)
}

function icmpOf(text: string): IcmpHeader {
  const [type, code] = text.split('/').map(Number)
  return { type: type ?? 0, code: code ?? 0, id: 7 }
}

/** `mark:direction:status,...`; its tuples are 10.0.0.1:40000 to 10.96.0.10:80, answered by 10.0.0.2:8080. */
function connectionOf(text: string): ConnectionView {
  const [mark = '0', direction = 'original', flags = ''] = text.split(':')
  const [client, service, pod] = ['10.0.0.1', '10.96.0.10', '10.0.0.2'].map((one) => parseIp(one) ?? 0)
  const has = (flag: string) => flags.split(',').includes(flag)
  return {
    original: { src: client ?? 0, dst: service ?? 0, protocol: TCP, sport: 40000, dport: 80 },
    reply: { src: pod ?? 0, dst: client ?? 0, protocol: TCP, sport: 8080, dport: 40000 },
    direction: direction === 'reply' ? 'reply' : 'original',
    mark: Number(mark),
    sourceTranslated: has('snat'),
    destinationTranslated: has('dnat'),
    seenReply: has('seen-reply'),
    assured: has('assured'),
    confirmed: has('confirmed'),
    ...(has('confirmed') && { expires: 30_000 }),
  }
}

/** 10.0.0.1 and fd00::1 are the host's, on every device but eth1 and lo, whose network is 10.0.0.0/24; blackhole 10.66.0.0/16. */
const host: HostView = {
  addressType: (ip, device) => {
    if (typeof ip === 'bigint') {
      if (ip === 1n || ip === parseIp('fd00::1')) return 'LOCAL'
      return ip >> 120n === 0xffn ? 'MULTICAST' : 'UNICAST'
    }
    if (ip === parseIp('10.0.0.1')) return device === 'eth1' || device === 'lo' ? 'UNICAST' : 'LOCAL'
    if (ip >>> 24 === 127) return 'LOCAL'
    if (ip === parseIp('10.0.0.255') || ip === 0xffffffff) return 'BROADCAST'
    if (ip >>> 16 === 0x0a42) return 'BLACKHOLE'
    return ip >>> 28 === 14 ? 'MULTICAST' : 'UNICAST'
  },
  mtuTo: () => 1500,
  reversePathValid: (packet, device, options) =>
    options.loose ||
    (typeof packet.src === 'number' && packet.src >>> 8 === 0x0a0000) === (device === 'eth0'),
  set: (name) =>
    name === 'addresses'
      ? {
          name,
          type: 'hash:ip',
          contains: (packet, [side]) => (side === 'src' ? packet.src : packet.dst) === parseIp('10.0.0.1'),
        }
      : undefined,
}

/** What rules remember, open to view. */
export interface OpenMemory {
  readonly values: ReadonlyMap<string, unknown>
  get(key: string): unknown
  set(key: string, value: unknown): OpenMemory
}

function memoryOf(values: ReadonlyMap<string, unknown>): OpenMemory {
  return {
    values,
    get: (key) => values.get(key),
    set: (key, value) => memoryOf(new Map(values).set(key, value)),
  }
}

const emptyMemory = memoryOf(new Map())
