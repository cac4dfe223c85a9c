import { hasPorts, SCTP, TCP, UDP, UDPLITE } from '../../base/packet.ts'
import type { NumberRange } from '../save-format/options.ts'
import { formatPortRange, option, parsePortRange } from '../save-format/options.ts'
import { RuleSyntaxError } from '../save-format/tokens.ts'
import type { MatchModule } from './match.ts'

export interface MultiportMatch {
  readonly side: 'sports' | 'dports' | 'ports'
  readonly ranges: readonly NumberRange[]
  readonly inverted: boolean
}

const sides = ['sports', 'dports', 'ports'] as const

/** Mirrors multiport_mt of xt_multiport: at most 15 ports, a range counting for two. */
export const multiport: MatchModule<MultiportMatch> = {
  options: { sports: 1, dports: 1, ports: 1 },
  negatable: ['sports', 'dports', 'ports'],
  exclusive: [['sports', 'dports', 'ports']],
  protocols: [TCP, UDP, 33, UDPLITE, SCTP],
  aliases: { 'source-ports': 'sports', 'destination-ports': 'dports' },
  parse: (options) => {
    const side =
      sides.find((name) => options.has(name)) ?? options.fail('expected --sports, --dports or --ports')
    const ranges = options
      .required(side)
      .split(',')
      .map((text) => readPorts(text))
    const slots = ranges.reduce((sum, range) => sum + (range.first === range.last ? 1 : 2), 0)
    if (slots > 15) options.fail('more than 15 ports (a range counts for two)')
    return { side, ranges, inverted: options.inverted(side) }
  },
  format: (match) =>
    option(match.side, match.ranges.map((range) => formatPortRange(range)).join(','), match.inverted),
  test: (match, { packet }) => {
    if (!hasPorts(packet.protocol)) return false
    const listed = (port: number) => match.ranges.some((range) => port >= range.first && port <= range.last)
    const found =
      (match.side !== 'dports' && listed(packet.sport)) || (match.side !== 'sports' && listed(packet.dport))
    return found !== match.inverted
  },
}

function readPorts(text: string): NumberRange {
  const range = parsePortRange(text)
  if (range.first === range.last && text.includes(':'))
    throw new RuleSyntaxError(`port range "${text}" is a single port`)
  return range
}
