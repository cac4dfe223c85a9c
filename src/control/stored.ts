import { by } from '../base/ordering.ts'
import type { ObjectRef } from '../base/source.ts'
import type { Cluster, ClusterEndpointSlice, ClusterPod, ClusterService } from '../model/cluster.ts'
import type { ObjectsByKind } from '../model/kinds.ts'
import type { Deployment, Located, ObjectMeta } from '../model/objects.ts'
import type { StoredObjects } from '../model/stored.ts'
import { templateHash } from './complete/names.ts'
import { withSystemObjects } from './complete/system-objects.ts'
import { givenEndpoints, storedEndpoints } from './stored-endpoints.ts'
import { storedGateway, storedGatewayClass, storedIngress, storedSecret } from './stored-http.ts'
import { storedNamespace, storedNode } from './stored-node.ts'
import { podContext, storedPod } from './stored-pod.ts'
import { storedNetworkPolicy } from './stored-policy.ts'
import { storedService } from './stored-service.ts'
import { givenSlice, storedSlice } from './stored-slice.ts'
import {
  replicaSetFor,
  storedCronJob,
  storedDaemonSet,
  storedDeployment,
  storedJob,
  storedReplicaSet,
  storedReplicationController,
  storedStatefulSet,
} from './stored-workload.ts'

/**
 * The cluster's objects as its API server would hold them, so that they can be listed, printed and read back in:
 * what controllers make (pods, ReplicaSets, EndpointSlices, Endpoints) beside what the input states.
 */
export function storedObjects(given: ObjectsByKind, cluster: Cluster): StoredObjects {
  const objects = withSystemObjects(given, cluster.settings)
  const owned = podsByOwner(cluster.pods)
  const podsOf = ({ ref }: Located<unknown>) => owned.get(ownerKey(ref)) ?? []
  const context = podContext(cluster, (namespace, deployment) =>
    replicaSetName(deployment, hashOf(owned, { kind: 'Deployment', namespace, name: deployment })),
  )
  const stated = new Map(objects.Namespace.map((one) => [one.ref.name, one.object]))
  return {
    AdminNetworkPolicy: sorted(objects.AdminNetworkPolicy.map((one) => one.object)),
    BaselineAdminNetworkPolicy: sorted(objects.BaselineAdminNetworkPolicy.map((one) => one.object)),
    ClusterNetworkPolicy: sorted(objects.ClusterNetworkPolicy.map((one) => one.object)),
    ConfigMap: sorted(objects.ConfigMap.map((one) => one.object)),
    CronJob: sorted(objects.CronJob.map((one) => storedCronJob(one.object))),
    DaemonSet: sorted(objects.DaemonSet.map((one) => storedDaemonSet(one.object, podsOf(one)))),
    Deployment: sorted(objects.Deployment.map((one) => storedDeployment(one.object, podsOf(one)))),
    EndpointSlice: sorted([
      ...objects.EndpointSlice.map((one) => givenSlice(one.object)),
      ...cluster.endpointSlices.filter((one) => one.from !== 'input').map(storedSlice),
    ]),
    Endpoints: sorted([
      ...objects.Endpoints.map((one) => givenEndpoints(one.object)),
      ...madeEndpoints(objects, cluster),
    ]),
    Gateway: sorted(objects.Gateway.map((one) => storedGateway(cluster, one))),
    GatewayClass: sorted(objects.GatewayClass.map((one) => storedGatewayClass(one.object))),
    HTTPRoute: sorted(objects.HTTPRoute.map((one) => one.object)),
    Ingress: sorted(cluster.ingresses.map(storedIngress(cluster))),
    IngressClass: sorted(cluster.ingressClasses.map((one) => one.object)),
    Job: sorted(objects.Job.map((one) => storedJob(one.object, podsOf(one)))),
    Namespace: sorted(cluster.namespaces.map((one) => storedNamespace(one, stated.get(one.name)))),
    NetworkPolicy: sorted(objects.NetworkPolicy.map(storedNetworkPolicy)),
    Node: sorted(cluster.nodes.map(storedNode)),
    Pod: sorted(cluster.pods.map((one) => storedPod(one, context))),
    ReplicaSet: sorted([
      ...objects.ReplicaSet.map((one) => storedReplicaSet(one.object, podsOf(one))),
      ...objects.Deployment.flatMap((one) => madeReplicaSet(one, objects, owned)),
    ]),
    ReplicationController: sorted(
      objects.ReplicationController.map((one) => storedReplicationController(one.object, podsOf(one))),
    ),
    Secret: sorted(objects.Secret.map((one) => storedSecret(one.object))),
    Service: sorted(cluster.services.map(storedService)),
    StatefulSet: sorted(objects.StatefulSet.map((one) => storedStatefulSet(one.object, podsOf(one)))),
  }
}

