import { trafficClass } from '../../base/packet.ts'
import { parseNumber } from '../save-format/options.ts'
import { hexByte, parseDscpClass } from '../save-format/traffic-class.ts'
import type { TargetModule } from './target.ts'

export interface DscpTarget {
  readonly value: number
}

/** Mirrors dscp_tg and dscp_tg6 of xt_DSCP: sets the upper six bits of the DS field. */
export const dscp: TargetModule<DscpTarget> = {
  options: { 'set-dscp': 1, 'set-dscp-class': 1 },
  exclusive: [['set-dscp', 'set-dscp-class']],
  tables: ['mangle'],
  parse: (options) => {
    const name = options.value('set-dscp-class')
    if (name !== undefined) return { value: parseDscpClass(name) }
    return { value: parseNumber(options.required('set-dscp'), 'DSCP', 63) }
  },
  format: ({ value }) => `--set-dscp ${hexByte(value)}`,
  apply: ({ value }, { packet }) => ({
    type: 'continue',
    packet: { ...packet, tos: (trafficClass(packet) & 0x03) | (value << 2) },
  }),
}
