import type { CniFacts } from '../../../model/cni-facts.ts'

/** What is told of Cilium. */
export const ciliumFacts: CniFacts = {
  title: 'Cilium',
  networkModel: 'Layer 3 vxlan',
  routeDistribution: 'No',
  networkPolicies: 'Yes',
  mesh: 'No',
  externalDatastore: 'None',
  encryption: 'Yes',
  ingressEgressPolicies: 'Yes',
  commercialSupport: 'Yes',
  fidelity: 'model',
  remark:
    'a tunnel (VXLAN or Geneve) or native routes; agents learn of nodes from the API server, BGP is an option; etcd is one, too, for many clusters',
  encapsulation:
    'VXLAN (UDP 8472) or Geneve (UDP 6081); none with routing-mode native; WireGuard is an option',
  ports: ['UDP 8472 (VXLAN)', 'UDP 6081 (Geneve)', 'UDP 51871 (WireGuard)', 'TCP 4240 (health)'],
  mtu: '1450 through a tunnel, 1500 with native routes, 80 less with WireGuard: the MTU of the routes; devices keep 1500',
  masquerade:
    "pods' packets that leave the cluster, by CILIUM_POST_nat or by eBPF (enable-bpf-masquerade), which keeps the address towards nodes as well",
  policyEngine: 'eBPF at the pod\u2019s device, by identities',
  serviceProxy:
    'socket load balancing with kube-proxy-replacement: connect() is given an endpoint, no packet ever carries the address of the Service; otherwise kube-proxy, but for cluster IPs that pods address',
  settings: [
    { name: 'routing-mode', takes: 'tunnel, native', otherwise: 'tunnel' },
    { name: 'tunnel-protocol', takes: 'vxlan, geneve', otherwise: 'vxlan' },
    { name: 'tunnel-port', takes: 'a port', otherwise: '8472, Geneve 6081' },
    { name: 'ipam', takes: 'cluster-pool, kubernetes, …', otherwise: 'cluster-pool' },
    { name: 'cluster-pool-ipv4-cidr', takes: 'blocks', otherwise: '10.0.0.0/8' },
    { name: 'cluster-pool-ipv4-mask-size', takes: 'a prefix length', otherwise: '24' },
    { name: 'cluster-pool-ipv6-cidr', takes: 'blocks', otherwise: 'fd00::/104' },
    { name: 'cluster-pool-ipv6-mask-size', takes: 'a prefix length', otherwise: '120' },
    { name: 'enable-ipv6', takes: 'true, false', otherwise: 'false' },
    { name: 'ipv4-native-routing-cidr', takes: 'a block', otherwise: "the node's own pod block" },
    { name: 'ipv6-native-routing-cidr', takes: 'a block', otherwise: "the node's own pod block" },
    { name: 'auto-direct-node-routes', takes: 'true, false', otherwise: 'false' },
    { name: 'enable-ipv4-masquerade', takes: 'true, false', otherwise: 'true' },
    { name: 'enable-ipv6-masquerade', takes: 'true, false', otherwise: 'true' },
    { name: 'enable-bpf-masquerade', takes: 'true, false', otherwise: 'false' },
    {
      name: 'kube-proxy-replacement',
      takes: 'true, false',
      otherwise: 'false; true if neither cilium-config nor a kube-proxy is in the input',
    },
    { name: 'bpf-lb-sock', takes: 'true, false', otherwise: 'as kube-proxy-replacement' },
    { name: 'bpf-lb-sock-hostns-only', takes: 'true, false', otherwise: 'false' },
    { name: 'enable-endpoint-routes', takes: 'true, false', otherwise: 'false' },
    { name: 'enable-wireguard', takes: 'true, false', otherwise: 'false' },
    { name: 'mtu', takes: 'a number', otherwise: "the link's" },
  ],
  notModelled: [
    'network policies',
    'the VNI, which is the identity of the sender, is shown as 0',
    'eBPF takes no hop off the TTL where it puts a packet into a tunnel: a real one comes with one more',
    'direct server return (bpf-lb-mode), session affinity, Maglev',
    'WireGuard around a tunnel shows WireGuard alone; IPsec',
    'host ports are by rules of portmap',
  ],
}
