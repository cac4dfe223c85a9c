import type { BitSet } from '../base/bit-set.ts'
import { both, either, emptyBits, fullBits, setBit, without } from '../base/bit-set.ts'
import { familyOf } from '../base/ip.ts'
import { blockPlaces } from './block-places.ts'
import type { Conditions } from './conditions.ts'
import { blockText, contentOf } from './conditions.ts'
import type { Endpoint, Party } from './endpoint.ts'
import type { PolicyEngine } from './engine.ts'
import type { Labels } from './label-expression.ts'
import { matchesBlock, matchesPeer, selects } from './match.ts'
import type { EndpointSelector, IpBlock, Peer } from './policy.ts'

/**
 * Ends of packets in classes: those of one class are taken by the same selectors, lie in the same blocks, and have the same
 * ports by the names that policies use. No policy can tell them apart, but by where they are (Cilium's `host`).
 */
export interface PartyClasses {
  /** One of each class; a class is an index of this list. */
  readonly representatives: readonly Party[]
  /** The class of one of the parties that they were made of; `undefined` for others. */
  classOf(party: Party): number | undefined
  selectedBy(selector: EndpointSelector): BitSet
  /** Those that are the peer. `together`: on the same node as the other end, for those of which that counts. */
  matchedBy(peer: Peer, together: boolean): BitSet
}

/** Parties that look alike before any condition has been asked. */
interface Kind {
  readonly party: Party
  /** Numbers of the conditions that hold for it. */
  readonly holds: number[]
}

/** Puts parties into classes. */
export function classifyParties(
  parties: Iterable<Party>,
  conditions: Conditions,
  engine: PolicyEngine,
): PartyClasses {
  const describe = describer(conditions, engine)
  const kinds = new Map<string, Kind>()
  for (const party of parties) {
    const key = describe(party)
    if (!kinds.has(key)) kinds.set(key, { party, holds: [] })
  }
  const takenBy = askConditions([...kinds.values()], conditions, engine)
  const numbers = new Map<string, number>()
  const byKind = new Map<string, number>()
  const representatives: Party[] = []
  for (const [key, kind] of kinds) {
    const signature = signatureOf(kind, conditions)
    const number = numbers.get(signature) ?? numbers.size
    if (number === numbers.size) {
      numbers.set(signature, number)
      representatives.push(kind.party)
    }
    byKind.set(key, number)
  }
  const lookUp = bitsFor(representatives, engine, takenBy, (party) => byKind.get(describe(party)) ?? 0)
  return { representatives, classOf: (party) => byKind.get(describe(party)), ...lookUp }
}

/** A text that is equal for parties that no condition can tell apart; it may differ where none does. */
function describer(conditions: Conditions, engine: PolicyEngine): (party: Party) => string {
  const { labels, namespaceLabels, accountLabels, usesAccounts, usesEntities } = conditions
  const place = blockPlaces([...conditions.blocks.values()])
  const known = new WeakMap<Endpoint, string>()
  const ofEndpoint = (endpoint: Endpoint): string =>
    [
      endpoint.type,
      endpoint.namespace,
      some(endpoint.labels, labels),
      some(endpoint.namespaceLabels, namespaceLabels),
      usesAccounts ? `${endpoint.serviceAccount} ${some(endpoint.serviceAccountLabels, accountLabels)}` : '',
      namedPorts(endpoint, conditions),
    ].join('\n')
  return (party) => {
    const { ip, endpoint } = party
    const placed = `${disguise(party, usesEntities)} ${endpoint && !engine.blocksMatchEndpoints ? '' : place(ip)}`
    if (!endpoint) return `${familyOf(ip)} ${placed}`
    const text = known.get(endpoint) ?? ofEndpoint(endpoint)
    known.set(endpoint, text)
    return `${familyOf(ip)} ${placed} ${text}`
  }
}

/** What is known of an end beside its address and its endpoint. */
function disguise({ disguised, apiServer }: Party, usesEntities: boolean): string {
  return `${disguised === true} ${usesEntities && apiServer === true}`
}

function some(labels: Labels | undefined, keys: ReadonlySet<string>): string {
  if (!labels || keys.size === 0) return ''
  const used = Object.keys(labels).filter((key) => keys.has(key))
  return JSON.stringify(used.toSorted().map((key) => [key, labels[key]]))
}

/** The ports of an endpoint that policies know by their names. */
function namedPorts({ ports }: Endpoint, { portNames }: Conditions): string {
  return ports
    .filter(({ name }) => portNames.has(name))
    .map(({ name, protocol, port }) => `${name} ${protocol} ${port}`)
    .toSorted()
    .join(',')
}

