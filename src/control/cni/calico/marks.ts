import type { CalicoConfiguration } from './configuration.ts'

/** The bits of the packet mark that Felix uses. */
export interface Marks {
  readonly accept: number
  readonly pass: number
  /** 0 before it came. */
  readonly drop: number
  readonly scratch0: number
  readonly scratch1: number
  readonly wireguard: number
  /** All that a chain clears before it begins. */
  readonly all: number
}

/** Since this release a bit is kept for packets that are to be dropped. */
const withDropMark = 30

/** Gives the bits of the mark mask out from below. Mirrors StartDataplaneDriver of felix/dataplane. */
export function marksOf({ felix, release }: Pick<CalicoConfiguration, 'felix' | 'release'>): Marks {
  const bits = Array.from({ length: 32 }, (_, index) => 2 ** index).filter(
    (bit) => (felix.markMask & bit) >>> 0 !== 0,
  )
  const names = [
    'accept',
    'pass',
    ...(release >= withDropMark ? ['drop'] : []),
    'scratch0',
    'scratch1',
    'wireguard',
  ]
  const bitOf = (name: string) => bits[names.indexOf(name)] ?? 0
  const [accept, pass, scratch0, scratch1] = ['accept', 'pass', 'scratch0', 'scratch1'].map(bitOf)
  const marks = { accept: accept ?? 0, pass: pass ?? 0, scratch0: scratch0 ?? 0, scratch1: scratch1 ?? 0 }
  return {
    ...marks,
    drop: bitOf('drop'),
    wireguard: bitOf('wireguard'),
    all: marks.accept + marks.pass + marks.scratch0 + marks.scratch1,
  }
}
