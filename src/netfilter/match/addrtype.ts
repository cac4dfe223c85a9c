import type { Ip } from '../../base/ip.ts'
import { isMulticast } from '../../base/ip.ts'
import type { RuleSite } from '../save-format/options.ts'
import { joinOptions, option } from '../save-format/options.ts'
import { RuleSyntaxError } from '../save-format/tokens.ts'
import type { AddressType, MatchContext, MatchModule } from './match.ts'

/** Types that rules can ask for; the last three are no address's answer. */
type TypeName = AddressType | 'THROW' | 'NAT' | 'XRESOLVE'

/** A list of address types, perhaps inverted as a whole. */
export interface TypeList {
  readonly types: readonly TypeName[]
  readonly inverted: boolean
}

export interface AddrtypeMatch {
  readonly source?: TypeList
  readonly destination?: TypeList
  /** Look only at the addresses of the device that the packet came in by, or leaves by. */
  readonly limit?: 'in' | 'out'
}

const typeNames: readonly TypeName[] = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
  'THROW',
  'NAT',
  'XRESOLVE',
]

/** Mirrors addrtype_mt_v1 of xt_addrtype: a look-up of the address in the namespace's routes. */
export const addrtype: MatchModule<AddrtypeMatch> = {
  options: { 'src-type': 1, 'dst-type': 1, 'limit-iface-in': 0, 'limit-iface-out': 0 },
  negatable: ['src-type', 'dst-type'],
  exclusive: [['limit-iface-in', 'limit-iface-out']],
  refuse: refuseAddrtype,
  parse: (options) => {
    const list = (name: string): TypeList | undefined => {
      const text = options.value(name)
      return text === undefined ? undefined : { types: readTypes(text), inverted: options.inverted(name) }
    }
    const source = list('src-type')
    const destination = list('dst-type')
    if (!source && !destination) options.fail('expected --src-type or --dst-type')
    const limit = options.has('limit-iface-in') ? 'in' : options.has('limit-iface-out') ? 'out' : undefined
    return { ...(source && { source }), ...(destination && { destination }), ...(limit && { limit }) }
  },
  format: (match) =>
    joinOptions(
      match.source && option('src-type', match.source.types.join(','), match.source.inverted),
      match.destination && option('dst-type', match.destination.types.join(','), match.destination.inverted),
      match.limit && option(`limit-iface-${match.limit}`, undefined),
    ),
  test: (match, context) => {
    const device = limitDevice(match, context)
    const is = (list: TypeList | undefined, ip: Ip) =>
      list === undefined || isOfType(list.types, ip, context, device) !== list.inverted
    return is(match.source, context.packet.src) && is(match.destination, context.packet.dst)
  },
}

function isOfType(
  types: readonly TypeName[],
  ip: Ip,
  { host }: MatchContext,
  device: string | undefined,
): boolean {
  return typeof ip === 'number'
    ? types.includes(host.addressType(ip, device))
    : isOfType6(types, ip, () => host.addressType(ip, device))
}

/**
 * Mirrors match_type6: for IPv6 every kind in the list must hold, except that LOCAL, ANYCAST and UNREACHABLE, for
 * which alone the routes are asked, are alternatives.
 */
function isOfType6(types: readonly TypeName[], ip: bigint, lookUp: () => AddressType): boolean {
  const isMapped = ip >> 32n === 0xffffn
  if (types.includes('MULTICAST') && !isMulticast(ip)) return false
  if (types.includes('UNICAST') && (isMulticast(ip) || isMapped || ip === 0n)) return false
  if (types.includes('UNSPEC') && ip !== 0n) return false
  const routed = types.filter((type) => type === 'LOCAL' || type === 'ANYCAST' || type === 'UNREACHABLE')
  if (routed.length === 0) return true
  const found = lookUp()
  const answer = found === 'BLACKHOLE' || found === 'PROHIBIT' ? 'UNREACHABLE' : found
  return routed.some((type) => type === answer)
}

/** What addrtype_mt_checkentry_v1 refuses. */
function refuseAddrtype(match: AddrtypeMatch, { family, hook }: RuleSite): string | undefined {
  if (match.limit === 'out' && (hook === 'PREROUTING' || hook === 'INPUT'))
    return '--limit-iface-out has no device in PREROUTING and INPUT'
  if (match.limit === 'in' && (hook === 'OUTPUT' || hook === 'POSTROUTING'))
    return '--limit-iface-in has no device in OUTPUT and POSTROUTING'
  const types = [...(match.source?.types ?? []), ...(match.destination?.types ?? [])]
  const bad = family === 6 ? types.find((type) => notForIpv6.includes(type)) : undefined
  return bad && `address type ${bad} exists for IPv4 only`
}

const notForIpv6: readonly TypeName[] = ['BROADCAST', 'BLACKHOLE', 'PROHIBIT', 'THROW', 'NAT', 'XRESOLVE']

function limitDevice(match: AddrtypeMatch, context: MatchContext): string | undefined {
  if (match.limit === undefined) return undefined
  return match.limit === 'in' ? context.devices.in : context.devices.out
}

function readTypes(text: string): TypeName[] {
  const wanted = text.split(',').map((name) => name.toUpperCase())
  for (const name of wanted) {
    if (!typeNames.some((type) => type === name)) {
      throw new RuleSyntaxError(`"${name}" is not an address type; expected ${typeNames.join(', ')}`)
    }
  }
  return typeNames.filter((type) => wanted.includes(type))
}
