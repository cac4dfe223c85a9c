import type { Ip } from '../base/ip.ts'
import { contains, familyOf, formatIp } from '../base/ip.ts'
import { cniOf } from '../control/cni/registry.ts'
import { isControlPlaneNode } from '../control/complete/roles.ts'
import { isServiceLbPod } from '../control/load-balancer/service-lb-pods.ts'
import { segmentOfNode } from '../control/underlay.ts'
import type { World } from '../journey/world.ts'
import type { ClusterNode, ClusterPod } from '../model/cluster.ts'
import { mentionsIn } from './mentions.ts'

/** Texts that are equal for nodes, and for pods, that the network cannot tell apart but by who is on which node. */
export interface NetworkClasses {
  ofNode(node: ClusterNode): string
  ofPod(pod: ClusterPod): string
}

/**
 * Classes by what the cluster states of each: whatever names a node or pod in the Environment or in the objects of the network
 * plugin counts, and in which of all blocks that stand there its addresses are. Dumped nodes and nodes with rules of
 * their own are each a class, and so are the pods on them: what is in a dump can be about any address.
 */
export function networkClasses(world: World, dumped: ReadonlySet<string>): NetworkClasses {
  const { cluster, compiled } = world
  const { environment, settings, hostRuleFiles } = cluster
  const mentions = mentionsIn([
    environment,
    plain(cluster.cniObjects.calico),
    cniOf(cluster).configuration,
    settings.kubeProxy.nodePortAddresses,
  ])
  const membership = (ips: readonly Ip[]): string =>
    ips
      .map((ip) => mentions.blocks.flatMap((block, at) => (contains(block, ip) ? [at] : [])).join(','))
      .join(';')
  const nodeClasses = new Map<string, string>()
  const makeNodeClass = (node: ClusterNode): string => {
    const { name, addresses, externalAddresses, podBlocks, minorVersion, source } = node
    if (dumped.has(name) || compiled.givenRules.has(name) || hostRuleFiles?.has(name)) return `node ${name}`
    const own = new Map([...addresses, ...externalAddresses].map((ip, at) => [formatIp(ip), `address ${at}`]))
    const annotations = Object.entries(source?.object.metadata.annotations ?? {})
      .filter(([key]) => concernsNetwork(key))
      .map(([key, value]) => `${key}=${impersonal(value, own)}`)
    return [
      mentions.of(name),
      membership([...addresses, ...externalAddresses]),
      [...addresses, ...externalAddresses].map(familyOf).join(' '),
      podBlocks.map(({ first, bits }) => `${familyOf(first)}/${bits}`).join(' '),
      minorVersion,
      isControlPlaneNode(node),
      segmentOfNode(compiled.underlay, node),
      annotations.toSorted().join(' '),
    ].join('|')
  }
  const ofNode = (node: ClusterNode): string => {
    const known = nodeClasses.get(node.name) ?? makeNodeClass(node)
    nodeClasses.set(node.name, known)
    return known
  }
  return {
    ofNode,
    ofPod: (pod) => {
      const node = world.nodes.get(pod.nodeName ?? '')
      const home = node ? ofNode(node) : ''
      const name = `${pod.namespace}/${pod.name}`
      const shared = pod.ips.some((ip) => world.podsByIp.get(ip) !== pod)
      if (home.startsWith('node ') || shared || isServiceLbPod(pod)) return `${home} pod ${name}`
      return [
        home,
        mentions.of(name),
        membership(pod.ips),
        pod.ips
          .map((ip) => `${familyOf(ip)} ${node?.podBlocks.some((block) => contains(block, ip))}`)
          .join(' '),
      ].join('|')
    },
  }
}

/** Annotations by which network plugins tell each other of a node. */
function concernsNetwork(key: string): boolean {
  return !key.startsWith('kubeadm.') && !key.startsWith('volumes.') && !key.startsWith('node.alpha.')
}

/** Without what is bound to differ from node to node: its own addresses, blocks and hardware addresses. */
function impersonal(text: string, own: ReadonlyMap<string, string>): string {
  return text
    .replace(/\b[\da-f]{2}(?::[\da-f]{2}){5}\b/gi, 'MAC')
    .replace(/\d+\.\d+\.\d+\.\d+|[\da-f]*:[\da-f:]+/gi, (ip) => own.get(ip) ?? 'address')
}

/** Objects without their places in files. */
function plain(lists: object): unknown {
  return Object.entries(lists).map(([key, list]) => [
    key,
    Array.isArray(list)
      ? list.map((one: { readonly object: { readonly spec?: unknown } }) => one.object.spec)
      : [],
  ])
}
