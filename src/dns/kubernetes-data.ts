import type { Ip } from '../base/ip.ts'
import type { ObjectRef } from '../base/source.ts'

/** What the kubernetes plugin knows of the cluster through the API server. The same value serves every server. */
export interface KubernetesData {
  readonly namespaces: ReadonlyMap<string, DnsNamespace>
  /** By `namespace/name`. */
  readonly services: ReadonlyMap<string, DnsService>
  /** Services by each of their cluster IPs. */
  readonly servicesByIp: ReadonlyMap<Ip, DnsService>
  /** Slices by `namespace/service`. */
  readonly slices: ReadonlyMap<string, readonly DnsSlice[]>
  /** Slices by each address in them. */
  readonly slicesByIp: ReadonlyMap<Ip, readonly DnsSlice[]>
  /** Pods by their addresses. */
  readonly podsByIp: ReadonlyMap<Ip, readonly DnsPod[]>
  /** ServiceImports and the slices that other clusters sent, for multicluster zones; both by `namespace/name`. */
  readonly imports?: {
    readonly services: ReadonlyMap<string, DnsService>
    readonly slices: ReadonlyMap<string, readonly DnsSlice[]>
  }
  /** The API server has not answered yet: what is not found may still be there. */
  readonly notSynced?: true
}

export interface DnsNamespace {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

export interface DnsService {
  readonly namespace: string
  readonly name: string
  readonly ref: ObjectRef
  readonly labels: Readonly<Record<string, string>>
  readonly headless: boolean
  /** Present for ExternalName alone. */
  readonly externalName?: string
  readonly clusterIps: readonly Ip[]
  /** External IPs and load balancer addresses, for k8s_external. */
  readonly externalIps: readonly Ip[]
  readonly ports: readonly DnsPort[]
}

export interface DnsPort {
  /** Empty for a port without a name. */
  readonly name: string
  /** `TCP`, `UDP` or `SCTP`. */
  readonly protocol: string
  readonly port: number
}

/** One EndpointSlice. */
export interface DnsSlice {
  readonly namespace: string
  readonly service: string
  readonly ref: ObjectRef
  /** The cluster that it was imported from. */
  readonly clusterId?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly ports: readonly DnsPort[]
  readonly endpoints: readonly DnsEndpoint[]
}

export interface DnsEndpoint {
  readonly addresses: readonly Ip[]
  /** DNS serves ready endpoints alone. */
  readonly ready: boolean
  readonly hostname?: string
  readonly podName?: string
  readonly zone?: string
}

export interface DnsPod {
  readonly namespace: string
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
}
