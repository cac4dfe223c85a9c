import type { ClusterDiff } from '../model/cluster-diff.ts'
import { changedObjects } from './changed-objects.ts'
import { connectionChanges } from './connections.ts'
import { nameChanges } from './names.ts'
import { scopeOf } from './scope.ts'
import type { Sides } from './side.ts'

/**
 * What becomes different for packets between two states of a cluster: connections that are reached before or afterwards
 * alone, that end otherwise, have other backends, another source or another path; and other answers of its DNS.
 */
export function compareSides(sides: Sides): ClusterDiff {
  const { before, after } = sides
  const objects = changedObjects(before.cluster, after.cluster)
  const head = { apiVersion: 'kubewalk.dev/v1alpha1', kind: 'Diff' } as const
  if (objects.length === 0) return { ...head, connections: [], names: [], objects }
  const scope = scopeOf(sides, objects)
  const connections = connectionChanges(sides, scope)
  return { ...head, connections, names: nameChanges(sides, objects), objects }
}
