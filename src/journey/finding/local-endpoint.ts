import type { FindCause } from './failure.ts'
import { finding, inService, listNames } from './failure.ts'

/** A Local traffic policy where the node has no endpoint: silence. */
export const findLocalEndpoint: FindCause = ({ world, asked, stop }) => {
  if (
    !asked?.port ||
    !stop?.by ||
    stop.by.rule?.target?.type !== 'drop' ||
    !says(stop.by.rule.matches, 'has no local endpoints')
  )
    return []
  const { service } = asked
  const node = stop.netns.replace(/^node\//, '')
  const internal = asked.by === 'cluster IP'
  const field = internal ? 'internalTrafficPolicy' : 'externalTrafficPolicy'
  const nodes = new Set(
    world
      .slicesOf(service)
      .flatMap((slice) => slice.endpoints.flatMap((one) => (one.ready ? (one.nodeName ?? []) : []))),
  )
  const where =
    nodes.size > 0 ? `its endpoints are on ${listNames([...nodes].toSorted())}` : 'it has none that is ready'
  return [
    finding(
      'no-local-endpoint',
      `Service ${service.name} has ${field}: Local and no endpoint on ${node}; ${where}`,
      {
        objects: [inService(service, 'spec', field)],
        fix: internal
          ? `set ${field}: Cluster, or run a pod on every node (DaemonSet)`
          : `set ${field}: Cluster, send to a node that has one, or let the balancer check healthCheckNodePort`,
      },
    ),
  ]
}

function says(
  matches: readonly { readonly type: string; readonly comment?: unknown }[],
  text: string,
): boolean {
  return matches.some((match) => match.type === 'comment' && String(match.comment).includes(text))
}
