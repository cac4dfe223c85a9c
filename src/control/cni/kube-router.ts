import type { Ip } from '../../base/ip.ts'
import { contains, familyOf, parseIp } from '../../base/ip.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { CniObjects } from '../../model/cni-objects.ts'
import { vethName } from '../device-names.ts'
import type { Underlay } from '../underlay.ts'
import type { Cni, CniContext, CniEvidence, CniInput, CniPlugin, FabricRoute } from './cni.ts'
import { foundByDaemonSet } from './find.ts'
import { kubeRouterPolicies } from './kube-router/enforcement.ts'
import { kubeRouterFacts } from './kube-router/facts.ts'
import { policySetsOf } from './kube-router/policy-chains.ts'
import { nodeRoutes } from './kube-router/routes.ts'
import { kubeRouterRules, kubeRouterSets } from './kube-router/rules.ts'
import type { KubeRouterSettings } from './kube-router/settings.ts'
import { readKubeRouterSettings } from './kube-router/settings.ts'
import type { BridgeOptions } from './parts/bridge.ts'
import { bridgeDevices, bridgedPod, bridgeRoutes } from './parts/bridge.ts'
import { daemonOf, flagsOf } from './parts/daemon.ts'
import { nodeAddress, podBits } from './parts/pod-block.ts'
import type { Portmap } from './portmap.ts'
import { hasPortmap, portmapRules, portmapSysctls } from './portmap.ts'

/**
 * kube-router as the network plugin: a bridge with host-local on each node, routes to the others' blocks by GoBGP, IPIP
 * tunnels to nodes of other subnets, its egress masquerade and its firewall chains. Services are kube-proxy's.
 */
export const kubeRouter: CniPlugin = {
  name: 'kube-router',
  aliases: ['kuberouter'],
  facts: kubeRouterFacts,
  environmentFields: (kubeRouterFacts.settings ?? []).map((one) => `cni.${one.name}`),
  find: findKubeRouter,
  configure: configureKubeRouter,
}

/** With `--run-router=false` it leaves pods' network to another plugin. */
function findKubeRouter(objects: CniObjects): CniEvidence | undefined {
  const daemon = daemonOf(objects, /^kube-router$/, 'kube-router')
  const routes = flagsOf({ settings: {} }, daemon)('run-router')?.value ?? 'true'
  return /^(0|f|false)$/i.test(routes) ? undefined : foundByDaemonSet(/^kube-router$/)(objects)
}

function configureKubeRouter(input: CniInput): Cni {
  const settings = readKubeRouterSettings(input)
  const { environment } = input
  const chained = (node: string) => hasPortmap(environment, node, settings.portmap)
  const optionsOf = ({ mtu }: CniContext): BridgeOptions => ({
    component: 'kube-router',
    bridge: 'kube-bridge',
    mtu: settings.mtu ?? mtu,
    hairpin: settings.hairpin,
  })
  return {
    name: 'kube-router',
    configuration: { ...settings, mtu: settings.mtu ?? 'that of the uplink' },
    mapsHostPorts: chained,
    ...(settings.runFirewall && { policy: kubeRouterPolicies }),
    node: (context) => {
      const { node, pods } = context
      const bridge = bridgeDevices(node, pods, optionsOf(context))
      const { devices, routes, rules } = nodeRoutes(settings, context)
      return {
        devices: [...bridge, ...devices],
        routes: [...bridgeRoutes(bridge), ...routes],
        rules,
        sets: [...kubeRouterSets(context), ...(settings.runFirewall ? policySetsOf(context) : [])],
        sysctls: chained(node.name) ? portmapSysctls({ deviceOf: () => 'kube-bridge' }, pods) : {},
      }
    },
    pod: (context, pod) => bridgedPod(context.node, pod, optionsOf(context)),
    rules: (context, family) => {
      const portmap: Portmap = {
        network: 'mynet',
        deviceOf: vethName,
        bitsOf: (ip) => podBits(context.node, ip),
      }
      return [
        ...(chained(context.node.name) ? portmapRules(portmap, context.pods, family) : []),
        ...kubeRouterRules(settings, context, family),
      ]
    },
    fabric: (cluster, underlay) => ({
      routes: routesOfRouter(settings, cluster, underlay),
      transparent: false,
    }),
  }
}

/** A router that peers with the nodes learns every node's block. */
function routesOfRouter(
  { peerRouters, advertisePodCidr }: KubeRouterSettings,
  { nodes }: Cluster,
  { networks }: Underlay,
): readonly FabricRoute[] {
  const peers = peerRouters.flatMap((text): readonly Ip[] => {
    const ip = parseIp(text)
    return ip === undefined ? [] : [ip]
  })
  const isOurs = networks.some(({ cidr }) => peers.some((ip) => contains(cidr, ip)))
  if (!isOurs || !advertisePodCidr) return []
  return nodes.flatMap((node) =>
    node.podCidrs.flatMap((destination): readonly FabricRoute[] => {
      const via = nodeAddress(node, familyOf(destination.first))
      return via === undefined
        ? []
        : [{ destination, via, origin: { component: 'kube-router', subject: node.ref } }]
    }),
  )
}
