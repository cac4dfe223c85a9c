import { joinOptions, parseNumber } from '../save-format/options.ts'
import { saveString } from '../save-format/tokens.ts'
import type { TargetModule } from './target.ts'

export interface NflogTarget {
  readonly prefix: string
  readonly group: number
  readonly range?: number
  readonly size?: number
  readonly threshold: number
}

/** The packets that are gathered before a program is woken, if nothing else is said. */
const defaultThreshold = 1

/** Mirrors nflog_tg of xt_NFLOG: programs get a copy, and the packet goes on. */
export const nflog: TargetModule<NflogTarget> = {
  harmless: true,
  options: {
    'nflog-prefix': 1,
    'nflog-group': 1,
    'nflog-range': 1,
    'nflog-size': 1,
    'nflog-threshold': 1,
  },
  exclusive: [['nflog-range', 'nflog-size']],
  parse: (options) => {
    const [range, size] = [options.value('nflog-range'), options.value('nflog-size')]
    return {
      prefix: options.value('nflog-prefix') ?? '',
      group: parseNumber(options.value('nflog-group') ?? '0', 'group', 65535),
      ...(range !== undefined && { range: parseNumber(range, 'number of bytes') }),
      ...(size !== undefined && { size: parseNumber(size, 'number of bytes') }),
      threshold: parseNumber(options.value('nflog-threshold') ?? '1', 'threshold', 65535),
    }
  },
  format: (target) =>
    joinOptions(
      target.prefix !== '' && `--nflog-prefix ${saveString(target.prefix)}`,
      target.group !== 0 && `--nflog-group ${target.group}`,
      target.range !== undefined && `--nflog-range ${target.range}`,
      target.size !== undefined && `--nflog-size ${target.size}`,
      target.threshold !== defaultThreshold && `--nflog-threshold ${target.threshold}`,
    ),
  apply: () => ({ type: 'continue' }),
}
