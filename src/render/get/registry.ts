import type { StoredKind } from '../../model/resources.ts'
import type { StoredTypes } from '../../model/stored.ts'
import { endpointSlicePrinter, endpointsPrinter } from './endpoints.ts'
import { gatewayClassPrinter, gatewayPrinter, httpRoutePrinter } from './gateway.ts'
import { ingressClassPrinter, ingressPrinter } from './ingress.ts'
import { cronJobPrinter, jobPrinter } from './job.ts'
import { configMapPrinter, namespacePrinter, secretPrinter } from './namespace.ts'
import { nodePrinter } from './node.ts'
import { podPrinter } from './pod.ts'
import {
  adminNetworkPolicyPrinter,
  baselineAdminNetworkPolicyPrinter,
  clusterNetworkPolicyPrinter,
  networkPolicyPrinter,
} from './policy.ts'
import {
  daemonSetPrinter,
  deploymentPrinter,
  replicaSetPrinter,
  replicationControllerPrinter,
  statefulSetPrinter,
} from './replicas.ts'
import { servicePrinter } from './service.ts'
import type { KindPrinter } from './table.ts'

/** The printers, one for each kind that is held; leaving one out does not compile. */
export const kindPrinters: { readonly [K in StoredKind]: KindPrinter<StoredTypes[K]> } = {
  AdminNetworkPolicy: adminNetworkPolicyPrinter,
  BaselineAdminNetworkPolicy: baselineAdminNetworkPolicyPrinter,
  ClusterNetworkPolicy: clusterNetworkPolicyPrinter,
  ConfigMap: configMapPrinter,
  CronJob: cronJobPrinter,
  DaemonSet: daemonSetPrinter,
  Deployment: deploymentPrinter,
  Endpoints: endpointsPrinter,
  EndpointSlice: endpointSlicePrinter,
  Gateway: gatewayPrinter,
  GatewayClass: gatewayClassPrinter,
  HTTPRoute: httpRoutePrinter,
  Ingress: ingressPrinter,
  IngressClass: ingressClassPrinter,
  Job: jobPrinter,
  Namespace: namespacePrinter,
  NetworkPolicy: networkPolicyPrinter,
  Node: nodePrinter,
  Pod: podPrinter,
  ReplicaSet: replicaSetPrinter,
  ReplicationController: replicationControllerPrinter,
  Secret: secretPrinter,
  Service: servicePrinter,
  StatefulSet: statefulSetPrinter,
}
