import { formatEndpoint, formatIp } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import {
  formatFlow,
  hasPorts,
  isIcmp,
  packetFamily,
  protocolName,
  TCP,
  TCP_ACK,
  TCP_RST,
  TCP_SYN,
} from '../base/packet.ts'
import { formatPrefix } from '../model/route-text.ts'
import type { Hop, Leg, RuleStep, Socket, Step } from '../model/trace.ts'
import { formatRuleBody } from '../netfilter/save-format/format.ts'

/** The steps of one kind. */
export type StepOf<T extends Step['type']> = Extract<Step, { readonly type: T }>

/** The first packet that a hop speaks of. */
export function packetOf({ steps }: Hop): Packet | undefined {
  for (const step of steps) if ('packet' in step) return step.packet
  return undefined
}

/** A packet in one line: `10.244.1.5:40000 → 10.96.0.10:53 udp`. */
export function packetText(packet: Packet): string {
  return `${formatFlow(packet)} ${protocolName(packet.protocol)}${kindText(packet)}`
}

/** The packet that a tunnel makes; `sized` with its bytes and those of the packet inside. */
export function tunnelText({ outer }: StepOf<'encapsulated'>, sized: boolean): string {
  const inner = outer.tunnel?.inner
  const sizes = sized && inner ? `, ${inner.fragments ?? inner.length} bytes in ${outer.length}` : ''
  return `${packetText(outer)}${sizes}`
}

/** What sort of packet it is, where that is not plain: an answer, a reset, an error. */
function kindText({ protocol, tcpFlags, icmp, ...rest }: Packet): string {
  if (protocol === TCP) {
    if (tcpFlags & TCP_RST) return ' RST'
    return tcpFlags & TCP_SYN && tcpFlags & TCP_ACK ? ' SYN-ACK' : ''
  }
  if (!icmp || !isIcmp(protocol)) return ''
  if (icmp.quoted)
    return ` ${icmpErrorName(packetFamily({ protocol, tcpFlags, ...rest }), icmp.type, icmp.code)}`
  return [0, 129].includes(icmp.type) ? ' echo reply' : ' echo request'
}

/** ICMP errors by type and code, as RFC 792, RFC 1812 and RFC 4443 call them. */
const icmpErrors: Readonly<Record<4 | 6, Readonly<Record<string, string>>>> = {
  4: {
    '3/0': 'net unreachable',
    '3/1': 'host unreachable',
    '3/2': 'protocol unreachable',
    '3/3': 'port unreachable',
    '3/4': 'fragmentation needed',
    '3/9': 'net prohibited',
    '3/10': 'host prohibited',
    '3/13': 'communication prohibited',
    '11/0': 'time exceeded',
  },
  6: {
    '1/0': 'no route',
    '1/1': 'communication prohibited',
    '1/3': 'address unreachable',
    '1/4': 'port unreachable',
    '1/5': 'policy failed',
    '1/6': 'reject route',
    '2/0': 'packet too big',
    '3/0': 'time exceeded',
  },
}

function icmpErrorName(family: 4 | 6, type: number, code: number): string {
  return icmpErrors[family][`${type}/${code}`] ?? `error ${type}/${code}`
}

/** A translation with what was there before and what is there after; `protocol` is the packet's. */
export function natText(step: StepOf<'nat'>, protocol: number): string {
  const show = isIcmp(protocol) ? ({ ip }: Socket) => formatIp(ip) : socketText
  const change = `${show(step.from)} → ${show(step.to)}`
  switch (step.action) {
    case 'dnat':
      return `DNAT ${change}`
    case 'snat':
      return `${step.by?.rule?.target?.type === 'MASQUERADE' ? 'MASQUERADE' : 'SNAT'} ${change}`
    case 'again':
      return `${step.side === 'source' ? 'SNAT' : 'DNAT'} ${change}, as the connection has it`
    case 'undo':
      return `${step.side === 'source' ? 'DNAT' : 'SNAT'} undone: ${step.side} ${change}`
    default:
      return step.action satisfies never
  }
}

/** The same for an answer, where every translation is an undoing: `source 10.244.1.21:8080 → 10.96.25.219:80`. */
export function undoneText(step: StepOf<'nat'>, protocol: number): string {
  return natText(step, protocol).replace(/^.NAT undone: /, '')
}

