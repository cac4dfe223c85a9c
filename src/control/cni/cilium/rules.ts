import type { Cidr, Ip } from '../../../base/ip.ts'
import { familyOf, formatCidr, formatIp } from '../../../base/ip.ts'
import type { ClusterPod } from '../../../model/cluster.ts'
import type { IpSet } from '../../../model/network.ts'
import type { HeaderMatch } from '../../../netfilter/rule.ts'
import type { TableContribution } from '../../../netfilter/table.ts'
import { rejectTarget } from '../../proxy/iptables-rules.ts'
import type { CniContext } from '../cni.ts'
import { nodeAddress, podBlock } from '../parts/pod-block.ts'
import type { Balancer } from '../parts/service-balancing.ts'
import { balancingTables } from '../parts/service-balancing.ts'
import { writtenTable } from '../parts/written-rules.ts'
import { otherNodeAddresses, routerOf } from './addresses.ts'
import type { CiliumConfig } from './config.ts'
import { lxcName } from './names.ts'
import { worldMark } from './policy-filters.ts'

const socketLb = 'Cilium socket load balancing'
const packetLb = 'Cilium per-packet load balancing'
const nodePortLb = 'Cilium NodePort load balancing'

/** What a socket gets of connect() where a Service has no endpoint: EHOSTUNREACH. */
function hostUnreachable(family: 4 | 6): Balancer['refusal'] {
  return family === 4
    ? { type: 'REJECT', name: 'icmp-host-unreachable', icmp: { type: 3, code: 1 } }
    : { type: 'REJECT', name: 'icmp6-addr-unreachable', icmp: { type: 1, code: 3 } }
}

/**
 * connect() and sendmsg() of a process that address a Service are given an endpoint before there is a packet. It stands
 * here as a translation at the sender's own OUTPUT, which no packet leaves before.
 */
export function socketTables({ cluster, node }: CniContext, family: 4 | 6): readonly TableContribution[] {
  const balancer = {
    component: socketLb,
    prefix: 'CILIUM_SOCK',
    ...{ cluster, node, family },
    refusal: hostUnreachable(family),
  }
  return balancingTables(balancer, 'inside', { hook: 'OUTPUT', first: true })
}

/** The rules of a node: what eBPF does to Services there, and Cilium's masquerading. */
export function ciliumRules(
  config: CiliumConfig,
  context: CniContext,
  family: 4 | 6,
): readonly TableContribution[] {
  return [
    ...(config.socketLb ? socketTables(context, family) : []),
    ...(config.socketLb && !config.hostOnly ? [] : fromPods(config, context, family)),
    ...(config.kubeProxyReplacement ? fromOutside(context, family) : []),
    ...masquerade(config, context, family),
    ...sourceOfNode(config, context, family),
    ...identityOfWorld(config, context, family),
  ]
}

/** Where a pod's socket is not asked its packets are translated as they come out of its device. */
function fromPods(
  config: CiliumConfig,
  { cluster, node, pods }: CniContext,
  family: 4 | 6,
): readonly TableContribution[] {
  const header: HeaderMatch = { in: { name: 'lxc+', inverted: false } }
  const refusal = rejectTarget(family)
  const balancer = { component: packetLb, prefix: 'CILIUM_LXC', cluster, node, family, refusal }
  const traffic = config.kubeProxyReplacement ? 'inside' : 'cluster-ips'
  return [
    ...balancingTables(balancer, traffic, { hook: 'PREROUTING', header, first: true }),
    ...hairpin(pods, family),
  ]
}

/** IPV4_LOOPBACK: a pod that is given itself sees this address. */
function hairpin(pods: readonly ClusterPod[], family: 4 | 6): readonly TableContribution[] {
  const lines = pods.flatMap((pod) =>
    pod.ips
      .filter((ip) => familyOf(ip) === family)
      .map(
        (ip) =>
          `-A POSTROUTING -s ${formatIp(ip)} -d ${formatIp(ip)} -o ${lxcName(pod)} -j SNAT --to-source 169.254.42.1`,
      ),
  )
  if (family === 6 || lines.length === 0) return []
  return [
    writtenTable({ origin: { component: packetLb }, table: 'nat', family, lines: [], prepended: lines }),
  ]
}

