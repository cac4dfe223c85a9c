import type { CniFacts } from '../../../model/cni-facts.ts'

/** What is told of flannel. */
export const flannelFacts: CniFacts = {
  title: 'flannel',
  networkModel: 'vxlan',
  routeDistribution: 'No',
  networkPolicies: 'No',
  mesh: 'No',
  externalDatastore: 'None',
  encryption: 'No',
  ingressEgressPolicies: 'No',
  commercialSupport: 'No',
  fidelity: 'exact',
  remark:
    'each node keeps a subnet of its own: packets between nodes are routed twice, through a VXLAN device or, with host-gw, without one; the WireGuard backend encrypts',
  encapsulation: 'VXLAN, UDP 8472, VNI 1; none with host-gw; UDP 8285, IP-in-IP or WireGuard by backend',
  ports: ['UDP 8472 (vxlan)', 'UDP 8285 (udp)', 'protocol 4 (ipip)', 'UDP 51820, for IPv6 51821 (wireguard)'],
  mtu: '1450 with vxlan, 1500 with host-gw, 1472 with udp, 1480 with ipip, 1420 with wireguard',
  masquerade:
    "what leaves the pods' network, and what enters it by a node that the pod is not on (FLANNEL-POSTRTG)",
  policyEngine: "none; kube-network-policies or Canal beside it; k3s brings kube-router's controller",
  settings: [
    {
      name: 'backend',
      takes: 'vxlan, host-gw, udp, ipip, wireguard',
      otherwise: "net-conf.json's, else vxlan",
    },
    { name: 'network', takes: 'blocks', otherwise: "net-conf.json's, else the cluster's pod network" },
    { name: 'vni', takes: 'a number', otherwise: '1' },
    { name: 'vxlanPort', takes: 'a port', otherwise: '8472' },
    { name: 'directRouting', takes: 'true, false', otherwise: 'false' },
    { name: 'mtu', takes: "the link's MTU", otherwise: "the uplink's" },
    { name: 'ipMasq', takes: 'true, false', otherwise: '--ip-masq of the DaemonSet, else true' },
  ],
  notModelled: [
    'backends of single clouds (aws-vpc, alloc, …) and ipsec: vxlan stands for them, and that is said',
    'its nftables mode (EnableNFTables)',
    'host-gw to a node of another network: flannel cannot add the route, and says so in its log only',
  ],
}
