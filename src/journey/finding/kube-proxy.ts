import { formatEndpoint } from '../../base/ip.ts'
import type { ClusterNode, ClusterService } from '../../model/cluster.ts'
import type { Finding } from '../../model/journey.ts'
import type { World } from '../world.ts'
import type { AskedService, Failure, FindCause } from './failure.ts'
import { finding, firstNode, fullName, translatedTo } from './failure.ts'

/** The node that should translate has no rules, old rules, or goes by another name. */
export const findKubeProxy: FindCause = (failure) => {
  const { asked } = failure
  const node = firstNode(failure)
  if (!asked || !node) return []
  const socket = translatedTo(failure)
  const to = socket && formatEndpoint(socket.ip, socket.port)
  if (to !== undefined) return stale(failure, asked, node, to)
  return [
    ...notRunning(failure, asked, node),
    ...stale(failure, asked, node, to),
    ...renamed(failure, asked, node),
    ...given(failure, asked, node),
  ].slice(0, 1)
}

/** Rules from the node itself, of which none translated the packet and none stopped it there. */
function given(
  { world, stop, outcome }: Failure,
  { service, port, by }: AskedService,
  node: ClusterNode,
): readonly Finding[] {
  if (!world.compiled.givenRules.has(node.name) || !port || stop?.by) return []
  // Of a packet of a known connection no rule was asked.
  const known = outcome.leg.forward.some(({ steps }) =>
    steps.some((step) => step.type === 'conntrack' && step.known),
  )
  if (known) return []
  return [
    finding(
      'rules-lack-service',
      `the rules that were given for ${node.name} translate no ${by} of Service ${service.name}, port ${port.port}`,
      {
        objects: [node.ref, service.ref],
        fix: `look whether kube-proxy runs on ${node.name}, and take its iptables-save anew, with the nat table`,
      },
    ),
  ]
}

function notRunning({ world }: Failure, { service }: AskedService, node: ClusterNode): readonly Finding[] {
  const { running, rules } = world.cluster.environment.kubeProxy ?? {}
  if (running?.[node.name] !== false && rules?.[node.name] !== 'none') return []
  return [
    finding(
      'kube-proxy-not-running',
      `${node.name} has no Service rules: kube-proxy does not run there, so that ${service.name}'s address leads nowhere`,
      {
        objects: [node.ref],
        fix: `start kube-proxy on ${node.name}`,
      },
    ),
  ]
}

/** Old rules are the cause where they know no endpoint, or sent the packet to one that is none any more. */
function stale(
  { world, stop }: Failure,
  { service, port }: AskedService,
  node: ClusterNode,
  to: string | undefined,
): readonly Finding[] {
  const state = world.cluster.environment.kubeProxy?.staleState?.[node.name]
  const id = `${fullName(service)}${port?.name ? `:${port.name}` : ''}`
  if (!state || state.service !== id || stop?.onReply) return []
  if (to !== undefined && isEndpoint(world, service, to)) return []
  if (to === undefined && state.backends?.length && !missesLocal(world, service, node)) return []
  const known = state.backends?.length ? state.backends.join(', ') : 'no endpoints'
  return [
    finding(
      'kube-proxy-stale',
      `${node.name}'s rules are older than the cluster: for ${id} they know ${known}`,
      {
        objects: [node.ref, service.ref],
        fix: `restart kube-proxy on ${node.name}, so that it syncs its rules`,
      },
    ),
  ]
}

/** Under a Local policy: the node has a ready endpoint now, which older rules do not know. */
function missesLocal(world: World, service: ClusterService, node: ClusterNode): boolean {
  return (
    (service.externalLocal || service.internalLocal) &&
    world
      .slicesOf(service)
      .some((slice) => slice.endpoints.some((one) => one.ready && one.nodeName === node.name))
  )
}

/** Whether the Service has a ready endpoint at `address:port` now. */
export function isEndpoint(world: World, service: ClusterService, text: string): boolean {
  return world
    .slicesOf(service)
    .some((slice) =>
      slice.endpoints.some(
        (endpoint) =>
          endpoint.ready &&
          endpoint.addresses.some((ip) =>
            slice.ports.some((port) => port.port !== undefined && formatEndpoint(ip, port.port) === text),
          ),
      ),
    )
}

function renamed({ world, stop }: Failure, { service }: AskedService, node: ClusterNode): readonly Finding[] {
  const name = world.cluster.environment.kubeProxy?.hostnameOverride?.[node.name]
  if (name === undefined || name === node.name || stop?.by?.rule?.target?.type !== 'drop') return []
  const isHere = world
    .slicesOf(service)
    .some((slice) => slice.endpoints.some((one) => one.nodeName === node.name))
  if (!isHere) return []
  return [
    finding(
      'kube-proxy-hostname',
      `kube-proxy on ${node.name} runs as "${name}", so that it takes its own endpoints of ${service.name} for remote`,
      {
        objects: [node.ref, service.ref],
        fix: `run it with --hostname-override=${node.name}`,
      },
    ),
  ]
}
