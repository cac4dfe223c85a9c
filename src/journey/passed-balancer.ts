import type { Ip } from '../base/ip.ts'
import type { Outcome } from '../dataplane/flight.ts'
import type { ClusterService } from '../model/cluster.ts'
import type { World } from './world.ts'

/** A Service's load balancer on the way of a connection, and the connection as it came in there. */
export interface PassedBalancer {
  readonly service: ClusterService
  readonly client: Ip
  /** The port that was asked for. */
  readonly port: number
}

/** The balancer that a connection passed, if it passed one. */
export function passedBalancer(
  { services }: World,
  { leg }: Pick<Outcome, 'leg'>,
): PassedBalancer | undefined {
  const hop = leg.forward.find(({ netns }) => netns.startsWith('balancer/'))
  const [, namespace, name] = hop?.netns.split('/') ?? []
  const service = services.get(`${namespace}/${name}`)
  const came = hop?.steps.find((step) => step.type === 'received')
  if (!service || came?.type !== 'received') return undefined
  return { service, client: came.packet.src, port: came.packet.dport }
}
