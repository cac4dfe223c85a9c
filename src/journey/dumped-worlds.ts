import type { Ip } from '../base/ip.ts'
import type { Applications } from '../control/applications.ts'
import type { Surroundings, Wanted } from '../control/dumped/surroundings.ts'
import { NoPlaceError, surroundings } from '../control/dumped/surroundings.ts'
import type { Cluster } from '../model/cluster.ts'
import type { JourneyRequest } from '../model/journey.ts'
import type { NodeDump } from '../model/node-dump.ts'
import { internetAddresses, parseSource, parseTarget, RequestError } from './request.ts'
import { makeWorld } from './world.ts'
import type { Worlds } from './worlds.ts'

/**
 * Dumped nodes and what they are taken to be surrounded by: each question has hosts at the addresses that it is
 * about. Throws a RequestError for an address that can be nowhere.
 */
export function dumpedWorlds(
  cluster: Cluster,
  dumps: readonly NodeDump[],
  applications: Applications,
): Worlds {
  // A device that --in names is there, where the dump has no list of devices to say that it is not.
  const byDevice = new Map<string, Surroundings>()
  const around = (device: string | undefined): Surroundings => {
    const known = byDevice.get(device ?? '')
    if (known) return known
    const made = surroundings(cluster, dumps, applications, device === undefined ? [] : [device])
    byDevice.set(device ?? '', made)
    return made
  }
  const plain = around(undefined)
  const compiled = plain.networkFor([])
  return {
    compiled,
    world: makeWorld(cluster, compiled),
    assumptions: plain.assumptions,
    worldFor: (request) => {
      try {
        return makeWorld(cluster, around(request.in).networkFor(wantedBy(request)))
      } catch (error) {
        if (!(error instanceof NoPlaceError)) throw error
        throw new RequestError('unknown-source', error.message, error.fix)
      }
    },
  }
}

/** The addresses that a request is about: who asks comes first. */
function wantedBy({ from, to, in: device }: Pick<JourneyRequest, 'from' | 'to' | 'in'>): readonly Wanted[] {
  const source = parseSource(from, 'default')
  const target = parseTarget(to, 'default')
  const asker =
    source.type === 'address' ? source.ip : source.type === 'internet' ? internetOf(target) : undefined
  return [
    ...(asker === undefined ? [] : [{ ip: asker, asks: true, ...(device !== undefined && { device }) }]),
    ...(target.type === 'address' ? [{ ip: target.ip }] : []),
  ]
}

function internetOf(target: ReturnType<typeof parseTarget>): Ip {
  return internetAddresses[target.type === 'address' && typeof target.ip === 'bigint' ? 6 : 4]
}
