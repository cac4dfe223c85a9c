import { joinOptions, option } from '../save-format/options.ts'
import { RuleSyntaxError } from '../save-format/tokens.ts'
import type { AddressType, MatchContext, MatchModule } from './match.ts'

/** A list of address types, perhaps inverted as a whole. */
export interface TypeList {
  readonly types: readonly AddressType[]
  readonly inverted: boolean
}

export interface AddrtypeMatch {
  readonly source?: TypeList
  readonly destination?: TypeList
  /** Look only at the addresses of the device that the packet came in by, or leaves by. */
  readonly limit?: 'in' | 'out'
}

const typeNames: readonly AddressType[] = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
]

/** Mirrors addrtype_mt_v1 of xt_addrtype: a look-up of the address in the namespace's routes. */
export const addrtype: MatchModule<AddrtypeMatch> = {
  options: { 'src-type': 1, 'dst-type': 1, 'limit-iface-in': 0, 'limit-iface-out': 0 },
  parse: (options) => {
    const list = (name: string): TypeList | undefined => {
      const text = options.value(name)
      return text === undefined ? undefined : { types: readTypes(text), inverted: options.inverted(name) }
    }
    const source = list('src-type')
    const destination = list('dst-type')
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
    const is = (list: TypeList | undefined, ip: MatchContext['packet']['src']) =>
      list === undefined || list.types.includes(context.host.addressType(ip, device)) !== list.inverted
    return is(match.source, context.packet.src) && is(match.destination, context.packet.dst)
  },
}

function limitDevice(match: AddrtypeMatch, context: MatchContext): string | undefined {
  if (match.limit === undefined) return undefined
  return match.limit === 'in' ? context.devices.in : context.devices.out
}

function readTypes(text: string): AddressType[] {
  const wanted = text.split(',').map((name) => name.toUpperCase())
  for (const name of wanted) {
    if (!typeNames.some((type) => type === name)) {
      throw new RuleSyntaxError(`"${name}" is not an address type; expected ${typeNames.join(', ')}`)
    }
  }
  return typeNames.filter((type) => wanted.includes(type))
}
