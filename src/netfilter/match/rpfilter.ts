import { isMulticast } from '../../base/ip.ts'
import { joinOptions } from '../save-format/options.ts'
import type { MatchContext, MatchModule, ReversePathOptions } from './match.ts'

export interface RpfilterMatch extends ReversePathOptions {
  readonly inverted: boolean
}

/** Mirrors rpfilter_mt of xt_rpfilter: whether a reply would leave by the device that the packet came in by. */
export const rpfilter: MatchModule<RpfilterMatch> = {
  options: { loose: 0, validmark: 0, 'accept-local': 0, invert: 0 },
  tables: ['raw', 'mangle'],
  hooks: ['PREROUTING'],
  parse: (options) => ({
    loose: options.has('loose'),
    validMark: options.has('validmark'),
    acceptLocal: options.has('accept-local'),
    inverted: options.has('invert'),
  }),
  format: (match) =>
    joinOptions(
      match.loose && '--loose',
      match.validMark && '--validmark',
      match.acceptLocal && '--accept-local',
      match.inverted && '--invert',
    ),
  test: (match, context) => isValid(match, context) !== match.inverted,
}

function isValid(match: RpfilterMatch, { packet, devices, host }: MatchContext): boolean {
  // A source of 0.0.0.0 is right towards local multicast (IGMP, DHCP), and nothing can be looked up for it.
  if (typeof packet.dst === 'number' && isMulticast(packet.dst) && packet.src === 0)
    return packet.dst >>> 8 === 0xe00000
  return host.reversePathValid(packet, devices.in, match)
}
