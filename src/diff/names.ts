import type { NameChange, ObjectChange } from '../model/cluster-diff.ts'
import type { DiffSide, Sides } from './side.ts'
import { both } from './side.ts'

/** Kinds by which the answers of the cluster's DNS may change as a whole. */
const wholeDns = new Set(['ConfigMap', 'Environment'])

/** Names of Services of which the cluster's DNS gives another answer. Asked are those that a change can be about. */
export function nameChanges(sides: Sides, changes: readonly ObjectChange[]): readonly NameChange[] {
  const all = changes.some(({ object }) => wholeDns.has(object.kind))
  const touched = new Set(changes.flatMap((change) => serviceOf(sides, change)))
  const names = new Set(
    both(sides).flatMap(({ cluster }) =>
      cluster.services
        .filter(({ namespace, name }) => all || touched.has(`${namespace}/${name}`))
        .map(({ namespace, name }) => `${name}.${namespace}.svc.${cluster.settings.domain}.`),
    ),
  )
  return [...names].toSorted().flatMap((name): readonly NameChange[] => {
    const [before = '', after = ''] = both(sides).map((side) => answerOf(side, name))
    return before === after ? [] : [{ name: name.slice(0, -1), before, after }]
  })
}

function serviceOf(sides: Sides, { object }: ObjectChange): readonly string[] {
  const { kind, namespace, name } = object
  if (kind === 'Service') return [`${namespace}/${name}`]
  if (kind !== 'EndpointSlice') return []
  return both(sides).flatMap(({ cluster }) =>
    cluster.endpointSlices
      .filter((slice) => slice.namespace === namespace && slice.name === name)
      .map((slice) => `${slice.namespace}/${slice.service}`),
  )
}

function answerOf({ resolve }: DiffSide, name: string): string {
  const { rcode, addresses, outcomes } = resolve({ name })
  if (addresses.length > 0) return addresses.toSorted().join(', ')
  return rcode ?? outcomes[0]?.disposition ?? 'no answer'
}
