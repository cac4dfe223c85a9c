import type { ObjectRef, SourceLocation } from '../base/source.ts'

/**
 * Kubernetes objects as the API writes them, with the fields that kubewalk reads. Everything is optional that the
 * API server may default; `checkSchema` has made sure that what is there has the right type.
 */

export interface ObjectMeta {
  readonly name?: string
  readonly generateName?: string
  readonly namespace?: string
  readonly uid?: string
  readonly creationTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly deletionTimestamp?: string
  readonly ownerReferences?: readonly OwnerReference[]
}

export interface OwnerReference {
  readonly kind?: string
  readonly name?: string
  readonly uid?: string
  readonly controller?: boolean
}

/** What every object has. */
export interface Typed {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

export type Namespace = Typed

export interface Node extends Typed {
  readonly spec?: {
    readonly podCIDR?: string
    readonly podCIDRs?: readonly string[]
    readonly taints?: readonly Taint[]
    readonly unschedulable?: boolean
    /** `aws:///eu-west-1a/i-0123`, `gce://…`, `azure://…`, `kind://docker/kind/worker`, `k3s://worker`. */
    readonly providerID?: string
  }
  readonly status?: {
    readonly addresses?: readonly { readonly type?: string; readonly address?: string }[]
    readonly conditions?: readonly Condition[]
    readonly allocatable?: Readonly<Record<string, string | number>>
    readonly nodeInfo?: { readonly kubeletVersion?: string; readonly kubeProxyVersion?: string } & Readonly<
      Record<string, unknown>
    >
  }
}

export interface Taint {
  readonly key?: string
  readonly value?: string
  readonly effect?: string
}

export interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
}

export interface Condition {
  readonly type?: string
  readonly status?: string
  readonly reason?: string
  readonly message?: string
}

export interface ContainerPort {
  readonly name?: string
  readonly containerPort?: number
  readonly hostPort?: number
  readonly hostIP?: string
  readonly protocol?: string
}

export interface Container {
  readonly name?: string
  readonly image?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly ports?: readonly ContainerPort[]
  readonly env?: readonly {
    readonly name?: string
    readonly value?: string
    readonly valueFrom?: { readonly configMapKeyRef?: { readonly name?: string; readonly key?: string } }
  }[]
  readonly volumeMounts?: readonly {
    readonly name?: string
    readonly mountPath?: string
    readonly subPath?: string
  }[]
  /** Of an init container: `Always` makes it a sidecar. */
  readonly restartPolicy?: string
}

/** A volume, as far as its files are read: those of a ConfigMap. */
export interface Volume {
  readonly name?: string
  readonly configMap?: {
    readonly name?: string
    readonly items?: readonly { readonly key?: string; readonly path?: string }[]
  }
}

export interface PodSpec {
  readonly nodeName?: string
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly hostNetwork?: boolean
  readonly serviceAccountName?: string
  readonly hostname?: string
  readonly subdomain?: string
  /** Takes the place of the host name altogether, without a domain (from 1.35). */
  readonly hostnameOverride?: string
  readonly dnsPolicy?: string
  readonly dnsConfig?: PodDnsConfig
  readonly hostAliases?: readonly HostAlias[]
  readonly restartPolicy?: string
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly tolerations?: readonly Toleration[]
  readonly readinessGates?: readonly { readonly conditionType?: string }[]
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms?: readonly NodeSelectorTerm[]
      }
    }
    readonly podAffinity?: PodAffinity
    readonly podAntiAffinity?: PodAffinity
  }
}

/** What a pod adds to the `resolv.conf` that its policy gives it. */
export interface PodDnsConfig {
  readonly nameservers?: readonly string[]
  readonly searches?: readonly string[]
  readonly options?: readonly { readonly name?: string; readonly value?: string }[]
}

/** A line that a pod adds to its hosts file. */
export interface HostAlias {
  readonly ip?: string
  readonly hostnames?: readonly string[]
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly Requirement[]
  readonly matchFields?: readonly Requirement[]
}

export interface PodAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly {
    readonly labelSelector?: LabelSelector
    readonly topologyKey?: string
    readonly namespaces?: readonly string[]
    readonly namespaceSelector?: LabelSelector
  }[]
}

export interface Requirement {
  readonly key?: string
  readonly operator?: string
  readonly values?: readonly string[]
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly Requirement[]
}

export interface Pod extends Typed {
  readonly spec: PodSpec
  readonly status?: {
    readonly phase?: string
    readonly podIP?: string
    readonly podIPs?: readonly { readonly ip?: string }[]
    readonly hostIP?: string
    readonly conditions?: readonly Condition[]
    readonly containerStatuses?: readonly {
      readonly ready?: boolean
      readonly restartCount?: number
      readonly state?: {
        readonly waiting?: { readonly reason?: string }
        readonly terminated?: { readonly reason?: string }
      }
    }[]
    readonly reason?: string
  }
}

