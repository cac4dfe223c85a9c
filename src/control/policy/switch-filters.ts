import type { Ip } from '../../base/ip.ts'
import type { Packet } from '../../base/packet.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { PacketFilter } from '../../model/network.ts'
import { podOn } from './forward-filters.ts'
import { judge } from './judge.ts'
import type { PolicyEnforcement } from './policy-set.ts'
import { policiesUnder } from './policy-set.ts'

/** What judges packets within a node's virtual switch. */
export interface SwitchFilters {
  readonly cluster: Cluster
  readonly node: string
  readonly enforcement: PolicyEnforcement
  /** The bridge that stands for the switch. */
  readonly bridge: string
  /** The addresses that a pod which is given itself by a Service is made to see. */
  readonly hairpin: readonly Ip[]
  /** Whether the policies of such a pod are asked when it sends. */
  readonly judgesHairpinEgress: boolean
}

/**
 * Flows of a virtual switch, at the hooks that come nearest to them. What a pod sends is judged after the switch's load
 * balancer and before its address is translated; what a pod receives as it comes to the switch, where a node has translated
 * the source of what came from outside already. Neither what the node itself sends to its pods is judged, nor what a pod
 * receives from itself by a Service.
 */
export function switchFilters(options: SwitchFilters): readonly PacketFilter[] {
  const { cluster, node, enforcement, bridge, hairpin, judgesHairpinEgress } = options
  const { name } = enforcement.engine
  const policies = policiesUnder(cluster, enforcement)
  const egress = (packet: Packet) => {
    const isHairpin = packet.src === packet.dst
    const asked = isHairpin && !judgesHairpinEgress ? [] : podOn(cluster, node, packet.src, 'egress')
    return judge(cluster, policies, packet, asked)
  }
  return [
    { name, at: { type: 'hook', hook: 'FORWARD', priority: 0 }, judge: egress },
    { name, at: { type: 'hook', hook: 'INPUT', priority: 0 }, judge: egress },
    {
      name,
      at: { type: 'hook', hook: 'POSTROUTING', priority: 101 },
      judge: (packet, devices) => {
        const isHairpin = devices.in === bridge && hairpin.includes(packet.src)
        const asked = devices.in === undefined || isHairpin ? [] : podOn(cluster, node, packet.dst, 'ingress')
        return judge(cluster, policies, packet, asked)
      },
    },
  ]
}
