import type { Ip } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import { isIcmp, TCP, TCP_ACK, TCP_RST, TCP_SYN } from '../base/packet.ts'
import type { Netns } from '../model/network.ts'
import type { ConnectionState, ConnectionView, Tuple } from '../netfilter/match/match.ts'
import { connectionLifetime } from './conntrack-lifetime.ts'
import type { DataplaneState } from './state.ts'
import { sysctl } from './sysctl.ts'
import type { TcpState } from './tcp-state.ts'
import { nextTcpState } from './tcp-state.ts'

/** One entry of a namespace's connection table; mirrors struct nf_conn. Immutable: a change makes a new one. */
export interface Connection {
  readonly original: Tuple
  readonly reply: Tuple
  /** IPS_SRC_NAT and IPS_DST_NAT: whether a translation really changes something. */
  readonly sourceTranslated: boolean
  readonly destinationTranslated: boolean
  /** IPS_SRC_NAT_DONE and IPS_DST_NAT_DONE: whether the nat table has been asked. */
  readonly sourceDecided: boolean
  readonly destinationDecided: boolean
  readonly seenReply: boolean
  readonly assured: boolean
  readonly confirmed: boolean
  readonly mark: number
  readonly tcp: TcpState | undefined
  readonly created: number
  /** When the entry is forgotten, in milliseconds of the walk's clock. */
  readonly expires: number
  /** The kernel drew a port at random when it translated. */
  readonly randomPort: boolean
}

export type Direction = 'original' | 'reply'

/** What a packet carries through one namespace: its entry, if it has one, and its state. */
export interface Tracking {
  readonly state: ConnectionState
  readonly connection: Connection | undefined
  readonly direction: Direction
}

/** A packet that belongs to no connection and may begin none. */
const invalid: Tracking = { state: 'INVALID', connection: undefined, direction: 'original' }

/** The tuple of a packet. ICMP echo has its identifier as source port; its type and code stand for the other. */
export function tupleOf(packet: Packet): Tuple {
  const { src, dst, protocol, sport, dport, icmp } = packet
  if (!isIcmp(protocol) || !icmp) return { src, dst, protocol, sport, dport }
  return { src, dst, protocol, sport: icmp.id, dport: icmp.type * 256 + icmp.code }
}

const inverseTypes = new Map<number, number>([
  [8, 0],
  [0, 8],
  [13, 14],
  [14, 13],
  [128, 129],
  [129, 128],
])

/** Mirrors nf_ct_invert_tuple. */
export function invertTuple({ src, dst, protocol, sport, dport }: Tuple): Tuple {
  if (!isIcmp(protocol)) return { src: dst, dst: src, protocol, sport: dport, dport: sport }
  const type = dport >>> 8
  return {
    src: dst,
    dst: src,
    protocol,
    sport,
    dport: (inverseTypes.get(type) ?? type) * 256 + (dport & 255),
  }
}

/** The key of a tuple within the state. */
function tupleKey(netns: string, { src, dst, protocol, sport, dport }: Tuple): string {
  return `ct ${netns} ${protocol} ${src} ${sport} ${dst} ${dport}`
}

/** Whether a key of the state is that of an entry of this namespace's connection table. */
export function isConnectionKey(key: string, netns: string): boolean {
  return key.startsWith(`ct ${netns} `)
}

export function sameTuple(a: Tuple, b: Tuple): boolean {
  return (
    a.src === b.src &&
    a.dst === b.dst &&
    a.sport === b.sport &&
    a.dport === b.dport &&
    a.protocol === b.protocol
  )
}

/** The live entry that one of whose tuples is this one (nf_conntrack_find_get). */
export function findConnection(
  state: DataplaneState,
  netns: string,
  tuple: Tuple,
  now: number,
): Connection | undefined {
  const found = state.get(tupleKey(netns, tuple)) as Connection | undefined
  return found && found.expires > now ? found : undefined
}

/** Writes an entry under both of its tuples. */
export function storeConnection(
  state: DataplaneState,
  netns: string,
  connection: Connection,
): DataplaneState {
  return write(state, netns, connection, connection)
}

/** The keys and values by which the state holds an entry: one for each of its tuples. */
export function connectionEntries(
  netns: string,
  connection: Connection,
): readonly (readonly [string, Connection])[] {
  return [
    [tupleKey(netns, connection.original), connection],
    [tupleKey(netns, connection.reply), connection],
  ]
}

