import type { Cluster, ClusterPod } from '../../model/cluster.ts'

/** The settings of a running controller, as far as the cluster states them. */
export interface Controller {
  /** `ingress-nginx/ingress-nginx-controller-0`: what messages call it. */
  readonly label: string
  readonly namespace: string
  /** Its command line, `$(POD_NAMESPACE)` and the like filled in. */
  readonly args: readonly string[]
  readonly pod?: ClusterPod
  /** The data of its ConfigMap, if its flags name one that is there. */
  readonly configMap?: Readonly<Record<string, string>>
}

/** The value of `--flag=value` or `--flag value`; empty for a flag that stands alone. */
export function flagValue(args: readonly string[], name: string): string | undefined {
  const wanted = name.toLowerCase()
  for (const [index, arg] of args.entries()) {
    const bare = arg.replace(/^--?/, '')
    if (bare === arg) continue
    const equals = bare.indexOf('=')
    if ((equals < 0 ? bare : bare.slice(0, equals)).toLowerCase() !== wanted) continue
    if (equals >= 0) return bare.slice(equals + 1)
    const next = args[index + 1]
    return next === undefined || next.startsWith('-') ? '' : next
  }
  return undefined
}

/** A flag that is on or off; alone it means on. */
export function flagIsOn(args: readonly string[], name: string, fallback = false): boolean {
  const value = flagValue(args, name)
  if (value === undefined) return fallback
  return !['false', 'f', '0'].includes(value.toLowerCase())
}

/** The data of a ConfigMap that is named `namespace/name`. */
export function configMapData(
  cluster: Cluster,
  name: string | undefined,
): Readonly<Record<string, string>> | undefined {
  if (name === undefined) return undefined
  const [namespace, bare] = name.split('/')
  const found = cluster.configMaps.find(({ ref }) => ref.namespace === namespace && ref.name === bare)
  return found?.object.data
}
