import type { Ip } from '../base/ip.ts'
import { contains, formatCidr, formatIp } from '../base/ip.ts'
import { outsideHost, withHost } from '../control/hosts.ts'
import { podId } from '../control/pod-namespace.ts'
import type { ClusterPod } from '../model/cluster.ts'
import type { Source } from './request.ts'
import { internetAddresses, RequestError } from './request.ts'
import { findPod } from './resolve-target.ts'
import type { Sender } from './sender.ts'
import type { World } from './world.ts'

/** Everyone whom FROM names: one, or each pod of a workload. Throws a RequestError if it names nobody. */
export function findSenders(world: World, source: Source): readonly Sender[] {
  const { network } = world.compiled
  switch (source.type) {
    case 'pod':
      return [podSender(world, findPod(world, source, 'unknown-source'))]
    case 'workload': {
      const own = world.cluster.pods.filter((pod) => belongsTo(pod, source))
      if (own.length === 0) {
        const where = `${source.kind} ${source.namespace}/${source.name}`
        throw new RequestError('unknown-source', `${where} has no pod`, 'name a workload of the input')
      }
      return own.map((pod) => podSender(world, pod))
    }
    case 'node': {
      if (world.nodes.has(source.name)) return [{ netns: `node/${source.name}`, network }]
      const known = [...world.nodes.keys()].join(', ')
      throw new RequestError('unknown-node', `there is no node ${source.name}`, `nodes: ${known}`)
    }
    case 'host': {
      if (network.namespaces.get(`host/${source.name}`)) return [{ netns: `host/${source.name}`, network }]
      throw new RequestError(
        'unknown-source',
        `no outside host is called ${source.name}`,
        'declare it in an Environment, or give its address',
      )
    }
    case 'address':
      return [addressSender(world, source.ip)]
    case 'internet':
      return [addressSender(world, internetAddresses[4])]
    default:
      return source satisfies never
  }
}

function belongsTo(
  pod: ClusterPod,
  workload: { readonly kind: string; readonly namespace: string; readonly name: string },
): boolean {
  const { owner, namespace } = pod
  if (!owner || namespace !== workload.namespace) return false
  if (owner.kind === workload.kind && owner.name === workload.name) return true
  return (
    workload.kind === 'Deployment' &&
    owner.kind === 'ReplicaSet' &&
    owner.name.replace(/-[^-]*$/, '') === workload.name
  )
}

/** The pod as one who sends. Throws a RequestError if it cannot. */
export function podSender(world: World, pod: ClusterPod): Sender {
  const { network } = world.compiled
  const id = pod.hostNetwork ? `node/${pod.nodeName}` : podId(pod)
  if (!network.namespaces.get(id)) {
    const why = pod.unscheduled ?? `its phase is ${pod.phase}`
    throw new RequestError('unknown-source', `pod ${pod.namespace}/${pod.name} cannot send: ${why}`)
  }
  return { netns: id, network, pod, ref: pod.ref }
}

/** A bare address: a machine that is known, or one that is put there. */
export function addressSender(world: World, ip: Ip): Sender {
  const { network, underlay, hosts } = world.compiled
  const pod = world.podsByIp.get(ip)
  if (pod) return podSender(world, pod)
  const node = world.nodesByIp.get(ip)
  if (node) return { netns: `node/${node.name}`, network, src: ip }
  const host = hosts.get(ip)
  if (host !== undefined) return { netns: host, network, src: ip }
  const { podCidrs, serviceCidrs } = world.cluster.settings
  const range = [...podCidrs, ...serviceCidrs].find((cidr) => contains(cidr, ip))
  if (range) {
    throw new RequestError(
      'unknown-source',
      `${formatIp(ip)} lies in ${formatCidr(range)}, which is the cluster's own, but nobody has it`,
      'name a pod, or an address outside',
    )
  }
  const made = outsideHost(underlay, ip, { listens: false })
  return { netns: made.netns.id, network: withHost(network, made), src: ip }
}
