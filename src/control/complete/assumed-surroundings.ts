import { familyOf, formatCidr, formatIp } from '../../base/ip.ts'
import { byText } from '../../base/ordering.ts'
import type { ClusterNode, ClusterPod, ClusterService } from '../../model/cluster.ts'
import type { Environment } from '../../model/environment.ts'
import { listenAnnotation } from '../listeners.ts'
import { nodeResolvConf } from '../name-files.ts'
import { statesNetworks, underlayOf } from '../underlay.ts'
import type { Completion } from './completion.ts'

interface Surroundings {
  readonly nodes: readonly ClusterNode[]
  readonly pods: readonly ClusterPod[]
  readonly services: readonly ClusterService[]
  readonly environment: Environment
}

/** Says what is assumed about things that no Kubernetes object describes: the nodes' network, sockets, balancers. */
export function assumeSurroundings(completion: Completion, surroundings: Surroundings): void {
  assumeNetwork(completion, surroundings)
  assumeNameServers(completion, surroundings)
  assumeListeners(completion, surroundings)
  assumeBalancers(completion, surroundings)
}

function assumeNetwork({ assume }: Completion, { nodes, environment }: Surroundings): void {
  for (const { cidr, gateway } of underlayOf({ nodes, environment }).networks) {
    if (statesNetworks({ nodes, environment }, familyOf(gateway))) continue
    assume(`the nodes are on one network, ${formatCidr(cidr)}, whose router is ${formatIp(gateway)}`)
  }
}

/** Nodes whose resolv.conf nothing states, by the name servers that they are given in its place. */
function assumeNameServers({ assume }: Completion, { nodes, environment }: Surroundings): void {
  const routers = underlayOf({ nodes, environment }).networks.map(({ gateway }) => gateway)
  const silent = nodes.filter(({ name }) => environment.nodes?.[name]?.resolv === undefined)
  const servers = new Set(
    silent.flatMap((node) => nodeResolvConf({ environment }, node, routers).nameservers.map(formatIp)),
  )
  for (const server of servers) assume(`nodes look names up at their router, ${server}`)
}

/** Pods that say nothing of their ports, once for each workload. */
function assumeListeners({ assume }: Completion, { pods, environment }: Surroundings): void {
  const stated = new Set(environment.listeners?.map((entry) => entry.pod))
  const silent = pods.filter(
    (pod) =>
      pod.nodeName !== undefined &&
      pod.phase !== 'Succeeded' &&
      pod.phase !== 'Failed' &&
      !pod.ports.some((port) => port.running) &&
      pod.annotations[listenAnnotation] === undefined &&
      !stated.has(`${pod.namespace}/${pod.name}`),
  )
  const lines = new Map(silent.map((pod) => [listenerText(pod), pod.owner ?? pod.ref]))
  for (const [text, ref] of [...lines].toSorted(([a], [b]) => byText(a, b))) assume(text, ref)
}

function listenerText({ owner, namespace, name, hostNetwork }: ClusterPod): string {
  const who = owner
    ? `the pods of ${owner.kind} ${owner.namespace}/${owner.name} declare no port: they`
    : `pod ${namespace}/${name} declares no port: it`
  const verb = owner ? '' : 's'
  return hostNetwork ? `${who} listen${verb} where Services expect it` : `${who} answer${verb} on every port`
}

function assumeBalancers({ assume }: Completion, { services }: Surroundings): void {
  const waiting = services.filter((one) => one.type === 'LoadBalancer' && one.loadBalancer.length === 0)
  for (const { namespace, name, ref } of waiting.toSorted((a, b) =>
    byText(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`),
  )) {
    assume(`the load balancer of ${namespace}/${name} has not got an address`, ref)
  }
}
