import { lookUpAsIs } from './as-is.ts'
import { lookUpGlibc } from './glibc.ts'
import type { Libc, Lookup, LookupStep } from './lookup.ts'
import { lookUpMusl } from './musl.ts'

/** The resolver libraries by name. */
export const libcs: { readonly [L in Libc]: (lookup: Lookup) => LookupStep } = {
  glibc: lookUpGlibc,
  musl: lookUpMusl,
  'as-is': lookUpAsIs,
}

/** Begins a lookup in DNS; the hosts file is asked before, with `lookUpHosts`. */
export function lookUp(libc: Libc, lookup: Lookup): LookupStep {
  return libcs[libc](lookup)
}
