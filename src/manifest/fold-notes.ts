import type { Diagnostic } from '../base/diagnostic.ts'
import { formatLocation } from '../base/source.ts'

/** How YAML read a scalar matters no more where it is wrong anyway; but what it says of mending it does. */
export function foldNotes(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const notes = new Map<string, Diagnostic>()
  for (const one of diagnostics) {
    if (one.code.startsWith('yaml-1.1') && one.at) notes.set(formatLocation(one.at), one)
  }
  if (notes.size === 0) return diagnostics
  const folded = new Set<Diagnostic>()
  const told = diagnostics.map((one): Diagnostic => {
    const note = one.code === 'wrong-type' && one.at ? notes.get(formatLocation(one.at)) : undefined
    if (!note) return one
    folded.add(note)
    return note.fix === undefined ? one : { ...one, fix: note.fix }
  })
  return told.filter((one) => !folded.has(one))
}
