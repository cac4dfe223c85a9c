import type { ObjectRef } from '../base/source.ts'
import { formatRef } from '../base/source.ts'
import type {
  ClusterDiff,
  ConnectionChange,
  ConnectionChangeKind,
  ConnectionState,
} from '../model/cluster-diff.ts'

/** Connections to one destination that change in the same way, by all who make them. */
export interface ChangeGroup {
  readonly change: ConnectionChangeKind
  readonly from: readonly string[]
  readonly to: string
  /** `was reached, is dropped`. */
  readonly text: string
  readonly because: readonly ObjectRef[]
}

/** The changes as a reader wants them: what is lost first, each said once for all senders. */
export function changeGroups({ connections }: ClusterDiff): readonly ChangeGroup[] {
  const groups = new Map<string, ChangeGroup & { readonly from: string[]; readonly because: ObjectRef[] }>()
  for (const one of connections) {
    const text = changeText(one)
    const to = `${one.to} ${one.protocol}`
    const key = [one.change, to, text].join('\n')
    const group = groups.get(key) ?? { change: one.change, from: [], to, text, because: [] }
    groups.set(key, group)
    group.from.push(one.from)
    group.because.push(...one.because)
  }
  const order: readonly ConnectionChangeKind[] = ['disappears', 'appears', 'changes']
  return [...groups.values()]
    .map((group) => ({
      ...group,
      from: [...new Set(group.from)],
      because: [...new Map(group.because.map((ref) => [formatRef(ref), ref])).values()],
    }))
    .toSorted((a, b) => order.indexOf(a.change) - order.indexOf(b.change))
}

function changeText({ before, after, what }: ConnectionChange): string {
  if (!before) return `${endText(after)}; was not there`
  if (!after) return `was ${endText(before)}; is not there any more`
  const parts = what.map((one) => {
    switch (one) {
      case 'disposition':
        return `was ${endText(before)}, is ${endText(after)}`
      case 'backends':
        return `answered by ${list(after.backends)}, was ${list(before.backends)}`
      case 'source':
        return `seen from ${list(after.sources)}, was ${list(before.sources)}`
      case 'path':
        return `goes by ${list(after.paths)}, was ${list(before.paths)}`
      default:
        return one satisfies never
    }
  })
  return parts.join('; ')
}

function endText(state: ConnectionState | undefined): string {
  return state?.ways.join(' or ') ?? 'nothing'
}

function list(texts: readonly string[]): string {
  const [first, second, ...rest] = texts
  if (first === undefined) return 'nobody'
  const more = rest.length > 0 ? ` and ${rest.length} more` : ''
  return second === undefined ? first : `${first}, ${second}${more}`
}

/** `2 connections disappear, 1 appears`, or that there is nothing. */
export function diffSummary({ connections, names, objects }: ClusterDiff): string {
  const count = (change: ConnectionChangeKind) => connections.filter((one) => one.change === change).length
  const parts = [
    counted(count('disappears'), 'connection disappears', 'connections disappear'),
    counted(count('appears'), 'connection appears', 'connections appear'),
    counted(count('changes'), 'connection changes', 'connections change'),
    counted(names.length, 'name answers otherwise', 'names answer otherwise'),
  ].filter((one) => one !== undefined)
  if (parts.length > 0) return parts.join(', ')
  return objects.length === 0 ? 'no difference' : 'no difference for any connection'
}

function counted(count: number, one: string, several: string): string | undefined {
  if (count === 0) return undefined
  return count === 1 ? `1 ${one}` : `${count} ${several}`
}

/** At most this many senders are named. */
const maxSenders = 4

/** The senders, or how many more there are. */
export function sendersText(from: readonly string[]): string {
  const rest = from.length - maxSenders
  return rest > 0 ? `${from.slice(0, maxSenders).join(', ')} and ${rest} more` : from.join(', ')
}
