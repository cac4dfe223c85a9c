import type { ReachShare } from '../../model/reach.ts'
import type { Style } from '../style.ts'

/** What stands in a cell of the matrix; without colour it says the same. */
export type Mark = 'yes' | 'part' | 'no' | 'ref' | 'rej' | 'lost' | '?'

/** The legend, in its order. */
export const markMeanings: Readonly<Record<Mark, string>> = {
  yes: 'reached',
  part: 'reached by some of them, or sometimes',
  no: 'denied by a policy',
  ref: 'refused: nobody listens',
  rej: 'rejected by a rule',
  lost: 'it does not get there, and no policy denies it',
  '?': 'unknown: something decides that is not modelled',
}

/** How connections end, in one word; the most frequent end where none is reached. */
export function markOf(shares: readonly ReachShare[]): Mark {
  const marks = new Set(shares.map(markOfShare))
  const [first = '?'] = marks
  if (marks.size === 1) return first
  if (!marks.has('yes')) {
    const [most] = shares.toSorted((a, b) => b.share - a.share)
    return marks.has('?') || !most ? '?' : markOfShare(most)
  }
  // Who knows no more than that some are reached cannot say that others are not.
  return marks.size === 2 && marks.has('?') ? '?' : 'part'
}

function markOfShare({ disposition, denied }: ReachShare): Mark {
  if (disposition === 'reached') return 'yes'
  if (disposition === 'unknown') return '?'
  if (denied) return 'no'
  if (disposition === 'refused') return 'ref'
  return disposition === 'rejected' ? 'rej' : 'lost'
}

export function paintMark(mark: Mark, style: Style): (text: string) => string {
  if (mark === 'yes') return style.good
  return mark === 'no' ? style.bad : style.warn
}
