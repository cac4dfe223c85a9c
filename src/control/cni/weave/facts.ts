import type { CniFacts } from '../../../model/cni-facts.ts'

/** What is told of Weave Net. */
export const weaveFacts: CniFacts = {
  title: 'Weave Net',
  networkModel: 'Layer 2 vxlan',
  routeDistribution: 'N/A',
  networkPolicies: 'Yes',
  mesh: 'Yes',
  externalDatastore: 'No',
  encryption: 'Yes',
  ingressEgressPolicies: 'Yes',
  commercialSupport: 'Yes',
  fidelity: 'exact',
  remark: 'one flat network over all nodes: pods of other nodes are neighbours, and no hop is counted',
  encapsulation:
    'fastdp: VXLAN in UDP 6784, in ESP if encrypted; sleeve: UDP 6783, with NaCl boxes if encrypted',
  ports: ['TCP 6783 (control)', 'UDP 6783 (sleeve)', 'UDP 6784 (fastdp)', 'protocol 50 (ESP)'],
  mtu: '1376 with fastdp, which fits every cloud; 65535 with sleeve, which cuts packets up by itself',
  masquerade:
    'what leaves the range of the pods, and what enters it; with NO_MASQ_LOCAL not what enters for pods of the node itself',
  policyEngine: 'weave-npc: iptables and ipsets (WEAVE-NPC…)',
  settings: [
    { name: 'backend', takes: 'fastdp, sleeve', otherwise: 'fastdp, unless WEAVE_NO_FASTDP is set' },
    { name: 'encryption', takes: 'true, false', otherwise: 'whether WEAVE_PASSWORD is set' },
    { name: 'IPALLOC_RANGE', takes: 'a block', otherwise: '10.32.0.0/12' },
    { name: 'WEAVE_MTU', takes: 'a number', otherwise: '1376, with sleeve 65535' },
    { name: 'WEAVE_NO_FASTDP', takes: 'anything', otherwise: 'not set' },
    {
      name: 'NO_MASQ_LOCAL',
      takes: '0, 1',
      otherwise: '1 if the DaemonSet of 2.6 or later is in the input; else 0',
    },
    { name: 'EXPECT_NPC', takes: '0, 1', otherwise: '1' },
    { name: 'HAIRPIN_MODE', takes: 'true, false', otherwise: 'true' },
  ],
  notModelled: [
    'policies with a block of IPv6, whose rule iptables refuses, and with it some that come after; comments of more than 255 characters; two selectors that are written alike and mean different things',
    'the order of rules within WEAVE-NPC-INGRESS and WEAVE-NPC-EGRESS-CUSTOM, which is random, and decides nothing',
    'encryption on the wire: traces show the headers that ESP or the boxes hide; MTUs leave room for them',
    'sleeve: a switch and a VXLAN-like tunnel to UDP 6783 stand for the weave process and its own headers',
    'the VNI of fastdp, which tells the peers apart, is shown as 0',
    'frames by way of a third peer, where two cannot reach each other, and falling back from fastdp to sleeve',
    'the chains WEAVE-IPSEC-IN and WEAVE-IPSEC-OUT of encrypted fastdp',
  ],
}
