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
import { checkPodSpec } from './pod.ts'

type Path = readonly (string | number)[]

function checkTemplate(
  located: Examined<unknown>,
  report: Report,
  template: PodTemplate | undefined,
  path: Path,
): void {
  if (!template) demand(located, report, path)
  else checkPodSpec(located, report, template.spec, [...path, 'spec'])
}

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
    if (labels[key] === value) continue
    refuse(
      located,
      report,
      ['spec', 'selector', 'matchLabels', key],
      `the selector asks for ${key}=${value}, which the template's labels are not`,
      `give spec.template.metadata.labels ${key}: ${value}`,
    )
  }
}

function checkReplicas(
  located: Examined<{ readonly spec: { readonly replicas?: number } }>,
  report: Report,
): void {
  const replicas = located.object.spec?.replicas
  if (replicas !== undefined && replicas < 0)
    refuse(located, report, ['spec', 'replicas'], `replicas ${replicas} is negative`)
}

export const deployment: KindModule<Deployment> = {
  apiVersions: ['apps/v1', 'apps/v1beta2', 'apps/v1beta1', 'extensions/v1beta1'],
  schema: 'Deployment',
  namespaced: true,
  names: 'dns-name',
  validate: checkSelected,
}

export const replicaSet: KindModule<Deployment> = {
  apiVersions: ['apps/v1', 'apps/v1beta2', 'extensions/v1beta1'],
  schema: 'ReplicaSet',
  namespaced: true,
  names: 'dns-name',
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
  checkReplicas(located, report)
}

export const statefulSet: KindModule<StatefulSet> = {
  apiVersions: ['apps/v1', 'apps/v1beta2', 'apps/v1beta1'],
  schema: 'StatefulSet',
  namespaced: true,
  names: 'dns-name',
  validate: checkSelected,
}

export const daemonSet: KindModule<DaemonSet> = {
  apiVersions: ['apps/v1', 'apps/v1beta2', 'extensions/v1beta1'],
  schema: 'DaemonSet',
  namespaced: true,
  names: 'dns-name',
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
  validate: (located, report) => {
    if (!located.object.spec) demand(located, report, ['spec'])
    else checkTemplate(located, report, located.object.spec.template, ['spec', 'template'])
    checkReplicas(located, report)
  },
}

export const job: KindModule<Job> = {
  apiVersions: ['batch/v1'],
  schema: 'Job',
  namespaced: true,
  names: 'dns-name',
  validate: (located, report) =>
    checkTemplate(located, report, located.object.spec?.template, ['spec', 'template']),
}

export const cronJob: KindModule<CronJob> = {
  apiVersions: ['batch/v1', 'batch/v1beta1'],
  schema: 'CronJob',
  namespaced: true,
  names: 'dns-name',
  validate: (located, report) =>
    checkTemplate(located, report, located.object.spec?.jobTemplate?.spec?.template, [
      'spec',
      'jobTemplate',
      'spec',
      'template',
    ]),
}
