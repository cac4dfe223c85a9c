import type { ConfigMap, Container, DaemonSet, Located } from '../../../model/objects.ts'

/** The container of a DaemonSet by its name. */
export function containerOf(daemonSet: Located<DaemonSet> | undefined, name: string): Container | undefined {
  return daemonSet?.object.spec?.template?.spec?.containers?.find((one) => one.name === name)
}

/** A container's environment variables, those of ConfigMaps looked up; what cannot be looked up is left out. */
export function environmentOf(
  container: Container | undefined,
  namespace: string | undefined,
  configMaps: readonly Located<ConfigMap>[],
): ReadonlyMap<string, string> {
  return new Map(
    (container?.env ?? []).flatMap(({ name, value, valueFrom }) => {
      if (name === undefined) return []
      const found = value ?? lookUp(valueFrom?.configMapKeyRef, namespace, configMaps)
      return found === undefined ? [] : [[name, found] as const]
    }),
  )
}

function lookUp(
  from: { readonly name?: string; readonly key?: string } | undefined,
  namespace: string | undefined,
  configMaps: readonly Located<ConfigMap>[],
): string | undefined {
  const map = configMaps.find(({ ref }) => ref.name === from?.name && ref.namespace === namespace)
  return map?.object.data?.[from?.key ?? '']
}
