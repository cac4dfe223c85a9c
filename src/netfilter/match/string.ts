import type { Packet } from '../../base/packet.ts'
import { TCP, TCP_RST, TCP_SYN } from '../../base/packet.ts'
import type { Options } from '../save-format/options.ts'
import { joinOptions, option, parseNumber } from '../save-format/options.ts'
import type { MatchModule, MatchResult } from './match.ts'

/** A text that is searched for in the packet. */
export interface StringMatch {
  /** Its bytes. */
  readonly pattern: readonly number[]
  readonly algorithm: string
  readonly from: number
  readonly to: number
  readonly ignoresCase: boolean
  readonly inverted: boolean
}

/** XT_STRING_MAX_PATTERN_SIZE */
const longest = 128

/** Patterns shorter than this might stand in a header by chance. */
const telling = 4

/** Mirrors string_mt of xt_string. A walk's packets have no payload to search: unknown, but for TCP's SYN and RST, which carry none. */
export const string: MatchModule<StringMatch> = {
  options: { string: 1, 'hex-string': 1, algo: 1, from: 1, to: 1, icase: 0 },
  negatable: ['string', 'hex-string'],
  exclusive: [['string', 'hex-string']],
  refuse: ({ from, to }) => (from > to ? `--from ${from} is after --to ${to}` : undefined),
  parse: parseString,
  format: (match) =>
    joinOptions(
      formatPattern(match),
      `--algo ${match.algorithm}`,
      match.from !== 0 && `--from ${match.from}`,
      match.to !== 65535 && `--to ${match.to}`,
      match.ignoresCase && '--icase',
    ),
  test: ({ pattern, inverted }, { packet }): MatchResult =>
    pattern.length >= telling && isEmpty(packet) ? inverted : { unknown: 'what the packet carries' },
}

function isEmpty({ protocol, tcpFlags }: Packet): boolean {
  return protocol === TCP && (tcpFlags & (TCP_SYN | TCP_RST)) !== 0
}

function parseString(options: Options): StringMatch {
  const given = options.has('hex-string') ? 'hex-string' : 'string'
  const text = options.required(given)
  const pattern = given === 'string' ? bytesOf(text) : bytesOfHex(text, options)
  const algorithm = options.required('algo')
  if (!['bm', 'kmp', 'fsm'].includes(algorithm)) options.fail(`algorithm "${algorithm}" is not bm or kmp`)
  if (pattern.length === 0 || pattern.length > longest)
    options.fail(`the text must have 1 to ${longest} bytes`)
  return {
    pattern,
    algorithm,
    from: parseNumber(options.value('from') ?? '0', 'offset', 65535),
    to: parseNumber(options.value('to') ?? '65535', 'offset', 65535),
    ignoresCase: options.has('icase'),
    inverted: options.inverted(given),
  }
}

function bytesOf(text: string): readonly number[] {
  return [...new TextEncoder().encode(text)]
}

/** `GET |0d 0a|`: text, and bytes in hexadecimal between bars. */
function bytesOfHex(text: string, options: Options): readonly number[] {
  return text.split('|').flatMap((part, index) => {
    if (index % 2 === 0) return bytesOf(part)
    const digits = part.replaceAll(' ', '')
    if (!/^([0-9a-f]{2})*$/i.test(digits)) return options.fail(`"${part}" is not pairs of hexadecimal digits`)
    return (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))
  })
}

/** In hexadecimal if a byte cannot be printed, or the last one is a backslash, as libxt_string does. */
function formatPattern({ pattern, inverted }: StringMatch): string {
  const printable = pattern.every((byte) => byte >= 0x20 && byte < 0x7f) && pattern.at(-1) !== 0x5c
  if (!printable) {
    const digits = pattern.map((byte) => byte.toString(16).padStart(2, '0')).join('')
    return option('hex-string', `"|${digits}|"`, inverted)
  }
  const text = String.fromCharCode(...pattern).replace(/["\\]/g, (char) => `\\${char}`)
  return option('string', `"${text}"`, inverted)
}
