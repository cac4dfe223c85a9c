import { UDP, UDPLITE } from '../../base/packet.ts'
import { joinOptions } from '../save-format/options.ts'
import type { MatchModule } from './match.ts'
import type { PortsMatch } from './ports.ts'
import { formatPort, parsePorts, portAliases, portOptions, testPort } from './ports.ts'

/** Mirrors udp_mt of xt_tcpudp, which serves UDP and UDP-Lite. */
export const udp: MatchModule<PortsMatch> = {
  options: portOptions,
  aliases: portAliases,
  parse: parsePorts,
  format: (match) => joinOptions(formatPort('sport', match.sport), formatPort('dport', match.dport)),
  test: (match, { packet }) =>
    (packet.protocol === UDP || packet.protocol === UDPLITE) &&
    testPort(match.sport, packet.sport) &&
    testPort(match.dport, packet.dport),
}
