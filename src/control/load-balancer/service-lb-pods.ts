import type { ObjectRef } from '../../base/source.ts'

/** Labels by which k3s tells for which Service an svclb pod is. */
export const svcNameLabel = 'svccontroller.k3s.cattle.io/svcname'
export const svcNamespaceLabel = 'svccontroller.k3s.cattle.io/svcnamespace'

/** Whether it is one of ServiceLB's pods or DaemonSets, by namespace and name. */
export function isServiceLbPod({ namespace, name }: Pick<ObjectRef, 'namespace' | 'name'>): boolean {
  return namespace === 'kube-system' && name.startsWith('svclb-')
}
