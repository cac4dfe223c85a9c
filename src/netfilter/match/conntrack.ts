import type { Ip } from '../../base/ip.ts'
import { familyOf } from '../../base/ip.ts'
import { formatAddressMask, isHostMask } from '../save-format/header.ts'
import type { NumberRange, Options } from '../save-format/options.ts'
import {
  andIp,
  formatPortRange,
  inRange,
  joinOptions,
  option,
  parseAddressMask,
  parseNumberRange,
  parsePortRange,
  saveIp,
} from '../save-format/options.ts'
import { protocolNumber } from '../save-format/protocols.ts'
import { RuleSyntaxError } from '../save-format/tokens.ts'
import type { ConnectionState, ConnectionView, MatchContext, MatchModule, Tuple } from './match.ts'

/** The states that a rule can ask for: the real ones, and whether the connection is translated. */
export type StateName = ConnectionState | 'SNAT' | 'DNAT'

const stateNames: readonly StateName[] = [
  'INVALID',
  'NEW',
  'RELATED',
  'ESTABLISHED',
  'UNTRACKED',
  'SNAT',
  'DNAT',
]
const statusNames = ['NONE', 'EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'] as const
const addressFields = ['origsrc', 'origdst', 'replsrc', 'repldst'] as const
const portFields = ['origsrcport', 'origdstport', 'replsrcport', 'repldstport'] as const

type StatusName = (typeof statusNames)[number]

interface Negatable<T> {
  readonly value: T
  readonly inverted: boolean
}

export interface ConntrackMatch {
  readonly states?: Negatable<readonly StateName[]>
  readonly protocol?: Negatable<number>
  readonly addresses: {
    readonly [K in (typeof addressFields)[number]]?: Negatable<{ readonly address: Ip; readonly mask: Ip }>
  }
  readonly ports: { readonly [K in (typeof portFields)[number]]?: Negatable<NumberRange> }
  readonly status?: Negatable<readonly StatusName[]>
  readonly expires?: Negatable<NumberRange>
  readonly direction?: 'ORIGINAL' | 'REPLY'
}

/**
 * Mirrors conntrack_mt of xt_conntrack. A packet without an entry has state INVALID or UNTRACKED; a rule that asks
 * for its state asks for nothing else then, and any other does not match.
 */
export const conntrack: MatchModule<ConntrackMatch> = {
  options: {
    ctstate: 1,
    ctproto: 1,
    ctorigsrc: 1,
    ctorigdst: 1,
    ctreplsrc: 1,
    ctrepldst: 1,
    ctorigsrcport: 1,
    ctorigdstport: 1,
    ctreplsrcport: 1,
    ctrepldstport: 1,
    ctstatus: 1,
    ctexpire: 1,
    ctdir: 1,
  },
  negatable: [
    'ctstate',
    'ctproto',
    ...addressFields.map((field) => `ct${field}`),
    ...portFields.map((field) => `ct${field}`),
    'ctstatus',
    'ctexpire',
  ],
  parse: (options, family) => ({
    ...atLeastOne(options),
    ...negatable(options, 'ctstate', 'states', (text) => readList(text, stateNames, 'connection state')),
    ...negatable(options, 'ctproto', 'protocol', protocolNumber),
    addresses: Object.fromEntries(
      addressFields.flatMap((field) => entry(options, field, (text) => parseAddressMask(text, family))),
    ),
    ports: Object.fromEntries(
      portFields.flatMap((field) => entry(options, field, (text) => parsePortRange(text))),
    ),
    ...negatable(options, 'ctstatus', 'status', (text) => readList(text, statusNames, 'connection status')),
    ...negatable(options, 'ctexpire', 'expires', (text) => parseNumberRange(text, 'lifetime')),
    ...readDirection(options),
  }),
  format: (match) =>
    joinOptions(
      match.states && option('ctstate', match.states.value.join(','), match.states.inverted),
      match.protocol && option('ctproto', String(match.protocol.value), match.protocol.inverted),
      ...addressFields.map((field) => {
        const found = match.addresses[field]
        return found && option(`ct${field}`, formatAddress(found.value), found.inverted)
      }),
      ...portFields.map((field) => {
        const found = match.ports[field]
        return found && option(`ct${field}`, formatPortRange(found.value), found.inverted)
      }),
      match.status && option('ctstatus', match.status.value.join(','), match.status.inverted),
      match.expires && option('ctexpire', formatPortRange(match.expires.value), match.expires.inverted),
      match.direction && option('ctdir', match.direction),
    ),
  test: (match, context) => {
    if (match.states && hasState(match.states.value, context) === match.states.inverted) return false
    const { connection, now } = context
    if (connection === undefined) return match.states !== undefined
    return !asksEntry(match) || testEntry(match, connection, now)
  },
}

