import type { Drift } from '../model/drift.ts'
import type { Netns } from '../model/network.ts'
import type { NodeDump } from '../model/node-dump.ts'
import type { DriftContext, KnownObjects } from './context.ts'
import { indexObjects } from './context.ts'
import { matchDevices } from './match-devices.ts'
import { ruleDrift } from './rules/rule-drift.ts'

/** Says by what a node, as it was dumped, is off from what the cluster's agents should have made of it. */
export function findDrift(expected: Netns, dump: NodeDump, cluster: KnownObjects): Drift {
  const devices = matchDevices(expected, dump)
  const context: DriftContext = { expected, dump, devices, objects: indexObjects(cluster) }
  const rules = ruleDrift(context)
  return {
    apiVersion: 'kubewalk.dev/v1alpha1',
    kind: 'Drift',
    node: dump.node,
    entries: rules.entries,
    foreign: rules.foreign,
    notes: rules.notes,
  }
}
