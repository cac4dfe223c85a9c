import type { Report } from '../base/diagnostic.ts'
import type { NodeDump } from '../model/node-dump.ts'
import type { NodeDumpFiles } from './read-node-dump.ts'
import { readNodeDump } from './read-node-dump.ts'

/** What was collected on nodes, by their names. */
export type NodeDumps = ReadonlyMap<string, NodeDumpFiles>

/** Reads all dumps; a node of which rules were given besides keeps those of its dump. */
export function readNodeDumps(
  dumps: NodeDumps,
  otherRules: ReadonlySet<string>,
  report: Report,
): readonly NodeDump[] {
  return [...dumps].map(([node, files]) => {
    const dump = readNodeDump(node, files, report)
    if (otherRules.has(node) && dump.ruleSets.length > 0) {
      report(
        'dump-conflict',
        `node ${node} has rules both of --node-rules and in its dump; the dump counts`,
        {
          fix: 'leave out one of the two',
        },
      )
    }
    return dump
  })
}
