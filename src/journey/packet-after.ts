import type { Packet } from '../base/packet.ts'
import type { Step } from '../model/trace.ts'

/** The packet after one more step within a namespace; absent until one is to be seen. */
export function packetAfter(packet: Packet | undefined, step: Step): Packet | undefined {
  switch (step.type) {
    case 'received':
    case 'sent':
      return step.packet
    case 'decapsulated':
      return step.inner
    case 'encapsulated':
      return step.outer
    case 'nat':
      return packet && translated(packet, step)
    default:
      return packet
  }
}

function translated(packet: Packet, { side, to }: Step & { readonly type: 'nat' }): Packet {
  return side === 'destination'
    ? { ...packet, dst: to.ip, dport: to.port }
    : { ...packet, src: to.ip, sport: to.port }
}
