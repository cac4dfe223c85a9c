import { invariant } from '../base/invariant.ts'
import type { Ip } from '../base/ip.ts'
import { contains } from '../base/ip.ts'
import type { Netns, Network, Segment, SegmentPort } from '../model/network.ts'
import type { Attachment } from './link.ts'
import { attachment } from './link.ts'
import { isLocal } from './routing.ts'

/** A segment that has to be there. */
export function segmentOf(network: Network, id: string): Segment {
  const segment = network.segments.get(id)
  invariant(segment, `segment ${id} does not exist`)
  return segment
}

/** Whether this is the port of that device. */
export function isPortOf(port: SegmentPort, { netns, device }: Attachment): boolean {
  return port.netns === netns.id && port.device === device.name
}

/** The segment's ports but the one of the asking device. */
export function otherPorts(segment: Segment, from: Attachment): readonly SegmentPort[] {
  return segment.ports.filter((port) => !isPortOf(port, from))
}

const segmentIndexes = new WeakMap<Segment, ReadonlyMap<Ip, SegmentPort>>()

/** The port that states the address itself, so that no namespace has to be made to ask it. */
export function statedOwner(segment: Segment, ip: Ip): SegmentPort | undefined {
  const known = segmentIndexes.get(segment)
  if (known) return known.get(ip)
  const made = new Map(
    segment.ports.flatMap((port) => (port.addresses ?? []).map((one) => [one, port] as const)),
  )
  segmentIndexes.set(segment, made)
  return made.get(ip)
}

/** The port with the longest block that holds the address. */
export function longestPrefix(ports: readonly SegmentPort[], ip: Ip): SegmentPort | undefined {
  let best: { readonly port: SegmentPort; readonly bits: number } | undefined
  for (const port of ports) {
    for (const prefix of port.prefixes ?? []) {
      if (contains(prefix, ip) && prefix.bits > (best?.bits ?? -1)) best = { port, bits: prefix.bits }
    }
  }
  return best?.port
}

const holders = new WeakMap<Network, Map<Ip, Netns | undefined>>()

/** The namespace on some segment that has this address: where a tunnel's remote end is. */
export function holderOf(network: Network, ip: Ip): Netns | undefined {
  const known = holders.get(network) ?? new Map<Ip, Netns | undefined>()
  holders.set(network, known)
  if (!known.has(ip)) known.set(ip, findHolder(network, ip))
  return known.get(ip)
}

function findHolder(network: Network, ip: Ip): Netns | undefined {
  const segments = [...network.segments.keys()].map((id) => segmentOf(network, id))
  // A firewall in front of a node answers for its address on another segment, without having it.
  const stated = segments.flatMap((segment) => statedOwner(segment, ip) ?? [])
  const owners = stated.flatMap((port) => network.namespaces.get(port.netns) ?? [])
  const owner = owners.find((netns) => isLocal(netns, ip))
  if (owner) return owner
  for (const port of segments.flatMap(({ ports }) => ports)) {
    if (port.addresses) continue
    const at = attachment(network, port.netns, port.device)
    if (at && isLocal(at.netns, ip)) return at.netns
  }
  return undefined
}
