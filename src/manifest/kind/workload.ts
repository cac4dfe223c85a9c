import type { Report } from '../../base/diagnostic.ts'
import type {
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  LabelSelector,
  PodTemplate,
  ReplicationController,
  StatefulSet,
} from '../../model/objects.ts'
import type { Examined, KindModule } from './kind.ts'
import { demand, refuse } from './kind.ts'
import { checkLabels } from './labels.ts'
import { checkPodSpec } from './pod.ts'

type Path = readonly (string | number)[]

function checkTemplate(
  located: Examined<unknown>,
  report: Report,
  template: PodTemplate | undefined,
  path: Path,
): void {
  checkLabels(located, template?.metadata?.labels, [...path, 'metadata', 'labels'], report)
  if (!template) demand(located, report, path)
  else checkPodSpec(located, report, template.spec, [...path, 'spec'])
}

const templateLabels = ['spec', 'template', 'metadata', 'labels']

/** A workload's selector must select the pods that its own template makes. */
function checkSelector(
  located: Examined<unknown>,
  report: Report,
  selector: LabelSelector | undefined,
  template: PodTemplate | undefined,
): void {
  if (!selector) {
    demand(located, report, ['spec', 'selector'])
    return
  }
  const labels = template?.metadata?.labels ?? {}
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labels[key] === value || located.faulty([...templateLabels, key])) continue
    refuse(
      located,
      report,
      ['spec', 'selector', 'matchLabels', key],
      `the selector asks for ${key}=${value}, which the template's labels are not`,
      `give spec.template.metadata.labels ${key}: ${value}`,
    )
  }
}

/** As many pods of one workload are made; a real cluster has at most 150,000 altogether. */
const maxPods = 10_000

function checkCount(located: Examined<unknown>, report: Report, count: number | undefined, path: Path): void {
  if (count === undefined) return
  if (count < 0) refuse(located, report, path, `${String(path.at(-1))} ${count} is negative`)
  if (count > maxPods) {
    report(
      'too-large',
      `${located.ref.kind} ${located.ref.name}: ${count} pods are more than kubewalk makes`,
      {
        at: located.locate(path),
        object: located.ref,
        fix: `ask for at most ${maxPods}`,
      },
    )
  }
}

export const deployment: KindModule<Deployment> = {
  apiVersions: ['apps/v1', 'apps/v1beta2', 'apps/v1beta1', 'extensions/v1beta1'],
  schema: 'Deployment',
  namespaced: true,
  names: 'dns-name',
  needsSpec: true,
  validate: checkSelected,
}

export const replicaSet: KindModule<Deployment> = {
  apiVersions: ['apps/v1', 'apps/v1beta2', 'extensions/v1beta1'],
  schema: 'ReplicaSet',
  namespaced: true,
  names: 'dns-name',
  needsSpec: true,
  validate: checkSelected,
}

function checkSelected(located: Examined<Deployment | StatefulSet>, report: Report): void {
  const { spec } = located.object
  if (!spec) {
    demand(located, report, ['spec'])
    return
  }
  checkTemplate(located, report, spec.template, ['spec', 'template'])
  checkSelector(located, report, spec.selector, spec.template)
  checkCount(located, report, spec.replicas, ['spec', 'replicas'])
}

export const statefulSet: KindModule<StatefulSet> = {
  apiVersions: ['apps/v1', 'apps/v1beta2', 'apps/v1beta1'],
  schema: 'StatefulSet',
  namespaced: true,
  names: 'dns-name',
  needsSpec: true,
  validate: checkSelected,
}

export const daemonSet: KindModule<DaemonSet> = {
  apiVersions: ['apps/v1', 'apps/v1beta2', 'extensions/v1beta1'],
  schema: 'DaemonSet',
  namespaced: true,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    const { spec } = located.object
    if (!spec) demand(located, report, ['spec'])
    else {
      checkTemplate(located, report, spec.template, ['spec', 'template'])
      checkSelector(located, report, spec.selector, spec.template)
    }
  },
}

export const replicationController: KindModule<ReplicationController> = {
  apiVersions: ['v1'],
  schema: 'ReplicationController',
  namespaced: true,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    if (!located.object.spec) demand(located, report, ['spec'])
    else checkTemplate(located, report, located.object.spec.template, ['spec', 'template'])
    checkCount(located, report, located.object.spec?.replicas, ['spec', 'replicas'])
  },
}

export const job: KindModule<Job> = {
  apiVersions: ['batch/v1'],
  schema: 'Job',
  namespaced: true,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    const { template, parallelism, completions } = located.object.spec ?? {}
    checkTemplate(located, report, template, ['spec', 'template'])
    checkCount(located, report, parallelism, ['spec', 'parallelism'])
    if (completions !== undefined && completions < 0) {
      refuse(located, report, ['spec', 'completions'], `completions ${completions} is negative`)
    }
  },
}

export const cronJob: KindModule<CronJob> = {
  apiVersions: ['batch/v1', 'batch/v1beta1'],
  schema: 'CronJob',
  namespaced: true,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) =>
    checkTemplate(located, report, located.object.spec?.jobTemplate?.spec?.template, [
      'spec',
      'jobTemplate',
      'spec',
      'template',
    ]),
}
