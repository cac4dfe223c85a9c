import type { Packet } from '../../base/packet.ts'
import { packetFamily, TCP } from '../../base/packet.ts'
import type { HostView } from '../match/match.ts'
import { parseNumber } from '../save-format/options.ts'
import type { TargetModule } from './target.ts'

/** The segment size that a SYN announces: a number, or what the path's MTU leaves room for. */
export interface TcpmssTarget {
  readonly size: number | 'path-mtu'
}

/**
 * Mirrors tcpmss_tg4 and tcpmss_tg6 of xt_TCPMSS: a SYN's announcement is lowered, never raised, to the number or to what
 * the smaller of the ways on and back leaves. SYNs announce a size where sizes are asked for; else nothing changes.
 */
export const tcpmss: TargetModule<TcpmssTarget> = {
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
  apply: ({ size }, { packet, host }) => {
    if (packet.mss === undefined) return { type: 'continue' }
    const most = size === 'path-mtu' ? pathMss(packet, host) : size
    return most < packet.mss ? { type: 'continue', packet: { ...packet, mss: most } } : { type: 'continue' }
  },
}

/** tcpmss_reverse_mtu: dst_mtu of the packet's way and of the way back to its source, without headers. */
function pathMss(packet: Packet, host: HostView): number {
  const ways = [host.mtuTo(packet.dst, packet.mark), host.mtuTo(packet.src, packet.mark)]
  return Math.min(...ways) - (packetFamily(packet) === 4 ? 40 : 60)
}
