import { SCTP } from '../../base/packet.ts'
import type { Options } from '../save-format/options.ts'
import { joinOptions, option } from '../save-format/options.ts'
import type { MatchModule, MatchResult } from './match.ts'
import type { PortsMatch } from './ports.ts'
import { formatPort, parsePorts, portAliases, portOptions, testPort } from './ports.ts'

export interface SctpMatch extends PortsMatch {
  /** `--chunk-types`, kept as written: chunks are not part of the walk's packets. */
  readonly chunks?: { readonly text: string; readonly inverted: boolean }
}

const chunkNames: ReadonlySet<string> = new Set(
  (
    'DATA INIT INIT_ACK SACK HEARTBEAT HEARTBEAT_ACK ABORT SHUTDOWN SHUTDOWN_ACK ERROR COOKIE_ECHO COOKIE_ACK ' +
    'ECN_ECNE ECN_CWR SHUTDOWN_COMPLETE ASCONF ASCONF_ACK FORWARD_TSN I_DATA RE_CONFIG PAD I_FORWARD_TSN ALL NONE'
  ).split(' '),
)

function checkChunks(options: Options, [scope = '', list = '']: readonly string[]): void {
  if (!['all', 'any', 'only'].includes(scope)) options.fail(`"${scope}" is not all, any or only`)
  for (const chunk of list.split(',')) {
    const [name = ''] = chunk.split(':')
    if (!chunkNames.has(name.toUpperCase())) options.fail(`"${chunk}" is not an SCTP chunk type`)
  }
}

/** Mirrors sctp_mt of xt_sctp. */
export const sctp: MatchModule<SctpMatch> = {
  options: { ...portOptions, 'chunk-types': 2 },
  aliases: portAliases,
  negatable: ['sport', 'dport', 'chunk-types'],
  protocols: [SCTP],
  parse: (options) => {
    const chunks = options.find('chunk-types')
    if (chunks) checkChunks(options, chunks.values)
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
