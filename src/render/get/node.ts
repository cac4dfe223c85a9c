import type { Node } from '../../model/objects.ts'
import { ageOf } from './age.ts'
import type { KindPrinter } from './table.ts'
import { columns } from './table.ts'

/** Mirrors printNode. */
export const nodePrinter: KindPrinter<Node> = {
  columns: columns(
    'NAME,STATUS,ROLES,AGE,VERSION | INTERNAL-IP,EXTERNAL-IP,OS-IMAGE,KERNEL-VERSION,CONTAINER-RUNTIME',
  ),
  cells: (node, { now }) => {
    const { metadata, status } = node
    const info = status?.nodeInfo ?? {}
    const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : '<unknown>')
    const architecture = info['architecture'] ? ` (${info['architecture']})` : ''
    return [
      metadata.name ?? '',
      statusText(node),
      rolesOf(metadata.labels ?? {}).join(',') || '<none>',
      ageOf(metadata.creationTimestamp, now),
      info.kubeletVersion ?? '',
      addressOf(node, 'InternalIP'),
      addressOf(node, 'ExternalIP'),
      text(info['osImage']),
      `${text(info['kernelVersion'])}${architecture}`,
      text(info['containerRuntimeVersion']),
    ]
  },
}

function statusText({ spec, status }: Node): string {
  const ready = status?.conditions?.findLast((one) => one.type === 'Ready')
  const state = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'
  return spec?.unschedulable ? `${state},SchedulingDisabled` : state
}

const rolePrefix = 'node-role.kubernetes.io/'

function rolesOf(labels: Readonly<Record<string, string>>): readonly string[] {
  const roles = Object.entries(labels).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix))
      return key.length > rolePrefix.length ? [key.slice(rolePrefix.length)] : []
    return key === 'kubernetes.io/role' && value !== '' ? [value] : []
  })
  return [...new Set(roles)].toSorted()
}

function addressOf({ status }: Node, type: string): string {
  return status?.addresses?.find((one) => one.type === type)?.address ?? '<none>'
}
