import { fnv1a } from '../base/hash.ts'
import type { Ip } from '../base/ip.ts'
import { jhash2, reciprocalScale } from '../base/jhash.ts'
import { hasPorts, isIcmp } from '../base/packet.ts'
import type { Tuple } from '../netfilter/match/match.ts'
import type { NatRequest } from '../netfilter/target/target.ts'
import type { Connection } from './conntrack.ts'
import { findConnection, invertTuple, sameTuple } from './conntrack.ts'
import type { DataplaneState } from './state.ts'

/** What a translation is set up against. */
export interface NatScene {
  readonly state: DataplaneState
  readonly netns: string
  readonly now: number
}

/** NF_NAT_MAX_ATTEMPTS: how many ports are tried before the kernel starts elsewhere. */
const maxAttempts = 128

/**
 * Mirrors nf_nat_setup_info: gives the connection a tuple that meets the request and that no other connection
 * has, and writes the reply tuple accordingly. `undefined` if no such tuple is free: the packet is dropped when
 * the connection is confirmed.
 */
export function setUpNat(
  scene: NatScene,
  connection: Connection,
  request: NatRequest,
): Connection | undefined {
  const current = invertTuple(connection.reply)
  const chosen = uniqueTuple(scene, connection, current, request)
  if (!chosen) return undefined
  const { tuple, randomPort } = chosen
  const changed = !sameTuple(tuple, current)
  const isSource = request.manip === 'source'
  return {
    ...connection,
    reply: changed ? invertTuple(tuple) : connection.reply,
    sourceTranslated: connection.sourceTranslated || (isSource && changed),
    destinationTranslated: connection.destinationTranslated || (!isSource && changed),
    sourceDecided: connection.sourceDecided || isSource,
    destinationDecided: connection.destinationDecided || !isSource,
    randomPort: connection.randomPort || randomPort,
  }
}

/** The request of a connection that no rule translates: keep the address, and the port if it is free. */
export function nullBinding(connection: Connection, manip: 'source' | 'destination'): NatRequest {
  const current = invertTuple(connection.reply)
  const ip = manip === 'source' ? current.src : current.dst
  return { manip, addresses: { first: ip, last: ip }, random: false, fullyRandom: false, persistent: false }
}

interface Chosen {
  readonly tuple: Tuple
  readonly randomPort: boolean
}

/** Mirrors get_unique_tuple: the tuple as it is, an earlier mapping of its source, the best address, a free port. */
function uniqueTuple(
  scene: NatScene,
  connection: Connection,
  original: Tuple,
  request: NatRequest,
): Chosen | undefined {
  const anyPort = request.random || request.fullyRandom
  const free = (tuple: Tuple) => isFree(scene, tuple, connection)
  const kept = anyPort ? undefined : keepSource(scene, original, request, free)
  if (kept) return { tuple: kept, randomPort: false }
  const tuple = bestAddress(original, request)
  if (!anyPort && fitsAsItIs(tuple, request, free)) return { tuple, randomPort: false }
  return uniquePort(scene, connection, tuple, request)
}

/** A source that fits already, or that the same socket was given before, is not changed again. */
function keepSource(
  scene: NatScene,
  original: Tuple,
  request: NatRequest,
  free: (tuple: Tuple) => boolean,
): Tuple | undefined {
  if (request.manip !== 'source') return undefined
  const candidate = inRange(original, request) ? original : earlierMapping(scene, original)
  return candidate && inRange(candidate, request) && free(candidate) ? candidate : undefined
}

/** Whether the port needs no change: it is in the range asked for, and the tuple is free or cannot be helped. */
function fitsAsItIs(tuple: Tuple, request: NatRequest, free: (tuple: Tuple) => boolean): boolean {
  const { ports, basePort } = request
  if (!ports) return free(tuple)
  return basePort === undefined && portInRange(tuple, request) && (ports.first === ports.last || free(tuple))
}

function isFree({ state, netns, now }: NatScene, tuple: Tuple, connection: Connection): boolean {
  const taken = findConnection(state, netns, invertTuple(tuple), now)
  return taken === undefined || sameTuple(taken.original, connection.original)
}

/** nf_in_range: the address, and the port if the request names ports. */
function inRange(tuple: Tuple, request: NatRequest): boolean {
  const ip = request.manip === 'source' ? tuple.src : tuple.dst
  const { addresses } = request
  return (!addresses || (ip >= addresses.first && ip <= addresses.last)) && portInRange(tuple, request)
}

function portInRange(tuple: Tuple, { manip, ports }: NatRequest): boolean {
  if (!ports) return true
  const port = manip === 'source' ? tuple.sport : tuple.dport
  return port >= ports.first && port <= ports.last
}

/** The key under which a namespace remembers how a source socket was last translated (nf_nat_bysource). */
export function sourceKey(netns: string, { src, sport, protocol }: Tuple): string {
  return `nat-source ${netns} ${protocol} ${src} ${sport}`
}

