import { invariant } from '../base/invariant.ts'
import { familyOf } from '../base/ip.ts'
import { isIcmp, type Packet, TCP, UDP } from '../base/packet.ts'
import type { Disposition, Hop, PathMtuLesson } from '../model/trace.ts'
import type { Tracking } from './conntrack.ts'
import type { Exchange } from './exchange.ts'
import type { End, Flight, Outcome } from './flight.ts'
import { hopsOf, note } from './flight.ts'
import { frameWay } from './frame-way.ts'
import { mayAnswer } from './icmp-rate.ts'
import { deviceOf } from './link.ts'
import type { Details, Forward } from './outcome.ts'
import { answerOf, goesRound, lastReason, outcomeOf } from './outcome.ts'
import { isReplyFor, quotes } from './packets.ts'
import { learnPathMtu } from './path-mtu.ts'
import { send } from './send.ts'
import { nextFlight, startWalk } from './start-walk.ts'
import { cross } from './transmit.ts'
import { isHeardByUdp } from './udp-error.ts'

/**
 * An ICMP error or RST on its way back: if it arrives, the sender learns of it; if not, there is silence. The
 * flight is the packet that is answered, where it ended.
 */
export function sendAnswer(
  work: Exchange,
  forward: Forward,
  flight: Flight,
  answer: Packet,
  tracking?: Tracking,
): readonly Outcome[] {
  const { network, options } = work
  const errno = localErrno(work, flight)
  const rationed = mayAnswer(flight.state, flight.netns, answer, options.now)
  const start: Flight = { ...flight, state: rationed.state }
  if (!rationed.allowed) return [outcomeOf(unsaid(forward), start, silenceAs(forward), errno)]
  const walk = startWalk(network, options, (back, end) => afterAnswer(work, forward, back, end, errno))
  return send(walk, { ...nextFlight(start, answer), tracking })
}

/** What ended the packet, and why its sender does not hear of it. */
function unsaid(forward: Forward): Forward {
  const { stoppedAt } = forward
  if (!stoppedAt) return forward
  const text = `${stoppedAt.text}; no ICMP error is sent, for a redirect or earlier errors used up the ration`
  return { ...forward, stoppedAt: { ...stoppedAt, text } }
}

/** An answer that leaves by a bridge port without meeting a rule. */
export function sendStraight(
  work: Exchange,
  forward: Forward,
  flight: Flight,
  answer: Packet,
  port: string,
): readonly Outcome[] {
  const { network, options } = work
  const device = deviceOf(flight.netns, port)
  const source = flight.frameSource
  const way = device && source !== undefined && frameWay(network, { netns: flight.netns, device }, source)
  invariant(device && way, `port ${port} of ${flight.netns.id} leads back to ${source}`)
  const walk = startWalk(network, options, (back, end) => afterAnswer(work, forward, back, end, {}))
  const sent = note(nextFlight(flight, answer), { type: 'sent', packet: answer, device: port })
  return cross(walk, sent, way, device.mac)
}

/** An answer that comes out of a tunnel's device, as if the tunnel's far end had sent it. */
export function sendBackIn(
  work: Exchange,
  forward: Forward,
  flight: Flight,
  answer: Packet,
  { device: name, mac }: { readonly device: string; readonly mac: string },
): readonly Outcome[] {
  const { network, options } = work
  const device = deviceOf(flight.netns, name)
  invariant(device, `device ${name} of ${flight.netns.id} exists`)
  const walk = startWalk(network, options, (back, end) => afterAnswer(work, forward, back, end, {}))
  return walk.arrive(walk, nextFlight(flight, answer), { at: { netns: flight.netns, device }, mac })
}

function afterAnswer(
  work: Exchange,
  forward: Forward,
  back: Flight,
  end: End,
  errno: Details,
): readonly Outcome[] {
  const reply = hopsOf(back.trail)
  const { netns, packet, state } = back
  const isHeard = end.type === 'delivered' && (isAnswerFor(forward, back) || isAboutTunnel(packet))
  const learnt = isHeard ? { ...back, state: learnPathMtu(state, netns, packet, work.options.now) } : back
  if (!isHeard || !isAnswerFor(forward, back)) {
    return [outcomeOf(forward, learnt, silenceAs(forward), { ...errno, reply })]
  }
  const details: Details = { ...errno, reply, answer: answerOf(packet) }
  const outcome = outcomeOf(forward, learnt, answeredAs(forward, packet), details)
  const lesson = work.load && outcome.disposition === 'stalled' && requestLesson(forward, back, reply)
  return [lesson ? { ...outcome, lesson } : outcome]
}

/**
 * A datagram that the sender's own rules drop fails with EPERM; of a TCP segment, and of what becomes of a tunnel's
 * packet, the socket learns nothing.
 */
export function localErrno({ from }: Exchange, flight: Flight): Details {
  const { packet } = flight
  const sent = flight.netns.id === from && flight.in === undefined
  const own = sent && packet.protocol !== TCP && packet.tunnel === undefined
  const reason = lastReason(flight)
  const byRule = reason === 'rule' || reason === 'policy' || reason === 'nat-exhausted'
  return own && byRule ? { errno: 'EPERM' } : {}
}

/** What the first packet's sender learns of the path from the error that came back. */
function requestLesson(
  { hops, sent }: Forward,
  { netns, packet }: Flight,
  icmp: readonly Hop[],
): PathMtuLesson | undefined {
  const mtu = packet.icmp?.mtu
  if (mtu === undefined) return undefined
  return { name: 'request', length: sent.length, mtu, from: packet.src, netns: netns.id, hops, icmp }
}

/** ipip_err, and the UDP errors of VXLAN: a node learns of the path to its tunnel's end, the inner sender does not. */
function isAboutTunnel({ icmp }: Packet): boolean {
  return icmp?.quoted?.tunnel !== undefined
}

/** Whether a RST or an ICMP error belongs to the sender's socket. */
function isAnswerFor(forward: Forward, back: Flight): boolean {
  const { packet, netns } = back
  if (netns.id !== forward.hops[0]?.netns) return false
  const quoted = packet.icmp?.quoted
  return quoted ? quotes(forward.sent, quoted) : isReplyFor(forward.sent, packet)
}

/** What the sender makes of the error or RST that came back. */
function answeredAs(forward: Forward, answer: Packet): Disposition {
  const reason = forward.stoppedAt?.reason
  if (reason === 'no-listener') return 'refused'
  if (reason === 'ttl') return goesRound(forward.hops) ? 'looped' : 'rejected'
  if (reason === 'too-big') return 'stalled'
  if (reason === 'no-route' || reason === 'no-neighbor')
    return isHeard(forward, answer) ? 'no-route' : 'dropped'
  return answer.protocol === TCP || isIcmp(answer.protocol) ? 'rejected' : 'unknown'
}

/** Of a datagram whose next hop is gone the sender learns nothing: a UDP socket passes such errors over. */
function isHeard({ sent }: Forward, { icmp, dst }: Packet): boolean {
  return sent.protocol !== UDP || !icmp || isHeardByUdp(familyOf(dst), icmp)
}

/** What it is to the sender if no error reaches it: a loop is one all the same, and so is a black hole. */
export function silenceAs({ stoppedAt, hops }: Forward): Disposition {
  if (stoppedAt?.reason === 'ttl' && goesRound(hops)) return 'looped'
  return stoppedAt?.reason === 'too-big' ? 'stalled' : 'dropped'
}
