import type { HostFirewalls } from './host-firewall.ts'

/**
 * What Kubernetes has no object for: the `spec` of kubewalk's own kind `Environment`
 * (`kubewalk.dev/v1alpha1`). docs/environment.md describes each field.
 */
export interface Environment {
  readonly clusterNetwork?: {
    readonly podCIDR?: string
    readonly podCIDR6?: string
    readonly serviceCIDR?: string
    readonly serviceCIDR6?: string
    readonly clusterDomain?: string
  }
  readonly kubeProxy?: {
    readonly mode?: string
    readonly version?: string
    readonly clusterCIDR?: string | null
    readonly masqueradeAll?: boolean
    readonly masqueradeRandomFully?: boolean
    readonly nodePortAddresses?: readonly string[] | null
    /** Whether the kernel has nfnetlink_acct, which kube-proxy 1.31 and later uses. */
    readonly nfacct?: boolean
    readonly hostnameOverride?: Readonly<Record<string, string>>
    readonly running?: Readonly<Record<string, boolean>>
    readonly rules?: Readonly<Record<string, string>>
    readonly staleState?: Readonly<Record<string, StaleState>>
  }
  /** The networks between the nodes, their routers and firewalls; `docs/networks.md` describes them. */
  readonly network?: NetworkEnvironment
  /** A provider's firewall in front of nodes. */
  readonly cloudFirewall?: FirewallEntry
  readonly mtu?: MtuEnvironment
  /** Routes of single pods by `namespace/name`, in the place of those that the plugin gives. */
  readonly podRoutes?: Readonly<Record<string, readonly string[]>>
  readonly ipMasqAgent?: { readonly nonMasqueradeCIDRs?: readonly string[]; readonly masqLinkLocal?: boolean }
  /** The chained plugins of nodes, by the names of the nodes: `portmap` among them is what maps host ports. */
  readonly cniChain?: Readonly<Record<string, readonly string[]>>
  readonly cni?: {
    readonly plugin?: string
    readonly backend?: string | null
    /** Whether policies have an effect; true also beside a plugin that enforces none itself. */
    readonly enforcesNetworkPolicy?: boolean
  } & Readonly<Record<string, unknown>>
  /** Calico's pools, in the words of its IPPool objects. */
  readonly calico?: { readonly ipPools?: readonly CalicoPoolEntry[] }
  readonly apiServer?: { readonly serviceNodePortRange?: string } & Readonly<Record<string, unknown>>
  readonly nodes?: Readonly<Record<string, NodeEnvironment>>
  readonly listeners?: readonly ListenerEntry[]
  readonly externalHosts?: readonly ExternalHost[]
  readonly conntrack?: Readonly<Record<string, readonly ConntrackEntry[]>>
  readonly loadBalancerController?: Readonly<Record<string, unknown>>
  /** Whose resolver programs use: a C library, or a tool that does not walk the search list. */
  readonly resolver?: {
    readonly libc?: string
    readonly tool?: string
    readonly useSearchList?: boolean
  }
  /** kubelet's own settings by node; `default` is for all others. */
  readonly kubelet?: Readonly<Record<string, KubeletEnvironment>>
  /** What name servers outside know: by their address, or `default` for all of them, and by name. */
  readonly upstreamDNS?: Readonly<Record<string, Readonly<Record<string, UpstreamName>>>>
  /** What pods' web servers answer. */
  readonly httpApps?: readonly HttpAppEntry[]
  /** What stands in TLS Secrets whose data are not in the input. */
  readonly certificates?: readonly CertificateEntry[]
  /** The nodes are containers of a machine, perhaps within a virtual machine. */
  readonly environment?: PlaceEnvironment
  /** Which controllers of clouds serve Ingresses. */
  readonly ingressControllers?: readonly IngressControllerEntry[]
}

/** What the nodes run on, where they are no machines themselves. */
export interface PlaceEnvironment {
  /** `kind`, `minikube`, `k3d`. */
  readonly type?: string
  /** Of minikube: `docker`, `podman`, or one that makes virtual machines. */
  readonly driver?: string
  /** `linux`, `darwin`, `windows`; `linux`, if left out. */
  readonly hostOS?: string
  /** Whether the machine has a route to the nodes' network; if left out, not where containers are in a virtual machine. */
  readonly hostCanRouteToNodeNetwork?: boolean
  /** By the names of the nodes. */
  readonly nodeContainers?: Readonly<
    Record<string, { readonly extraPortMappings?: readonly PortMappingEntry[] }>
  >
}

/** A port of a node's container that is published on the machine. */
export interface PortMappingEntry {
  readonly containerPort?: number
  readonly hostPort?: number
  /** `TCP`, if left out. */
  readonly protocol?: string
  /** `0.0.0.0`, if left out. */
  readonly listenAddress?: string
}

/** What lies between the nodes. */
export interface NetworkEnvironment {
  readonly subnets?: readonly SubnetEntry[]
  /** What the router knows beside the subnets: `10.244.1.0/24 via 10.0.1.11`. */
  readonly routes?: readonly string[]
  /** False: routes of pods that the plugin, a cloud or BGP would bring are not there; only those stated are. */
  readonly learnsPodRoutes?: boolean
  readonly routers?: readonly RouterEntry[]
  readonly firewalls?: readonly FirewallEntry[]
}

/** One network that nodes are on. */
export interface SubnetEntry {
  readonly name?: string
  readonly cidr?: string
  readonly gateway?: string
  readonly cidr6?: string
  readonly gateway6?: string
  /** Bytes; 1500, if left out. */
  readonly mtu?: number
}

