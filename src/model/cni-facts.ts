/** One setting that `--cni NAME:key=value` and `cni` of the Environment take. */
export interface CniSetting {
  readonly name: string
  /** The values that it may have, in words or one after the other: `vxlan, host-gw`. */
  readonly takes: string
  /** What holds if nothing states it. */
  readonly otherwise: string
}

/** A row of the table that `kubewalk cni` prints, in the words of the project's notes, and what is told of one plugin. */
export interface CniFacts {
  readonly title: string
  /** `Layer 3, BGP`, `Layer 2, VXLAN`: how packets go from node to node. */
  readonly networkModel: string
  readonly routeDistribution: string
  readonly networkPolicies: string
  readonly mesh: string
  readonly externalDatastore: string
  readonly encryption: string
  readonly ingressEgressPolicies: string
  readonly commercialSupport: string
  /** `exact`: devices, routes and rules as a real node has them; `model`: what happens to packets, by other means. */
  readonly fidelity: 'exact' | 'model'
  /** What the notes' words blur, or what is not modelled. */
  readonly remark?: string
  /** What the wire shows: `VXLAN, UDP 8472, VNI 1`. */
  readonly encapsulation?: string
  /** Ports between nodes that firewalls have to let through: `UDP 8472 (VXLAN)`. */
  readonly ports?: readonly string[]
  /** The pods' MTU where the nodes' network has 1500, and what it follows from. */
  readonly mtu?: string
  /** Who takes a node's address on the way out of the cluster, and by what. */
  readonly masquerade?: string
  /** What enforces NetworkPolicies. */
  readonly policyEngine?: string
  /** Who answers for Services: kube-proxy, if left out. */
  readonly serviceProxy?: string
  readonly settings?: readonly CniSetting[]
  /** What is left out or put differently, one thing each. */
  readonly notModelled?: readonly string[]
}
