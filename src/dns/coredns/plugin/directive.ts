import type { SourceLocation } from '../../../base/source.ts'
import type { Dispenser } from '../corefile/dispenser.ts'
import { zonesOf } from '../zones.ts'

/** All occurrences of one directive in a server block, as its plugin's setup gets them. */
export interface Directive {
  /** `c` of the Go sources. */
  readonly c: Dispenser
  /** The zones of the server block. */
  readonly zones: readonly string[]
  /** The text of a file that the process can read, by the path as it is written; its own folder is `/`. */
  readonly readFile: (path: string) => string | undefined
  /** Where the current token stands. */
  readonly here: () => SourceLocation
  /** Says something of the Corefile that does not keep CoreDNS from starting. */
  readonly warn: (message: string) => void
}

/** The zones of the arguments, or the block's own if there are none. Mirrors OriginsFromArgsOrServerBlock. */
export function zonesOrBlock(args: readonly string[], directive: Directive): readonly string[] {
  return args.length === 0 ? directive.zones : args.flatMap(zonesOf)
}

/** The zones of a `fallthrough`: all, if it names none. Mirrors fall.SetZonesFromArgs. */
export function fallthroughZones(args: readonly string[]): readonly string[] {
  return args.length === 0 ? ['.'] : args.flatMap(zonesOf)
}

/** What a plugin says that may stand in a server block once. */
export const ONCE = 'this plugin can only be used once per Server Block'

/** Goes over the occurrences of a plugin that may stand in a server block once. */
export function eachOnce(directive: Directive, read: () => void): void {
  let seen = 0
  while (directive.c.next()) {
    if (seen > 0) throw directive.c.plain(ONCE)
    seen++
    read()
  }
}

/** For a block that may not be there, or not with this line. */
export function unknownProperty(directive: Directive): Error {
  return directive.c.err(`unknown property '${directive.c.val}'`)
}

/** For a plugin that takes nothing: goes over its name. */
export function noArguments({ c }: Directive): void {
  c.next()
  if (c.nextArg()) throw c.argErr()
}
