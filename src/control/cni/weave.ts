import type { Cidr } from '../../base/ip.ts'
import { formatCidr, parseCidr } from '../../base/ip.ts'
import type { IpSet } from '../../model/network.ts'
import { connected } from '../routes.ts'
import type { Cni, CniContext, CniInput, CniNode, CniPlugin } from './cni.ts'
import { foundByDaemonSet } from './find.ts'
import type { Portmap } from './portmap.ts'
import { hasPortmap, portmapRules, portmapSysctls } from './portmap.ts'
import { weaveDevices, weavePod, weaveVeth } from './weave/devices.ts'
import { weavePolicies } from './weave/enforcement.ts'
import { weaveFacts } from './weave/facts.ts'
import { policySets } from './weave/policy-sets.ts'
import { bridgeAddress, rangeOfCluster, ringBlocks } from './weave/ring.ts'
import { weaveRules } from './weave/rules.ts'
import type { WeaveSettings } from './weave/settings.ts'
import { defaultRange, printedWeave, readWeaveSettings } from './weave/settings.ts'

/**
 * Weave Net: one flat network over all nodes. Every node's bridge has an address of it, and frames for pods of other nodes
 * go to those nodes in UDP datagrams.
 */
export const weave: CniPlugin = {
  name: 'weave',
  aliases: ['weave-net', 'weavenet'],
  facts: weaveFacts,
  environmentFields: (weaveFacts.settings ?? []).map((one) => `cni.${one.name}`),
  find: foundByDaemonSet(/^weave-net$/),
  configure: configureWeave,
}

function configureWeave(input: CniInput): Cni {
  const settings = readWeaveSettings(input)
  const { environment } = input
  const chained = (node: string) => hasPortmap(environment, node, true)
  const usual = parseCidr(defaultRange)
  return {
    name: 'weave',
    configuration: printedWeave(settings),
    podNetwork: settings.range ? [settings.range] : usual ? [usual] : [],
    blocks: (context) => ringBlocks(settings, context),
    mapsHostPorts: chained,
    ...(settings.npc && { policy: weavePolicies }),
    node: (context) => nodeParts(settings, context, chained(context.node.name)),
    pod: ({ cluster, node }, pod) => {
      const via = bridgeAddress(settings, cluster, node)
      return weavePod(settings, node, pod, { range: rangeOfCluster(settings, cluster), via })
    },
    rules: ({ cluster, node, pods }, family) => {
      const range = rangeOfCluster(settings, cluster)
      const portmap: Portmap = { network: 'weave', deviceOf: weaveVeth, bitsOf: () => range.bits }
      return [
        ...(chained(node.name) ? portmapRules(portmap, pods, family) : []),
        ...(family === 4 ? weaveRules(settings, cluster, range) : []),
      ]
    },
  }
}

function nodeParts(settings: WeaveSettings, context: CniContext, portmap: boolean): CniNode {
  const { cluster, node, pods } = context
  const range = rangeOfCluster(settings, cluster)
  const ip = bridgeAddress(settings, cluster, node)
  if (ip === undefined) return { devices: [], routes: [], sysctls: {} }
  const routed = { ...connected('weave', ip, range.bits), origin: { component: 'weave' } }
  return {
    devices: weaveDevices(settings, context, { ip, bits: range.bits }),
    routes: [routed],
    sets: [
      ...(settings.npc ? policySets(cluster) : []),
      ...(settings.noMasqLocal ? [noMasqLocal(node.podBlocks)] : []),
    ],
    sysctls: portmap ? portmapSysctls({ deviceOf: () => 'weave' }, pods) : {},
  }
}

/** The node's own part of the ring. */
function noMasqLocal(blocks: readonly Cidr[]): IpSet {
  return {
    name: 'weaver-no-masq-local',
    type: 'hash:net',
    entries: blocks.map(formatCidr),
  }
}