/** Node ports, load balancer addresses and external IPs at the node's own device. */
function fromOutside({ cluster, node, uplink }: CniContext, family: 4 | 6): readonly TableContribution[] {
  const header: HeaderMatch = { in: { name: uplink, inverted: false } }
  const refusal = rejectTarget(family)
  const balancer = { component: nodePortLb, prefix: 'CILIUM_NODE', cluster, node, family, refusal }
  return balancingTables(balancer, 'outside', { hook: 'PREROUTING', header, first: true })
}

/** CILIUM_POST_nat, or what eBPF does in its place. */
function masquerade(config: CiliumConfig, context: CniContext, family: 4 | 6): readonly TableContribution[] {
  const own = podBlock(context.node, family)
  if (!config.masquerade[family] || !own) return []
  return [
    config.bpfMasquerade
      ? bpfMasquerade(config, context, family, own)
      : postNat(config, context, family, own),
  ]
}

function nativeCidr(config: CiliumConfig, family: 4 | 6): Cidr | undefined {
  return config.nativeRoutingCidrs.find((one) => familyOf(one.first) === family)
}

/** Mirrors installMasqueradeRules of pkg/datapath/iptables. */
function postNat(config: CiliumConfig, context: CniContext, family: 4 | 6, own: Cidr): TableContribution {
  const source = formatCidr(own)
  const kept = formatCidr(nativeCidr(config, family) ?? own)
  const out = config.routingMode === 'tunnel' ? '! -o cilium_+' : `-o ${context.uplink}`
  const router = routerOf(context.cluster, context.node, family)
  const chain = '-A CILIUM_POST_nat'
  const to = router === undefined ? '' : `-j SNAT --to-source ${formatIp(router)}`
  return writtenTable({
    origin: { component: 'Cilium' },
    table: 'nat',
    family,
    lines: [
      ...(usesNodeSet(config)
        ? [
            `${chain} -s ${source} -m set --match-set ${nodeSetName(family)} dst -m comment --comment "exclude traffic to cluster nodes from masquerade" -j ACCEPT`,
          ]
        : []),
      `${chain} -s ${source} ! -d ${kept} ${out} -m comment --comment "cilium masquerade non-cluster" -j MASQUERADE`,
      `${chain} -m mark --mark 0xa00/0xe00 -m comment --comment "exclude proxy return traffic from masquerade" -j ACCEPT`,
      ...(config.routingMode === 'tunnel' && router !== undefined
        ? [
            `${chain} ! -s ${source} ! -d ${source} -o cilium_host -m comment --comment "cilium host->cluster masquerade" ${to}`,
          ]
        : []),
    ],
    prepended: ['-A POSTROUTING -m comment --comment "cilium-feeder: CILIUM_POST_nat" -j CILIUM_POST_nat'],
    chains: ['CILIUM_POST_nat'],
  })
}

/** Pods keep their address towards the cluster and every node. */
function bpfMasquerade(
  config: CiliumConfig,
  context: CniContext,
  family: 4 | 6,
  own: Cidr,
): TableContribution {
  const kept = nativeCidr(config, family)
  const chain = '-A CILIUM_BPF_MASQ'
  return writtenTable({
    origin: { component: 'Cilium BPF masquerading' },
    table: 'nat',
    family,
    lines: [
      `${chain} -m set --match-set ${nodeSetName(family)} dst -j ACCEPT`,
      ...(kept ? [`${chain} -d ${formatCidr(kept)} -j ACCEPT`] : []),
      `${chain} -j MASQUERADE`,
    ],
    prepended: [
      `-A POSTROUTING -s ${formatCidr(own)} -o ${context.uplink} -m comment --comment "Cilium BPF masquerading: no iptables rule on a real node" -j CILIUM_BPF_MASQ`,
    ],
    chains: ['CILIUM_BPF_MASQ'],
  })
}

