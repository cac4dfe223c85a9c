import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PolicyFamily } from './random-policies.ts'
import { drawPolicySet } from './random-policies.ts'

/** The sets that are judged, and the seeds that they are made from. */
const judged: readonly { readonly family: PolicyFamily; readonly first: number; readonly last: number }[] = [
  { family: 'network-policies', first: 1, last: 800 },
  { family: 'network-policies-over-ipv6', first: 2001, last: 2200 },
  { family: 'cluster-network-policies', first: 1, last: 500 },
  { family: 'admin-network-policies', first: 1, last: 400 },
]

/** Writes the sets into the folder for those who judge them: a file for each family, a set on each line. */
function writePolicySets(folder: string): void {
  for (const { family, first, last } of judged) {
    const seeds = Array.from({ length: last - first + 1 }, (_, index) => first + index)
    const lines = seeds.map((seed) => `${JSON.stringify(drawPolicySet(family, seed))}\n`)
    writeFileSync(join(folder, `${family}.jsonl`), lines.join(''))
  }
}

writePolicySets(process.argv[2] ?? '.')
