import type { CniObjects } from '../../model/cni-objects.ts'
import { vethName } from '../device-names.ts'
import type { Cni, CniContext, CniEvidence, CniInput, CniPlugin } from './cni.ts'
import { foundByAny, foundByConfigMap, foundByDaemonSet } from './find.ts'
import { backendParts, flannelAnnotations, flannelMtu } from './flannel/backend.ts'
import type { FlannelConfig } from './flannel/config.ts'
import { printedConfig, readFlannelConfig, withNetwork } from './flannel/config.ts'
import { flannelFacts } from './flannel/facts.ts'
import { hasK3sPolicies } from './flannel/k3s.ts'
import { flannelRules } from './flannel/rules.ts'
import { kubeRouterPolicies } from './kube-router/enforcement.ts'
import type { FirewallSettings } from './kube-router/firewall.ts'
import { firewallRules } from './kube-router/firewall.ts'
import { policySetsOf } from './kube-router/policy-chains.ts'
import type { BridgeOptions } from './parts/bridge.ts'
import { bridgeDevices, bridgedPod, bridgeRoutes } from './parts/bridge.ts'
import { ipMasqRules } from './parts/ip-masq.ts'
import { podBits } from './parts/pod-block.ts'
import type { Portmap } from './portmap.ts'
import { hasPortmap, portmapRules, portmapSysctls } from './portmap.ts'

/**
 * flannel: a bridge on each node (its CNI plugin delegates to `bridge`), the node's `podCIDR` routed to it by one of its
 * backends, and flanneld's own masquerade and FORWARD chains.
 */
export const flannel: CniPlugin = {
  name: 'flannel',
  facts: flannelFacts,
  environmentFields: [
    'cni.backend',
    'cni.network',
    'cni.vxlanPort',
    'cni.port',
    'cni.vni',
    'cni.mtu',
    'cni.directRouting',
    'cni.ipMasq',
  ],
  find: foundByAny(foundByDaemonSet(/^kube-flannel/), foundByConfigMap(/^kube-flannel-cfg$/), foundByNodes),
  configure: configureFlannel,
}

/** k3s runs flannel within its own process: only the Nodes' annotations show it. */
function foundByNodes({ nodes }: CniObjects): CniEvidence | undefined {
  for (const { object, ref, locate } of nodes) {
    const key = Object.keys(object.metadata.annotations ?? {}).find((one) => flannelAnnotations.includes(one))
    if (key !== undefined) return { object: ref, at: locate(['metadata', 'annotations', key]) }
  }
  return undefined
}

function configureFlannel(input: CniInput): Cni {
  const read = readFlannelConfig(input)
  const { environment } = input
  const policed = hasK3sPolicies(input.objects)
  const chained = (node: string) => hasPortmap(environment, node, read.portmap)
  return {
    name: 'flannel',
    configuration: printedConfig(read),
    podNetwork: read.network,
    mapsHostPorts: chained,
    ...(policed && { policy: kubeRouterPolicies }),
    node: (context) => {
      const config = withNetwork(read, context)
      const options = bridgeOptions(config, context)
      const devices = bridgeDevices(context.node, context.pods, options)
      const backend = backendParts(config, context)
      return {
        devices: [...backend.devices, ...devices],
        routes: [...bridgeRoutes(devices), ...backend.routes],
        neighbors: backend.neighbors,
        ...(policed && { sets: policySetsOf(context) }),
        sysctls: chained(context.node.name) ? portmapSysctls({ deviceOf: () => 'cni0' }, context.pods) : {},
      }
    },
    pod: (context, pod) => bridgedPod(context.node, pod, bridgeOptions(withNetwork(read, context), context)),
    rules: (context, family) => {
      const config = withNetwork(read, context)
      const portmap: Portmap = {
        network: 'cbr0',
        deviceOf: vethName,
        bitsOf: (ip) => podBits(context.node, ip),
      }
      return [
        ...flannelRules(config, context.node, family),
        ...((config.delegateIpMasq ?? !config.ipMasq) ? ipMasqRules(portmap, context.pods, family) : []),
        ...(chained(context.node.name) ? portmapRules(portmap, context.pods, family) : []),
        ...(policed ? firewallRules(k3sFirewall, context, family) : []),
      ]
    },
  }
}

/** k3s's defaults; the range of Services is the cluster's. */
const k3sFirewall: FirewallSettings = { serviceRanges: [], nodePortRange: '30000:32767' }

function bridgeOptions(config: FlannelConfig, { mtu }: CniContext): BridgeOptions {
  return {
    component: 'flannel',
    bridge: 'cni0',
    mtu: flannelMtu(config, mtu),
    hairpin: config.hairpin,
    routes: config.network,
  }
}
