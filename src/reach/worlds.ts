import type { DataplaneState } from '../dataplane/state.ts'
import { RequestError } from '../journey/request.ts'
import type { World } from '../journey/world.ts'
import type { WorldsInput } from '../journey/worlds.ts'
import { worldsOf } from '../journey/worlds.ts'
import type { Probe } from './probe.ts'
import { probeCluster } from './probe.ts'
import type { ReachWorlds } from './walks.ts'

/** The cluster's world, and those with probes, each made when it is first asked for. Throws a RequestError for dumps alone. */
export function reachWorlds(input: WorldsInput, world: World, state: DataplaneState): ReachWorlds {
  if (input.alone) {
    throw new RequestError(
      'bad-request',
      'dumps of nodes alone do not say who is there to be reached',
      'give the objects of the cluster: -f FILE',
    )
  }
  const made = new Map<Probe, World>()
  return {
    world,
    state,
    dumped: new Set(input.dumps.map(({ node }) => node)),
    probe: (probe) => {
      const known =
        made.get(probe) ?? worldsOf({ ...input, cluster: probeCluster(world.cluster, probe) }).world
      made.set(probe, known)
      return known
    },
  }
}
