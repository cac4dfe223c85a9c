import type { ObjectRef } from '../../base/source.ts'
import { formatHostPattern } from '../../http/host-match.ts'
import type { HostPattern } from '../../http/proxy.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { World } from '../world.ts'

/** The Ingress that a reference speaks of. */
export function ingressOf({ cluster }: World, object: ObjectRef | undefined): Located<Ingress> | undefined {
  if (object?.kind !== 'Ingress') return undefined
  return cluster.ingresses.find(({ ref }) => ref.namespace === object.namespace && ref.name === object.name)
}

/** The line at which a rule's object names the host: what has to be changed where the host is at fault. */
export function hostPlace(world: World, object: ObjectRef, pattern: HostPattern): ObjectRef {
  const text = formatHostPattern(pattern)
  const ingress = ingressOf(world, object)
  if (ingress) {
    const index = (ingress.object.spec?.rules ?? []).findIndex(({ host = '*' }) => host === text)
    return index < 0 ? object : { ...object, at: ingress.locate(['spec', 'rules', index, 'host']) }
  }
  const { httpRoutes, grpcRoutes } = world.cluster.gatewayApi
  for (const { ref, object: route, locate } of [...httpRoutes, ...grpcRoutes]) {
    if (ref.kind !== object.kind || ref.namespace !== object.namespace || ref.name !== object.name) continue
    const index = (route.spec?.hostnames ?? []).indexOf(text)
    if (index >= 0) return { ...object, at: locate(['spec', 'hostnames', index]) }
  }
  return object
}

/** The line at which an Ingress's path names its Service, or the Service's port; other objects stay as they are. */
export function backendPlace(world: World, object: ObjectRef, field: 'name' | 'port'): ObjectRef {
  const ingress = ingressOf(world, object)
  for (const [rule, { http }] of (ingress?.object.spec?.rules ?? []).entries()) {
    for (const path of (http?.paths ?? []).keys()) {
      const place = ['spec', 'rules', rule, 'http', 'paths', path]
      const at = ingress?.locate([...place, 'path'])
      if (!at || at.line !== object.at?.line || at.column !== object.at.column) continue
      return { ...object, at: ingress?.locate([...place, 'backend', 'service', field]) ?? at }
    }
  }
  return object
}

/** The line by which an Ingress says whose it is. */
export function classPlace(world: World, object: ObjectRef): ObjectRef {
  const ingress = ingressOf(world, object)
  if (!ingress) return object
  const { spec, metadata } = ingress.object
  const annotation = 'kubernetes.io/ingress.class'
  if (metadata.annotations?.[annotation] !== undefined) {
    return { ...object, at: ingress.locate(['metadata', 'annotations', annotation]) }
  }
  const field = spec?.ingressClassName === undefined ? ['spec'] : ['spec', 'ingressClassName']
  return { ...object, at: ingress.locate(field) }
}
