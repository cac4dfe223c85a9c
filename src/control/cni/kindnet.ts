import { familyOf } from '../../base/ip.ts'
import type { Origin } from '../../base/source.ts'
import type { ClusterNode } from '../../model/cluster.ts'
import { fixedChains } from '../../netfilter/table.ts'
import { vethName } from '../device-names.ts'
import type { KubeNetworkPolicies } from '../policy/kube-network-policies.ts'
import {
  currentKubeNetworkPolicies,
  kubeNetworkPolicies,
  kubeNetworkPolicyFilters,
} from '../policy/kube-network-policies.ts'
import { block, comment, jump, rule } from '../proxy/iptables-rules.ts'
import type { Cni, CniContext, CniInput, CniPlugin } from './cni.ts'
import { foundByDaemonSet } from './find.ts'
import { daemonOf } from './parts/daemon.ts'
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
    policyEngine:
      'kube-network-policies within kindnetd (nftables and NFQUEUE), since kind v0.24; what pods send to their own node since v0.32',
    notModelled: [
      'processes of a node that do not run as root, whose packets kindnetd judges: all are taken for root',
      'kindnetd enforces NetworkPolicies alone: cluster-wide policies have no effect where its DaemonSet is in the input; where it is not, they are enforced as by kube-network-policies in its place',
      'the nftables rules themselves: the program stands at their hooks, with their exemptions',
    ],
  },
  environmentFields: ['cni.backend'],
  find: foundByDaemonSet(/^kindnet$/),
  configure: configureKindnet,
}

function configureKindnet(input: CniInput): Cni {
  const { environment } = input
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
    ...policyParts(input),
    rules: (context, family) => [
      masqueradeRules(context, family),
      ...(chained(context.node) ? portmapRules(portmapOf(context.node), context.pods, family) : []),
    ],
  }
}

/** The first kindnetd with policies, and the first that judges what pods send to their own node, by the dates in their images' tags. */
const [firstWithPolicies, firstWithInput] = [20240719, 20260528]

/** The engine within kindnetd; of a DaemonSet in the input, as old as its image. */
function policyParts({ objects }: CniInput): Pick<Cni, 'policy' | 'filters'> {
  const daemon = daemonOf(objects, /^kindnet$/, 'kindnet-cni')
  const date = Number(/kindnetd:v(\d{8})/.exec(daemon?.container.image ?? '')?.[1] ?? Infinity)
  if (date < firstWithPolicies) return {}
  const build: KubeNetworkPolicies = {
    ...currentKubeNetworkPolicies,
    clusterPolicies: daemon ? 'none' : 'any',
    judgesInput: date >= firstWithInput,
  }
  const policy = kubeNetworkPolicies(build)
  return {
    policy,
    filters: ({ cluster, node }) => kubeNetworkPolicyFilters(cluster, node.name, policy, build),
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
