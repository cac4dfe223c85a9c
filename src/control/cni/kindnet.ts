import { bitsOf, familyOf } from '../../base/ip.ts'
import type { Origin } from '../../base/source.ts'
import type { ClusterNode, ClusterPod } from '../../model/cluster.ts'
import type { Device, Route } from '../../model/network.ts'
import { fixedChains } from '../../netfilter/table.ts'
import { macOf, macOfName, vethName } from '../device-names.ts'
import { block, comment, jump, rule } from '../proxy/iptables-rules.ts'
import { everything, hostRoute, route } from '../routes.ts'
import { onOneNetwork } from '../underlay.ts'
import type { Cni, CniContext, CniInput, CniPlugin } from './cni.ts'
import { foundByDaemonSet } from './find.ts'
import { gatewayOf, nodeAddress, podBits, podBlock } from './parts/pod-block.ts'
import type { Portmap } from './portmap.ts'
import { hasPortmap, portmapRules, portmapSysctls } from './portmap.ts'

const origin: Origin = { component: 'kindnet' }

/**
 * kind's own plugin: the CNI plugin `ptp` (a routed veth pair for each pod, the gateway's address on every node
 * end), addresses by host-local, then `portmap` for host ports; a route to every other node's pods, and one masquerade
 * chain for traffic that leaves the pods' network.
 */
export const kindnet: CniPlugin = {
  name: 'kindnet',
  facts: {
    title: 'kindnet',
    networkModel: 'Layer 3',
    routeDistribution: 'No',
    networkPolicies: 'Yes',
    mesh: 'No',
    externalDatastore: 'None',
    encryption: 'No',
    ingressEgressPolicies: 'Yes',
    commercialSupport: 'No',
    fidelity: 'exact',
    remark: 'routes to the nodes of one network, kept by a daemon on each node that watches Nodes',
    encapsulation: 'none',
    mtu: "1500, the uplink's own",
    masquerade: 'by KIND-MASQ-AGENT: what leaves the pod network, other nodes included',
    policyEngine: 'kube-network-policies within kindnetd (nftables and NFQUEUE)',
  },
  environmentFields: ['cni.backend'],
  find: foundByDaemonSet(/^kindnet$/),
  configure: configureKindnet,
}

function configureKindnet({ environment }: CniInput): Cni {
  const chained = (node: ClusterNode) => hasPortmap(environment, node.name, true)
  const portmapOf = (node: ClusterNode): Portmap => ({
    network: 'kindnet',
    deviceOf: vethName,
    bitsOf: (ip) => podBits(node, ip),
  })
  return {
    name: 'kindnet',
    configuration: {},
    mapsHostPorts: (node) => hasPortmap(environment, node, true),
    node: (context) => ({
      devices: context.pods.map((pod) => nodeEnd(context.node, pod, context.mtu)),
      routes: [...context.pods.flatMap((pod) => podRoutes(pod)), ...nodeRoutes(context)],
      sysctls: chained(context.node) ? portmapSysctls({ deviceOf: vethName }, context.pods) : {},
    }),
    pod: ({ node, mtu }, pod) => ({ devices: [podEnd(node, pod, mtu)], routes: routesInPod(node, pod) }),
    rules: (context, family) => [
      masqueradeRules(context, family),
      ...(chained(context.node) ? portmapRules(portmapOf(context.node), context.pods, family) : []),
    ],
  }
}

function podRef(pod: ClusterPod): Origin {
  return { component: 'kindnet', subject: pod.ref }
}

function nodeEnd(node: ClusterNode, pod: ClusterPod, mtu: number): Device {
  const gateways = pod.ips.flatMap((ip) => gatewayOf(node, familyOf(ip)) ?? [])
  const name = vethName(pod)
  return {
    type: 'veth',
    name,
    mtu,
    mac: macOfName(`${node.name} ${name}`),
    addresses: gateways.map((ip) => ({ ip, bits: bitsOf(familyOf(ip)) })),
    peer: { netns: `pod/${pod.namespace}/${pod.name}`, device: 'eth0' },
    origin: podRef(pod),
  }
}

function podEnd(node: ClusterNode, pod: ClusterPod, mtu: number): Device {
  return {
    type: 'veth',
    name: 'eth0',
    mtu,
    mac: macOf('0a:58', pod.ips[0] ?? 0),
    addresses: pod.ips.map((ip) => ({ ip, bits: podBits(node, ip) })),
    peer: { netns: `node/${node.name}`, device: vethName(pod) },
    origin: podRef(pod),
  }
}

/** The gateway on the link, then everything by it, neighbour pods included. */
function routesInPod(node: ClusterNode, pod: ClusterPod): readonly Route[] {
  return pod.ips.flatMap((ip): Route[] => {
    const gateway = gatewayOf(node, familyOf(ip))
    const own = podBlock(node, familyOf(ip))
    if (gateway === undefined || !own) return []
    return [
      hostRoute(gateway, 'eth0', { source: ip, origin: podRef(pod) }),
      route(own, 'eth0', { via: gateway, source: ip, origin: podRef(pod) }),
      route(everything(familyOf(ip)), 'eth0', { via: gateway, origin: podRef(pod) }),
    ]
  })
}

function podRoutes(pod: ClusterPod): readonly Route[] {
  return pod.ips.map((ip) => hostRoute(ip, vethName(pod), { scope: 'host', origin: podRef(pod) }))
}

/**
 * One route for each block of every other node, by that node's address. The kernel takes none whose gateway is not on a
 * connected network ("Nexthop has invalid gateway"), so that nodes of another subnet have no route.
 */
function nodeRoutes({ cluster, node, uplink, underlay }: CniContext): readonly Route[] {
  return cluster.nodes.flatMap((other) => {
    if (other.name === node.name) return []
    return other.podCidrs.flatMap((cidr): Route[] => {
      const [via, local] = [other, node].map((one) => nodeAddress(one, familyOf(cidr.first)))
      if (via === undefined || local === undefined || !onOneNetwork(underlay, local, via)) return []
      return [route(cidr, uplink, { via, origin: { component: 'kindnet', subject: other.ref } })]
    })
  })
}

/** Mirrors kindnetd's masquerade agent: pods' traffic to anything but pods takes the node's address. */
function masqueradeRules({ cluster }: CniContext, family: 4 | 6) {
  const subnets = cluster.settings.podCidrs.filter((cidr) => familyOf(cidr.first) === family)
  const toChain = comment(
    'kind-masq-agent: ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom KIND-MASQ-AGENT chain',
  )
  const local = comment('kind-masq-agent: local traffic is not subject to MASQUERADE')
  const outbound = comment(
    'kind-masq-agent: outbound traffic is subject to MASQUERADE (must be last in chain)',
  )
  const notLocal = { type: 'addrtype', destination: { types: ['LOCAL'], inverted: true } } as const
  const keep = subnets.map((cidr) => {
    const destination = block(cidr)
    return rule(origin, destination ? { destination } : {}, [local], { type: 'return' })
  })
  const chain = {
    name: 'KIND-MASQ-AGENT',
    rules: [...keep, rule(origin, {}, [outbound], { type: 'MASQUERADE', random: false, fullyRandom: false })],
  }
  if (subnets.length === 0) return { table: 'nat' as const, baseRules: {}, chains: fixedChains([]) }
  return {
    table: 'nat' as const,
    baseRules: { POSTROUTING: [rule(origin, {}, [notLocal, toChain], jump('KIND-MASQ-AGENT'))] },
    chains: fixedChains([chain]),
  }
}
