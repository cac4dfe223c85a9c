import type { ObjectRef } from '../../base/source.ts'
import type {
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  LabelSelector,
  Located,
  Pod,
  PodTemplate,
  ReplicationController,
  StatefulSet,
} from '../../model/objects.ts'
import type { Completion } from './completion.ts'
import { generatedName, maxGeneratedBase, templateHash } from './names.ts'
import { matchesSelector } from './selectors.ts'

/** A pod before it has a node and an address. */
export interface PodDraft {
  readonly namespace: string
  readonly name: string
  readonly object: Pod
  readonly ref: ObjectRef
  readonly owner?: ObjectRef
  readonly source?: Located<Pod>
  /** A DaemonSet's pod goes to this node. */
  readonly pinnedTo?: string
  /** Its number within its workload, by which replicas are spread; 0 for a pod of its own. */
  readonly index: number
}

type Workload = Located<Deployment | ReplicationController | StatefulSet | DaemonSet | Job | CronJob>

/** Every pod of the cluster: those of the input, then those that its workloads lack. */
export function completePods(completion: Completion, nodeNames: readonly string[]): readonly PodDraft[] {
  const { objects } = completion
  const given = objects.Pod.map(givenPod)
  const owned = ownedWorkloads(objects.Pod)
  const hasDumpedPods = objects.Pod.some((one) => one.object.metadata.uid !== undefined)
  const make = (workload: Workload, pods: () => readonly PodDraft[]): readonly PodDraft[] =>
    hasItsPods(workload, owned, hasDumpedPods) ? [] : pods()
  return [
    ...given,
    ...objects.Deployment.flatMap((one) => make(one, () => deploymentPods(one, objects.ReplicaSet))),
    ...objects.ReplicaSet.flatMap((one) => make(one, () => replicaSetPods(one, objects.Pod))),
    ...objects.ReplicationController.flatMap((one) => make(one, () => controllerPods(one, objects.Pod))),
    ...objects.StatefulSet.flatMap((one) => make(one, () => statefulSetPods(one, given))),
    ...objects.DaemonSet.flatMap((one) => make(one, () => daemonSetPods(one, nodeNames))),
    ...objects.Job.flatMap((one) => make(one, () => jobPods(one))),
    ...objects.CronJob.flatMap((one) => make(one, () => cronJobPods(completion, one))),
  ]
}

function givenPod(source: Located<Pod>): PodDraft {
  const { ref, object } = source
  const controller = object.metadata.ownerReferences?.find((one) => one.controller ?? true)
  const owner: ObjectRef | undefined = controller && {
    kind: controller.kind ?? '',
    namespace: ref.namespace ?? 'default',
    name: controller.name ?? '',
  }
  return {
    namespace: ref.namespace ?? 'default',
    name: ref.name,
    object,
    ref,
    ...(owner && { owner }),
    source,
    index: 0,
  }
}

/** `Kind/namespace/name` of every owner of a given pod; a ReplicaSet's Deployment is told by its name's form. */
function ownedWorkloads(pods: readonly Located<Pod>[]): ReadonlySet<string> {
  const owners = new Set<string>()
  for (const { object, ref } of pods) {
    for (const { kind, name = '' } of object.metadata.ownerReferences ?? []) {
      owners.add(`${kind}/${ref.namespace}/${name}`)
      if (kind === 'ReplicaSet') owners.add(`Deployment/${ref.namespace}/${name.replace(/-[^-]*$/, '')}`)
    }
  }
  return owners
}

/** An object with a uid comes from a server, whose pods are in the input as well, unless no pod was dumped. */
function hasItsPods({ object, ref }: Workload, owned: ReadonlySet<string>, hasDumpedPods: boolean): boolean {
  const dumped = object.metadata.uid !== undefined && hasDumpedPods
  return dumped || owned.has(`${ref.kind}/${ref.namespace}/${ref.name}`)
}

