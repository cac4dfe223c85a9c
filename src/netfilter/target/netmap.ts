import type { Ip } from '../../base/ip.ts'
import { formatAddressMask } from '../save-format/header.ts'
import { parseAddressMask } from '../save-format/options.ts'
import type { TargetModule } from './target.ts'

export interface NetmapTarget {
  readonly address: Ip
  readonly mask: Ip
}

/** Mirrors netmap_tg: the network part changes, the host part stays. */
export const netmap: TargetModule<NetmapTarget> = {
  options: { to: 1 },
  tables: ['nat'],
  hooks: ['PREROUTING', 'OUTPUT', 'POSTROUTING', 'INPUT'],
  parse: (options, family) => parseAddressMask(options.required('to'), family),
  format: (target) => `--to ${formatAddressMask(target)}`,
  apply: ({ address, mask }, { hook }) => ({
    type: 'nat',
    request: {
      manip: hook === 'PREROUTING' || hook === 'OUTPUT' ? 'destination' : 'source',
      addresses: { first: address, last: address },
      networkMask: mask,
      random: false,
      fullyRandom: false,
      persistent: false,
    },
  }),
}
