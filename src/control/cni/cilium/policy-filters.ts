import type { Ip } from '../../../base/ip.ts'
import { familyOf } from '../../../base/ip.ts'
import type { Packet } from '../../../base/packet.ts'
import { protocolName } from '../../../base/packet.ts'
import type { Judged } from '../../../base/source.ts'
import type { Cluster, ClusterPod } from '../../../model/cluster.ts'
import type { PacketFilter } from '../../../model/network.ts'
import type { Direction } from '../../../policy/policy.ts'
import { podId } from '../../pod-namespace.ts'
import { endpointsOf } from '../../policy/endpoints.ts'
import { judge } from '../../policy/judge.ts'
import type { EnforcedPolicies, PolicyEnforcement } from '../../policy/policy-set.ts'
import { policiesUnder } from '../../policy/policy-set.ts'
import { servicePortsOf } from '../../proxy/service-ports.ts'
import type { CniContext } from '../cni.ts'
import { routerOf } from './addresses.ts'
import type { CiliumConfig } from './config.ts'
import { lxcName } from './names.ts'

/** Where the rest of PREROUTING's nat comes: what a pod's packet was translated to at its device is known. */
const afterTranslation = { type: 'hook', hook: 'PREROUTING', priority: -99 } as const

/** The address that a pod sees which is given itself by a Service: such packets are not judged. */
const loopback: Ip = 0xa9fe2a01

/**
 * eBPF at the devices of pods: what a pod sends is judged there, after Services are translated, and what it is sent before it
 * enters. Mirrors handle_ipv4_from_lxc and ipv4_policy of bpf_lxc.c.
 */
export function ciliumFilters(
  config: CiliumConfig,
  enforcement: PolicyEnforcement,
  context: CniContext,
): readonly PacketFilter[] {
  const policies = policiesUnder(context.cluster, enforcement)
  const fronts = config.socketLb && !config.hostOnly ? undefined : frontsOf(config, context)
  const judged = context.pods.filter((pod) => isJudged(context.cluster, policies, pod))
  return [
    ...judged.flatMap((pod) => [sending(context, policies, pod, fronts), receiving(context, policies, pod)]),
    ...(fronts && judged.length > 0 ? [translated(context, policies, judged, fronts)] : []),
  ]
}

function isJudged(cluster: Cluster, policies: EnforcedPolicies, pod: ClusterPod): boolean {
  const endpoint = endpointsOf(cluster).byId(podId(pod))
  const directions: readonly Direction[] = ['ingress', 'egress']
  return directions.some((one) => endpoint !== undefined && policies.selected(endpoint, one).length > 0)
}

function sending(
  { cluster }: CniContext,
  policies: EnforcedPolicies,
  pod: ClusterPod,
  fronts: ReadonlySet<string> | undefined,
): PacketFilter {
  return {
    name: policies.engine.name,
    at: { type: 'device', device: lxcName(pod), side: 'received' },
    judge: (packet) => {
      if (fronts?.has(frontKey(packet.protocol, packet.dst, packet.dport)))
        return { action: 'accept', judged: [] }
      return judge(cluster, policies, packet, [egressOf(cluster, pod, packet)])
    },
  }
}

/** What the device's own load balancer has translated, judged by where it goes now. */
function translated(
  { cluster }: CniContext,
  policies: EnforcedPolicies,
  pods: readonly ClusterPod[],
  fronts: ReadonlySet<string>,
): PacketFilter {
  const byDevice = new Map(pods.map((pod) => [lxcName(pod), pod]))
  return {
    name: policies.engine.name,
    at: afterTranslation,
    judge: (packet, devices, original) => {
      const pod = byDevice.get(devices.in ?? '')
      const isOwn = pod && original && fronts.has(frontKey(packet.protocol, original.dst, original.dport))
      if (!isOwn || pod.ips.includes(packet.dst)) return { action: 'accept', judged: [] }
      return judge(cluster, policies, packet, [egressOf(cluster, pod, packet)])
    },
  }
}

function egressOf(cluster: Cluster, pod: ClusterPod, { dst }: Packet): Judged {
  const peer = routersOf(cluster).get(dst)
  return { endpoint: podId(pod), direction: 'egress', ...(peer !== undefined && { peer }) }
}

function receiving(context: CniContext, policies: EnforcedPolicies, pod: ClusterPod): PacketFilter {
  const { cluster } = context
  return {
    name: policies.engine.name,
    at: { type: 'device', device: lxcName(pod), side: 'sent' },
    judge: (packet, devices) => {
      if (packet.src === loopback) return { action: 'accept', judged: [] }
      const peer = senderOf(context, packet, devices.in)
      const one: Judged = { endpoint: podId(pod), direction: 'ingress', ...(peer !== undefined && { peer }) }
      return judge(cluster, policies, packet, [one])
    },
  }
}

/**
 * Who sent a packet where its address does not tell: the node's own processes; the pod at the device that it came in by; another
 * node, by its router's address. What came from outside and has an address of this node's has it by a translation on the
 * way. Mirrors inherit_identity_from_host and resolve_srcid_ipv4.
 */
function senderOf(
  { cluster, node, pods }: CniContext,
  { src, mark }: Packet,
  cameIn: string | undefined,
): string | undefined {
  const own = `node/${node.name}`
  if (cameIn === undefined) return own
  if (cameIn.startsWith('lxc')) {
    const pod = pods.find((one) => lxcName(one) === cameIn)
    return pod && !pod.ips.includes(src) ? podId(pod) : undefined
  }
  if (mark === worldMark) return 'world'
  const byRouter = routersOf(cluster).get(src)
  const sender = byRouter ?? endpointsOf(cluster).party(src).endpoint?.id
  return sender === own ? 'world' : byRouter
}

/** MARK_MAGIC_IDENTITY with the identity of the world (2): a tunnel brings it along as the VNI. */
export const worldMark = 0x20f00

const routers = new WeakMap<Cluster, ReadonlyMap<Ip, string>>()

/** The nodes by their routers' addresses. */
function routersOf(cluster: Cluster): ReadonlyMap<Ip, string> {
  const known = routers.get(cluster)
  if (known) return known
  const made = new Map(
    cluster.nodes.flatMap((node) =>
      ([4, 6] as const).flatMap((family) => {
        const ip = routerOf(cluster, node, family)
        return ip === undefined ? [] : [[ip, `node/${node.name}`] as const]
      }),
    ),
  )
  routers.set(cluster, made)
  return made
}

function frontKey(protocol: number, ip: Ip, port: number): string {
  return `${protocolName(protocol)} ${ip} ${port}`
}

/** What pods' packets are addressed to that their device translates. */
function frontsOf(config: CiliumConfig, { cluster, node }: CniContext): ReadonlySet<string> {
  const nodeIps = cluster.nodes.flatMap(({ addresses }) => addresses)
  const keys = ([4, 6] as const).flatMap((family) =>
    servicePortsOf(cluster, family, node.minorVersion).list.flatMap((one) => {
      const { protocol, port, clusterIp, externalIps, vips, nodePort } = one
      const outer = config.kubeProxyReplacement ? [...externalIps, ...vips] : []
      const ofNodes = config.kubeProxyReplacement && nodePort > 0 ? nodeIps : []
      return [
        ...[clusterIp, ...outer].map((ip) => `${protocol} ${ip} ${port}`),
        ...ofNodes.filter((ip) => familyOf(ip) === family).map((ip) => `${protocol} ${ip} ${nodePort}`),
      ]
    }),
  )
  return new Set(keys)
}