/** Whether more is asked for than states, which most rules ask for alone. */
function asksEntry({ protocol, status, expires, direction, addresses, ports }: ConntrackMatch): boolean {
  const one = protocol ?? status ?? expires ?? direction
  return one !== undefined || hasEntries(addresses) || hasEntries(ports)
}

function hasEntries(fields: object): boolean {
  for (const _ in fields) return true
  return false
}

/** Nothing to add to the match, once it is clear that it asks for something. */
function atLeastOne(options: Options): object {
  return options.all.length > 0 ? {} : options.fail('expected at least one option')
}

/** A host without its prefix length, which libxt_conntrack leaves out. */
function formatAddress(found: { readonly address: Ip; readonly mask: Ip }): string {
  return isHostMask(found.mask, familyOf(found.address)) ? saveIp(found.address) : formatAddressMask(found)
}

function hasState(states: readonly StateName[], { state, connection }: MatchContext): boolean {
  return (
    states.includes(state) ||
    (connection?.sourceTranslated === true && states.includes('SNAT')) ||
    (connection?.destinationTranslated === true && states.includes('DNAT'))
  )
}

function testEntry(match: ConntrackMatch, connection: ConnectionView, now: number): boolean {
  const { original } = connection
  if (match.direction && match.direction.toLowerCase() !== connection.direction) return false
  if (!holds(match.protocol, (protocol) => protocol === original.protocol)) return false
  if (!testTuples(match, connection)) return false
  if (!holds(match.status, (names) => hasStatus(names, connection))) return false
  const left =
    connection.expires === undefined ? 0 : Math.max(0, Math.floor((connection.expires - now) / 1000))
  return holds(match.expires, (range) => inRange(range, left))
}

/** Whether a condition holds, or, inverted, does not; one that is not asked for always does. */
function holds<T>(wanted: Negatable<T> | undefined, test: (value: T) => boolean): boolean {
  return wanted === undefined || test(wanted.value) !== wanted.inverted
}

function testTuples(match: ConntrackMatch, { original, reply }: ConnectionView): boolean {
  const tupleOf = (field: string): Tuple => (field.startsWith('orig') ? original : reply)
  const addresses = addressFields.every((field) => {
    const ip = field.endsWith('src') ? tupleOf(field).src : tupleOf(field).dst
    return holds(match.addresses[field], ({ address, mask }) => andIp(ip, mask) === address)
  })
  return (
    addresses &&
    portFields.every((field) => {
      const port = field.endsWith('srcport') ? tupleOf(field).sport : tupleOf(field).dport
      return holds(match.ports[field], (range) => inRange(range, port))
    })
  )
}

function hasStatus(names: readonly StatusName[], connection: ConnectionView): boolean {
  const has = {
    SEEN_REPLY: connection.seenReply,
    ASSURED: connection.assured,
    CONFIRMED: connection.confirmed,
  }
  return names.some((name) => (name === 'NONE' || name === 'EXPECTED' ? false : has[name]))
}

function negatable<Key extends string, T>(
  options: Options,
  name: string,
  key: Key,
  read: (text: string) => T,
): { [K in Key]?: Negatable<T> } {
  const text = options.value(name)
  if (text === undefined) return {}
  return { [key]: { value: read(text), inverted: options.inverted(name) } } as { [K in Key]?: Negatable<T> }
}

function entry<T>(options: Options, field: string, read: (text: string) => T): [string, Negatable<T>][] {
  const text = options.value(`ct${field}`)
  return text === undefined ? [] : [[field, { value: read(text), inverted: options.inverted(`ct${field}`) }]]
}

/** Reads a comma-separated list and puts it in the order in which iptables-save prints it. */
export function readList<T extends string>(text: string, known: readonly T[], what: string): T[] {
  const wanted = text.split(',').map((name) => name.toUpperCase())
  for (const name of wanted) {
    if (!known.some((one) => one === name)) {
      throw new RuleSyntaxError(`"${name}" is not a ${what}; expected ${known.join(', ')}`)
    }
  }
  return known.filter((one) => wanted.includes(one))
}

function readDirection(options: Options): Pick<ConntrackMatch, 'direction'> {
  const text = options.value('ctdir')?.toUpperCase()
  if (text === undefined) return {}
  if (text !== 'ORIGINAL' && text !== 'REPLY')
    return options.fail(`--ctdir "${text}" is not ORIGINAL or REPLY`)
  return { direction: text }
}
