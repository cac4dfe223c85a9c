import { matchesLabels } from '../../control/complete/selectors.ts'
import type { FindCause } from './failure.ts'
import { finding, inPod, inService, listNames } from './failure.ts'

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
  const here = world.cluster.pods.filter(
    (pod) =>
      pod.nodeName === node &&
      pod.namespace === service.namespace &&
      service.selector !== undefined &&
      matchesLabels(service.selector, pod.labels),
  )
  const unready = here.length > 0 ? ` that is ready (${listNames(here.map((pod) => pod.name))} is not)` : ''
  return [
    finding(
      'no-local-endpoint',
      `Service ${service.name} has ${field}: Local and no endpoint on ${node}${unready}; ${where}`,
      {
        objects: [
          inService(service, 'spec', field),
          ...here.slice(0, 3).map((pod) => inPod(pod, 'status', 'conditions')),
        ],
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