/** find_appropriate_src: another connection from the same source socket keeps the mapping the same. */
function earlierMapping({ state, netns, now }: NatScene, original: Tuple): Tuple | undefined {
  const earlier = state.get(sourceKey(netns, original)) as Tuple | undefined
  const live = earlier && findConnection(state, netns, earlier, now)
  if (!live) return undefined
  const mapped = invertTuple(live.reply)
  return { ...original, src: mapped.src, sport: mapped.sport }
}

/** Mirrors find_best_ips_proto: a hash of the source (and, if not persistent, the destination) picks the address. */
function bestAddress(tuple: Tuple, request: NatRequest): Tuple {
  const { addresses, manip, networkMask } = request
  if (!addresses) return tuple
  const old = manip === 'source' ? tuple.src : tuple.dst
  const ip =
    networkMask === undefined
      ? pickAddress(tuple, request, addresses)
      : netmap(old, addresses.first, networkMask)
  return manip === 'source' ? { ...tuple, src: ip } : { ...tuple, dst: ip }
}

function netmap(old: Ip, network: Ip, mask: Ip): Ip {
  if (typeof old === 'number') return ((Number(network) & Number(mask)) | (old & ~Number(mask))) >>> 0
  const all = (1n << 128n) - 1n
  return (BigInt(network) & BigInt(mask)) | (old & (all ^ BigInt(mask)))
}

function pickAddress(tuple: Tuple, request: NatRequest, { first, last }: { first: Ip; last: Ip }): Ip {
  if (first === last) return first
  const destination = wordsOf(tuple.dst).map(byteSwap)
  const seed = request.persistent ? 0 : (destination.at(-1) ?? 0)
  let hash = jhash2([...wordsOf(tuple.src).map(byteSwap), 0, 0, 0].slice(0, 4), seed)
  const [minimum, maximum] = [wordsOf(first), wordsOf(last)]
  let inside = false
  let ip = 0n
  for (const [at, highest] of maximum.entries()) {
    const lowest = inside ? 0 : (minimum[at] ?? 0)
    const value = lowest + reciprocalScale(hash, inside ? 0xffffffff : highest - lowest + 1)
    if (value !== highest) inside = true
    if (!request.persistent) hash = (hash ^ (destination[at] ?? 0)) >>> 0
    ip = (ip << 32n) | BigInt(value)
  }
  return typeof first === 'number' ? Number(ip) : ip
}

/** An address in 32-bit words. */
function wordsOf(ip: Ip): number[] {
  if (typeof ip === 'number') return [ip]
  return [96n, 64n, 32n, 0n].map((shift) => Number((ip >> shift) & 0xffffffffn))
}

/** What a little-endian kernel reads where an address stands in network order. */
function byteSwap(value: number): number {
  return (((value & 255) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0
}

/** Mirrors nf_nat_l4proto_unique_tuple. Where the kernel draws a port, a hash of the tuple stands for the draw. */
function uniquePort(
  scene: NatScene,
  connection: Connection,
  tuple: Tuple,
  request: NatRequest,
): Chosen | undefined {
  const isSource = request.manip === 'source'
  const isEcho = isIcmp(tuple.protocol)
  const port = isSource ? tuple.sport : tuple.dport
  const range = hasPorts(tuple.protocol) || (isEcho && isSource) ? portRange(tuple, request, port) : undefined
  if (!range) return { tuple, randomPort: false }
  const random = request.random || request.fullyRandom || isSource
  const drawnOffset = random ? drawn(tuple) : 0
  const offset = request.basePort === undefined ? drawnOffset : port - request.basePort + 65536
  for (let attempt = 0; attempt < Math.min(range.size, maxAttempts); attempt++) {
    const candidate = range.first + ((offset + attempt) % range.size)
    const next = isSource ? { ...tuple, sport: candidate } : { ...tuple, dport: candidate }
    if (isFree(scene, next, connection)) return { tuple: next, randomPort: random && range.size > 1 }
  }
  return undefined
}

function portRange(
  tuple: Tuple,
  request: NatRequest,
  port: number,
): { readonly first: number; readonly size: number } | undefined {
  const { ports } = request
  if (ports) return { first: ports.first, size: ports.last - ports.first + 1 }
  if (request.manip === 'destination') return undefined
  if (isIcmp(tuple.protocol)) return { first: 0, size: 65536 }
  if (port < 512) return { first: 1, size: 511 }
  return port < 1024 ? { first: 600, size: 424 } : { first: 1024, size: 64512 }
}

/** Stands for get_random_u16: the same tuple always draws the same number. */
function drawn({ src, dst, protocol, sport, dport }: Tuple): number {
  return fnv1a(`${protocol} ${src} ${sport} ${dst} ${dport}`) & 0xffff
}
