import { trafficClass } from '../../base/packet.ts'
import { option, parseNumber } from '../save-format/options.ts'
import { hexByte, parseDscpClass } from '../save-format/traffic-class.ts'
import type { MatchModule } from './match.ts'

export interface DscpMatch {
  readonly value: number
  readonly inverted: boolean
}

/** Mirrors dscp_mt of xt_dscp: the upper six bits of the DS field. */
export const dscp: MatchModule<DscpMatch> = {
  options: { dscp: 1, 'dscp-class': 1 },
  negatable: ['dscp', 'dscp-class'],
  exclusive: [['dscp', 'dscp-class']],
  parse: (options) => {
    const name = options.value('dscp-class')
    if (name !== undefined) return { value: parseDscpClass(name), inverted: options.inverted('dscp-class') }
    return { value: parseNumber(options.required('dscp'), 'DSCP', 63), inverted: options.inverted('dscp') }
  },
  format: (match) => option('dscp', hexByte(match.value), match.inverted),
  test: (match, { packet }) => (trafficClass(packet) >>> 2 === match.value) !== match.inverted,
}
