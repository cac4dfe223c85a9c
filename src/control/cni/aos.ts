import type { CniPlugin } from './cni.ts'
import { foundByDaemonSet } from './find.ts'
import { fabricPlugin } from './parts/fabric-plugin.ts'

/** AOS of Apstra: nodes speak BGP to the leaf switches. */
export const aos: CniPlugin = fabricPlugin({
  name: 'aos',
  aliases: ['apstra', 'apstra-aos'],
  facts: {
    title: 'AOS',
    networkModel: 'Layer 3',
    routeDistribution: 'BGP',
    networkPolicies: 'No',
    mesh: 'No',
    externalDatastore: 'AOS',
    encryption: 'No',
    ingressEgressPolicies: 'No',
    commercialSupport: 'Yes',
    fidelity: 'model',
    remark:
      'a system for whole networks: nodes announce their pods\u2019 blocks to the leaf switches, Docker or another plugin connects the pods',
    encapsulation: 'none',
    ports: ['TCP 179 (BGP, to the leaf switch)'],
    mtu: "1500, the uplink's own",
    masquerade: 'what pods send to anything but pods',
    settings: [{ name: 'masquerade', takes: 'true, false', otherwise: 'true' }],
    notModelled: [
      'BGP itself: the router knows each node\u2019s block',
      'equal ways over several leaf switches',
      'what connects the pods on the node: they are routed one by one',
    ],
  },
  find: foundByDaemonSet(/^aos-/),
  fabric: 'AOS (BGP)',
  transparent: false,
  masquerades: true,
})
