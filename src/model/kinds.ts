import type {
  BGPConfiguration,
  BGPPeer,
  BlockAffinity,
  CalicoInstallation,
  FelixConfiguration,
  IPAMBlock,
  IPPool,
} from './calico-objects.ts'
import type {
  CalicoNetworkPolicy,
  CalicoTier,
  GlobalNetworkPolicy,
  HostEndpoint,
  NetworkSet,
  StagedPolicy,
} from './calico-policy-objects.ts'
import type { CiliumCidrGroup, CiliumPolicy } from './cilium-policy-objects.ts'
import type {
  AdminNetworkPolicy,
  BaselineAdminNetworkPolicy,
  ClusterNetworkPolicy,
} from './cluster-policy-objects.ts'
import type { ClusterConfiguration, KindCluster, KubeProxyConfiguration } from './configuration-objects.ts'
import type { Environment } from './environment.ts'
import type {
  BackendTlsPolicy,
  Gateway,
  GatewayClass,
  GrpcRoute,
  HttpRoute,
  ListenerSet,
  ReferenceGrant,
  StreamRouteObject,
} from './gateway-objects.ts'
import type { Ingress, IngressClass } from './ingress-objects.ts'
import type { AddressAdvertisement, IPAddressPool } from './load-balancer-objects.ts'
import type {
  ConfigMap,
  CronJob,
  DaemonSet,
  Deployment,
  EndpointSlice,
  Endpoints,
  Job,
  Located,
  Namespace,
  Node,
  Pod,
  ReplicaSet,
  ReplicationController,
  Secret,
  Service,
  StatefulSet,
} from './objects.ts'
import type { NetworkPolicy, ServiceAccount } from './policy-objects.ts'

/** Every kind that is read, by the name after `kind:`. */
export interface KindTypes {
  AdminNetworkPolicy: AdminNetworkPolicy
  BGPAdvertisement: AddressAdvertisement
  BGPConfiguration: BGPConfiguration
  BGPPeer: BGPPeer
  BackendTLSPolicy: BackendTlsPolicy
  BaselineAdminNetworkPolicy: BaselineAdminNetworkPolicy
  BlockAffinity: BlockAffinity
  CalicoNetworkPolicy: CalicoNetworkPolicy
  CiliumCIDRGroup: CiliumCidrGroup
  CiliumClusterwideNetworkPolicy: CiliumPolicy
  CiliumNetworkPolicy: CiliumPolicy
  Cluster: KindCluster
  ClusterConfiguration: ClusterConfiguration
  ClusterNetworkPolicy: ClusterNetworkPolicy
  ConfigMap: ConfigMap
  CronJob: CronJob
  DaemonSet: DaemonSet
  Deployment: Deployment
  Endpoints: Endpoints
  EndpointSlice: EndpointSlice
  Environment: { readonly spec?: Environment }
  FelixConfiguration: FelixConfiguration
  GlobalNetworkPolicy: GlobalNetworkPolicy
  GlobalNetworkSet: NetworkSet
  HostEndpoint: HostEndpoint
  Ingress: Ingress
  IngressClass: IngressClass
  Installation: CalicoInstallation
  IPAddressPool: IPAddressPool
  IPAMBlock: IPAMBlock
  IPPool: IPPool
  Job: Job
  KubeProxyConfiguration: KubeProxyConfiguration
  L2Advertisement: AddressAdvertisement
  Gateway: Gateway
  GatewayClass: GatewayClass
  GRPCRoute: GrpcRoute
  HTTPRoute: HttpRoute
  ListenerSet: ListenerSet
  Namespace: Namespace
  NetworkPolicy: NetworkPolicy
  NetworkSet: NetworkSet
  Node: Node
  Pod: Pod
  ReferenceGrant: ReferenceGrant
  ReplicaSet: ReplicaSet
  ReplicationController: ReplicationController
  Secret: Secret
  Service: Service
  ServiceAccount: ServiceAccount
  StagedGlobalNetworkPolicy: StagedPolicy
  StagedKubernetesNetworkPolicy: StagedPolicy
  StagedNetworkPolicy: StagedPolicy
  StatefulSet: StatefulSet
  TCPRoute: StreamRouteObject
  Tier: CalicoTier
  TLSRoute: StreamRouteObject
  UDPRoute: StreamRouteObject
  XListenerSet: ListenerSet
}

export type KindName = keyof KindTypes

/** All objects that were read, by kind, in the order of the input. */
export type ObjectsByKind = { readonly [K in KindName]: readonly Located<KindTypes[K]>[] }
