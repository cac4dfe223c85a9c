import type { ObjectRef } from '../base/source.ts'
import type { Drift } from '../model/drift.ts'

/** What a node is off by, as `kubewalk drift -o json` prints it; schema/drift.schema.json describes it. */
export function driftJson({ entries, ...rest }: Drift): unknown {
  const { apiVersion, kind, node, foreign, notes } = rest
  return {
    apiVersion,
    kind,
    node,
    drifted: entries.length > 0,
    entries: entries.map(({ subject, ...one }) => ({
      ...one,
      ...(subject && { subject: objectJson(subject) }),
    })),
    foreign,
    notes,
  }
}

function objectJson({ at, ...ref }: ObjectRef): unknown {
  return { ...ref, ...at }
}