export function removeConnection(
  state: DataplaneState,
  netns: string,
  connection: Connection,
): DataplaneState {
  return write(state, netns, connection, undefined)
}

function write(
  state: DataplaneState,
  netns: string,
  { original, reply }: Connection,
  value: Connection | undefined,
): DataplaneState {
  return state.set(tupleKey(netns, original), value).set(tupleKey(netns, reply), value)
}

/** Mirrors nf_conntrack_in: finds or makes the packet's entry and says which state rules will see. */
export function track(
  state: DataplaneState,
  netns: Netns,
  packet: Packet,
  now: number,
): { readonly state: DataplaneState; readonly tracking: Tracking } {
  const quoted = packet.icmp?.quoted
  if (quoted) return { state, tracking: trackError(state, netns, packet.dst, quoted, now) }
  const tuple = tupleOf(packet)
  const found = findConnection(state, netns.id, tuple, now)
  const reopened = found && packet.protocol === TCP && isReopening(found, tuple, packet)
  if (!found || reopened) {
    const cleared = reopened ? removeConnection(state, netns.id, found) : state
    return { state: cleared, tracking: trackNew(netns, packet, tuple, now) }
  }
  return trackKnown(state, netns, found, tuple, packet, now)
}

/**
 * nf_conntrack_inet_error: an error belongs to the connection whose reply the quoted packet's inverse would be,
 * if it is sent to that reply's receiver.
 */
function trackError(state: DataplaneState, netns: Netns, to: Ip, quoted: Packet, now: number): Tracking {
  const inverse = invertTuple(tupleOf(quoted))
  const connection = findConnection(state, netns.id, inverse, now)
  if (!connection) return invalid
  const direction: Direction = sameTuple(connection.original, inverse) ? 'original' : 'reply'
  const expected = direction === 'original' ? connection.original.dst : connection.reply.dst
  return to === expected ? { state: 'RELATED', connection, direction } : invalid
}

/**
 * Mirrors nf_ct_attach: an error or RST that the namespace makes about a packet belongs to that packet's connection,
 * in the other direction, even if the connection is not confirmed yet.
 */
export function attachedTo(tracking: Tracking | undefined): Tracking | undefined {
  const connection = tracking?.connection
  if (!connection) return undefined
  const direction: Direction = tracking.direction === 'original' ? 'reply' : 'original'
  return { state: 'RELATED', connection, direction }
}

/** A SYN on a closed or closing connection's tuple is a new connection (tcp_packet, TIME_WAIT and CLOSE). */
function isReopening(connection: Connection, tuple: Tuple, packet: Packet): boolean {
  const closed = connection.tcp === 'TIME_WAIT' || connection.tcp === 'CLOSE'
  const syn = (packet.tcpFlags & (TCP_SYN | TCP_ACK)) === TCP_SYN
  return closed && syn && sameTuple(connection.original, tuple)
}

function trackNew(netns: Netns, packet: Packet, tuple: Tuple, now: number): Tracking {
  let tcp: TcpState | undefined
  if (packet.protocol === TCP) {
    const next = nextTcpState('NONE', 'original', packet.tcpFlags)
    if (next === 'INVALID' || next === 'IGNORE') return invalid
    // tcp_new: a connection picked up in mid-stream needs nf_conntrack_tcp_loose.
    if (next !== 'SYN_SENT' && sysctl(netns, 'net.netfilter.nf_conntrack_tcp_loose') === 0) {
      return invalid
    }
    tcp = next
  } else if (isIcmp(packet.protocol) && !isRequest(packet)) return invalid
  const connection: Connection = {
    original: tuple,
    reply: invertTuple(tuple),
    sourceTranslated: false,
    destinationTranslated: false,
    sourceDecided: false,
    destinationDecided: false,
    seenReply: false,
    assured: false,
    confirmed: false,
    mark: 0,
    tcp,
    created: now,
    expires: now + connectionLifetime(netns, packet.protocol, tcp, false),
    randomPort: false,
  }
  return { state: 'NEW', connection, direction: 'original' }
}

const kernelDefaults = { sysctls: {} }

