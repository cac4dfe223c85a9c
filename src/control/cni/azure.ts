import { sha256Hex } from '../../base/hash.ts'
import type { Cidr } from '../../base/ip.ts'
import { formatCidr, formatIp, parseCidr } from '../../base/ip.ts'
import type { ClusterPod } from '../../model/cluster.ts'
import type { CniFacts } from '../../model/cni-facts.ts'
import type { TableContribution } from '../../netfilter/table.ts'
import { masqAgentConfig } from '../ip-masq-agent.ts'
import type { Cni, CniContext, CniInput, CniPlugin } from './cni.ts'
import { foundByDaemonSet } from './find.ts'
import { approximated } from './parts/approximated.ts'
import { settingOf } from './parts/daemon.ts'
import type { PolicyParts } from './parts/forward-policy.ts'
import { azureNpm, calicoAlone } from './parts/forward-policy.ts'
import { outsideMasquerade } from './parts/outside-masquerade.ts'
import { blocksInFabric } from './parts/peers.ts'
import { nodeAddress, podBlock } from './parts/pod-block.ts'
import { blocksOfPools } from './parts/pool-blocks.ts'
import { readBlocks, readWord } from './parts/read-setting.ts'
import { routedPlugin } from './parts/routed-plugin.ts'
import { writtenTable } from './parts/written-rules.ts'

const facts: CniFacts = {
  title: 'Azure CNI',
  networkModel: 'Layer 3, the VNet',
  routeDistribution: 'Cloud',
  networkPolicies: 'No',
  mesh: 'No',
  externalDatastore: 'None',
  encryption: 'No',
  ingressEgressPolicies: 'No',
  commercialSupport: 'Yes',
  fidelity: 'model',
  remark: 'policies need an add-on: Azure network policy manager, Calico, or Cilium as the dataplane',
  encapsulation: 'none that a node sees; the overlay is the fabric\u2019s',
  mtu: '1500',
  masquerade: 'azure-ip-masq-agent: what goes to neither pods nor, in VNet mode, the VNet',
  policyEngine:
    'none itself; beside it Azure\u2019s network policy manager at FORWARD, Calico at FORWARD and INPUT, or Cilium as the dataplane',
  settings: [
    { name: 'mode', takes: 'overlay, vnet', otherwise: 'overlay' },
    {
      name: 'policy',
      takes: 'none, azure-npm, calico',
      otherwise: 'by the DaemonSets azure-npm and calico-node; none',
    },
    { name: 'podSubnet', takes: 'a block: the subnet of pods in VNet mode', otherwise: '10.241.0.0/16' },
  ],
  notModelled: [
    'the rules of the network policy manager and of Calico: a program stands for them at their hooks',
    'Cilium as the dataplane: such a cluster is one of --cni cilium',
    'the older bridge mode (azure0) with its ebtables rules',
    'host routes of the wire server within the fabric',
    'pods that share the subnet of the nodes: in VNet mode they have one of their own',
  ],
}

/** Azure CNI in transparent mode: a routed device for each pod, and a network that knows where pods are. */
export const azure: CniPlugin = {
  name: 'azure',
  aliases: ['azure-cni', 'azure-vnet'],
  facts,
  environmentFields: ['cni.mode', 'cni.policy', 'cni.podSubnet'],
  find: foundByDaemonSet(/^azure-(cns|cni|vnet)/),
  configure: configureAzure,
}

function configureAzure(input: CniInput): Cni {
  approximated(input, facts)
  const { report } = input
  const mode = readWord(report, settingOf(input, 'mode'), ['overlay', 'vnet'] as const, 'overlay')
  const stated = readBlocks(report, settingOf(input, 'podSubnet'))
  const fallback = parseCidr('10.241.0.0/16')
  const subnet = stated.length > 0 ? stated : fallback ? [fallback] : []
  const bits = { 4: 24, 6: 64 } as const
  return {
    name: 'azure',
    configuration: { mode, ...(mode === 'vnet' && { podSubnet: subnet.map(formatCidr) }) },
    ...(mode === 'vnet' && {
      podNetwork: subnet,
      blocks: (context) => blocksOfPools(context, { pools: subnet, bitsOf: (family) => bits[family] }),
    }),
    ...routedPlugin(input, {
      network: 'azure',
      portmap: true,
      podsOf: ({ mtu }) => ({
        component: 'Azure CNI',
        mtu,
        mac: 'aa:aa:aa:aa:aa:aa',
        deviceOf: azvName,
        gatewayOf: (family) => (family === 4 ? linkLocalGateway : undefined),
      }),
      ownRules: (context, family) => [
        ...wireServerRules(context, family),
        ...(masqAgentConfig(input.environment, input.objects)
          ? []
          : outsideMasquerade(
              context.node,
              {
                component: 'azure-ip-masq-agent',
                chain: 'IP-MASQ-AGENT',
                kept: keptBlocks(context, mode === 'vnet'),
              },
              family,
            )),
      ],
    }),
    ...policyParts(input),
    fabric: ({ nodes }) => blocksInFabric(nodes, 'Azure VNet', true),
  }
}

function policyParts(input: CniInput): PolicyParts {
  const engines = ['none', 'azure-npm', 'calico'] as const
  switch (readWord(input.report, settingOf(input, 'policy'), engines, 'none')) {
    case 'azure-npm':
      return azureNpm
    case 'calico':
      return calicoAlone(input)
    default:
      return {}
  }
}

/** 169.254.1.1 */
const linkLocalGateway = 0xa9fe0101

/** `azv` and eleven digits of a hash. */
function azvName({ namespace, name }: Pick<ClusterPod, 'namespace' | 'name'>): string {
  return `azv${sha256Hex(`azv ${namespace}/${name}`).slice(0, 11)}`
}

/** What azure-ip-masq-agent is configured to leave alone: the pods' blocks, and in VNet mode the nodes' networks. */
function keptBlocks({ cluster, underlay }: CniContext, vnet: boolean): readonly Cidr[] {
  const pods = [...cluster.settings.podCidrs, ...cluster.nodes.flatMap((node) => node.podBlocks)]
  const known = new Map(pods.map((one) => [formatCidr(one), one]))
  return [...known.values(), ...(vnet ? underlay.networks.map(({ cidr }) => cidr) : [])]
}

/** SWIFT-POSTROUTING: the wire server's DNS and metadata are asked with the node's address. */
function wireServerRules({ node }: CniContext, family: 4 | 6): readonly TableContribution[] {
  const own = podBlock(node, 4)
  const nodeIp = nodeAddress(node, 4)
  if (family === 6 || !own || nodeIp === undefined) return []
  const source = formatCidr(own)
  const line = (to: string, protocol: string, port: number) =>
    `-A SWIFT-POSTROUTING -s ${source} -d ${to}/32 -p ${protocol} -m addrtype ! --dst-type LOCAL -m ${protocol} --dport ${port} -j SNAT --to-source ${formatIp(nodeIp)}`
  return [
    writtenTable({
      ...{ origin: { component: 'Azure CNI' }, table: 'nat', family },
      lines: [
        '-A POSTROUTING -j SWIFT-POSTROUTING',
        line('168.63.129.16', 'udp', 53),
        line('168.63.129.16', 'tcp', 53),
        line('169.254.169.254', 'tcp', 80),
      ],
      chains: ['SWIFT-POSTROUTING'],
    }),
  ]
}
