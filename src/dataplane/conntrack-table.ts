import type { NetnsId } from '../model/network.ts'
import type { Connection } from './conntrack.ts'
import { isConnectionKey, removeConnection } from './conntrack.ts'
import type { DataplaneState } from './state.ts'

/** The live entries of a namespace's connection table, oldest first, as `conntrack -L` lists them. */
export function listConnections(state: DataplaneState, netns: NetnsId, now: number): readonly Connection[] {
  const entries = state
    .entries()
    .filter(([key]) => isConnectionKey(key, netns))
    .map(([, value]) => value as Connection)
  const live = [...new Set(entries)].filter((entry) => entry.expires > now)
  return live.toSorted((a, b) => a.created - b.created)
}

/** Forgets the entries that are asked for, as `conntrack -D` does. */
export function deleteConnections(
  state: DataplaneState,
  netns: NetnsId,
  now: number,
  isAsked: (connection: Connection) => boolean,
): DataplaneState {
  return listConnections(state, netns, now)
    .filter(isAsked)
    .reduce((left, connection) => removeConnection(left, netns, connection), state)
}