/** An entry as a table may hold it before the walk begins; untranslated if it has no reply tuple of its own. */
export function makeConnection(
  original: Tuple,
  reply: Tuple | undefined,
  { now, seenReply }: { readonly now: number; readonly seenReply: boolean },
): Connection {
  const plain = invertTuple(original)
  const back = reply ?? plain
  const tcp = original.protocol !== TCP ? undefined : seenReply ? 'ESTABLISHED' : 'SYN_SENT'
  return {
    original,
    reply: back,
    sourceTranslated: back.dst !== plain.dst || back.dport !== plain.dport,
    destinationTranslated: back.src !== plain.src || back.sport !== plain.sport,
    sourceDecided: true,
    destinationDecided: true,
    seenReply,
    assured: seenReply,
    confirmed: true,
    mark: 0,
    tcp,
    created: now,
    expires: now + connectionLifetime(kernelDefaults, original.protocol, tcp, seenReply),
    randomPort: false,
  }
}

/** icmp_pkt_to_tuple and valid_new: only requests begin an ICMP connection. */
function isRequest(packet: Packet): boolean {
  const type = packet.icmp?.type
  return type === 8 || type === 13 || type === 128
}

function trackKnown(
  state: DataplaneState,
  netns: Netns,
  connection: Connection,
  tuple: Tuple,
  packet: Packet,
  now: number,
): { readonly state: DataplaneState; readonly tracking: Tracking } {
  const direction: Direction = sameTuple(connection.original, tuple) ? 'original' : 'reply'
  const established = direction === 'reply' || connection.seenReply ? 'ESTABLISHED' : 'NEW'
  let tcp = connection.tcp
  if (tcp) {
    const next = nextTcpState(tcp, direction, packet.tcpFlags)
    const verdict = inWindow(netns, packet)
    if (next === 'INVALID' || verdict === 'invalid')
      return { state, tracking: { state: 'INVALID', connection: undefined, direction } }
    if (verdict === 'ignore') return { state, tracking: { state: established, connection, direction } }
    if (next !== 'IGNORE') tcp = next
  }
  const updated = advance(netns, connection, direction, tcp, now)
  const tracking: Tracking = { state: established, connection: updated, direction }
  return { state: updated === connection ? state : storeConnection(state, netns.id, updated), tracking }
}

/** Mirrors tcp_in_window: what is too new is invalid, what is too old passes and changes nothing, unless a RST. */
function inWindow(netns: Netns, { outsideWindow, tcpFlags }: Packet): 'accept' | 'ignore' | 'invalid' {
  if (!outsideWindow || sysctl(netns, 'net.netfilter.nf_conntrack_tcp_be_liberal') !== 0) return 'accept'
  return outsideWindow === 'behind' && !(tcpFlags & TCP_RST) ? 'ignore' : 'invalid'
}

/** The entry after one more packet; the same value if the packet told nothing new. */
function advance(
  netns: Netns,
  connection: Connection,
  direction: Direction,
  tcp: TcpState | undefined,
  now: number,
): Connection {
  const seenReply = connection.seenReply || direction === 'reply'
  // nf_conntrack_udp_packet: a stream once it has been answered and is older than two seconds.
  const stream = connection.seenReply && now > connection.created + 2000
  const assured = connection.assured || (tcp ? tcp === 'ESTABLISHED' : stream)
  const expires = now + connectionLifetime(netns, connection.original.protocol, tcp, stream)
  const same =
    seenReply === connection.seenReply &&
    assured === connection.assured &&
    tcp === connection.tcp &&
    expires === connection.expires
  return same ? connection : { ...connection, seenReply, assured, tcp, expires }
}

/** The entry as matches see it. */
export function viewOf({ connection, direction }: Tracking): ConnectionView | undefined {
  if (!connection) return undefined
  const { original, reply, mark, sourceTranslated, destinationTranslated, seenReply, assured, confirmed } =
    connection
  return {
    original,
    reply,
    direction,
    mark,
    sourceTranslated,
    destinationTranslated,
    seenReply,
    assured,
    confirmed,
    ...(confirmed && { expires: connection.expires }),
  }
}

/** The addresses and ports that this direction's packets have once both translations are applied. */
export function translatedTuple(connection: Connection, direction: Direction): Tuple {
  return invertTuple(direction === 'original' ? connection.reply : connection.original)
}

/**
 * A packet with one side's address and port replaced by the tuple's, as nf_nat_manip_pkt does. An echo's identifier
 * stands in the tuple's source, whichever side is translated.
 */
export function rewrite(packet: Packet, side: 'source' | 'destination', tuple: Tuple): Packet {
  const { src, dst, sport, dport } = tuple
  if (packet.icmp) {
    const icmp = { ...packet.icmp, id: sport }
    return side === 'source' ? { ...packet, src, icmp } : { ...packet, dst, icmp }
  }
  return side === 'source' ? { ...packet, src, sport } : { ...packet, dst, dport }
}
