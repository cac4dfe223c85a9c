import type { LoadedCluster, ObjectGroup, ObjectQuery } from '../src/index.ts'
import { nearest, RequestError } from '../src/index.ts'
import type { NarrowingOptions } from './object-arguments.ts'

/** kubectl's words for an empty answer. */
export function nothingFound(
  queries: readonly ObjectQuery[],
  { namespace = 'default', allNamespaces }: NarrowingOptions,
): string {
  const inNamespace = !allNamespaces && queries.every((one) => one.resource.namespaced)
  return inNamespace ? `No resources found in ${namespace} namespace.\n` : 'No resources found\n'
}

/** Throws a RequestError if a name that was asked for is not there; it says what is, or where. */
export function refuseMissing(
  groups: readonly ObjectGroup[],
  namespace: string,
  cluster: LoadedCluster,
): void {
  const missing = groups.flatMap((group) => group.missing.map((name) => ({ group, name })))
  const [first] = missing
  if (!first) return
  const { kind, resource } = first.group
  const where = resource.namespaced ? ` in namespace ${namespace}` : ''
  const others = missing.slice(1).map(({ group, name }) => `, no ${group.kind} ${name}`)
  throw new RequestError(
    'unknown-object',
    `there is no ${kind} ${first.name}${others.join('')}${where}`,
    hint(first.group, first.name, namespace, cluster),
  )
}

function hint(
  { kind, resource }: ObjectGroup,
  name: string,
  namespace: string,
  { objects }: LoadedCluster,
): string {
  const known = objects[kind].map((one) => one.metadata)
  const isHere = (own: string | undefined) => !resource.namespaced || own === namespace
  const here = known.flatMap((one) => (isHere(one.namespace) ? (one.name ?? []) : []))
  const elsewhere = known.find((one) => one.name === name)?.namespace
  if (elsewhere !== undefined) return `it is in namespace ${elsewhere}: say -n ${elsewhere}`
  const near = nearest(name, here)
  if (near) return `did you mean ${near}?`
  const shown = here.slice(0, 12).join(', ') || 'none'
  return `${resource.name}: ${shown}${here.length > 12 ? ` and ${here.length - 12} more` : ''}`
}
