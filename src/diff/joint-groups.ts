import type { Place } from '../reach/place.ts'
import { identitiesOf, workloadOf } from './identity.ts'
import type { Scope } from './scope.ts'
import type { DiffSide, Sides } from './side.ts'

/** Places that nothing tells apart before the change, nor after it; one side has none where they are only in the other. */
export interface JointGroup {
  /** How it is called: by its workload, a single place by its own name. */
  readonly id: string
  /** How many others of no common workload it has. */
  readonly others: number
  readonly before: readonly Place[]
  readonly after: readonly Place[]
  /** Whether the changes may make a difference to what they send, and to what is sent to them. */
  readonly touched: Touched
}

export interface Touched {
  readonly sender: boolean
  readonly destination: boolean
}

interface Named {
  readonly place: Place
  readonly number: number
}

/** Every place of both, in the order of the later. */
export function jointGroups({ before, after }: Sides, scope: Scope): readonly JointGroup[] {
  const found = new Map<string, { before: Place[]; after: Place[]; touched: Touched }>()
  const old = membersOf(before)
  const fresh = membersOf(after)
  for (const identity of new Set([...fresh.keys(), ...old.keys()])) {
    const [was, is] = [old.get(identity), fresh.get(identity)]
    const anyway = scope.everything || !was || !is
    const touched: Touched = {
      sender: anyway || scope.touchesPlace(identity, 'sender'),
      destination: anyway || scope.touchesPlace(identity, 'destination'),
    }
    const key = `${was?.number} ${is?.number} ${touched.sender} ${touched.destination}`
    const group = found.get(key) ?? { before: [], after: [], touched }
    found.set(key, group)
    if (was) group.before.push(was.place)
    if (is) group.after.push(is.place)
  }
  return [...found.values()].map((group) => ({ ...group, id: nameOf(group), others: othersOf(group) }))
}

/** How many it stands for beside the one that it is called by; none for a workload, which has its name. */
function othersOf({ before, after }: Pick<JointGroup, 'before' | 'after'>): number {
  const places = after.length > 0 ? after : before
  const [first] = places
  return first?.pod && workloadOf(first.pod) !== undefined ? 0 : places.length - 1
}

function nameOf({ before, after }: Pick<JointGroup, 'before' | 'after'>): string {
  const places = after.length > 0 ? after : before
  const [first] = places
  if (!first) return ''
  const workload = first.pod && workloadOf(first.pod)
  if (workload !== undefined) return workload
  return first.id
}

function membersOf(side: DiffSide): ReadonlyMap<string, Named> {
  const identities = identitiesOf(side)
  return new Map(
    side.table.groups.flatMap(({ number, places }) =>
      places.map((place) => [identities.of(place.id), { place, number }] as const),
    ),
  )
}
