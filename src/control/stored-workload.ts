import type { ClusterPod } from '../model/cluster.ts'
import type {
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  ReplicationController,
  StatefulSet,
} from '../model/objects.ts'
import type {
  StoredCronJob,
  StoredDaemonSet,
  StoredDeployment,
  StoredJob,
  StoredReplicationController,
  StoredStatefulSet,
} from '../model/stored.ts'
import { defaultedTemplate } from './stored-pod-spec.ts'

/** The pods that a workload has. */
type Pods = readonly ClusterPod[]

const rollingUpdate = { type: 'RollingUpdate' }

const deploymentDefaults = {
  progressDeadlineSeconds: 600,
  replicas: 1,
  revisionHistoryLimit: 10,
  strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' }, ...rollingUpdate },
}

const daemonSetDefaults = {
  revisionHistoryLimit: 10,
  updateStrategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 }, ...rollingUpdate },
}

const statefulSetDefaults = {
  persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
  podManagementPolicy: 'OrderedReady',
  replicas: 1,
  revisionHistoryLimit: 10,
  updateStrategy: { rollingUpdate: { partition: 0 }, ...rollingUpdate },
}

const jobDefaults = {
  backoffLimit: 6,
  completionMode: 'NonIndexed',
  manualSelector: false,
  parallelism: 1,
  podReplacementPolicy: 'TerminatingOrFailed',
  suspend: false,
}

const cronJobDefaults = {
  concurrencyPolicy: 'Allow',
  failedJobsHistoryLimit: 1,
  successfulJobsHistoryLimit: 3,
  suspend: false,
}

/** Whether the object comes from a server, which has completed it already. */
export function isDumped(object: { readonly metadata: { readonly uid?: string } }): boolean {
  return object.metadata.uid !== undefined
}

/** A Deployment with SetDefaults_Deployment and the counts of its pods. */
export function storedDeployment(object: Deployment, pods: Pods): StoredDeployment {
  if (isDumped(object)) return object
  return {
    ...object,
    apiVersion: 'apps/v1',
    spec: { ...deploymentDefaults, ...object.spec, ...templateOf(object.spec) },
    status: {
      ...countPods(pods),
      ...(pods.length > 0 && { updatedReplicas: pods.length }),
      ...statusOf(object),
    },
  }
}

/** A ReplicaSet with its defaults and the counts of its pods. */
export function storedReplicaSet(object: Deployment, pods: Pods): StoredDeployment {
  if (isDumped(object)) return object
  return {
    ...object,
    apiVersion: 'apps/v1',
    spec: { replicas: 1, ...object.spec, ...templateOf(object.spec) },
    status: { ...countPods(pods), ...statusOf(object) },
  }
}

/** The ReplicaSet that the Deployment controller makes of a Deployment's template. */
export function replicaSetFor(deployment: Deployment, name: string, hash: string): Deployment {
  const { metadata, spec } = deployment
  const labels = { ...spec.template?.metadata?.labels, 'pod-template-hash': hash }
  const owner = {
    apiVersion: 'apps/v1',
    blockOwnerDeletion: true,
    controller: true,
    kind: 'Deployment',
    name: metadata.name ?? '',
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      labels,
      annotations: {
        'deployment.kubernetes.io/desired-replicas': String(spec.replicas ?? 1),
        'deployment.kubernetes.io/revision': '1',
      },
      ownerReferences: [owner],
    },
    spec: {
      replicas: spec.replicas ?? 1,
      selector: {
        ...spec.selector,
        matchLabels: { ...spec.selector?.matchLabels, 'pod-template-hash': hash },
      },
      ...(spec.template && {
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
      }),
    },
  }
}

export function storedReplicationController(
  object: ReplicationController,
  pods: Pods,
): StoredReplicationController {
  if (isDumped(object)) return object
  const labels = object.spec.template?.metadata?.labels
  return {
    ...object,
    metadata: { ...(labels && { labels }), ...object.metadata },
    spec: { replicas: 1, ...(labels && { selector: labels }), ...object.spec, ...templateOf(object.spec) },
    status: { ...countPods(pods), ...statusOf(object) },
  }
}

export function storedStatefulSet(object: StatefulSet, pods: Pods): StoredStatefulSet {
  if (isDumped(object)) return object
  const count = pods.length > 0 ? { currentReplicas: pods.length, updatedReplicas: pods.length } : {}
  return {
    ...object,
    apiVersion: 'apps/v1',
    spec: { ...statefulSetDefaults, ...object.spec, ...templateOf(object.spec) },
    status: { ...countPods(pods), ...count, ...statusOf(object) },
  }
}

export function storedDaemonSet(object: DaemonSet, pods: Pods): StoredDaemonSet {
  if (isDumped(object)) return object
  const ready = pods.filter((one) => one.ready).length
  return {
    ...object,
    apiVersion: 'apps/v1',
    spec: { ...daemonSetDefaults, ...object.spec, ...templateOf(object.spec) },
    status: {
      desiredNumberScheduled: pods.length,
      currentNumberScheduled: pods.length,
      numberReady: ready,
      updatedNumberScheduled: pods.length,
      numberAvailable: ready,
      ...{ numberMisscheduled: 0 },
      ...statusOf(object),
    },
  }
}

export function storedJob(object: Job, pods: Pods): StoredJob {
  if (isDumped(object)) return object
  const { spec } = object
  const ready = pods.filter((one) => one.ready).length
  const alone = spec?.completions === undefined && spec?.parallelism === undefined
  const labels = spec?.template?.metadata?.labels
  return {
    ...object,
    apiVersion: 'batch/v1',
    metadata: { ...(labels && { labels }), ...object.metadata },
    spec: { ...jobDefaults, ...(alone && { completions: 1 }), ...spec, ...templateOf(spec ?? {}) },
    status: { ...(pods.length > 0 && { active: pods.length, ready }), ...object.status },
  }
}

export function storedCronJob(object: CronJob): StoredCronJob {
  if (isDumped(object)) return object
  const { jobTemplate } = object.spec
  return {
    ...object,
    apiVersion: 'batch/v1',
    spec: {
      ...cronJobDefaults,
      ...object.spec,
      ...(jobTemplate?.spec && {
        jobTemplate: {
          metadata: {},
          ...jobTemplate,
          spec: { ...jobTemplate.spec, ...templateOf(jobTemplate.spec) },
        },
      }),
    },
  }
}

function templateOf({ template }: { readonly template?: Parameters<typeof defaultedTemplate>[0] }) {
  return template && { template: defaultedTemplate(template) }
}

function countPods(pods: Pods) {
  const ready = pods.filter((one) => one.ready).length
  return { replicas: pods.length, ...(ready > 0 && { readyReplicas: ready, availableReplicas: ready }) }
}

/** What the input states of the status goes before what is counted. */
function statusOf(object: unknown): Readonly<Record<string, never>> {
  const { status } = object as { readonly status?: Readonly<Record<string, never>> }
  return status ?? {}
}
