import { SCTP } from '../../base/packet.ts'
import { joinOptions, option } from '../save-format/options.ts'
import type { MatchModule, MatchResult } from './match.ts'
import type { PortsMatch } from './ports.ts'
import { formatPort, parsePorts, portAliases, portOptions, testPort } from './ports.ts'

export interface SctpMatch extends PortsMatch {
  /** `--chunk-types`, kept as written: chunks are not part of the walk's packets. */
  readonly chunks?: { readonly text: string; readonly inverted: boolean }
}

/** Mirrors sctp_mt of xt_sctp. */
export const sctp: MatchModule<SctpMatch> = {
  options: { ...portOptions, 'chunk-types': 2 },
  aliases: portAliases,
  parse: (options) => {
    const chunks = options.find('chunk-types')
    return {
      ...parsePorts(options),
      ...(chunks && { chunks: { text: chunks.values.join(' '), inverted: chunks.inverted } }),
    }
  },
  format: (match) =>
    joinOptions(
      formatPort('sport', match.sport),
      formatPort('dport', match.dport),
      match.chunks && option('chunk-types', match.chunks.text, match.chunks.inverted),
    ),
  test: (match, { packet }): MatchResult => {
    if (
      packet.protocol !== SCTP ||
      !testPort(match.sport, packet.sport) ||
      !testPort(match.dport, packet.dport)
    ) {
      return false
    }
    return match.chunks ? { unknown: 'SCTP chunks are not part of the simulated packet' } : true
  },
}
