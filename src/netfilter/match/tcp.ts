import { TCP } from '../../base/packet.ts'
import type { Options } from '../save-format/options.ts'
import { joinOptions, option, parseNumber } from '../save-format/options.ts'
import { RuleSyntaxError } from '../save-format/tokens.ts'
import type { MatchModule, MatchResult } from './match.ts'
import type { PortsMatch } from './ports.ts'
import { formatPort, parsePorts, portAliases, portOptions, testPort } from './ports.ts'

export interface TcpMatch extends PortsMatch {
  /** Of the flags in `mask`, exactly those in `set` must be set. */
  readonly flags?: { readonly mask: number; readonly set: number; readonly inverted: boolean }
  /** A TCP option number that must be present. */
  readonly tcpOption?: { readonly number: number; readonly inverted: boolean }
}

const flagNames: readonly string[] = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG']

/** Mirrors tcp_mt of xt_tcpudp. TCP options are not part of the walk's packets. */
export const tcp: MatchModule<TcpMatch> = {
  options: { ...portOptions, 'tcp-flags': 2, syn: 0, 'tcp-option': 1 },
  aliases: portAliases,
  negatable: ['sport', 'dport', 'tcp-flags', 'syn', 'tcp-option'],
  exclusive: [['tcp-flags', 'syn']],
  protocols: [TCP],
  parse: (options) => ({ ...parsePorts(options), ...parseFlags(options), ...parseOption(options) }),
  format: (match) =>
    joinOptions(
      formatPort('sport', match.sport),
      formatPort('dport', match.dport),
      match.tcpOption && option('tcp-option', String(match.tcpOption.number), match.tcpOption.inverted),
      asksForFlags(match.flags) &&
        option(
          'tcp-flags',
          `${formatFlags(match.flags.mask)} ${formatFlags(match.flags.set)}`,
          match.flags.inverted,
        ),
    ),
  test: (match, { packet }): MatchResult => {
    if (
      packet.protocol !== TCP ||
      !testPort(match.sport, packet.sport) ||
      !testPort(match.dport, packet.dport)
    ) {
      return false
    }
    const { flags } = match
    if (flags && ((packet.tcpFlags & flags.mask) === flags.set) === flags.inverted) return false
    return match.tcpOption ? { unknown: 'TCP options are not part of the simulated packet' } : true
  },
}

/** No flags under no mask, uninverted, is the same as asking for none, and is not printed. */
function asksForFlags(flags: TcpMatch['flags']): flags is NonNullable<TcpMatch['flags']> {
  return flags !== undefined && (flags.mask !== 0 || flags.set !== 0 || flags.inverted)
}

function parseFlags(options: Options): Pick<TcpMatch, 'flags'> {
  const found = options.find('tcp-flags')
  if (found) {
    const [mask = '', set = ''] = found.values
    return { flags: { mask: readFlags(mask), set: readFlags(set), inverted: found.inverted } }
  }
  return options.has('syn')
    ? {
        flags: {
          mask: readFlags('FIN,SYN,RST,ACK'),
          set: readFlags('SYN'),
          inverted: options.inverted('syn'),
        },
      }
    : {}
}

function parseOption(options: Options): Pick<TcpMatch, 'tcpOption'> {
  const text = options.value('tcp-option')
  if (text === undefined) return {}
  const number = parseNumber(text, 'TCP option', 255)
  if (number === 0) options.fail('TCP option 0 is the end of the options')
  return {
    tcpOption: { number, inverted: options.inverted('tcp-option') },
  }
}

function readFlags(text: string): number {
  return text.split(',').reduce((flags, name) => {
    const upper = name.toUpperCase()
    if (upper === 'ALL') return 0x3f
    if (upper === 'NONE') return flags
    const index = flagNames.indexOf(upper)
    if (index < 0) throw new RuleSyntaxError(`"${name}" is not a TCP flag; expected ${flagNames.join(', ')}`)
    return flags | (1 << index)
  }, 0)
}

function formatFlags(flags: number): string {
  if (flags === 0) return 'NONE'
  return flagNames.filter((_, index) => flags & (1 << index)).join(',')
}
