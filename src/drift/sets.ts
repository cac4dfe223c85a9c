import type { DriftEntry } from '../model/drift.ts'
import type { DriftContext } from './context.ts'
import { counted, listed } from './words.ts'

/** Compares the members of the ipsets that the node should have; others belong to somebody else. */
export function setEntries({ expected, dump }: DriftContext): readonly DriftEntry[] {
  const { sets } = dump
  if (!sets) return []
  const actual = new Map(sets.map((one) => [one.name, one]))
  return (expected.sets ?? []).flatMap((wanted): readonly DriftEntry[] => {
    const found = actual.get(wanted.name)
    if (!found) {
      const message = `the ipset ${wanted.name} (${counted(wanted.entries.length, 'member')}) is missing`
      return [{ type: 'missing', area: 'sets', message, expected: wanted.entries, actual: [] }]
    }
    const [should, has] = [new Set(wanted.entries), new Set(found.entries)]
    const missing = wanted.entries.filter((one) => !has.has(one))
    const extra = found.entries.filter((one) => !should.has(one))
    if (missing.length + extra.length === 0) return []
    const parts = [
      ...(missing.length > 0 ? [`lacks ${listed(missing)}`] : []),
      ...(extra.length > 0 ? [`has ${listed(extra)}, which it should not`] : []),
    ]
    return [
      {
        type: extra.length === 0 ? 'missing' : missing.length === 0 ? 'extra' : 'differs',
        area: 'sets',
        message: `the ipset ${wanted.name} ${parts.join(' and ')}`,
        consequence: 'rules that ask for the set choose other packets than they should',
        expected: missing,
        actual: extra,
      },
    ]
  })
}
