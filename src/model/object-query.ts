import type { LabelRequirement } from './label-selector.ts'
import { selectsLabels } from './label-selector.ts'
import type { ObjectMeta } from './objects.ts'
import type { ApiResource, StoredKind } from './resources.ts'
import type { StoredObjects, StoredTypes } from './stored.ts'

/** Some of one kind's objects. */
export interface ObjectQuery {
  readonly resource: ApiResource
  /** Every namespace, if left out. */
  readonly namespace?: string
  readonly selector?: readonly LabelRequirement[]
  /** By name, in this order; all, if left out. */
  readonly names?: readonly string[]
}

/** What a query found: the objects of one kind. */
export type ObjectGroup = {
  readonly [K in StoredKind]: {
    readonly kind: K
    readonly resource: ApiResource
    readonly objects: readonly StoredTypes[K][]
    /** Names that were asked for and are not there. */
    readonly missing: readonly string[]
  }
}[StoredKind]

/** Finds objects as `kubectl get` asks an API server for them: in its order, or in that of the names. */
export function findObjects(objects: StoredObjects, query: ObjectQuery): ObjectGroup {
  return findKind(objects, query.resource.kind, query) as ObjectGroup
}

function findKind<K extends StoredKind>(
  objects: StoredObjects,
  kind: K,
  { resource, namespace, selector = [], names }: ObjectQuery,
) {
  const list: readonly StoredTypes[K][] = objects[kind]
  const metaOf = (one: StoredTypes[K]): ObjectMeta => one.metadata
  const found = list.filter((one) => {
    const { namespace: own, labels = {} } = metaOf(one)
    const here = namespace === undefined || !resource.namespaced || own === namespace
    return here && selectsLabels(selector, labels)
  })
  if (!names) return { kind, resource, objects: found, missing: [] }
  const byName = new Map(found.map((one) => [metaOf(one).name ?? '', one]))
  return {
    kind,
    resource,
    objects: names.flatMap((name) => byName.get(name) ?? []),
    missing: names.filter((name) => !byName.has(name)),
  }
}
