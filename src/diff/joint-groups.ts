import type { Place } from '../reach/place.ts'
import type { ReachTable } from '../reach/table.ts'
import type { Scope } from './scope.ts'
import type { Sides } from './side.ts'

/** Places that nothing tells apart before the change, nor after it; one side has none where they are only in the other. */
export interface JointGroup {
  /** How it is called, by its workload. */
  readonly id: string
  readonly before: readonly Place[]
  readonly after: readonly Place[]
  /** The changes may make a difference to them. */
  readonly touched: boolean
}

/** Every place of both, in the order of the later. */
export function jointGroups({ before, after }: Sides, scope: Scope): readonly JointGroup[] {
  const found = new Map<string, { id: string; before: Place[]; after: Place[]; touched: boolean }>()
  const old = membersOf(before.table)
  const fresh = membersOf(after.table)
  for (const id of new Set([...fresh.keys(), ...old.keys()])) {
    const [was, is] = [old.get(id), fresh.get(id)]
    const touched = scope.everything || !was || !is || scope.touchesPlace(id)
    const key = `${was?.number} ${is?.number} ${touched}`
    const group = found.get(key) ?? { id: (is ?? was)?.name ?? id, before: [], after: [], touched }
    found.set(key, group)
    if (was) group.before.push(was.place)
    if (is) group.after.push(is.place)
  }
  return [...found.values()].map((group) => ({ ...group, id: nameOf(group) }))
}

/** One place by its own name, several by that of their workload. */
function nameOf({ id, before, after }: Omit<JointGroup, 'touched'>): string {
  const [only, ...others] = after.length > 0 ? after : before
  return only && others.length === 0 && before.length < 2 ? only.id : id.replace(/#\d+$/, '')
}

interface Named {
  readonly place: Place
  readonly number: number
  readonly name: string
}

function membersOf({ groups }: ReachTable): ReadonlyMap<string, Named> {
  return new Map(
    groups.flatMap(({ number, id, places }) =>
      places.map((place) => [place.id, { place, number, name: id }] as const),
    ),
  )
}
