import type { Cidr, Ip } from '../base/ip.ts'
import type { ObjectRef, SourceFile, SourceLocation } from '../base/source.ts'
import type { CniObjects } from './cni-objects.ts'
import type { CniChoice } from './cni-report.ts'
import type { Environment } from './environment.ts'
import type { GatewayApiObjects } from './gateway-objects.ts'
import type { Ingress, IngressClass } from './ingress-objects.ts'
import type { ConfigMap, EndpointSlice, Located, Node, Pod, Service, Taint } from './objects.ts'
import type { PolicyObjects } from './policy-objects.ts'

/**
 * A whole cluster after its controllers have done their work: workloads have pods, pods have nodes and addresses,
 * Services have addresses and EndpointSlices. Nothing is left open.
 */
export interface Cluster {
  readonly settings: ClusterSettings
  readonly namespaces: readonly ClusterNamespace[]
  readonly nodes: readonly ClusterNode[]
  readonly pods: readonly ClusterPod[]
  readonly services: readonly ClusterService[]
  readonly endpointSlices: readonly ClusterEndpointSlice[]
  /** With the class that the API server fills in on creation. */
  readonly ingresses: readonly Located<Ingress>[]
  readonly ingressClasses: readonly Located<IngressClass>[]
  readonly secrets: readonly ClusterSecret[]
  readonly configMaps: readonly Located<ConfigMap>[]
  readonly gatewayApi: GatewayApiObjects
  readonly cniObjects: CniObjects
  readonly policies: PolicyObjects
  /** Endpoints and EndpointSlices of the input that belong to no Service. */
  readonly orphanEndpoints: readonly ObjectRef[]
  /** Workloads that have no pod: scaled to 0, or with no node to run on. */
  readonly idleWorkloads: readonly IdleWorkload[]
  readonly environment: Environment
  /** The object that states the environment, and where it does. */
  readonly environmentSource?: Pick<Located<unknown>, 'ref' | 'locate'>
  /** Files with rules of nodes' own firewalls, by the names of the nodes. */
  readonly hostRuleFiles?: ReadonlyMap<string, readonly SourceFile[]>
  /** What the input left open and was filled in. */
  readonly assumptions: readonly Assumption[]
}

/** A workload without a pod, and the labels that its pods would have. */
export interface IdleWorkload {
  readonly ref: ObjectRef
  readonly labels: Readonly<Record<string, string>>
  /** Absent where the kind has none, as a DaemonSet. */
  readonly replicas?: number
  /** Where it says how many. */
  readonly at?: SourceLocation
}

/** One thing that the input did not say. */
export interface Assumption {
  readonly text: string
  readonly object?: ObjectRef
}

/** What holds for the cluster as a whole. */
export interface ClusterSettings {
  /** The minor release of Kubernetes 1. */
  readonly minorVersion: number
  readonly domain: string
  readonly podCidrs: readonly Cidr[]
  readonly serviceCidrs: readonly Cidr[]
  readonly nodePorts: { readonly first: number; readonly last: number }
  readonly kubeProxy: KubeProxySettings
  readonly cni: CniSettings
}

/** The network plugin, and what the user set of it. */
export interface CniSettings {
  /** Its name in the CNI registry. */
  readonly plugin: string
  readonly chosenBy: CniChoice
  /** The object that it was recognised by. */
  readonly foundBy?: ObjectRef
  /** Settings of the command line and of the Environment, by their names. */
  readonly settings: Readonly<Record<string, unknown>>
}

/** kube-proxy's configuration, with its defaults filled in. */
export interface KubeProxySettings {
  readonly mode: string
  readonly clusterCidrs: readonly Cidr[]
  readonly localDetector: LocalDetector
  readonly masqueradeAll: boolean
  readonly masqueradeBit: number
  readonly localhostNodePorts: boolean
  /** Whether it tells conntrack to take TCP packets outside the window for valid (1.29 on). */
  readonly liberalConntrack: boolean
  /** Empty for every address. */
  readonly nodePortAddresses: readonly string[]
  /** Whether the kernel has nfnetlink_acct. */
  readonly nfacct: boolean
  readonly randomFully: boolean
  /** The object that configures it. */
  readonly configuredBy?: ObjectRef
}

/** How kube-proxy tells pods' packets from others. */
export type LocalDetector =
  | { readonly mode: 'ClusterCIDR' | 'NodeCIDR' }
  | { readonly mode: 'BridgeInterface' | 'InterfaceNamePrefix'; readonly device: string }

export interface ClusterNamespace {
  readonly name: string
  readonly ref?: ObjectRef
  readonly labels: Readonly<Record<string, string>>
}

export interface ClusterNode {
  readonly name: string
  readonly ref: ObjectRef
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  readonly unschedulable: boolean
  readonly ready: boolean
  /** InternalIPs, one for each family. */
  readonly addresses: readonly Ip[]
  readonly externalAddresses: readonly Ip[]
  /** `spec.podCIDRs`. */
  readonly podCidrs: readonly Cidr[]
  /** What the network plugin gives addresses to the node's pods from: `spec.podCIDRs`, or blocks of its own. */
  readonly podBlocks: readonly Cidr[]
  /** Whether every address of those is a pod's, the first and the last ones too. */
  readonly wholeBlocks?: boolean
  readonly zone?: string
  readonly minorVersion: number
  /** Absent for a node that was filled in. */
  readonly source?: Located<Node>
}

