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
export type Role =
  /** The address at which it is asked. */
  | { readonly of: Part; readonly type: 'own' }
  /** An address of the node that it is, or is on. */
  | { readonly of: Part; readonly type: 'node'; readonly name: string }
  /** The same for all: a router's. */
  | { readonly type: 'fixed'; readonly ip: Ip }

const parts: readonly Part[] = ['sender', 'destination']

/** The role of an address; `undefined` for one that is somebody's who takes no part. */
export function roleOf(world: World, actors: Actors, ip: Ip): Role | undefined {
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
    default:
      return role satisfies never
  }
}
