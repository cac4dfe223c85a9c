import { expect, test } from 'vitest'
import type { ReachShare } from '../../../src/model/reach.ts'
import type { Mark } from '../../../src/render/reach/mark.ts'
import { markOf } from '../../../src/render/reach/mark.ts'

/** `reached`, `dropped by egress` or another end, with its share. */
function shareOf(text: string): ReachShare {
  const [, share = '1', disposition = '', denied] =
    /^([\d.]+) (\S+)(?: by (ingress|egress))?$/.exec(text) ?? []
  return {
    disposition: disposition as ReachShare['disposition'],
    share: Number(share),
    ...((denied === 'ingress' || denied === 'egress') && { denied }),
  }
}

// biome-ignore format: one cell a line
const cells: readonly (readonly [ends: readonly string[], mark: Mark])[] = [
  [['1 reached'], 'yes'],
  [['1 dropped by ingress'], 'no'],
  [['1 rejected by egress'], 'no'],
  [['0.5 dropped by ingress', '0.5 dropped by egress'], 'no'],
  [['1 refused'], 'ref'],
  [['1 rejected'], 'rej'],
  [['1 dropped'], 'lost'],
  [['1 no-route'], 'lost'],
  [['1 unknown'], '?'],
  [['0.9 reached', '0.1 dropped by egress'], 'part'],
  [['0.1 reached', '0.9 refused'], 'part'],
  // Some are surely not reached, and some are: whatever becomes of the rest.
  [['0.2 reached', '0.4 dropped', '0.4 unknown'], 'part'],
  // It is not known of any that it is not reached.
  [['0.5 reached', '0.5 unknown'], '?'],
  // It is not known of any that it is reached.
  [['0.9 dropped by ingress', '0.1 unknown'], '?'],
  [['0.3 refused', '0.7 dropped by ingress'], 'no'],
  [['0.7 refused', '0.3 dropped by ingress'], 'ref'],
]

test.for(cells)('%j is %s', ([ends, mark]) => {
  expect(markOf(ends.map(shareOf))).toBe(mark)
})
