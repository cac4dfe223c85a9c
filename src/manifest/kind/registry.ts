import type { KindName, KindTypes } from '../../model/kinds.ts'
import { adminNetworkPolicy, baselineAdminNetworkPolicy } from './admin-network-policy.ts'
import {
  bgpConfiguration,
  bgpPeer,
  blockAffinity,
  calicoInstallation,
  felixConfiguration,
  ipamBlock,
  ipPool,
} from './calico.ts'
import {
  calicoNetworkPolicy,
  calicoTier,
  globalNetworkPolicy,
  globalNetworkSet,
  hostEndpoint,
  networkSet,
  stagedGlobalNetworkPolicy,
  stagedKubernetesNetworkPolicy,
  stagedNetworkPolicy,
} from './calico-policy.ts'
import { ciliumCidrGroup, ciliumClusterwideNetworkPolicy, ciliumNetworkPolicy } from './cilium.ts'
import { clusterNetworkPolicy } from './cluster-network-policy.ts'
import {
  clusterConfiguration,
  configMap,
  environment,
  kindCluster,
  kubeProxyConfiguration,
} from './configuration.ts'
import { endpointSlice, endpoints } from './endpoints.ts'
import { experimentalListenerSet, gateway, gatewayClass, listenerSet } from './gateway.ts'
import { backendTlsPolicy, referenceGrant } from './gateway-policy.ts'
import { grpcRoute, httpRoute } from './gateway-route.ts'
import { tcpRoute, tlsRoute, udpRoute } from './gateway-stream.ts'
import { ingress } from './ingress.ts'
import { ingressClass } from './ingress-class.ts'
import type { KindModule } from './kind.ts'
import { bgpAdvertisement, ipAddressPool, l2Advertisement } from './metallb.ts'
import { networkPolicy, serviceAccount } from './network-policy.ts'
import { namespace, node } from './node.ts'
import { pod } from './pod.ts'
import { secret } from './secret.ts'
import { service } from './service.ts'
import {
  cronJob,
  daemonSet,
  deployment,
  job,
  replicaSet,
  replicationController,
  statefulSet,
} from './workload.ts'

/** The modules, one for each entry of KindTypes; leaving one out does not compile. */
export const kindModules: { readonly [K in KindName]: KindModule<KindTypes[K]> } = {
  AdminNetworkPolicy: adminNetworkPolicy,
  BGPAdvertisement: bgpAdvertisement,
  BGPConfiguration: bgpConfiguration,
  BGPPeer: bgpPeer,
  BackendTLSPolicy: backendTlsPolicy,
  BaselineAdminNetworkPolicy: baselineAdminNetworkPolicy,
  BlockAffinity: blockAffinity,
  CalicoNetworkPolicy: calicoNetworkPolicy,
  CiliumCIDRGroup: ciliumCidrGroup,
  CiliumClusterwideNetworkPolicy: ciliumClusterwideNetworkPolicy,
  CiliumNetworkPolicy: ciliumNetworkPolicy,
  Cluster: kindCluster,
  ClusterConfiguration: clusterConfiguration,
  ClusterNetworkPolicy: clusterNetworkPolicy,
  ConfigMap: configMap,
  CronJob: cronJob,
  DaemonSet: daemonSet,
  Deployment: deployment,
  Endpoints: endpoints,
  EndpointSlice: endpointSlice,
  Environment: environment,
  FelixConfiguration: felixConfiguration,
  GlobalNetworkPolicy: globalNetworkPolicy,
  GlobalNetworkSet: globalNetworkSet,
  HostEndpoint: hostEndpoint,
  Ingress: ingress,
  IngressClass: ingressClass,
  Installation: calicoInstallation,
  IPAddressPool: ipAddressPool,
  IPAMBlock: ipamBlock,
  IPPool: ipPool,
  Job: job,
  KubeProxyConfiguration: kubeProxyConfiguration,
  L2Advertisement: l2Advertisement,
  Gateway: gateway,
  GatewayClass: gatewayClass,
  GRPCRoute: grpcRoute,
  HTTPRoute: httpRoute,
  ListenerSet: listenerSet,
  Namespace: namespace,
  NetworkPolicy: networkPolicy,
  NetworkSet: networkSet,
  Node: node,
  Pod: pod,
  ReferenceGrant: referenceGrant,
  ReplicaSet: replicaSet,
  ReplicationController: replicationController,
  Secret: secret,
  Service: service,
  ServiceAccount: serviceAccount,
  StagedGlobalNetworkPolicy: stagedGlobalNetworkPolicy,
  StagedKubernetesNetworkPolicy: stagedKubernetesNetworkPolicy,
  StagedNetworkPolicy: stagedNetworkPolicy,
  StatefulSet: statefulSet,
  TCPRoute: tcpRoute,
  Tier: calicoTier,
  TLSRoute: tlsRoute,
  UDPRoute: udpRoute,
  XListenerSet: experimentalListenerSet,
}

/** The kinds of one name: several, where groups have one of the same name. */
export function kindsNamed(name: string): readonly KindName[] {
  return byName.get(name) ?? []
}

const byName: ReadonlyMap<string, readonly KindName[]> = groupByName()

function groupByName(): ReadonlyMap<string, readonly KindName[]> {
  const groups = new Map<string, KindName[]>()
  for (const [key, module] of Object.entries(kindModules)) {
    const name = module.kind ?? key
    groups.set(name, [...(groups.get(name) ?? []), key as KindName])
  }
  return groups
}
