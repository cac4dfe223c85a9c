import { TCP } from '../../base/packet.ts'
import { parseNumber } from '../save-format/options.ts'
import type { TargetModule } from './target.ts'

/** The segment size that a SYN announces: a number, or what the path's MTU leaves room for. */
export interface TcpmssTarget {
  readonly size: number | 'path-mtu'
}

/** Mirrors tcpmss_tg4 and tcpmss_tg6 of xt_TCPMSS. TCP options are not part of the walk's packets: nothing changes. */
export const tcpmss: TargetModule<TcpmssTarget> = {
  harmless: true,
  options: { 'set-mss': 1, 'clamp-mss-to-pmtu': 0 },
  exclusive: [['set-mss', 'clamp-mss-to-pmtu']],
  protocols: [TCP],
  refuse: ({ size }, { hook }) =>
    size === 'path-mtu' && (hook === 'PREROUTING' || hook === 'INPUT')
      ? `--clamp-mss-to-pmtu knows no path in ${hook}`
      : undefined,
  parse: (options) => {
    if (options.has('clamp-mss-to-pmtu')) return { size: 'path-mtu' }
    return { size: parseNumber(options.required('set-mss'), 'segment size', 65535) }
  },
  format: ({ size }) => (size === 'path-mtu' ? '--clamp-mss-to-pmtu' : `--set-mss ${size}`),
  apply: () => ({ type: 'continue' }),
}
