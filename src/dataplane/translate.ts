import type { Packet } from '../base/packet.ts'
import { isIcmp, packetFamily } from '../base/packet.ts'
import type { RuleStep, Socket } from '../model/trace.ts'
import { manipOf } from '../netfilter/hooks.ts'
import type { Tuple } from '../netfilter/match/match.ts'
import type { HookName, Table } from '../netfilter/rule.ts'
import type { NatRequest } from '../netfilter/target/target.ts'
import type { Connection, Tracking } from './conntrack.ts'
import { invertTuple, rewrite, translatedTuple, tupleOf } from './conntrack.ts'
import type { Flight, Next, Outcome, Walk } from './flight.ts'
import { extendTrail, lose, note } from './flight.ts'
import type { Decided } from './fork.ts'
import { ruleStep } from './fork.ts'
import { isRedirect } from './icmp-error.ts'
import { nullBinding, setUpNat } from './nat.ts'
import { selectAddress } from './routing.ts'
import type { Asking } from './tables.ts'
import { evaluateAt } from './tables.ts'

/**
 * The nat stage of a hook. Mirrors nf_nat_inet_fn: rules are asked once for each side of a connection, and then
 * the connection's translation is applied to every packet of it.
 */
export function translate(
  walk: Walk,
  flight: Flight,
  asking: Asking,
  tables: readonly Table[],
): readonly Outcome[] {
  const { tracking } = flight
  const known = translateKnown(flight, asking.hook)
  if (known) return asking.next(known)
  const connection = tracking?.connection
  if (connection && tracking.state === 'RELATED' && isIcmp(flight.packet.protocol)) {
    return passError(walk, flight, tracking, connection, asking)
  }
  return askTables(walk, flight, asking, tables, 0)
}

/** The packet of a connection for which no rule has to be asked any more, translated; `undefined` of any other. */
export function translateKnown(flight: Flight, hook: HookName): Flight | undefined {
  const { tracking, packet } = flight
  const connection = tracking?.connection
  if (!tracking || !connection) return flight
  const related = tracking.state === 'RELATED'
  if (related && isIcmp(packet.protocol)) return undefined
  const decided = manipOf(hook) === 'source' ? connection.sourceDecided : connection.destinationDecided
  return (tracking.state !== 'NEW' && !related) || decided ? applyTranslation(flight, hook) : undefined
}

/** Asks the nat tables of all backends in turn; a translation ends the round. */
function askTables(
  walk: Walk,
  flight: Flight,
  asking: Asking,
  tables: readonly Table[],
  at: number,
): readonly Outcome[] {
  const { hook, devices, next } = asking
  const table = tables[at]
  if (!table) return bind(walk, flight, hook, undefined, undefined, next)
  const decide = (asked: Flight, decided: Decided): readonly Outcome[] => {
    const { verdict } = decided
    if (verdict.type === 'nat') return bind(walk, asked, hook, verdict.request, decided, next)
    if (verdict.type === 'accept') return askTables(walk, asked, asking, tables, at + 1)
    return lose(walk, asked, 'rule', `${verdict.type} in table nat`, ruleStep(hook, decided.by, true))
  }
  return evaluateAt(walk, flight, hook, table, decide, devices)
}

/** Gives the connection the translation that a rule asks for, or none, and applies it. */
function bind(
  walk: Walk,
  flight: Flight,
  hook: HookName,
  request: NatRequest | undefined,
  decided: Decided | undefined,
  next: Next,
): readonly Outcome[] {
  const { tracking, state, netns } = flight
  const connection = tracking?.connection
  if (!tracking || !connection) return next(flight)
  // nf_nat_setup_info: what is confirmed keeps what it has, whatever the rules say by now.
  if (connection.confirmed) return next(applyTranslation(flight, hook))
  const by = decided && ruleStep(hook, decided.by, true)
  const concrete = request ? fillIn(flight, request) : nullBinding(connection, manipOf(hook))
  if (!concrete) return lose(walk, flight, 'rule', 'no address to translate to', by)
  const bound = setUpNat({ state, netns: netns.id, now: walk.now }, connection, concrete)
  if (!bound) return lose(walk, flight, 'nat-exhausted', 'no port is free for this translation', by)
  return next(applyTranslation({ ...flight, tracking: { ...tracking, connection: bound } }, hook, by))
}

