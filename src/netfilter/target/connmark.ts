import { bit32, hex, joinOptions, parseNumber } from '../save-format/options.ts'
import type { XorMark } from './mark.ts'
import { applyXorMark, parseXorMark } from './mark.ts'
import type { TargetModule } from './target.ts'

/** Set the connection's mark, or copy it from (save) or to (restore) the packet's. */
export type ConnmarkTarget =
  | ({ readonly action: 'set' } & XorMark)
  | { readonly action: 'save' | 'restore'; readonly packetMask: number; readonly connectionMask: number }

/** Mirrors connmark_tg of xt_connmark, revision 1. */
export const connmark: TargetModule<ConnmarkTarget> = {
  options: {
    'set-xmark': 1,
    'set-mark': 1,
    'and-mark': 1,
    'or-mark': 1,
    'xor-mark': 1,
    'save-mark': 0,
    'restore-mark': 0,
    nfmask: 1,
    ctmask: 1,
    mask: 1,
  },
  exclusive: [
    ['set-xmark', 'set-mark', 'and-mark', 'or-mark', 'xor-mark', 'save-mark', 'restore-mark'],
    ['mask', 'nfmask'],
    ['mask', 'ctmask'],
  ],
  parse: (options) => {
    const set = parseXorMark(options)
    if (set) return { action: 'set', ...set }
    const action = options.has('save-mark') ? 'save' : options.has('restore-mark') ? 'restore' : undefined
    if (!action) return options.fail('expected --set-xmark, --save-mark or --restore-mark')
    const both = options.value('mask')
    const mask = (name: string) => parseNumber(both ?? options.value(name) ?? '0xffffffff', 'mask')
    return { action, packetMask: mask('nfmask'), connectionMask: mask('ctmask') }
  },
  format: (target) =>
    target.action === 'set'
      ? `--set-xmark ${hex(target.value)}/${hex(target.mask)}`
      : joinOptions(
          `--${target.action}-mark`,
          `--nfmask ${hex(target.packetMask)}`,
          `--ctmask ${hex(target.connectionMask)}`,
        ),
  apply: (target, { packet, connection }) => {
    if (!connection) return { type: 'continue' }
    if (target.action === 'set')
      return { type: 'continue', connectionMark: applyXorMark(target, connection.mark) }
    const { packetMask, connectionMask } = target
    if (target.action === 'save') {
      const mark = bit32((connection.mark & ~connectionMask) ^ (packet.mark & packetMask))
      return { type: 'continue', connectionMark: mark }
    }
    const mark = bit32((packet.mark & ~packetMask) ^ (connection.mark & connectionMask))
    return { type: 'continue', packet: { ...packet, mark } }
  },
}