function socketText({ ip, port }: Socket): string {
  return port === 0 ? formatIp(ip) : formatEndpoint(ip, port)
}

/**
 * Says of ports that the kernel draws at random that they are: the walk has an example in their place, which must
 * not be taken for a promise.
 */
export function randomPortHider({ forward, reply }: Leg): (text: string) => string {
  const examples: (readonly [string, string])[] = []
  for (const { steps } of [...forward, ...reply])
    for (const step of steps) {
      if (step.type !== 'nat' || !step.randomPort) continue
      const shown = formatEndpoint(step.to.ip, step.to.port)
      examples.push([shown, `${shown.slice(0, shown.lastIndexOf(':'))}:(random)`])
    }
  return (text) => examples.reduce((now, [shown, said]) => now.replaceAll(shown, said), text)
}

/** The route that was taken, its device aside: `10.244.2.0/24 via 172.18.0.4`. */
export function routeText({ route, via }: StepOf<'route'>): string {
  const type = route.type === 'unicast' ? '' : `${route.type} `
  return `${type}${formatPrefix(route.destination)}${via === undefined ? '' : ` via ${formatIp(via)}`}`
}

/** Who took the packet, and what source it sees; `answering` for a packet that goes back to its asker. */
export function deliveredText({ packet, listener }: StepOf<'delivered'>, answering: boolean): string {
  const from = hasPorts(packet.protocol) ? formatEndpoint(packet.src, packet.sport) : formatIp(packet.src)
  if (answering) return `gets it from ${from}`
  if (isIcmp(packet.protocol)) return `arrives, from ${from}`
  if (!listener) return `nobody listens on ${packet.dport}; the packet came from ${from}`
  const who = listener.label === undefined ? '' : ` (${listener.label})`
  const assumed = listener.assumed ? ' (assumed: nothing says what it listens on)' : ''
  return `listens on ${packet.dport}${who || assumed}, sees ${from}`
}

/** How the packet's way ended, in a few words: `REJECT icmp-port-unreachable`. */
export function endText({ by, text }: StepOf<'ended'>): string {
  if (!by) return text
  if (text === 'dropped') return 'DROP'
  return text.replace(/^rejected with /, 'REJECT ')
}

/** The rule that ended it: `filter INPUT → KUBE-FIREWALL 2 "block …"`. */
export function endCause(by: RuleStep, path: readonly RuleStep[]): string {
  const chains = chainPath(path, by)
  const last = chains === '' ? by.chain : `${by.hook} → ${chains}`
  const number = by.number === 0 ? ' policy' : ` ${by.number}`
  return `${by.table} ${last}${number}${commentOf(by)}`
}

function commentOf({ rule }: RuleStep): string {
  for (const match of rule?.matches ?? []) if (match.type === 'comment') return ` "${match.comment}"`
  return ''
}

/**
 * The chains that led to a rule: `KUBE-SERVICES → KUBE-SVC-4XJ… → KUBE-SEP-7PQ…`. Read backwards from jump to
 * caller, so that chains which were gone back from are not in it.
 */
export function chainPath(path: readonly RuleStep[], end: RuleStep | undefined): string {
  if (!end) return ''
  const chains: string[] = []
  let wanted = end.chain
  for (const { rule, matched, table, hook, chain } of path.toReversed()) {
    if (!matched || table !== end.table || hook !== end.hook) continue
    const target = rule?.target
    if ((target?.type !== 'jump' && target?.type !== 'goto') || target.chain !== wanted) continue
    chains.unshift(shorten(wanted))
    wanted = chain
  }
  return chains.join(' → ')
}

/** The chains of service ports and endpoints have names too long for a line. */
function shorten(chain: string): string {
  return chain.replace(/^(KUBE-(?:SVC|SVL|SEP|EXT|FW)-)([A-Z2-7]{4})[A-Z2-7]{12}$/, '$1$2…')
}

/** A rule with its place: `nat KUBE-SERVICES 4: -d 10.96.0.1/32 … -j KUBE-SVC-NPX46M4PTMTKRN6Y`. */
export function ruleText(step: RuleStep, family: 4 | 6): string {
  const { rule, table, chain, number } = step
  if (!rule) return `${table} ${chain} policy ACCEPT`
  return `${table} ${chain} ${number}: ${rule.spelling ?? formatRuleBody(rule, family)}`
}
