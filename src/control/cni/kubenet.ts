import { familyOf, parseCidr } from '../../base/ip.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Target } from '../../netfilter/rule.ts'
import type { TableContribution } from '../../netfilter/table.ts'
import { fixedChains } from '../../netfilter/table.ts'
import { vethName } from '../device-names.ts'
import { masqAgentConfig } from '../ip-masq-agent.ts'
import { block, comment, rule } from '../proxy/iptables-rules.ts'
import type { Cni, CniContext, CniInput, CniPlugin, Fabric } from './cni.ts'
import type { BridgeOptions } from './parts/bridge.ts'
import { bridgeDevices, bridgedPod, bridgeRoutes } from './parts/bridge.ts'
import { settingOf } from './parts/daemon.ts'
import { fabricRoutes } from './parts/node-routes.ts'
import { podBits } from './parts/pod-block.ts'
import { readMtu } from './parts/read-setting.ts'
import type { Portmap } from './portmap.ts'
import { hasPortmap, portmapRules, portmapSysctls } from './portmap.ts'

const origin = { component: 'kubelet (kubenet)' }

/**
 * kubelet's own plugin until 1.23: a promiscuous bridge `cbr0`, routes of the cloud between nodes, and one rule that
 * masquerades what leaves the private addresses.
 */
export const kubenet: CniPlugin = {
  name: 'kubenet',
  facts: {
    title: 'kubenet',
    networkModel: 'Layer 3, routes of the cloud',
    routeDistribution: 'Cloud',
    networkPolicies: 'No',
    mesh: 'No',
    externalDatastore: 'None',
    encryption: 'No',
    ingressEgressPolicies: 'No',
    commercialSupport: 'No',
    fidelity: 'exact',
    remark: 'gone with dockershim in 1.24; its host ports (KUBE-HOSTPORTS) are modelled as portmap maps them',
    encapsulation: 'none',
    mtu: "the uplink's",
    masquerade: 'what goes to neither 10.0.0.0/8 nor a local address; nothing where ip-masq-agent runs',
    policyEngine: 'none',
    settings: [
      { name: 'nonMasqueradeCIDR', takes: 'a block', otherwise: '10.0.0.0/8' },
      { name: 'mtu', takes: 'a number', otherwise: "the uplink's" },
    ],
    notModelled: [
      'ebtables (KUBE-DEDUP)',
      "kubelet's own host port chains (KUBE-HOSTPORTS): portmap's stand for them",
    ],
  },
  environmentFields: ['cni.backend', 'cni.nonMasqueradeCIDR', 'cni.mtu'],
  find: () => undefined,
  configure: configureKubenet,
}

function configureKubenet(input: CniInput): Cni {
  const stated = readMtu(input)
  const agent = masqAgentConfig(input.environment, input.objects)
  const nonMasquerade = settingOf(input, 'nonMasqueradeCIDR')?.value ?? (agent ? '0.0.0.0/0' : '10.0.0.0/8')
  const optionsFor = ({ mtu }: CniContext): BridgeOptions => ({
    component: 'kubenet',
    bridge: 'cbr0',
    mtu: stated ?? mtu,
    hairpin: true,
  })
  const mapsHostPorts = (node: string) => hasPortmap(input.environment, node, true)
  return {
    name: 'kubenet',
    configuration: { bridge: 'cbr0', hairpinMode: 'promiscuous-bridge', nonMasqueradeCIDR: nonMasquerade },
    mapsHostPorts,
    node: (context) => {
      const devices = bridgeDevices(context.node, context.pods, optionsFor(context))
      return {
        devices,
        routes: bridgeRoutes(devices),
        sysctls: mapsHostPorts(context.node.name)
          ? portmapSysctls({ deviceOf: () => 'cbr0' }, context.pods)
          : {},
      }
    },
    pod: (context, pod) => bridgedPod(context.node, pod, optionsFor(context)),
    rules: (context, family) => {
      const portmap: Portmap = {
        network: 'kubenet',
        deviceOf: vethName,
        bitsOf: (ip) => podBits(context.node, ip),
      }
      return [
        ...masqueradeRule(nonMasquerade, family),
        ...(mapsHostPorts(context.node.name) ? portmapRules(portmap, context.pods, family) : []),
      ]
    },
    fabric: cloudRoutes,
  }
}

/** The route controller's table: each node's block by that node. */
export function cloudRoutes(cluster: Cluster): Fabric {
  return { routes: fabricRoutes(cluster, 'cloud routes'), transparent: true }
}

/** Mirrors ensureMasqRule of kubenet. */
function masqueradeRule(nonMasquerade: string, family: 4 | 6): readonly TableContribution[] {
  const cidr = parseCidr(nonMasquerade)
  if (!cidr || cidr.bits === 0 || familyOf(cidr.first) !== family) return []
  const destination = block(cidr, true)
  const masquerade: Target = { type: 'MASQUERADE', random: false, fullyRandom: false }
  const notLocal = { type: 'addrtype', destination: { types: ['LOCAL'], inverted: true } } as const
  const note = comment('kubenet: SNAT for outbound traffic from cluster')
  return [
    {
      table: 'nat',
      baseRules: {
        POSTROUTING: [rule(origin, destination ? { destination } : {}, [note, notLocal], masquerade)],
      },
      chains: fixedChains([]),
    },
  ]
}
