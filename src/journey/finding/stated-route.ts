import { contains, formatIp, parseCidr } from '../../base/ip.ts'
import type { ObjectRef } from '../../base/source.ts'
import type { World } from '../world.ts'
import type { FindCause, Stop } from './failure.ts'
import { finding } from './failure.ts'
import { stoppedPacket } from './stopped-packet.ts'

/** A route that somebody wrote by hand leads nowhere, or the routes that were written for a pod leave the destination out. */
export const findStatedRoute: FindCause = (failure) => {
  const { stop, world } = failure
  if (stop?.reason !== 'no-route' && stop?.reason !== 'no-neighbor') return []
  const dst = stoppedPacket(failure)?.packet.dst ?? failure.sent?.dst
  if (dst === undefined) return []
  const place = statedFor(world, stop)
  if (!place) return []
  const index = place.routes.findIndex((text) => {
    const block = parseCidr(text.split(/\s+/)[0] ?? '')
    return text.startsWith('default') || (block !== undefined && contains(block, dst))
  })
  const missing = stop.reason === 'no-route' && index < 0
  if (!missing && index < 0) return []
  const text = place.routes[index] ?? ''
  return [
    finding(
      'no-route',
      missing
        ? `the routes that are stated for ${place.name} lead nowhere for ${formatIp(dst)}: none holds it, and there is no default route`
        : `${place.name} sends what is for ${formatIp(dst)} by the route "${text}", and nobody answers there`,
      {
        objects: [place.at(missing ? undefined : index), ...place.subject],
        fix: missing
          ? `add a default route to the routes of ${place.name}`
          : `remove the route "${text}" from ${place.name}, or let it lead to a machine that is there`,
      },
    ),
  ]
}

interface Stated {
  readonly name: string
  readonly routes: readonly string[]
  readonly subject: readonly ObjectRef[]
  at(index: number | undefined): ObjectRef
}

/** The routes that the Environment states for the machine where the packet stopped. */
function statedFor({ cluster, nodes, pods }: World, { netns }: Stop): Stated | undefined {
  const { environment, environmentSource: source } = cluster
  const name = netns.slice(netns.indexOf('/') + 1)
  const isNode = netns.startsWith('node/')
  const routes = isNode ? environment.nodes?.[name]?.routes : environment.podRoutes?.[name]
  if (!source || !routes) return undefined
  const path = isNode ? ['spec', 'nodes', name, 'routes'] : ['spec', 'podRoutes', name]
  const subject = isNode ? nodes.get(name)?.ref : pods.get(name)?.ref
  return {
    name: isNode ? name : `pod ${name}`,
    routes,
    subject: subject ? [subject] : [],
    at: (index) => ({ ...source.ref, at: source.locate(index === undefined ? path : [...path, index]) }),
  }
}
