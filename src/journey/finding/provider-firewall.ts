import { formatIp } from '../../base/ip.ts'
import type { Packet } from '../../base/packet.ts'
import { hasPorts } from '../../base/packet.ts'
import { firewallPlace, firewallsOf } from '../../control/firewalls.ts'
import type { FirewallEntry } from '../../model/environment.ts'
import type { World } from '../world.ts'
import type { Failure, FindCause } from './failure.ts'
import { finding, listNames, protocolName, translatedTo } from './failure.ts'
import { stoppedPacket } from './stopped-packet.ts'

const component = 'provider firewall'

/** A firewall of the network between the machines (a security group, a firewall between subnets) lets the packet not pass. */
export const findProviderFirewall: FindCause = (failure) => {
  const { stop, world } = failure
  if (stop?.by?.rule?.origin?.component !== component) return []
  const stopped = stoppedPacket(failure)
  if (!stopped) return []
  const node = stop.netns.startsWith('firewall/') ? world.nodes.get(stop.netns.slice(9)) : undefined
  const entries = node ? firewallsOf(world.cluster, node) : betweenSubnets(world)
  const names = entries.flatMap(({ name }) => name ?? [])
  const which = names.length > 0 ? `firewall ${listNames(names)}` : 'the firewall'
  const where = `${which} ${node ? `in front of ${node.name}` : 'between the subnets'}`
  const { packet } = stopped
  return [
    finding('provider-firewall', `${where} does not let ${packetText(packet)} pass${why(failure, packet)}`, {
      objects: [...entries.map((entry) => firewallPlace(world.cluster, entry)), node?.ref],
      fix: packet.tunnel
        ? `allow ${what(packet)} between all nodes, in both directions`
        : `allow ${what(packet)} from ${formatIp(packet.src)}${node ? ` to ${node.name}` : ''}${range(failure, packet)}`,
    }),
  ]
}

/** `TCP 30080 from 198.51.100.7 to 10.0.0.11`. */
function packetText(packet: Packet): string {
  return `${what(packet)} from ${formatIp(packet.src)} to ${formatIp(packet.dst)}`
}

const names: Readonly<Record<number, string>> = {
  4: 'IP-in-IP (protocol 4)',
  47: 'GRE (protocol 47)',
  50: 'ESP (protocol 50)',
}

function what({ protocol, dport }: Packet): string {
  return hasPorts(protocol)
    ? `${protocolName(protocol)} ${dport}`
    : (names[protocol] ?? protocolName(protocol))
}

/** What the packet is to the cluster: a tunnel's, a node port's, or one that goes straight to a pod. */
function why({ world, asked, sent }: Failure, { tunnel, dst }: Packet): string {
  if (tunnel) return ': it carries packets of pods between nodes'
  if (asked?.by === 'node port')
    return `: it is a node port of Service ${asked.service.namespace}/${asked.service.name}`
  const pod = world.podsByIp.get(dst)
  return pod && sent ? `: it is the port of pod ${pod.name} itself, not that of the Service` : ''
}

/** Node ports come from one range, which is what people open. */
function range({ world, asked }: Failure, { tunnel }: Packet): string {
  const { first, last } = world.cluster.settings.nodePorts
  return asked?.by === 'node port' && !tunnel ? `, or all node ports (${first}-${last})` : ''
}

function betweenSubnets({ cluster }: World): readonly FirewallEntry[] {
  return (cluster.environment.network?.firewalls ?? []).filter((one) => one.between)
}

/** Whether the packet had been translated when it was stopped, or was for no Service. */
export function onItsWay(failure: Failure): boolean {
  return !failure.asked || failure.stop?.onReply === true || translatedTo(failure) !== undefined
}
