import { fnv1a } from '../base/hash.ts'
import { defaultTable, localTable, mainTable } from '../model/network.ts'
import { wholeNumber } from './dump-text.ts'

const known: Readonly<Record<string, number>> = { local: localTable, main: mainTable, default: defaultTable }

/**
 * The number of a routing table. A name of /etc/iproute2/rt_tables whose number is not known gets one of its own, the
 * same in routes and rules; names and numbers of one table in the same dump do not occur.
 */
export function readTable(text: string): number | undefined {
  const number = wholeNumber(text)
  if (number !== undefined) return number
  if (!/^[\w.-]{1,64}$/.test(text)) return undefined
  return known[text] ?? 0x1_0000_0000 + fnv1a(text)
}
