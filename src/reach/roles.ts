import type { Ip } from '../base/ip.ts'
import { endpointsOf } from '../control/policy/endpoints.ts'
import type { World } from '../journey/world.ts'
import type { Party } from '../policy/endpoint.ts'
import { nodeAddresses } from './node-addresses.ts'
import type { Place } from './place.ts'

/** Who takes part in a connection. */
export interface Actors {
  readonly sender: Place
  readonly destination?: Place
}

export type Part = keyof Actors

/** Whose an address is, as it can be said of every connection of the same kind. */
type AddressRole =
  /** The address at which it is asked. */
  | { readonly of: Part; readonly type: 'own' }
  /** An address of the node that it is, or is on. */
  | { readonly of: Part; readonly type: 'node'; readonly name: string }
  /** The same for all: a router's. */
  | { readonly type: 'fixed'; readonly ip: Ip }

/** Whose an address is taken for, whoever has it: somebody's outside, one end's itself, or its node's. */
type TakenFor = { readonly as: 'world' } | { readonly as: 'itself' | 'node'; readonly of: Part }

/** Who the other end is, as it can be said of every connection of the same kind. */
export type Role =
  | AddressRole
  | { readonly type: 'taken'; readonly address: AddressRole; readonly taken: TakenFor }

const parts: readonly Part[] = ['sender', 'destination']

/** The role of an address, or of whom it is taken for; `undefined` for somebody who takes no part. */
export function roleOf(world: World, actors: Actors, ip: Ip, taken?: string): Role | undefined {
  const address = addressRole(world, actors, ip)
  if (!address || taken === undefined) return address
  const as = takenFor(actors, taken)
  return as && { type: 'taken', address, taken: as }
}

function takenFor(actors: Actors, taken: string): TakenFor | undefined {
  if (taken === 'world') return { as: 'world' }
  for (const of of parts) {
    const place = actors[of]
    if (place?.party.endpoint?.id === taken) return { as: 'itself', of }
    if (place?.node !== undefined && taken === `node/${place.node}`) return { as: 'node', of }
  }
  return undefined
}

function addressRole(world: World, actors: Actors, ip: Ip): AddressRole | undefined {
  for (const of of parts) {
    const place = actors[of]
    if (place?.type !== 'node' && place?.ip === ip) return { of, type: 'own' }
  }
  for (const of of parts) {
    const name = onNode(world, actors[of]?.node, ip)
    if (name !== undefined) return { of, type: 'node', name }
  }
  return endpointsOf(world.cluster).party(ip).endpoint ? undefined : { type: 'fixed', ip }
}

/** What an address of the node is called. */
function onNode(world: World, node: string | undefined, ip: Ip): string | undefined {
  if (node === undefined) return undefined
  for (const [name, one] of nodeAddresses(world, node)) if (one === ip) return name
  return undefined
}

/** Who has the role in another connection of the same kind. */
export function partyIn(world: World, actors: Actors, role: Role): Party | undefined {
  if (role.type !== 'taken') return atAddress(world, actors, role)
  const { address, taken } = role
  const at = atAddress(world, actors, address)
  if (!at) return undefined
  if (taken.as === 'world') return { ip: at.ip, disguised: true }
  const place = actors[taken.of]
  if (!place) return undefined
  const own = taken.as === 'itself' ? place.party : nodeParty(world, place.node)
  return own && { ...own, ip: at.ip }
}

function nodeParty({ cluster }: World, node: string | undefined): Party | undefined {
  const { byId, party } = endpointsOf(cluster)
  const [ip] = byId(`node/${node}`)?.ips ?? []
  return ip === undefined ? undefined : party(ip)
}

function atAddress(world: World, actors: Actors, role: AddressRole): Party | undefined {
  if (role.type === 'fixed') return endpointsOf(world.cluster).party(role.ip)
  const place = actors[role.of]
  if (!place) return undefined
  if (role.type === 'own') return place.party
  const ip = nodeAddresses(world, place.node ?? '').get(role.name)
  return ip === undefined ? undefined : endpointsOf(world.cluster).party(ip)
}

/** A text that is equal for equal roles. */
export function roleText(role: Role): string {
  switch (role.type) {
    case 'own':
      return 'own'
    case 'node':
      return role.name
    case 'fixed':
      return `${role.ip}`
    case 'taken':
      return `${ofWhom(role.address)}${roleText(role.address)} as ${ofWhom(role.taken)}${role.taken.as}`
    default:
      return role satisfies never
  }
}

function ofWhom(role: AddressRole | TakenFor): string {
  return 'of' in role ? `${role.of} ` : ''
}
