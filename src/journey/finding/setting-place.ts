import type { ObjectRef } from '../../base/source.ts'
import { routerNetnsId } from '../../control/routers.ts'
import type { World } from '../world.ts'

/** The places at which the Environment states kernel settings of a node or router; none for what the command line states. */
export function settingPlaces(
  { cluster }: World,
  netns: string,
  keys: readonly RegExp[],
): readonly ObjectRef[] {
  const source = cluster.environmentSource
  if (netns.startsWith('router/')) return routerSettings(cluster, netns, keys)
  const node = netns.startsWith('node/') ? netns.slice(5) : undefined
  const stated = node === undefined ? undefined : cluster.environment.nodes?.[node]
  if (!source || node === undefined || !stated?.sysctl) return []
  return Object.keys(stated.sysctl).flatMap((key) => {
    const by = stated.statedBy?.[`sysctl ${key}`]
    if (by === 'command line' || !keys.some((pattern) => pattern.test(key))) return []
    return [{ ...source.ref, at: source.locate(['spec', 'nodes', by ?? node, 'sysctl', key]) }]
  })
}

function routerSettings(
  { environment, environmentSource: source }: World['cluster'],
  netns: string,
  keys: readonly RegExp[],
): readonly ObjectRef[] {
  if (!source) return []
  return (environment.network?.routers ?? []).flatMap(({ name, sysctl = {} }, index) =>
    netns === routerNetnsId(name, index)
      ? Object.keys(sysctl)
          .filter((key) => keys.some((pattern) => pattern.test(key)))
          .map((key) => ({
            ...source.ref,
            at: source.locate(['spec', 'network', 'routers', index, 'sysctl', key]),
          }))
      : [],
  )
}
