import type { Report } from '../../base/diagnostic.ts'
import { bitsOf, familyOf } from '../../base/ip.ts'
import type { Origin } from '../../base/source.ts'
import type { CoreDns } from '../../dns/coredns/config.ts'
import type { Cluster, ClusterPod } from '../../model/cluster.ts'
import type { Device, Listener } from '../../model/network.ts'
import type { Container } from '../../model/objects.ts'
import type { TableContribution } from '../../netfilter/table.ts'
import type { ResolvConf } from '../../resolver/resolv-conf.ts'
import { macOfName } from '../device-names.ts'
import { dnsSockets, isDnsSocket, withDnsServer } from '../dns-sockets.ts'
import { isAlive } from '../pod-namespace.ts'
import type { NodeCacheFlags } from './flags.ts'
import { nodeCacheFlags } from './flags.ts'
import { nodeCacheRules } from './rules.ts'
import type { MakeServer } from './server.ts'
import { nodeCacheServers } from './server.ts'

/** What NodeLocal DNSCache adds to one node. */
export interface NodeCacheOnNode {
  readonly devices: readonly Device[]
  rules(family: 4 | 6): readonly TableContribution[]
}

/** NodeLocal DNSCache, where its DaemonSet is in the cluster: name servers on the nodes themselves. */
export interface NodeLocalDns {
  /** Nothing where none of its pods runs, or where its process does not come so far. */
  onNode(node: string): NodeCacheOnNode
  /** The pod's sockets; `undefined` for a pod of anything else. */
  listenersOf(
    pod: ClusterPod,
    listeners: readonly Listener[],
    stated: boolean,
  ): readonly Listener[] | undefined
}

/** One running node-cache. */
interface NodeCache {
  readonly flags: NodeCacheFlags
  readonly origin: Origin
  /** Absent where CoreDNS does not start. */
  readonly server?: CoreDns
}

const nothing: NodeCacheOnNode = { devices: [], rules: () => [] }

/** The container of a pod that is node-cache, by its image. */
function nodeCacheContainer({ object }: ClusterPod): Container | undefined {
  return object.spec.containers?.find(({ image = '' }) => /(?:^|\/)k8s-dns-node-cache(?:[:@]|$)/.test(image))
}

/** Works out what each node-cache does. Reports those that would not start. */
export function nodeLocalDns(
  cluster: Cluster,
  resolvConfOf: (pod: ClusterPod) => ResolvConf,
  report: Report,
): NodeLocalDns {
  const caches = new Map<string, NodeCache | undefined>()
  const byNode = new Map<string, NodeCache>()
  const complaints = new Set<string>()
  const fail = (pod: ClusterPod, error: string, fix?: string) => {
    if (complaints.has(error)) return
    complaints.add(error)
    const object = pod.owner ?? pod.ref
    report('node-cache-fails', `node-cache does not start: ${error}`, {
      object,
      ...(fix !== undefined && { fix }),
    })
  }
  const makeServer = nodeCacheServers(cluster, resolvConfOf, fail, report)
  for (const pod of cluster.pods) {
    const container = nodeCacheContainer(pod)
    if (!container || !isAlive(pod)) continue
    const cache = nodeCacheOf(pod, container, makeServer, fail)
    caches.set(`${pod.namespace}/${pod.name}`, cache)
    if (cache && pod.hostNetwork && pod.nodeName !== undefined) byNode.set(pod.nodeName, cache)
  }
  return {
    onNode: (node) => {
      const cache = byNode.get(node)
      return cache ? contributionOf(cache, node) : nothing
    },
    listenersOf: (pod, listeners, stated) => {
      const name = `${pod.namespace}/${pod.name}`
      if (!caches.has(name)) return undefined
      const server = caches.get(name)?.server
      if (!server) return []
      if (stated) return withDnsServer(server, listeners)
      const isDns = isDnsSocket(server)
      const others = listeners.filter((one) => one.port !== 'any' && one.port !== 53 && !isDns(one))
      return [...dnsSockets(server, { owner: pod.ref, label: 'node-cache' }), ...others]
    },
  }
}

function nodeCacheOf(
  pod: ClusterPod,
  container: Container,
  makeServer: MakeServer,
  fail: (pod: ClusterPod, error: string, fix?: string) => void,
): NodeCache | undefined {
  const flags = nodeCacheFlags(container)
  if ('error' in flags) {
    fail(pod, flags.error, 'put addresses where the manifest of the addon has its variables')
    return undefined
  }
  const server = makeServer(pod, container, flags)
  return { flags, origin: { component: 'node-cache', subject: pod.ref }, ...(server && { server }) }
}

/**
 * The device is made before CoreDNS is started, the rules only when it runs. The device is never brought up; the
 * kernel takes packets for its addresses all the same.
 */
function contributionOf({ flags, origin, server }: NodeCache, node: string): NodeCacheOnNode {
  const device: Device = {
    type: 'dummy',
    name: flags.interfaceName,
    mtu: 1500,
    mac: macOfName(`${node} ${flags.interfaceName}`),
    addresses: flags.localIps.map((ip) => ({ ip, bits: bitsOf(familyOf(ip)) })),
    down: true,
    origin,
  }
  return {
    devices: flags.setupInterface ? [device] : [],
    rules: (family) => (flags.setupIptables && server ? nodeCacheRules(flags, origin, family) : []),
  }
}