/** MASQUERADE and REDIRECT take their address from a device. */
function fillIn(flight: Flight, request: NatRequest): NatRequest | undefined {
  const { netns, packet, way } = flight
  const family = packetFamily(packet)
  if (request.masquerade) {
    const ip = way && selectAddress(netns, way.device, way.via ?? packet.dst, family)
    return ip === undefined ? undefined : { ...request, addresses: { first: ip, last: ip } }
  }
  if (!request.redirect) return request
  const loopback = family === 4 ? 0x7f000001 : 1n
  const own = netns.devices
    .find((device) => device.name === flight.in)
    ?.addresses.find(({ ip }) => typeof ip === typeof packet.dst)?.ip
  const ip = flight.in === undefined ? loopback : own
  return ip === undefined ? undefined : { ...request, addresses: { first: ip, last: ip } }
}

/** Mirrors nf_nat_packet: rewrites the side that this hook serves, if the connection is translated there. */
function applyTranslation(flight: Flight, hook: HookName, by?: RuleStep): Flight {
  const { tracking, packet } = flight
  const connection = tracking?.connection
  if (!tracking || !connection) return flight
  const side = manipOf(hook)
  if (!isTranslated(connection, tracking.direction, side)) return flight
  const target = translatedTuple(connection, tracking.direction)
  const { ip, port } = sideOf(target, side)
  const from = sideOf(tupleOf(packet), side)
  const echo = packet.icmp !== undefined && packet.icmp.id !== target.sport
  if (from.ip === ip && from.port === port && !echo) return flight
  const rewritten = rewrite(packet, side, target)
  if (flight.quiet) return { ...flight, packet: rewritten }
  const action = by
    ? side === 'source'
      ? 'snat'
      : 'dnat'
    : tracking.direction === 'reply'
      ? 'undo'
      : 'again'
  const randomPort = side === 'source' && action === 'snat' && connection.randomPort
  const trail = extendTrail(flight, {
    type: 'nat',
    hook,
    action,
    side,
    from,
    to: { ip, port },
    ...(by && { by }),
    ...(randomPort && { randomPort }),
  })
  return { ...flight, packet: rewritten, trail }
}

function sideOf(tuple: Tuple, side: 'source' | 'destination'): Socket {
  return side === 'source' ? { ip: tuple.src, port: tuple.sport } : { ip: tuple.dst, port: tuple.dport }
}

/** Replies are translated on the opposite side: what DNAT did to the destination is undone at the source. */
function isTranslated(
  connection: Connection,
  direction: Tracking['direction'],
  side: 'source' | 'destination',
): boolean {
  const bySource = (side === 'source') === (direction === 'original')
  return bySource ? connection.sourceTranslated : connection.destinationTranslated
}

/** An ICMP error about a connection; a redirect is dropped unless the connection is known to be untranslated. */
function passError(
  walk: Walk,
  flight: Flight,
  tracking: Tracking,
  connection: Connection,
  { hook, next }: Asking,
): readonly Outcome[] {
  const { sourceDecided, destinationDecided, sourceTranslated, destinationTranslated } = connection
  const untranslated = sourceDecided && destinationDecided && !sourceTranslated && !destinationTranslated
  if (isRedirect(flight.packet) && !untranslated) {
    return lose(walk, flight, 'rule', 'nat drops redirects about connections that it may translate')
  }
  return next(translateError(flight, tracking, connection, hook))
}

/** Mirrors nf_nat_icmp_reply_translation: the error's own header and the packet that it quotes. */
function translateError(flight: Flight, tracking: Tracking, connection: Connection, hook: HookName): Flight {
  const { packet } = flight
  const { icmp } = packet
  const side = manipOf(hook)
  if (!icmp?.quoted || !isTranslated(connection, tracking.direction, side)) return flight
  const opposite = tracking.direction === 'original' ? connection.reply : connection.original
  const inner =
    side === 'source'
      ? rewrite(icmp.quoted, 'destination', opposite)
      : rewrite(icmp.quoted, 'source', opposite)
  const outer = invertTuple(opposite)
  const ip = side === 'source' ? outer.src : outer.dst
  const from: Socket = { ip: side === 'source' ? packet.src : packet.dst, port: 0 }
  const rewritten: Packet = {
    ...packet,
    ...(side === 'source' ? { src: ip } : { dst: ip }),
    icmp: { ...icmp, quoted: inner },
  }
  return note(
    { ...flight, packet: rewritten },
    { type: 'nat', hook, action: 'undo', side, from, to: { ip, port: 0 } },
  )
}
