import { trafficClass } from '../../base/packet.ts'
import type { Options } from '../save-format/options.ts'
import { parseNumber } from '../save-format/options.ts'
import type { MaskedByte } from '../save-format/traffic-class.ts'
import { formatTos, parseTos } from '../save-format/traffic-class.ts'
import type { TargetModule } from './target.ts'

const names = ['set-tos', 'and-tos', 'or-tos', 'xor-tos']

/** Mirrors tos_tg and tos_tg6 of xt_DSCP: `(field & ~mask) ^ value`. */
export const tos: TargetModule<MaskedByte> = {
  options: { 'set-tos': 1, 'and-tos': 1, 'or-tos': 1, 'xor-tos': 1 },
  exclusive: [names],
  tables: ['mangle'],
  parse: (options) => parseTosChange(options),
  format: (target) => `--set-tos ${formatTos(target)}`,
  apply: ({ value, mask }, { packet }) => ({
    type: 'continue',
    packet: { ...packet, tos: ((trafficClass(packet) & ~mask) ^ value) & 0xff },
  }),
}

function parseTosChange(options: Options): MaskedByte {
  const set = options.value('set-tos')
  if (set !== undefined) return parseTos(set)
  const byte = (name: string) => {
    const text = options.value(name)
    return text === undefined ? undefined : parseNumber(text, 'TOS value', 255)
  }
  const and = byte('and-tos')
  if (and !== undefined) return { value: 0, mask: ~and & 0xff }
  const or = byte('or-tos')
  if (or !== undefined) return { value: or, mask: or }
  const xor = byte('xor-tos')
  if (xor !== undefined) return { value: xor, mask: 0 }
  return options.fail('expected --set-tos, --and-tos, --or-tos or --xor-tos')
}
