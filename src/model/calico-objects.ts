import type { Typed } from './objects.ts'

/** A block of addresses that Calico gives pods their addresses from, and how packets between nodes travel in it. */
export interface IPPool extends Typed {
  readonly spec?: {
    readonly cidr?: string
    /** `Always`, `CrossSubnet` or `Never`; IPv4 only. */
    readonly ipipMode?: string
    readonly vxlanMode?: string
    readonly natOutgoing?: boolean
    /** No new address comes from it; those that were given out keep working. */
    readonly disabled?: boolean
    /** Prefix length of the blocks that nodes are given: 26, or 122 for IPv6. */
    readonly blockSize?: number
    /** In Calico's own selector language: `all()`, `zone == 'a'`. */
    readonly nodeSelector?: string
    readonly disableBGPExport?: boolean
    /** `Workload`, `Tunnel`, `LoadBalancer`. */
    readonly allowedUses?: readonly string[]
  }
}

/** What the Tigera operator installs. */
export interface CalicoInstallation extends Typed {
  readonly spec?: {
    readonly variant?: string
    readonly cni?: { readonly type?: string; readonly ipam?: { readonly type?: string } }
    readonly calicoNetwork?: {
      /** `Enabled` or `Disabled`. */
      readonly bgp?: string
      readonly ipPools?: readonly InstallationPool[]
      readonly mtu?: number
      /** `Enabled` or `Disabled`. */
      readonly hostPorts?: string
      /** `Iptables`, `BPF`, `Nftables` or `VPP`. */
      readonly linuxDataplane?: string
    }
  }
}

export interface InstallationPool {
  readonly cidr?: string
  /** `IPIP`, `VXLAN`, `IPIPCrossSubnet`, `VXLANCrossSubnet` or `None`. */
  readonly encapsulation?: string
  /** `Enabled` or `Disabled`. */
  readonly natOutgoing?: string
  readonly blockSize?: number
  readonly nodeSelector?: string
}

/** Settings of Felix, Calico's agent on each node; an environment variable `FELIX_…` of its DaemonSet comes first. */
export interface FelixConfiguration extends Typed {
  readonly spec?: Readonly<Record<string, unknown>>
}

export interface BGPConfiguration extends Typed {
  readonly spec?: {
    readonly asNumber?: number | string
    /** Whether every node speaks BGP with every other; it does, if left out. */
    readonly nodeToNodeMeshEnabled?: boolean
    readonly serviceClusterIPs?: readonly { readonly cidr?: string }[]
    readonly serviceExternalIPs?: readonly { readonly cidr?: string }[]
    readonly serviceLoadBalancerIPs?: readonly { readonly cidr?: string }[]
  }
}

export interface BGPPeer extends Typed {
  readonly spec?: {
    /** The node that has this peer; all nodes, if neither this nor a selector is there. */
    readonly node?: string
    readonly nodeSelector?: string
    readonly peerIP?: string
    /** The nodes that are the peers, as route reflectors. */
    readonly peerSelector?: string
    readonly asNumber?: number | string
  }
}

/** The note that a block is a node's. */
export interface BlockAffinity extends Typed {
  readonly spec?: {
    readonly cidr?: string
    readonly node?: string
    /** `confirmed` for one that counts. */
    readonly state?: string
    /** A boolean, written as a text by older releases. */
    readonly deleted?: boolean | string
  }
}

export interface IPAMBlock extends Typed {
  readonly spec?: {
    readonly cidr?: string
    /** `host:NODE`. */
    readonly affinity?: string
  }
}