type Owned = ReadonlyMap<string, readonly ClusterPod[]>

function ownerKey({ kind, namespace = 'default', name }: ObjectRef): string {
  return `${kind}/${namespace}/${name}`
}

/** The pods of each workload; those of a ReplicaSet count for the Deployment that its name begins with, too. */
function podsByOwner(pods: readonly ClusterPod[]): Owned {
  const owned = new Map<string, ClusterPod[]>()
  const add = (key: string, pod: ClusterPod) => {
    const list = owned.get(key)
    if (list) list.push(pod)
    else owned.set(key, [pod])
  }
  for (const pod of pods) {
    if (!pod.owner) continue
    add(ownerKey(pod.owner), pod)
    if (pod.owner.kind !== 'ReplicaSet') continue
    add(ownerKey({ ...pod.owner, kind: 'Deployment', name: pod.owner.name.replace(/-[^-]*$/, '') }), pod)
  }
  return owned
}

function replicaSetName(deployment: string, hash: string): string {
  return `${deployment}-${hash}`
}

/** The template hash that the pods of a Deployment carry; without pods, the one that they would. */
function hashOf(owned: Owned, ref: ObjectRef): string {
  const pod = owned.get(ownerKey(ref))?.find((one) => !one.source)
  return pod?.labels['pod-template-hash'] ?? templateHash(`deployment ${ref.namespace}/${ref.name}`)
}

/** The ReplicaSet of a Deployment whose pods were made here; a dump has its own. */
function madeReplicaSet(located: Located<Deployment>, objects: ObjectsByKind, owned: Owned) {
  const { object, ref } = located
  const pods = owned.get(ownerKey(ref)) ?? []
  const isOwner = (meta: ObjectMeta) =>
    meta.ownerReferences?.some((one) => one.kind === 'Deployment' && one.name === ref.name) ?? false
  const hasOwn = objects.ReplicaSet.some(
    (one) => one.ref.namespace === ref.namespace && isOwner(one.object.metadata),
  )
  if (hasOwn || object.metadata.uid !== undefined || pods.some((one) => one.source)) return []
  const hash = hashOf(owned, ref)
  return [storedReplicaSet(replicaSetFor(object, replicaSetName(ref.name, hash), hash), pods)]
}

/** The Endpoints that a controller keeps beside the slices; those that the input states stand for themselves. */
function madeEndpoints(objects: ObjectsByKind, { services, endpointSlices }: Cluster) {
  const stated = new Set(objects.Endpoints.map(({ ref }) => `${ref.namespace}/${ref.name}`))
  const slices = new Map<string, ClusterEndpointSlice[]>()
  for (const slice of endpointSlices) {
    const key = `${slice.namespace}/${slice.service}`
    slices.set(key, [...(slices.get(key) ?? []), slice])
  }
  return services.flatMap((service: ClusterService) => {
    const key = `${service.namespace}/${service.name}`
    const kept = service.type !== 'ExternalName' && (service.selector || key === 'default/kubernetes')
    return kept && !stated.has(key) ? [storedEndpoints(service, slices.get(key) ?? [])] : []
  })
}

/** In the order in which the API server's store lists them. */
function sorted<T extends { readonly metadata: ObjectMeta }>(objects: readonly T[]): readonly T[] {
  return objects.toSorted(by(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`))
}