/** A router beside the one that leads to the rest of the world. */
export interface RouterEntry {
  readonly name?: string
  /** One in each network that it joins: `10.0.1.2/24`. */
  readonly addresses?: readonly string[]
  readonly routes?: readonly string[]
  readonly sysctl?: Readonly<Record<string, number>>
}

/** A stateful firewall: in front of nodes, or on the router between subnets. */
export interface FirewallEntry {
  readonly name?: string
  /** The nodes whose network interface it guards; all, if left out and there are no subnets either. */
  readonly nodes?: readonly string[]
  /** The subnets between which it stands. */
  readonly between?: readonly string[]
  /** What happens to packets that nothing below takes: `deny` or `allow`. */
  readonly default?: string
  readonly allow?: readonly FirewallRule[]
  readonly deny?: readonly FirewallRule[]
}

/** Which packets a line of a firewall is about; all, in what is left out. */
export interface FirewallRule {
  readonly from?: string
  readonly to?: string
  /** `TCP`, `UDP`, `SCTP`, `ICMP`, `IPIP`, `ESP`, a number, or `any`. */
  readonly protocol?: string | number
  /** `443`, `30000-32767`. */
  readonly ports?: readonly (string | number)[]
}

/** Sizes that differ from what devices have by default, in bytes. */
export interface MtuEnvironment {
  readonly pod?: number
  readonly tunnel?: number
  readonly overhead?: number
  readonly nodes?: Readonly<Record<string, number>>
  /** False: routers say nothing when a packet is too big. */
  readonly icmpFragNeededDelivered?: boolean
}

/** One of Calico's pools. */
export interface CalicoPoolEntry {
  readonly cidr?: string
  readonly ipipMode?: string
  readonly vxlanMode?: string
  readonly natOutgoing?: boolean
  readonly disabled?: boolean
  readonly blockSize?: number
  readonly nodeSelector?: string
}

export interface KubeletEnvironment {
  readonly clusterDNS?: readonly string[]
  readonly clusterDomain?: string
}

/** What is known of a name outside: addresses by record type, or a whole answer. */
export type UpstreamName = Readonly<Record<string, unknown>> & {
  readonly rcode?: string
  readonly answers?: readonly unknown[]
}

/** Statuses of a web server by path; the longest path that fits counts. */
export interface HttpAppEntry {
  /** `namespace/name`. */
  readonly pod?: string
  readonly port?: number
  readonly routes?: Readonly<Record<string, number>>
  readonly otherwise?: number
}

/** A controller whose proxies stand outside the cluster; those that are pods are known by their pods. */
export interface IngressControllerEntry {
  /** `gce`, `alb`. */
  readonly type?: string
  /** The class that it takes; the one that it is usually called by, if left out. */
  readonly class?: string
  /** GKE gives every Service network endpoint groups, without being asked by an annotation. */
  readonly containerNativeNEG?: boolean
}

export interface CertificateEntry {
  /** `namespace/name`. */
  readonly secret?: string
  readonly dnsNames?: readonly string[]
}

/** One node's kube-proxy knows older endpoints than the cluster has. */
export interface StaleState {
  /** `namespace/name:port`. */
  readonly service?: string
  readonly backends?: readonly string[]
  readonly reason?: string
}

export interface InterfaceEnvironment {
  readonly addresses?: readonly string[]
  /** Bytes; comes before what `mtu` of the Environment says. */
  readonly mtu?: number
  /** Whether the device is left to compute checksums of what it sends. */
  readonly txChecksumOffload?: boolean
}

export interface NodeEnvironment extends HostFirewalls {
  readonly sysctl?: Readonly<Record<string, number>>
  /** Where fields, and settings as `sysctl KEY`, come from that the node's own entry does not state. Filled in, never read. */
  readonly statedBy?: Readonly<Record<string, '*' | 'command line'>>
  readonly interfaces?: Readonly<Record<string, InterfaceEnvironment>>
  /** The kernel's release: `5.4`. */
  readonly kernel?: string
  readonly listeners?: readonly ListenerEntry[]
  readonly routes?: readonly string[]
  /** The node's own resolv.conf. */
  readonly resolv?: {
    readonly nameservers?: readonly string[]
    readonly search?: readonly string[]
    readonly options?: readonly string[]
  }
}

/** A socket; `bind: null` with `port: null` says that nothing listens at all. */
export interface ListenerEntry {
  readonly pod?: string
  readonly node?: string
  readonly container?: string
  readonly process?: string
  readonly protocol?: string
  readonly bind?: string | null
  readonly port?: number | null
  /** What the web server behind it answers. */
  readonly http?: {
    /** The names that it serves; everything, if left out. */
    readonly virtualHosts?: readonly string[]
    /** The status for every other name. */
    readonly otherHosts?: number
    readonly routes?: Readonly<Record<string, number>>
    readonly otherwise?: number
  }
}

export interface ExternalHost {
  readonly name?: string
  readonly ip?: string
  /** `CIDR via GATEWAY`, `default via GATEWAY`, `CIDR onlink`. */
  readonly routes?: readonly string[]
  readonly listeners?: readonly ListenerEntry[]
}

/** An entry of a node's connection table that is there before the first packet. */
export interface ConntrackEntry {
  readonly protocol?: string
  readonly orig?: { readonly src?: string; readonly dst?: string }
  readonly reply?: { readonly src?: string; readonly dst?: string }
  readonly state?: string
}
