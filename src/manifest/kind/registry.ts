import type { KindName, KindTypes } from '../../model/kinds.ts'
import {
  clusterConfiguration,
  configMap,
  environment,
  kindCluster,
  kubeProxyConfiguration,
} from './configuration.ts'
import { endpointSlice, endpoints } from './endpoints.ts'
import { ingress } from './ingress.ts'
import { ingressClass } from './ingress-class.ts'
import type { KindModule } from './kind.ts'
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
  Cluster: kindCluster,
  ClusterConfiguration: clusterConfiguration,
  ConfigMap: configMap,
  CronJob: cronJob,
  DaemonSet: daemonSet,
  Deployment: deployment,
  Endpoints: endpoints,
  EndpointSlice: endpointSlice,
  Environment: environment,
  Ingress: ingress,
  IngressClass: ingressClass,
  Job: job,
  KubeProxyConfiguration: kubeProxyConfiguration,
  Namespace: namespace,
  Node: node,
  Pod: pod,
  ReplicaSet: replicaSet,
  ReplicationController: replicationController,
  Secret: secret,
  Service: service,
  StatefulSet: statefulSet,
}

export function isKindName(name: string): name is KindName {
  return Object.hasOwn(kindModules, name)
}
