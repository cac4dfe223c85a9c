import { formatIp } from '../base/ip.ts'
import type { Cluster, ClusterNode, ClusterPod } from '../model/cluster.ts'
import type { Container, PodSpec, Toleration } from '../model/objects.ts'
import type { ContainerStatus, StoredPod } from '../model/stored.ts'
import { defaultedPodSpec, isFields } from './stored-pod-spec.ts'

/** What a pod's stored form is made from beside the pod. */
export interface PodContext {
  readonly nodes: ReadonlyMap<string, ClusterNode>
  /** The name of the ReplicaSet between a Deployment and the pods that were made for it here. */
  replicaSetName(namespace: string, deployment: string): string
}

export function podContext(cluster: Cluster, replicaSetName: PodContext['replicaSetName']): PodContext {
  return { nodes: new Map(cluster.nodes.map((node) => [node.name, node])), replicaSetName }
}

/**
 * A pod as it stands in the API: defaults of the API server and its admission plugins, the node that the scheduler
 * chose, the status that kubelet reports. A pod of a dump is kept as it is.
 */
export function storedPod(pod: ClusterPod, context: PodContext): StoredPod {
  const { object, source } = pod
  if (source && object.metadata.uid !== undefined) return object
  return {
    ...object,
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...object.metadata, ...ownersOf(pod, context) },
    spec: storedSpec(pod),
    status: { ...statusOf(pod, context), ...object.status },
  }
}

/** A Deployment owns its pods through a ReplicaSet. */
function ownersOf({ namespace, owner, source }: ClusterPod, context: PodContext) {
  if (source || !owner) return {}
  const isDeployment = owner.kind === 'Deployment'
  const name = isDeployment ? context.replicaSetName(namespace, owner.name) : owner.name
  const kind = isDeployment ? 'ReplicaSet' : owner.kind
  const generateName = kind === 'StatefulSet' ? {} : { generateName: `${name}-` }
  const apiVersion = kind === 'ReplicationController' ? 'v1' : kind === 'Job' ? 'batch/v1' : 'apps/v1'
  const reference = { apiVersion, blockOwnerDeletion: true, controller: true, kind, name }
  return { ...generateName, ownerReferences: [reference] }
}

const podDefaults = {
  enableServiceLinks: true,
  preemptionPolicy: 'PreemptLowerPriority',
  priority: 0,
  serviceAccount: 'default',
  serviceAccountName: 'default',
}

function storedSpec({ object, nodeName, owner }: ClusterPod): PodSpec {
  const spec = defaultedPodSpec({ ...podDefaults, ...object.spec })
  const { containers, initContainers, hostNetwork } = spec
  return {
    ...spec,
    ...(containers && { containers: containers.map((one) => hostPorts(withRequests(one), hostNetwork)) }),
    ...(initContainers && {
      initContainers: initContainers.map((one) => hostPorts(withRequests(one), hostNetwork)),
    }),
    ...(nodeName !== undefined && { nodeName }),
    tolerations: [...(spec.tolerations ?? []), ...addedTolerations(spec, owner?.kind === 'DaemonSet')],
  }
}

/** What is limited and not asked for is asked for as well. */
function withRequests(container: Container): Container {
  const resources = (container as Readonly<Record<string, unknown>>)['resources']
  if (!isFields(resources) || !isFields(resources['limits'])) return container
  const requests = {
    ...resources['limits'],
    ...(isFields(resources['requests']) ? resources['requests'] : {}),
  }
  return { ...container, ...{ resources: { ...resources, requests } } }
}

/** On the host's network a container port is the node's port. */
function hostPorts(container: Container, hostNetwork = false): Container {
  if (!hostNetwork || !container.ports) return container
  const ports = container.ports.map((port) => ({
    ...port,
    ...(port.containerPort !== undefined && { hostPort: port.hostPort || port.containerPort }),
  }))
  return { ...container, ports }
}

/** Mirrors the admission plugin DefaultTolerationSeconds; a DaemonSet's pods tolerate these taints for ever. */
function addedTolerations({ tolerations = [] }: PodSpec, daemon: boolean): readonly Toleration[] {
  const time = daemon ? {} : { tolerationSeconds: 300 }
  return ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !tolerations.some((one) => toleratesExecution(one, key)))
    .map((key) => ({ effect: 'NoExecute', key, operator: 'Exists', ...time }))
}

function toleratesExecution({ key, effect }: Toleration, wanted: string): boolean {
  return (!key || key === wanted) && (!effect || effect === 'NoExecute')
}

function statusOf(pod: ClusterPod, { nodes }: PodContext): NonNullable<StoredPod['status']> {
  const { phase, ips, nodeName, object } = pod
  const hostIps = (nodes.get(nodeName ?? '')?.addresses ?? []).map(formatIp)
  const podIps = ips.map(formatIp)
  const running = phase === 'Running'
  return {
    phase,
    conditions: conditionsOf(pod),
    ...(hostIps[0] !== undefined && { hostIP: hostIps[0], hostIPs: hostIps.map((ip) => ({ ip })) }),
    ...(podIps[0] !== undefined && { podIP: podIps[0], podIPs: podIps.map((ip) => ({ ip })) }),
    ...(running && {
      containerStatuses: (object.spec.containers ?? []).map((one) => runningStatus(one, pod.ready)),
      ...initStatuses(object.spec.initContainers ?? []),
    }),
    qosClass: qosClass(object.spec),
  }
}

function initStatuses(containers: readonly Container[]) {
  if (containers.length === 0) return {}
  const done = { terminated: { exitCode: 0, reason: 'Completed' } }
  const initContainerStatuses = containers.map((one) =>
    one.restartPolicy === 'Always'
      ? runningStatus(one, true)
      : { ...runningStatus(one, true), started: false, state: done },
  )
  return { initContainerStatuses }
}

function runningStatus({ name = '', image = '' }: Container, ready: boolean): ContainerStatus {
  const fields = { image, imageID: '', lastState: {} }
  return { ...fields, name, ready, restartCount: 0, started: true, state: { running: {} } }
}

function conditionsOf({ phase, ready, nodeName, unscheduled }: ClusterPod) {
  if (nodeName === undefined) {
    const message = unscheduled ?? 'it is not scheduled'
    return [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }]
  }
  const running = phase === 'Running' ? 'True' : 'False'
  const isReady = ready ? 'True' : 'False'
  return [
    { type: 'PodReadyToStartContainers', status: running },
    { type: 'Initialized', status: 'True' },
    { type: 'Ready', status: isReady },
    { type: 'ContainersReady', status: isReady },
    { type: 'PodScheduled', status: 'True' },
  ]
}

/** Mirrors ComputePodQOS for CPU and memory. */
function qosClass({ containers = [], initContainers = [] }: PodSpec): string {
  const all = [...containers, ...initContainers].map((one) => {
    const resources = (withRequests(one) as Readonly<Record<string, unknown>>)['resources']
    const part = (name: string) =>
      isFields(resources) && isFields(resources[name])
        ? resources[name]
        : ({} as Readonly<Record<string, unknown>>)
    return { limits: part('limits'), requests: part('requests') }
  })
  if (all.every(({ limits, requests }) => Object.keys({ ...limits, ...requests }).length === 0))
    return 'BestEffort'
  const guaranteed = all.every(({ limits, requests }) =>
    ['cpu', 'memory'].every(
      (key) => limits[key] !== undefined && String(limits[key]) === String(requests[key]),
    ),
  )
  return guaranteed ? 'Guaranteed' : 'Burstable'
}
