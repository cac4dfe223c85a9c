import { sha256Hex } from '../../base/hash.ts'
import { formatCidr, parseCidr } from '../../base/ip.ts'
import type { ClusterPod } from '../../model/cluster.ts'
import type { CniFacts } from '../../model/cni-facts.ts'
import type { TableContribution } from '../../netfilter/table.ts'
import { plainEngine } from '../../policy/engine.ts'
import type { Policy } from '../../policy/policy.ts'
import type { PolicyEnforcement } from '../policy/policy-set.ts'
import { upstreamTiers } from '../policy/upstream-tiers.ts'
import type { Cni, CniContext, CniInput, CniPlugin } from './cni.ts'
import { foundByDaemonSet } from './find.ts'
import { approximated } from './parts/approximated.ts'
import { settingOf } from './parts/daemon.ts'
import { forwardPolicy } from './parts/forward-policy.ts'
import { outsideMasquerade } from './parts/outside-masquerade.ts'
import { blocksInFabric, directRoutes, isNear, peersOf } from './parts/peers.ts'
import { nodeAddress, podBlock } from './parts/pod-block.ts'
import { blocksOfPools } from './parts/pool-blocks.ts'
import { readBlocks } from './parts/read-setting.ts'
import { routedPlugin } from './parts/routed-plugin.ts'
import { writtenTable } from './parts/written-rules.ts'

const facts: CniFacts = {
  title: 'romana',
  networkModel: 'Layer 3',
  routeDistribution: 'OSPF',
  networkPolicies: 'Yes',
  mesh: 'No',
  externalDatastore: 'Etcd',
  encryption: 'No',
  ingressEgressPolicies: 'Yes',
  commercialSupport: 'Yes',
  fidelity: 'model',
  remark:
    'on one flat segment its own host routes are enough; OSPF (or BGP) tells routers between segments; its policies are about incoming traffic alone',
  encapsulation: 'none',
  mtu: "1500, the uplink's own",
  masquerade: 'what pods send to anything but pods',
  policyEngine:
    'iptables chains ROMANA-P-… at FORWARD, for what pods get alone: rules about what they send have no effect',
  settings: [{ name: 'network', takes: 'blocks', otherwise: '10.112.0.0/12' }],
  notModelled: [
    'the chains ROMANA-P-…: a program stands for them at FORWARD, and ROMANA-FORWARD-IN accepts',
    'blocks of eight addresses that follow the topology: each node has a /24',
    'routes of a table of their own: they stand in the main table',
    'the exact rule by which it masquerades',
  ],
}

/** Its policies are about incoming traffic alone. */
const policy: PolicyEnforcement = {
  engine: { ...plainEngine, name: 'Romana', apis: ['NetworkPolicy'] },
  tiers: (cluster, engine) =>
    upstreamTiers(cluster, engine).map((tier) => ({ ...tier, policies: tier.policies.map(withoutEgress) })),
}

function withoutEgress({ egress: _egress, ...policy }: Policy): Policy {
  return policy
}

/** Romana, by what happens to packets. */
export const romana: CniPlugin = {
  name: 'romana',
  facts,
  environmentFields: ['cni.network'],
  find: foundByDaemonSet(/^romana-/),
  configure: configureRomana,
}

/** 172.142.0.1, the gateway of every pod. */
const podGateway = 0xac8e0001

function configureRomana(input: CniInput): Cni {
  approximated(input, facts)
  const stated = readBlocks(input.report, settingOf(input, 'network'))
  const fallback = parseCidr('10.112.0.0/12')
  const network = stated.length > 0 ? stated : fallback ? [fallback] : []
  const bits = { 4: 24, 6: 64 } as const
  return {
    name: 'romana',
    configuration: { network: network.map(formatCidr) },
    podNetwork: network,
    blocks: (context) => blocksOfPools(context, { pools: network, bitsOf: (family) => bits[family] }),
    ...routedPlugin(input, {
      network: 'romana-k8s-network',
      portmap: true,
      podsOf: ({ mtu }) => ({
        component: 'Romana',
        mtu,
        deviceOf: romanaName,
        gatewayOf: (family) => (family === 4 ? podGateway : undefined),
      }),
      routesOf: (context) =>
        directRoutes(
          context,
          peersOf(context, {
            ...{ component: 'Romana', family: 4, outer: 4 },
            gatewayOf: (other) => nodeAddress(other, 4),
          }).filter((one) => isNear(context, one)),
        ),
      ownRules: (context, family) => [
        ...forwardRules(context, family),
        ...outsideMasquerade(
          context.node,
          { component: 'Romana', chain: 'ROMANA-MASQUERADE', kept: everyBlock(context) },
          family,
        ),
      ],
    }),
    ...forwardPolicy(policy, false),
    fabric: ({ nodes }) => blocksInFabric(nodes, 'Romana (OSPF)', false),
  }
}

function everyBlock({ cluster }: CniContext) {
  return cluster.nodes.flatMap((node) => node.podBlocks)
}

/** `romana-` and a few digits; the chains match it by its beginning. */
function romanaName({ namespace, name }: Pick<ClusterPod, 'namespace' | 'name'>): string {
  return `romana-${sha256Hex(`romana ${namespace}/${name}`).slice(0, 7)}`
}

/** The ROMANA chains without a policy. */
function forwardRules({ node }: CniContext, family: 4 | 6): readonly TableContribution[] {
  const own = podBlock(node, family)
  if (!own || family === 6) return []
  return [
    writtenTable({
      ...{ origin: { component: 'Romana' }, table: 'filter', family },
      lines: [
        '-A INPUT -i romana-+ -j ROMANA-INPUT',
        '-A OUTPUT -o romana-+ -j ROMANA-OUTPUT',
        '-A FORWARD -i romana-+ -j ROMANA-FORWARD-OUT',
        '-A FORWARD -o romana-+ -j ROMANA-FORWARD-IN',
        '-A ROMANA-INPUT -j ACCEPT',
        '-A ROMANA-OUTPUT -j ACCEPT',
        `-A ROMANA-FORWARD-OUT -d ${formatCidr(own)} -j ROMANA-FORWARD-IN`,
        '-A ROMANA-FORWARD-OUT -j ACCEPT',
        '-A ROMANA-FORWARD-IN -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
        '-A ROMANA-FORWARD-IN -m comment --comment DefaultPolicy -j ACCEPT',
      ],
      chains: ['ROMANA-INPUT', 'ROMANA-OUTPUT', 'ROMANA-FORWARD-OUT', 'ROMANA-FORWARD-IN'],
    }),
  ]
}