interface Making {
  readonly workload: Located<unknown>
  readonly template: PodTemplate | undefined
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly index: number
  readonly hostname?: string
  readonly subdomain?: string
  readonly pinnedTo?: string
  /** The owner that the API shows, where that is not the workload itself: a Deployment's ReplicaSet. */
  readonly controller?: { readonly kind: string; readonly name: string }
}

function makePod({
  workload,
  template,
  name,
  labels,
  index,
  hostname,
  subdomain,
  pinnedTo,
  controller,
}: Making): PodDraft {
  const { ref } = workload
  const namespace = ref.namespace ?? 'default'
  const object: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...template?.metadata,
      name,
      namespace,
      labels: { ...template?.metadata?.labels, ...labels },
      ownerReferences: [{ ...(controller ?? { kind: ref.kind, name: ref.name }), controller: true }],
    },
    spec: {
      ...template?.spec,
      ...(hostname !== undefined && { hostname }),
      ...(subdomain !== undefined && { subdomain }),
    },
  }
  return {
    namespace,
    name,
    object,
    ref: { kind: 'Pod', namespace, name, ...(ref.at && { at: ref.at }) },
    owner: ref,
    ...(pinnedTo !== undefined && { pinnedTo }),
    index,
  }
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: Math.max(0, Math.min(count, 10_000)) }, (_, index) => make(index))
}

function deploymentPods(
  workload: Located<Deployment>,
  replicaSets: readonly Located<Deployment>[],
): readonly PodDraft[] {
  const { ref, object } = workload
  const hasOwn = replicaSets.some(
    (one) =>
      one.ref.namespace === ref.namespace &&
      one.object.metadata.ownerReferences?.some(
        (owner) => owner.kind === 'Deployment' && owner.name === ref.name,
      ),
  )
  // A Deployment that is paused makes no ReplicaSet.
  if (hasOwn || object.spec.paused) return []
  const seed = `${ref.namespace}/${ref.name}`
  const hash = templateHash(`deployment ${seed}`)
  return times(object.spec.replicas ?? 1, (index) =>
    makePod({
      workload,
      template: object.spec.template,
      name: generatedName(`${ref.name}-${hash}-`, `${seed} ${index}`),
      labels: { 'pod-template-hash': hash },
      controller: { kind: 'ReplicaSet', name: `${ref.name}-${hash}` },
      index,
    }),
  )
}

/** Pods without a controller that the selector matches are adopted and count, unless they are finished (IsPodActive). */
function orphans(
  { ref }: Located<unknown>,
  pods: readonly Located<Pod>[],
  selects: (labels: Readonly<Record<string, string>>) => boolean,
): number {
  return pods.filter(
    (one) =>
      one.ref.namespace === ref.namespace &&
      !one.object.metadata.ownerReferences?.length &&
      isActive(one.object) &&
      selects(one.object.metadata.labels ?? {}),
  ).length
}

function isActive({ metadata, status }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed' && !metadata.deletionTimestamp
}

function replicaSetPods(workload: Located<Deployment>, pods: readonly Located<Pod>[]): readonly PodDraft[] {
  const { ref, object } = workload
  const selector: LabelSelector = object.spec.selector ?? {}
  const adopted = orphans(workload, pods, (labels) => matchesSelector(selector, labels))
  return simpleReplicas(
    workload,
    object.spec.template,
    (object.spec.replicas ?? 1) - adopted,
    `replicaset ${ref.name}`,
  )
}

function controllerPods(
  workload: Located<ReplicationController>,
  pods: readonly Located<Pod>[],
): readonly PodDraft[] {
  const { ref, object } = workload
  const selector: LabelSelector = {
    matchLabels: object.spec.selector ?? object.spec.template?.metadata?.labels ?? {},
  }
  const adopted = orphans(workload, pods, (labels) => matchesSelector(selector, labels))
  return simpleReplicas(
    workload,
    object.spec.template,
    (object.spec.replicas ?? 1) - adopted,
    `controller ${ref.name}`,
  )
}

