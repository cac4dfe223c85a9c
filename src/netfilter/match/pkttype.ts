import { isMulticast } from '../../base/ip.ts'
import { option } from '../save-format/options.ts'
import type { MatchContext, MatchModule } from './match.ts'

type PacketType = 'unicast' | 'broadcast' | 'multicast'

export interface PkttypeMatch {
  readonly packetType: PacketType
  readonly inverted: boolean
}

const names: Readonly<Record<string, PacketType>> = {
  unicast: 'unicast',
  host: 'unicast',
  broadcast: 'broadcast',
  bcast: 'broadcast',
  multicast: 'multicast',
  mcast: 'multicast',
}

/** Mirrors pkttype_mt of xt_pkttype: how the frame was addressed, which follows from the packet's destination. */
export const pkttype: MatchModule<PkttypeMatch> = {
  options: { 'pkt-type': 1 },
  negatable: ['pkt-type'],
  parse: (options) => {
    const text = options.required('pkt-type')
    const packetType = names[text.toLowerCase()]
    if (!packetType) return options.fail(`"${text}" is not unicast, broadcast or multicast`)
    return { packetType, inverted: options.inverted('pkt-type') }
  },
  format: (match) => option('pkt-type', match.packetType, match.inverted),
  test: (match, context) => (typeOf(context) === match.packetType) !== match.inverted,
}

/** `skb->pkt_type`: a namespace's own packets count as unicast, whatever their destination, until they are received. */
function typeOf({ packet, devices, host }: MatchContext): PacketType {
  if (devices.in === undefined) return 'unicast'
  if (isMulticast(packet.dst)) return 'multicast'
  return typeof packet.dst === 'number' && host.addressType(packet.dst) === 'BROADCAST'
    ? 'broadcast'
    : 'unicast'
}
