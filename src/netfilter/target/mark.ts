import type { Options } from '../save-format/options.ts'
import { bit32, hex, parseMasked, parseNumber } from '../save-format/options.ts'
import type { TargetModule } from './target.ts'

/** `(mark & ~mask) ^ value`: the form into which all the options of MARK are turned. */
export interface XorMark {
  readonly value: number
  readonly mask: number
}

/** Mirrors mark_tg of xt_mark. */
export const mark: TargetModule<XorMark> = {
  options: { 'set-xmark': 1, 'set-mark': 1, 'and-mark': 1, 'or-mark': 1, 'xor-mark': 1 },
  exclusive: [['set-xmark', 'set-mark', 'and-mark', 'or-mark', 'xor-mark']],
  parse: (options) =>
    parseXorMark(options) ?? options.fail('expected --set-mark, --set-xmark, --or-mark and so on'),
  format: (target) => `--set-xmark ${hex(target.value)}/${hex(target.mask)}`,
  apply: (target, { packet }) => ({
    type: 'continue',
    packet: { ...packet, mark: applyXorMark(target, packet.mark) },
  }),
}

/** Reads whichever of the mark-setting options stands there, as libxt_MARK does. */
export function parseXorMark(options: Options): XorMark | undefined {
  const text = (name: string) => options.value(name)
  const xmark = text('set-xmark')
  if (xmark !== undefined) return parseMasked(xmark, 'mark')
  const set = text('set-mark')
  if (set !== undefined) {
    const { value, mask } = parseMasked(set, 'mark')
    return { value, mask: bit32(value | mask) }
  }
  const and = text('and-mark')
  if (and !== undefined) return { value: 0, mask: bit32(~parseNumber(and, 'mark')) }
  const or = text('or-mark')
  if (or !== undefined) return { value: parseNumber(or, 'mark'), mask: parseNumber(or, 'mark') }
  const xor = text('xor-mark')
  return xor === undefined ? undefined : { value: parseNumber(xor, 'mark'), mask: 0 }
}

export function applyXorMark({ value, mask }: XorMark, mark: number): number {
  return bit32((mark & ~mask) ^ value)
}