/** A port that a container declares. */
export interface DeclaredPort {
  readonly container: string
  readonly name?: string
  readonly port: number
  /** `TCP`, `UDP` or `SCTP`. */
  readonly protocol: string
  readonly hostPort?: number
  /** False for an init container that is no sidecar: it no longer runs. */
  readonly running: boolean
}

export interface ClusterPod {
  readonly namespace: string
  readonly name: string
  readonly ref: ObjectRef
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Absent while the pod is not scheduled. */
  readonly nodeName?: string
  readonly ips: readonly Ip[]
  readonly phase: string
  readonly ready: boolean
  readonly terminating: boolean
  readonly hostNetwork: boolean
  readonly ports: readonly DeclaredPort[]
  readonly hostname?: string
  readonly subdomain?: string
  /** The workload that made it. */
  readonly owner?: ObjectRef
  /** Why it is not scheduled. */
  readonly unscheduled?: string
  /** As the API would show it. */
  readonly object: Pod
  /** Absent for a pod that a workload made here. */
  readonly source?: Located<Pod>
}

export interface ClusterServicePort {
  readonly name: string
  readonly protocol: string
  readonly port: number
  readonly targetPort: number | string
  /** 0 for none. */
  readonly nodePort: number
}

export interface LoadBalancerAddress {
  readonly ip?: Ip
  readonly hostname?: string
  /**
   * Where the balancer is that is known by a name alone. kube-proxy writes no rules for it (KEP-1860): whoever asks
   * for it leaves the cluster.
   */
  readonly behindName?: Ip
  readonly mode: 'VIP' | 'Proxy'
}

/** Who makes a Service's load balancer, and how far that has come. */
export interface ServiceBalancer {
  /** The profile, by its name in the registry of load balancers. */
  readonly profile: string
  /** What in the input it was chosen by: `loadBalancerClass service.k8s.aws/nlb`. */
  readonly chosenBy: string
  /** Each connection to the nodes begins with a PROXY protocol header, of version 1 or 2. */
  readonly proxyProtocol?: 1 | 2
  /** The nodes that may announce the address, as far as something says which. */
  readonly announcers?: readonly string[]
  /** Why there is no address yet. */
  readonly pending?: PendingBalancer
}

/** Why a load balancer has no address, and what would mend it. */
export interface PendingBalancer {
  readonly code:
    | 'load-balancer-pending'
    | 'load-balancer-class-unserved'
    | 'load-balancer-pool-empty'
    | 'load-balancer-address-outside-pools'
    | 'load-balancer-host-port-taken'
  /** A clause after the Service's name and `has no address yet: `. */
  readonly reason: string
  readonly fix: string
  /** The place in the Service's manifest that it hangs on. */
  readonly at: readonly (string | number)[]
  /** Other objects that it is about. */
  readonly objects: readonly ObjectRef[]
}

export interface ClusterService {
  readonly namespace: string
  readonly name: string
  readonly ref: ObjectRef
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'
  readonly selector?: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly headless: boolean
  /** One for each family, the primary first; empty for headless and ExternalName. */
  readonly clusterIps: readonly Ip[]
  readonly families: readonly (4 | 6)[]
  readonly ports: readonly ClusterServicePort[]
  readonly externalIps: readonly Ip[]
  readonly loadBalancer: readonly LoadBalancerAddress[]
  /** For type LoadBalancer. */
  readonly balancer?: ServiceBalancer
  readonly sourceRanges: readonly Cidr[]
  readonly externalLocal: boolean
  readonly internalLocal: boolean
  /** 0 for none. */
  readonly healthCheckNodePort: number
  /** Seconds for which a client keeps its endpoint; 0 for no affinity. */
  readonly affinitySeconds: number
  readonly publishNotReady: boolean
  readonly externalName?: string
  readonly trafficDistribution?: string
  readonly object: Service
  readonly source?: Located<Service>
}

export interface ClusterEndpoint {
  readonly addresses: readonly Ip[]
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  readonly nodeName?: string
  readonly zone?: string
  readonly hostname?: string
  readonly zoneHints: readonly string[]
  readonly nodeHints: readonly string[]
  readonly target?: ObjectRef
}

export interface ClusterEndpointSlice {
  readonly namespace: string
  readonly name: string
  readonly ref: ObjectRef
  /** The Service that it belongs to. */
  readonly service: string
  readonly family: 4 | 6
  readonly ports: readonly {
    readonly name: string
    readonly protocol: string
    readonly port: number | undefined
  }[]
  readonly endpoints: readonly ClusterEndpoint[]
  readonly labels: Readonly<Record<string, string>>
  /** Whether the input stated it, a controller made it from pods, or from an Endpoints object. */
  readonly from: 'input' | 'pods' | 'endpoints'
  readonly source?: Located<EndpointSlice>
}

/** What is known of a Secret: what it is for, never what it holds. */
export interface ClusterSecret {
  readonly namespace: string
  readonly name: string
  readonly ref: ObjectRef
  readonly type: string
  /** Whether it has both `tls.crt` and `tls.key`. */
  readonly hasCertificate: boolean
  /** The DNS names of the certificate, where it could be read. */
  readonly names: readonly string[] | 'unknown'
}

/** The zone that a node's labels name. */
export const zoneLabel = 'topology.kubernetes.io/zone'
