import { vethName } from '../device-names.ts'
import type { Cni, CniInput, CniPlugin } from './cni.ts'
import { settingOf } from './parts/daemon.ts'
import { ipMasqRules } from './parts/ip-masq.ts'
import { fabricRoutes, routesToNodes } from './parts/node-routes.ts'
import { podBits } from './parts/pod-block.ts'
import { ptpDevices, ptpPod, ptpRoutes } from './parts/ptp.ts'
import { readBoolean, readMtu } from './parts/read-setting.ts'
import type { Portmap } from './portmap.ts'
import { hasPortmap, portmapRules, portmapSysctls } from './portmap.ts'

const component = 'ptp'

/** The CNI plugin `ptp` with host-local, configured by hand on each node, and static routes to the other nodes' pods. */
export const ptp: CniPlugin = {
  name: 'ptp',
  aliases: ['cni-ptp'],
  facts: {
    title: 'ptp + host-local',
    networkModel: 'Layer 3, static routes',
    routeDistribution: 'No',
    networkPolicies: 'No',
    mesh: 'No',
    externalDatastore: 'None',
    encryption: 'No',
    ingressEgressPolicies: 'No',
    commercialSupport: 'No',
    fidelity: 'exact',
    remark:
      'even pods of one node reach each other by the node, one by one; somebody writes the routes between nodes by hand',
    encapsulation: 'none',
    mtu: "1500, the uplink's own",
    masquerade: "what leaves the pod's own node block, pods of other nodes included (ipMasq)",
    settings: [
      { name: 'ipMasq', takes: 'true, false', otherwise: 'true' },
      { name: 'portmap', takes: 'true, false', otherwise: 'true' },
      { name: 'mtu', takes: 'a number', otherwise: "the uplink's" },
    ],
  },
  environmentFields: ['cni.backend', 'cni.ipMasq', 'cni.portmap', 'cni.mtu'],
  find: () => undefined,
  configure: configurePtp,
}

function configurePtp(input: CniInput): Cni {
  const ipMasq = readBoolean(input.report, settingOf(input, 'ipMasq'), true)
  const released = readBoolean(input.report, settingOf(input, 'portmap'), true)
  const stated = readMtu(input)
  const mapsHostPorts = (node: string) => hasPortmap(input.environment, node, released)
  return {
    name: 'ptp',
    configuration: { ipMasq, portmap: released, ...(stated !== undefined && { mtu: stated }) },
    mapsHostPorts,
    node: (context) => ({
      devices: ptpDevices({ ...context, mtu: stated ?? context.mtu }, component),
      routes: [...ptpRoutes(context.pods, component), ...routesToNodes(context, 'static routes')],
      sysctls: mapsHostPorts(context.node.name) ? portmapSysctls({ deviceOf: vethName }, context.pods) : {},
    }),
    pod: (context, pod) => ptpPod({ ...context, mtu: stated ?? context.mtu }, pod, component),
    rules: (context, family) => {
      const chained: Portmap = {
        network: 'ptp',
        deviceOf: vethName,
        bitsOf: (ip) => podBits(context.node, ip),
      }
      return [
        ...(ipMasq ? ipMasqRules(chained, context.pods, family) : []),
        ...(mapsHostPorts(context.node.name) ? portmapRules(chained, context.pods, family) : []),
      ]
    },
    fabric: (cluster) => ({ transparent: false, routes: fabricRoutes(cluster, 'static routes') }),
  }
}