/** `name-xxxxx`, as ReplicaSets, ReplicationControllers, DaemonSets and Jobs call their pods. */
function simpleReplicas(
  workload: Located<unknown>,
  template: PodTemplate | undefined,
  count: number,
  seed: string,
  labels?: Readonly<Record<string, string>>,
): readonly PodDraft[] {
  const { ref } = workload
  return times(count, (index) =>
    makePod({
      workload,
      template,
      name: generatedName(`${ref.name}-`, `${seed} ${ref.namespace} ${index}`),
      ...(labels && { labels }),
      index,
    }),
  )
}

function statefulSetPods(workload: Located<StatefulSet>, given: readonly PodDraft[]): readonly PodDraft[] {
  const { ref, object } = workload
  const { replicas = 1, ordinals, serviceName, template } = object.spec
  const start = ordinals?.start ?? 0
  const taken = new Set(given.filter((one) => one.namespace === ref.namespace).map((one) => one.name))
  return times(replicas, (index) => {
    const name = `${ref.name}-${start + index}`
    return makePod({
      workload,
      template,
      name,
      labels: {
        'apps.kubernetes.io/pod-index': String(start + index),
        'controller-revision-hash': `${ref.name}-${templateHash(`statefulset ${ref.namespace}/${ref.name}`)}`,
        'statefulset.kubernetes.io/pod-name': name,
      },
      index,
      hostname: name,
      ...(serviceName !== undefined && { subdomain: serviceName }),
    })
  }).filter((one) => !taken.has(one.name))
}

function daemonSetPods(workload: Located<DaemonSet>, nodeNames: readonly string[]): readonly PodDraft[] {
  const { ref, object } = workload
  const seed = `daemonset ${ref.namespace}/${ref.name}`
  return nodeNames.map((node, index) =>
    makePod({
      workload,
      template: object.spec.template,
      name: generatedName(`${ref.name}-`, `${seed} ${node}`),
      labels: { 'controller-revision-hash': templateHash(seed), 'pod-template-generation': '1' },
      index,
      pinnedTo: node,
    }),
  )
}

function jobPods(workload: Located<Job>): readonly PodDraft[] {
  const { object, ref } = workload
  const { spec, status } = object
  const isFinished = status?.conditions?.some(
    ({ type, status: state }) => (type === 'Complete' || type === 'Failed') && state === 'True',
  )
  if (!spec || spec.suspend || isFinished) return []
  const count = Math.min(spec.parallelism ?? 1, spec.completions ?? spec.parallelism ?? 1)
  const labels = { 'batch.kubernetes.io/job-name': ref.name, 'job-name': ref.name }
  if (spec.completionMode !== 'Indexed') {
    return simpleReplicas(workload, spec.template, count, `job ${ref.name}`, labels)
  }
  return times(count, (index) =>
    makePod({
      workload,
      template: spec.template,
      name: indexedName(ref, index),
      labels: { ...labels, 'batch.kubernetes.io/job-completion-index': String(index) },
      index,
      hostname: `${ref.name}-${index}`,
    }),
  )
}

/** Mirrors podGenerateNameWithIndex: what is cut off where the name is too long is the job's name, not the index. */
function indexedName({ namespace, name }: ObjectRef, index: number): string {
  const suffix = `-${index}-`
  const base = `${name.slice(0, maxGeneratedBase - suffix.length)}${suffix}`
  return generatedName(base, `job ${namespace}/${name} ${index}`)
}

/** A CronJob has a job only while its time has come: none is assumed to run. */
function cronJobPods(completion: Completion, workload: Located<CronJob>): readonly PodDraft[] {
  completion.assume(`CronJob ${workload.ref.name} is between two of its times: it has no pod`, workload.ref)
  return []
}