/** Asks each condition once for every kind that it can hold for; gives the kinds that each selector takes. */
function askConditions(
  kinds: readonly Kind[],
  { selectors, blocks }: Conditions,
  engine: PolicyEngine,
): ReadonlyMap<string, readonly Kind[]> {
  const byNamespace = groupedByNamespace(kinds)
  const taken = new Map<string, readonly Kind[]>()
  let number = 0
  for (const [key, selector] of selectors) {
    const { namespace } = selector
    const candidates = typeof namespace === 'string' ? (byNamespace.get(namespace) ?? []) : kinds
    const own = candidates.filter(({ party }) => party.endpoint && selects(selector, party.endpoint))
    for (const { holds } of own) holds.push(number)
    taken.set(key, own)
    number += 1
  }
  for (const block of blocks.values()) {
    for (const { party, holds } of kinds) if (matchesBlock(block, party, engine)) holds.push(number)
    number += 1
  }
  return taken
}

function groupedByNamespace(kinds: readonly Kind[]): ReadonlyMap<string | undefined, readonly Kind[]> {
  const groups = new Map<string | undefined, Kind[]>()
  for (const kind of kinds) {
    const namespace = kind.party.endpoint?.namespace
    const list = groups.get(namespace)
    if (list) list.push(kind)
    else groups.set(namespace, [kind])
  }
  return groups
}

/** What tells classes apart: the conditions that hold, and what is asked of packets' ends in other ways. */
function signatureOf({ party, holds }: Kind, conditions: Conditions): string {
  const { ip, endpoint } = party
  return [
    familyOf(ip),
    endpoint?.type,
    disguise(party, conditions.usesEntities),
    endpoint && namedPorts(endpoint, conditions),
    holds.join(' '),
  ].join('|')
}

/** Conditions as sets of classes, each worked out once. */
function bitsFor(
  representatives: readonly Party[],
  engine: PolicyEngine,
  takenBy: ReadonlyMap<string, readonly Kind[]>,
  classOf: (party: Party) => number,
): Pick<PartyClasses, 'selectedBy' | 'matchedBy'> {
  const size = representatives.length
  const bySelector = new Map<string, BitSet>()
  const byBlock = new Map<string, BitSet>()
  const selectedBy = (selector: EndpointSelector): BitSet => {
    const key = contentOf(selector)
    const known = bySelector.get(key)
    if (known) return known
    const bits = emptyBits(size)
    for (const { party } of takenBy.get(key) ?? []) setBit(bits, classOf(party))
    bySelector.set(key, bits)
    return bits
  }
  const inBlock = (block: IpBlock): BitSet => {
    const key = blockText(block)
    const known = byBlock.get(key) ?? bitsWhere(representatives, (one) => matchesBlock(block, one, engine))
    byBlock.set(key, known)
    return known
  }
  const inAny = (blocks: readonly IpBlock[]) => blocks.map(inBlock).reduce(either, emptyBits(size))
  return {
    selectedBy,
    matchedBy: ({ path, endpoints, notEndpoints, blocks, notBlocks, entities, notEntities }, together) => {
      let bits = fullBits(size)
      if (endpoints) bits = both(bits, selectedBy(endpoints))
      if (notEndpoints) bits = without(bits, selectedBy(notEndpoints))
      if (blocks) bits = both(bits, inAny(blocks))
      if (notBlocks) bits = without(bits, inAny(notBlocks))
      if (!entities && !notEntities) return bits
      const named: Peer = { path, ...(entities && { entities }), ...(notEntities && { notEntities }) }
      const isMeant = (one: Party) => matchesPeer(named, one, otherEnd(one, together), engine)
      return both(bits, bitsWhere(representatives, isMeant))
    },
  }
}

function bitsWhere(parties: readonly Party[], holds: (party: Party) => boolean): BitSet {
  const bits = emptyBits(parties.length)
  for (const [at, party] of parties.entries()) if (holds(party)) setBit(bits, at)
  return bits
}

/** A stand-in for the other end, of which nothing but its node counts. */
function otherEnd({ ip, endpoint }: Party, together: boolean): Party {
  const node = together ? endpoint?.node : 'elsewhere'
  const self: Endpoint = {
    type: 'pod',
    id: '',
    ref: { kind: 'Pod', name: '' },
    labels: {},
    namespaceLabels: {},
    ips: [],
    ports: [],
    ...(node !== undefined && { node }),
  }
  return { ip, endpoint: self }
}
