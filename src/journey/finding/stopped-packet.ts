import type { Packet } from '../../base/packet.ts'
import type { Hop, Step } from '../../model/trace.ts'
import { packetAfter } from '../packet-after.ts'
import type { Failure } from './failure.ts'

/** The packet as a rule or the kernel saw it where it stopped, and the devices that were known there. */
export interface StoppedPacket {
  readonly packet: Packet
  readonly in?: string
  readonly out?: string
}

/** What stood in the last hop of the walk that stopped; nothing if no packet is to be seen there. */
export function stoppedPacket({ outcome, stop }: Failure): StoppedPacket | undefined {
  const { leg } = outcome
  const walks: readonly (readonly Hop[])[] = [leg.later?.at(-1)?.hops ?? [], leg.reply, leg.forward]
  const hop = walks
    .map((hops) => hops.at(-1))
    .find((last) => last?.steps.some((step) => step.type === 'ended' && step.reason === stop?.reason))
  return hop?.steps.reduce<StoppedPacket | undefined>(after, undefined)
}

function after(seen: StoppedPacket | undefined, step: Step): StoppedPacket | undefined {
  switch (step.type) {
    case 'received':
      return { packet: step.packet, in: step.device }
    case 'sent':
      return { packet: step.packet, out: step.device }
    case 'decapsulated':
      return { packet: step.inner, in: step.device }
    case 'encapsulated':
      return { packet: step.outer }
    case 'route':
      return seen && { ...seen, out: step.device }
    case 'nat':
      return seen && { ...seen, packet: packetAfter(seen.packet, step) ?? seen.packet }
    default:
      return seen
  }
}
