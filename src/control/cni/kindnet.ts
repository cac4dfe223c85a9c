import { familyOf } from '../../base/ip.ts'
import type { Origin } from '../../base/source.ts'
import type { ClusterNode } from '../../model/cluster.ts'
import { fixedChains } from '../../netfilter/table.ts'
import { vethName } from '../device-names.ts'
import { kubeNetworkPolicies, kubeNetworkPolicyFilters } from '../policy/kube-network-policies.ts'
import { block, comment, jump, rule } from '../proxy/iptables-rules.ts'
import type { Cni, CniContext, CniInput, CniPlugin } from './cni.ts'
import { foundByDaemonSet } from './find.ts'
import { routesToNodes } from './parts/node-routes.ts'
import { podBits } from './parts/pod-block.ts'
import { ptpDevices, ptpPod, ptpRoutes } from './parts/ptp.ts'
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
      devices: ptpDevices(context, 'kindnet'),
      routes: [...ptpRoutes(context.pods, 'kindnet'), ...routesToNodes(context, 'kindnet')],
      sysctls: chained(context.node) ? portmapSysctls({ deviceOf: vethName }, context.pods) : {},
    }),
    pod: (context, pod) => ptpPod(context, pod, 'kindnet'),
    policy: kubeNetworkPolicies,
    filters: ({ cluster, node }) => kubeNetworkPolicyFilters(cluster, node.name),
    rules: (context, family) => [
      masqueradeRules(context, family),
      ...(chained(context.node) ? portmapRules(portmapOf(context.node), context.pods, family) : []),
    ],
  }
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
