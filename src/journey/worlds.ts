import type { CompiledNetwork, CompileOptions } from '../control/compile.ts'
import { compileNetwork } from '../control/compile.ts'
import { withDumps } from '../control/dumped/with-dumps.ts'
import type { Cluster } from '../model/cluster.ts'
import type { JourneyRequest } from '../model/journey.ts'
import type { NodeDump } from '../model/node-dump.ts'
import { dumpedWorlds } from './dumped-worlds.ts'
import { RequestError } from './request.ts'
import type { World } from './world.ts'
import { makeWorld } from './world.ts'

/** The network of a cluster, and the world in which each request is answered. */
export interface Worlds {
  readonly compiled: CompiledNetwork
  /** Where nothing in particular is asked. */
  readonly world: World
  worldFor(request: Pick<JourneyRequest, 'from' | 'to' | 'in'>): World
  /** What was assumed to attach dumped nodes. */
  readonly assumptions: readonly string[]
}

/** What worlds are made from. */
export interface WorldsInput {
  readonly cluster: Cluster
  readonly dumps: readonly NodeDump[]
  /** Nothing but the dumps is known. */
  readonly alone: boolean
  readonly unreadKinds: readonly string[]
  readonly options: Required<Pick<CompileOptions, 'nodeRules' | 'applications'>>
}

/** One world for all requests, or, of dumps alone, one for each. */
export function worldsOf({ cluster, dumps, alone, unreadKinds, options }: WorldsInput): Worlds {
  if (alone) return dumpedWorlds(cluster, dumps, options.applications)
  const { compiled, assumptions } = withDumps(compileNetwork(cluster, options), cluster, dumps)
  const world = makeWorld(cluster, compiled, unreadKinds)
  return {
    compiled,
    assumptions,
    world,
    worldFor: (request) => {
      if (request.in === undefined) return world
      throw new RequestError(
        'bad-request',
        `in a cluster a sender is where its address is, not behind ${request.in}`,
        'leave out --in, or give the dumps of nodes alone, without -f',
      )
    },
  }
}
