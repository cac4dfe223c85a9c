import type { Cidr, Ip } from '../base/ip.ts'
import { contains, hostCidr, parseCidr, parseIp } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import { isIcmp, protocolName } from '../base/packet.ts'
import type { IpSet } from '../model/network.ts'
import type { AddressSet, DeviceView } from '../netfilter/match/match.ts'

/** One dimension of an entry: what a packet's part is compared with. */
type Part = (packet: Packet, side: 'src' | 'dst', devices: DeviceView) => boolean

interface Entry {
  readonly parts: readonly Part[]
  readonly noMatch: boolean
  /** Longer prefixes win, so that `nomatch` exceptions work. */
  readonly bits: number
}

const compiled = new WeakMap<IpSet, AddressSet>()

/** Sets of the same namespace by name, which a list of sets asks. */
export type SetsByName = (name: string) => AddressSet | undefined

/** An ipset as matches see it: hash, bitmap and list types over addresses, blocks, ports, interfaces and marks. */
export function addressSet(set: IpSet, others: SetsByName): AddressSet {
  if (set.type === 'list:set') return listOfSets(set, others)
  const known = compiled.get(set)
  if (known) return known
  const kinds = set.type.replace(/^[a-z]+:/, '').split(',')
  const entries = set.entries
    .map((text) => readEntry(text, kinds))
    .filter((entry) => entry !== undefined)
    .toSorted((a, b) => b.bits - a.bits)
  const made: AddressSet = {
    name: set.name,
    type: set.type,
    contains: (packet, dimensions, devices) => {
      const hit = entries.find((entry) =>
        entry.parts.every((part, index) => part(packet, dimensions[index] ?? 'src', devices)),
      )
      return hit !== undefined && !hit.noMatch
    },
  }
  compiled.set(set, made)
  return made
}

/** Mirrors list_set_ktest: one of its members holds the element; the kernel lets no list be a member. */
function listOfSets({ name, type, entries }: IpSet, others: SetsByName): AddressSet {
  const members = entries.map((text) => others(text.split(' ')[0] ?? ''))
  return {
    name,
    type,
    contains: (packet, dimensions, devices) =>
      members.some((member) => member?.contains(packet, dimensions, devices)),
  }
}

function readEntry(text: string, kinds: readonly string[]): Entry | undefined {
  const [element = '', ...flags] = text.trim().split(/\s+/)
  const values = element.split(',')
  const parts = kinds.map((kind, index) => partOf(kind, values[index] ?? ''))
  if (parts.some((part) => part === undefined)) return undefined
  const bits = values.reduce((sum, value) => sum + (parseCidr(value)?.bits ?? 128), 0)
  return { parts: parts.filter((part) => part !== undefined), noMatch: flags.includes('nomatch'), bits }
}

function partOf(kind: string, value: string): Part | undefined {
  switch (kind) {
    case 'ip':
    case 'net': {
      const inside = addressPart(value)
      return inside && ((packet, side) => inside(side === 'src' ? packet.src : packet.dst))
    }
    case 'port':
      return portPart(value)
    case 'iface':
      return (_packet, side, devices) => (side === 'src' ? devices.in : devices.out) === value
    case 'mark':
      return (packet) => packet.mark === Number(value)
    default:
      return undefined
  }
}

function addressPart(value: string): ((ip: Ip) => boolean) | undefined {
  const [low, high] = value.split('-')
  if (high !== undefined) {
    const [first, last] = [parseIp(low ?? ''), parseIp(high)]
    if (first === undefined || last === undefined) return undefined
    return (ip) => typeof ip === typeof first && ip >= first && ip <= last
  }
  const single = parseIp(value)
  const block: Cidr | undefined = single === undefined ? parseCidr(value) : hostCidr(single)
  return block && ((ip) => contains(block, ip))
}

/** `80`, `80-90`, `udp:53`, `tcp:80-90`: TCP if no protocol is named. */
function portPart(value: string): Part | undefined {
  const [protocol, range] = value.includes(':') ? value.split(':') : [undefined, value]
  const [low, high = low] = (range ?? '').split('-').map(Number)
  if (low === undefined || high === undefined || Number.isNaN(low) || Number.isNaN(high)) return undefined
  return (packet, side) => {
    if (isIcmp(packet.protocol)) return false
    if (protocol !== undefined && protocolName(packet.protocol) !== protocol) return false
    const port = side === 'src' ? packet.sport : packet.dport
    return port >= low && port <= high
  }
}