/**
 * What is not a pod's and goes to a pod after a translation takes the router's address, as its route would have given it:
 * through a tunnel always (IPV4_GATEWAY of nodeport.h), to the node's own pods only what the node itself sends or
 * kube-proxy masquerades. Without a tunnel it takes the node's (IPV4_DIRECT_ROUTING).
 */
function sourceOfNode(
  config: CiliumConfig,
  context: CniContext,
  family: 4 | 6,
): readonly TableContribution[] {
  const own = podBlock(context.node, family)
  const router = routerOf(context.cluster, context.node, family)
  const nodeIp = nodeAddress(context.node, family)
  if (!own || router === undefined || nodeIp === undefined) return []
  const translated = `! -s ${formatCidr(own)} -m conntrack --ctstate DNAT`
  const as = (ip: Ip) => `-j SNAT --to-source ${formatIp(ip)}`
  const between =
    config.routingMode === 'tunnel' || config.wireguard
      ? [`-A CILIUM_SOURCE ${translated.replace(' -m', ' -o cilium_+ -m')} ${as(router)}`]
      : config.kubeProxyReplacement
        ? [`-A CILIUM_SOURCE ${translated.replace(' -m', ` -o ${context.uplink} -m`)} ${as(nodeIp)}`]
        : []
  const local = config.endpointRoutes
    ? []
    : [
        `-A CILIUM_SOURCE -o lxc+ -m addrtype --src-type LOCAL ${as(router)}`,
        ...(config.kubeProxyReplacement
          ? []
          : [`-A CILIUM_SOURCE -o lxc+ -m mark --mark 0x4000/0x4000 ${as(router)}`]),
      ]
  return [
    writtenTable({
      origin: { component: 'Cilium' },
      table: 'nat',
      family,
      lines: [...between, ...local],
      prepended: [
        '-A POSTROUTING -m comment --comment "the source that routes and eBPF give: no iptables rule on a real node" -j CILIUM_SOURCE',
      ],
      chains: ['CILIUM_SOURCE'],
    }),
  ]
}

/** Whatever comes from outside goes through a tunnel as the world: WORLD_ID of nodeport.h. */
function identityOfWorld(
  config: CiliumConfig,
  { node }: CniContext,
  family: 4 | 6,
): readonly TableContribution[] {
  const own = podBlock(node, family)
  if (!own || config.routingMode !== 'tunnel' || config.wireguard) return []
  const outside = `-A POSTROUTING -o cilium_${config.tunnelProtocol} ! -s ${formatCidr(own)} -m addrtype ! --src-type LOCAL`
  const note = '-m comment --comment "the identity that the VNI is: no iptables rule on a real node"'
  return [
    writtenTable({
      origin: { component: 'Cilium' },
      table: 'mangle',
      family,
      lines: [`${outside} ${note} -j MARK --set-xmark 0x${worldMark.toString(16)}/0xffff0f00`],
    }),
  ]
}

function usesNodeSet(config: CiliumConfig): boolean {
  return config.bpfMasquerade || config.routingMode === 'native'
}

function nodeSetName(family: 4 | 6): string {
  return `cilium_node_set_v${family}`
}

/** Addresses of the other nodes, towards which pods keep theirs. */
export function nodeSets(config: CiliumConfig, { cluster, node }: CniContext): readonly IpSet[] {
  if (!usesNodeSet(config)) return []
  return ([4, 6] as const)
    .filter((family) => config.masquerade[family])
    .map((family) => ({
      name: nodeSetName(family),
      type: 'hash:ip',
      entries: otherNodeAddresses(cluster, node.name, family).map(formatIp),
    }))
}
