import { formatIp } from '../base/ip.ts'
import type { ClusterPod } from '../model/cluster.ts'
import type { Destination } from '../model/journey.ts'
import type { ExchangeOutcome } from '../model/trace.ts'
import type { World } from './world.ts'

/** The pod, node or host where the packet was delivered. */
export function destinationOf(world: World, { destination }: ExchangeOutcome): Destination | undefined {
  if (!destination) return undefined
  const { netns: id, ip, port, listener } = destination
  const assumed = listener?.assumed ? { assumed: true } : {}
  const place = { ip: formatIp(ip), port, ...assumed }
  const owner = listener?.owner
  const pod = owner?.kind === 'Pod' ? world.pods.get(`${owner.namespace}/${owner.name}`) : podOf(world, id)
  if (pod) {
    const node = pod.nodeName === undefined ? {} : { node: pod.nodeName }
    return { kind: 'Pod', namespace: pod.namespace, name: pod.name, ...node, ...place }
  }
  if (id.startsWith('node/')) return { kind: 'Node', name: id.slice(5), node: id.slice(5), ...place }
  const netns = world.compiled.network.namespaces.get(id)
  return {
    kind: 'Host',
    name: netns?.role === 'internet' ? formatIp(ip) : (netns?.label ?? id.replace(/^host\//, '')),
    ...place,
  }
}

function podOf(world: World, id: string): ClusterPod | undefined {
  const [role, namespace, name] = id.split('/')
  return role === 'pod' ? world.pods.get(`${namespace}/${name}`) : undefined
}
