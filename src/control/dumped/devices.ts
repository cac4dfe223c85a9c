import type { Ip } from '../../base/ip.ts'
import type { Device, ForwardingEntry, Neighbor, NetnsId } from '../../model/network.ts'
import type { DumpedDevice, NodeDump } from '../../model/node-dump.ts'
import { macOfName } from '../device-names.ts'
import { deviceRoles, kindName } from './device-kinds.ts'

/** To what the devices of a dumped node lead. */
export interface Ends {
  readonly netns: NetnsId
  /** The namespace at the other end of a veth pair, and its device. */
  peerOf(device: string): { readonly netns: NetnsId; readonly device: string }
  /** The network that a wire is plugged into. */
  segmentOf(device: string): string
  /** The node's own address, for tunnels that do not state theirs. */
  readonly local: Ip
  /** Forwarding entries of a tunnel whose own are not in the dump. */
  forwardingOf(device: string): readonly ForwardingEntry[]
}

const protocols: Readonly<Record<string, number>> = { ipip: 4, sit: 41, gre: 47 }

/** The devices of a dumped node as the walk knows devices. */
export function devicesOf(dump: NodeDump, ends: Ends): readonly Device[] {
  const { devices = [] } = dump
  const roles = deviceRoles(devices)
  const byIndex = new Map(devices.map((device) => [device.index, device]))
  return devices.map((device): Device => {
    const { name, master } = device
    const onBridge = master !== undefined && roles.get(master) === 'bridge'
    const base = { ...baseOf(dump, device), ...(onBridge && { master }) }
    const role = roles.get(name) ?? 'other'
    switch (role) {
      case 'loopback':
      case 'bridge':
      case 'dummy':
        return { ...base, type: role }
      case 'ethernet':
        return { ...base, type: 'ethernet', segment: ends.segmentOf(name) }
      case 'veth': {
        const beside = device.peerNetns === undefined ? byIndex.get(device.peerIndex ?? -1) : undefined
        const peer = beside ? { netns: ends.netns, device: beside.name } : ends.peerOf(name)
        return { ...base, type: 'veth', peer }
      }
      case 'vxlan':
      case 'geneve':
        return tunnelDevice(base, role, device, dump, ends)
      case 'iptunnel':
        return ipTunnel(base, device)
      case 'other':
        return { ...base, type: 'other', kind: kindName(device) }
      default:
        return role satisfies never
    }
  })
}

function baseOf({ node }: NodeDump, { name, mtu, mac, up, addresses, hairpin }: DumpedDevice): Base {
  return {
    name,
    mtu,
    mac: mac ?? macOfName(`${node} ${name}`),
    addresses,
    ...(!up && { down: true }),
    ...(hairpin && { hairpin }),
  }
}

function ipTunnel(base: Base, { kind = '', tunnel = {} }: DumpedDevice): Device {
  const { local, remote } = tunnel
  return {
    ...base,
    type: 'iptunnel',
    protocol: protocols[kind] ?? 4,
    ...(local !== undefined && { local }),
    ...(remote !== undefined && { remote }),
  }
}

type Base = Omit<Extract<Device, { readonly type: 'dummy' }>, 'type'>

function tunnelDevice(
  base: Base,
  type: 'vxlan' | 'geneve',
  { name, tunnel = {}, forwarding }: DumpedDevice,
  { neighbors = [] }: NodeDump,
  ends: Ends,
): Device {
  const { vni, local, remote, port, external } = tunnel
  if (vni === undefined || external)
    return { ...base, type: 'other', kind: `${type} whose tunnels programs choose` }
  // A tunnel to one place needs no forwarding entries: everything goes there.
  const toOne = remote === undefined ? [] : macsOn(neighbors, name).map((mac) => ({ mac, remote }))
  const known = forwarding?.filter(({ mac }) => mac !== '00:00:00:00:00:00')
  return {
    ...base,
    type,
    vni,
    local: local ?? ends.local,
    port: port ?? (type === 'vxlan' ? 8472 : 6081),
    forwarding: known ?? (toOne.length > 0 ? toOne : ends.forwardingOf(name)),
  }
}

function macsOn(neighbors: readonly Neighbor[], device: string): readonly string[] {
  return neighbors.filter((one) => one.device === device).map(({ mac }) => mac)
}
