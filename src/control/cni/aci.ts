import { plainEngine } from '../../policy/engine.ts'
import type { CniPlugin } from './cni.ts'
import { foundByDaemonSet } from './find.ts'
import { fabricPlugin } from './parts/fabric-plugin.ts'

/** Cisco ACI: Open vSwitch on the nodes, the fabric between them. */
export const aci: CniPlugin = fabricPlugin({
  name: 'aci',
  aliases: ['cisco-aci', 'aci-cni'],
  facts: {
    title: 'ACI',
    networkModel: 'Layer 3, the fabric',
    routeDistribution: 'Fabric',
    networkPolicies: 'Yes',
    mesh: 'No',
    externalDatastore: 'APIC',
    encryption: 'No',
    ingressEgressPolicies: 'Yes',
    commercialSupport: 'Yes',
    fidelity: 'model',
    remark:
      'pods are endpoints of the ACI fabric beside other machines; OpFlex brings policies to Open vSwitch',
    encapsulation: 'VXLAN or VLAN between the node and its leaf switch, which is not shown',
    mtu: "1500, the uplink's own",
    masquerade:
      'none: pods leave with their own addresses, unless an SnatPolicy says otherwise (--cni aci:masquerade=true)',
    policyEngine:
      'OpFlex and Open vSwitch: after the destination is translated; not the node\u2019s own packets to its pods',
    settings: [{ name: 'masquerade', takes: 'true, false', otherwise: 'false' }],
    notModelled: [
      'contracts of the fabric, and policies as OpenFlow: a program stands for them at FORWARD',
      'Open vSwitch and OpFlex: pods are routed one by one instead, and the fabric is the router',
      'the encapsulation between node and leaf switch',
      'the fabric\u2019s load balancer for Services of type LoadBalancer; Services are kube-proxy\u2019s',
    ],
  },
  find: foundByDaemonSet(/^aci-containers-/),
  fabric: 'ACI fabric',
  transparent: true,
  masquerades: false,
  policy: { engine: { ...plainEngine, name: 'ACI', apis: ['NetworkPolicy'] } },
})
