import { UDP } from '../../base/packet.ts'
import { joinOptions } from '../save-format/options.ts'
import type { MatchModule } from './match.ts'
import type { PortsMatch } from './ports.ts'
import { formatPort, parsePorts, portAliases, portOptions, testPort } from './ports.ts'

/** Mirrors udp_mt of xt_tcpudp. */
export const udp: MatchModule<PortsMatch> = {
  options: portOptions,
  aliases: portAliases,
  negatable: ['sport', 'dport'],
  protocols: [UDP],
  parse: parsePorts,
  format: (match) => joinOptions(formatPort('sport', match.sport), formatPort('dport', match.dport)),
  test: (match, { packet }) =>
    packet.protocol === UDP && testPort(match.sport, packet.sport) && testPort(match.dport, packet.dport),
}
