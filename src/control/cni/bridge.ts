import { vethName } from '../device-names.ts'
import type { Cni, CniContext, CniInput, CniPlugin } from './cni.ts'
import type { BridgeOptions } from './parts/bridge.ts'
import { bridgeDevices, bridgedPod, bridgeRoutes } from './parts/bridge.ts'
import { settingOf } from './parts/daemon.ts'
import { ipMasqRules } from './parts/ip-masq.ts'
import { fabricRoutes, routesToNodes } from './parts/node-routes.ts'
import { podBits } from './parts/pod-block.ts'
import { readBoolean, readMtu } from './parts/read-setting.ts'
import type { Portmap } from './portmap.ts'
import { hasPortmap, portmapRules, portmapSysctls } from './portmap.ts'

/**
 * The CNI plugin `bridge` with host-local, configured by hand on each node, and static routes to the other nodes' pods: as in
 * "Kubernetes the hard way", and as minikube does on a single node.
 */
export const bridge: CniPlugin = {
  name: 'bridge',
  aliases: ['host-local', 'cni-bridge'],
  facts: {
    title: 'bridge + host-local',
    networkModel: 'Layer 3, static routes',
    routeDistribution: 'No',
    networkPolicies: 'No',
    mesh: 'No',
    externalDatastore: 'None',
    encryption: 'No',
    ingressEgressPolicies: 'No',
    commercialSupport: 'No',
    fidelity: 'exact',
    remark: 'pods of one node share a bridge; somebody writes the routes between nodes by hand',
    encapsulation: 'none',
    mtu: "the uplink's",
    masquerade: "what leaves the pod's own node block, pods of other nodes included (ipMasq)",
    policyEngine: 'none',
    settings: [
      { name: 'bridge', takes: 'a device', otherwise: 'cni0' },
      { name: 'ipMasq', takes: 'true, false', otherwise: 'true' },
      { name: 'hairpin', takes: 'true, false', otherwise: 'true' },
      { name: 'portmap', takes: 'true, false', otherwise: 'true' },
      { name: 'routes', takes: 'true, false', otherwise: 'true' },
      { name: 'mtu', takes: 'a number', otherwise: "the uplink's" },
    ],
  },
  environmentFields: [
    'cni.backend',
    'cni.bridge',
    'cni.ipMasq',
    'cni.hairpin',
    'cni.hairpinMode',
    'cni.mtu',
    'cni.portmap',
    'cni.routes',
  ],
  find: () => undefined,
  configure: configureBridge,
}

function configureBridge(input: CniInput): Cni {
  const flag = (key: string, otherwise: boolean) =>
    readBoolean(input.report, settingOf(input, key), otherwise)
  const name = settingOf(input, 'bridge')?.value ?? 'cni0'
  const ipMasq = flag('ipMasq', true)
  // `hairpinMode` is the plugin's own word.
  const hairpin = flag('hairpinMode', flag('hairpin', true))
  const stated = readMtu(input)
  const released = flag('portmap', true)
  const routed = flag('routes', true)
  const optionsFor = ({ mtu }: CniContext): BridgeOptions => ({
    component: 'bridge',
    bridge: name,
    mtu: stated ?? mtu,
    hairpin,
  })
  const mapsHostPorts = (node: string) => hasPortmap(input.environment, node, released)
  return {
    name: 'bridge',
    configuration: {
      bridge: name,
      ipMasq,
      hairpin,
      portmap: released,
      routes: routed,
      ...(stated !== undefined && { mtu: stated }),
    },
    mapsHostPorts,
    node: (context) => {
      const devices = bridgeDevices(context.node, context.pods, optionsFor(context))
      return {
        devices,
        routes: [...bridgeRoutes(devices), ...(routed ? routesToNodes(context, 'static routes') : [])],
        sysctls: mapsHostPorts(context.node.name)
          ? portmapSysctls({ deviceOf: () => name }, context.pods)
          : {},
      }
    },
    pod: (context, pod) => bridgedPod(context.node, pod, optionsFor(context)),
    rules: (context, family) => {
      const chained: Portmap = {
        network: 'bridge',
        deviceOf: vethName,
        bitsOf: (ip) => podBits(context.node, ip),
      }
      return [
        ...(ipMasq ? ipMasqRules(chained, context.pods, family) : []),
        ...(mapsHostPorts(context.node.name) ? portmapRules(chained, context.pods, family) : []),
      ]
    },
    fabric: (cluster) => ({
      transparent: false,
      routes: routed ? fabricRoutes(cluster, 'static routes') : [],
    }),
  }
}
