import type { ClusterNode } from '../../../model/cluster.ts'
import type { CniFacts } from '../../../model/cni-facts.ts'
import { vethName } from '../../device-names.ts'
import type { PolicyEnforcement } from '../../policy/policy-set.ts'
import type { Cni, CniEvidence, CniInput, CniPlugin } from '../cni.ts'
import { approximated } from './approximated.ts'
import { settingOf } from './daemon.ts'
import { forwardPolicy } from './forward-policy.ts'
import { outsideMasquerade } from './outside-masquerade.ts'
import { blocksInFabric } from './peers.ts'
import { gatewayOf } from './pod-block.ts'
import { readBoolean } from './read-setting.ts'
import { routedPlugin } from './routed-plugin.ts'

/** A plugin whose pods are known to the network between the nodes, and to no node but their own. */
export interface FabricPlugin {
  readonly name: string
  readonly aliases: readonly string[]
  readonly facts: CniFacts
  find(objects: CniInput['objects']): CniEvidence | undefined
  /** Who tells the network: `ACI fabric`. */
  readonly fabric: string
  /** Whether the network counts the time to live down. */
  readonly transparent: boolean
  /** Whether nodes give pods their own address on the way out, if nothing is set. */
  readonly masquerades: boolean
  /** What enforces policies, at the hook FORWARD and for what pods send to their node. */
  readonly policy?: PolicyEnforcement
}

/** The nearest model of a plugin that leaves routing to its makers' network: routed pods, and routes of the network. */
export function fabricPlugin(plugin: FabricPlugin): CniPlugin {
  const { name, aliases, facts, find } = plugin
  return {
    ...{ name, aliases, facts, find },
    environmentFields: ['cni.masquerade'],
    configure: (input) => configure(plugin, input),
  }
}

function configure(plugin: FabricPlugin, input: CniInput): Cni {
  const { name, facts, policy } = plugin
  approximated(input, facts)
  const masquerade = readBoolean(input.report, settingOf(input, 'masquerade'), plugin.masquerades)
  const blocks = (nodes: readonly ClusterNode[]) => nodes.flatMap((node) => node.podBlocks)
  return {
    name,
    configuration: { masquerade },
    ...routedPlugin(input, {
      network: name,
      portmap: true,
      podsOf: ({ node, mtu }) => ({
        component: facts.title,
        mtu,
        deviceOf: vethName,
        gatewayOf: (family) => gatewayOf(node, family),
      }),
      ownRules: ({ cluster, node }, family) =>
        masquerade
          ? outsideMasquerade(
              node,
              { component: facts.title, chain: `${name.toUpperCase()}-MASQ`, kept: blocks(cluster.nodes) },
              family,
            )
          : [],
    }),
    ...(policy && forwardPolicy(policy, true)),
    fabric: ({ nodes }) => blocksInFabric(nodes, plugin.fabric, plugin.transparent),
  }
}