export interface PodTemplate {
  readonly metadata?: ObjectMeta
  readonly spec?: PodSpec
}

export interface Deployment extends Typed {
  readonly spec: {
    readonly replicas?: number
    readonly selector?: LabelSelector
    readonly template?: PodTemplate
    readonly paused?: boolean
  }
}

export type ReplicaSet = Deployment

export interface ReplicationController extends Typed {
  readonly spec: {
    readonly replicas?: number
    readonly selector?: Readonly<Record<string, string>>
    readonly template?: PodTemplate
  }
}

export interface StatefulSet extends Typed {
  readonly spec: {
    readonly replicas?: number
    readonly serviceName?: string
    readonly selector?: LabelSelector
    readonly template?: PodTemplate
    readonly ordinals?: { readonly start?: number }
  }
}

export interface DaemonSet extends Typed {
  readonly spec: { readonly selector?: LabelSelector; readonly template?: PodTemplate }
}

export interface JobSpec {
  readonly parallelism?: number
  readonly completions?: number
  readonly completionMode?: string
  readonly suspend?: boolean
  readonly template?: PodTemplate
}

export interface Job extends Typed {
  readonly spec: JobSpec
  readonly status?: { readonly completionTime?: string; readonly conditions?: readonly Condition[] }
}

export interface CronJob extends Typed {
  readonly spec: {
    readonly schedule?: string
    readonly suspend?: boolean
    readonly jobTemplate?: { readonly metadata?: ObjectMeta; readonly spec?: JobSpec }
  }
}

export interface ServicePort {
  readonly name?: string
  readonly protocol?: string
  readonly port?: number
  readonly targetPort?: number | string
  readonly nodePort?: number
  readonly appProtocol?: string
}

export interface LoadBalancerIngress {
  readonly ip?: string
  readonly hostname?: string
  readonly ipMode?: string
}

export interface Service extends Typed {
  readonly spec?: {
    readonly type?: string
    readonly selector?: Readonly<Record<string, string>>
    readonly clusterIP?: string
    readonly clusterIPs?: readonly string[]
    readonly ipFamilies?: readonly string[]
    readonly ipFamilyPolicy?: string
    readonly ports?: readonly ServicePort[]
    readonly externalIPs?: readonly string[]
    readonly externalName?: string
    readonly externalTrafficPolicy?: string
    readonly internalTrafficPolicy?: string
    readonly healthCheckNodePort?: number
    readonly loadBalancerIP?: string
    readonly loadBalancerClass?: string
    readonly loadBalancerSourceRanges?: readonly string[]
    readonly allocateLoadBalancerNodePorts?: boolean
    readonly publishNotReadyAddresses?: boolean
    readonly sessionAffinity?: string
    readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } }
    readonly trafficDistribution?: string
  }
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerIngress[] } }
}

export interface EndpointAddress {
  readonly ip?: string
  readonly hostname?: string
  readonly nodeName?: string
  readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string }
}

export interface EndpointPort {
  readonly name?: string
  readonly port?: number
  readonly protocol?: string
  readonly appProtocol?: string
}

export interface Endpoints extends Typed {
  readonly subsets?: readonly {
    readonly addresses?: readonly EndpointAddress[]
    readonly notReadyAddresses?: readonly EndpointAddress[]
    readonly ports?: readonly EndpointPort[]
  }[]
}

export interface Endpoint {
  readonly addresses?: readonly string[]
  readonly conditions?: {
    readonly ready?: boolean
    readonly serving?: boolean
    readonly terminating?: boolean
  }
  readonly hostname?: string
  readonly nodeName?: string
  readonly zone?: string
  readonly targetRef?: EndpointAddress['targetRef']
  readonly hints?: {
    readonly forZones?: readonly { readonly name?: string }[]
    readonly forNodes?: readonly { readonly name?: string }[]
  }
}

export interface EndpointSlice extends Typed {
  readonly addressType?: string
  readonly endpoints?: readonly Endpoint[]
  readonly ports?: readonly EndpointPort[]
}

export interface ConfigMap extends Typed {
  readonly data?: Readonly<Record<string, string>>
}

/** A Secret without what it keeps secret. */
export interface Secret extends Typed {
  readonly type?: string
  /** The names of its entries. */
  readonly keys: readonly string[]
  /** The DNS names of the certificate `tls.crt`; unknown where it is none that can be read. */
  readonly certificateNames: readonly string[] | 'unknown'
}

/** An object that was read, and where its parts stand in the text. */
export interface Located<T> {
  readonly object: T
  readonly ref: ObjectRef
  /** The place of the value at a path of keys and indexes. */
  locate(path: readonly (string | number)[]): SourceLocation
  /** The place of a line and column within the text at a path; that of the text, where its lines are not the file's. */
  locateText?(path: readonly (string | number)[], line: number, column: number): SourceLocation
}
