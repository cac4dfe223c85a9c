import type { Family, Ip } from '../../base/ip.ts'
import { compareIp, familyOf, formatIp, parseIp } from '../../base/ip.ts'
import type { Options } from '../save-format/options.ts'
import { joinOptions, option } from '../save-format/options.ts'
import type { MatchModule } from './match.ts'

/** A closed range of addresses, perhaps inverted. */
export interface AddressRange {
  readonly first: Ip
  readonly last: Ip
  readonly inverted: boolean
}

export interface IprangeMatch {
  readonly source?: AddressRange
  readonly destination?: AddressRange
}

/** Mirrors iprange_mt4 and iprange_mt6 of xt_iprange. A range that ends before it begins holds nothing. */
export const iprange: MatchModule<IprangeMatch> = {
  options: { 'src-range': 1, 'dst-range': 1 },
  negatable: ['src-range', 'dst-range'],
  parse: (options, family) => {
    const source = readRange(options, 'src-range', family)
    const destination = readRange(options, 'dst-range', family)
    if (!source && !destination) options.fail('expected --src-range or --dst-range')
    return { ...(source && { source }), ...(destination && { destination }) }
  },
  format: (match) =>
    joinOptions(
      match.source && option('src-range', formatRange(match.source), match.source.inverted),
      match.destination && option('dst-range', formatRange(match.destination), match.destination.inverted),
    ),
  test: ({ source, destination }, { packet }) =>
    (source === undefined || isWithin(source, packet.src)) &&
    (destination === undefined || isWithin(destination, packet.dst)),
}

function readRange(options: Options, name: string, family: Family): AddressRange | undefined {
  const text = options.value(name)
  if (text === undefined) return undefined
  const [low = '', high = low] = text.split('-')
  const [first, last] = [parseIp(low), parseIp(high)]
  if (first === undefined || last === undefined || familyOf(first) !== family || familyOf(last) !== family) {
    return options.fail(`"${text}" is not a range of IPv${family} addresses`)
  }
  return { first, last, inverted: options.inverted(name) }
}

function formatRange({ first, last }: AddressRange): string {
  return `${formatIp(first)}-${formatIp(last)}`
}

function isWithin({ first, last, inverted }: AddressRange, ip: Ip): boolean {
  return (compareIp(ip, first) >= 0 && compareIp(ip, last) <= 0) !== inverted
}
