import type { InterfaceAddress } from '../../base/ip.ts'
import { bitsOf, familyOf } from '../../base/ip.ts'
import type { DumpedDevice } from '../../model/node-dump.ts'

/** What a dumped device is to the walk. */
export type DeviceRole =
  | 'loopback'
  | 'ethernet'
  | 'bridge'
  | 'veth'
  | 'dummy'
  | 'vxlan'
  | 'geneve'
  | 'iptunnel'
  | 'other'

const roles: Readonly<Record<string, DeviceRole>> = {
  loopback: 'loopback',
  bridge: 'bridge',
  veth: 'veth',
  dummy: 'dummy',
  ifb: 'dummy',
  nlmon: 'dummy',
  vxlan: 'vxlan',
  geneve: 'geneve',
  ipip: 'iptunnel',
  sit: 'iptunnel',
  gre: 'iptunnel',
  // These carry packets to a wire as the wire's own device would.
  bond: 'ethernet',
  team: 'ethernet',
  vlan: 'ethernet',
}

/** Devices that programs make, by the beginning of their names: a dump without `-d` does not say what they are. */
const virtualName =
  /^(?:flannel|vxlan|tunl|wg|tun|tap|geneve|genev|cilium|ovs|antrea|ip6tnl|sit|gre|ipvlan|macvlan|kube-ipvs|nodelocaldns)/

/** Names that are those of dummy devices wherever they are met. */
const dummyName = /^(?:dummy\d|kube-ipvs0$|nodelocaldns$|kube-dummy)/

/** What each device is, by name; `ip addr` without `-d` leaves it to be seen from how devices belong together. */
export function deviceRoles(devices: readonly DumpedDevice[]): ReadonlyMap<string, DeviceRole> {
  const masters = new Set(devices.flatMap(({ master }) => master ?? []))
  const detailed = isDetailed(devices)
  const first = new Map(devices.map((device) => [device.name, roleOf(device, detailed, masters)]))
  // A bridge with a wire in it stands for the wire.
  const wired = new Set(
    devices.flatMap(({ name, master }) =>
      first.get(name) === 'ethernet' && master !== undefined ? [master] : [],
    ),
  )
  // So does the end of a pair with an address of a network: a node that is a container has such a device for its wire.
  const onNetwork = new Set(
    devices.flatMap(({ name, master, addresses }) =>
      master === undefined && addresses.some(isOfNetwork) ? [name] : [],
    ),
  )
  return new Map(
    devices.map(({ name, master }) => {
      const own = first.get(name) ?? 'other'
      if (own === 'bridge' && wired.has(name)) return [name, 'ethernet']
      if (own === 'veth' && onNetwork.has(name)) return [name, 'ethernet']
      const inOther = master !== undefined && first.get(master) === 'other'
      return [name, inOther ? 'other' : own]
    }),
  )
}

function isOfNetwork({ ip, bits, scope }: InterfaceAddress): boolean {
  return bits < bitsOf(familyOf(ip)) && scope === undefined
}

/** Whether the kinds of devices are in the dump at all. */
export function isDetailed(devices: readonly DumpedDevice[]): boolean {
  return devices.some(({ kind }) => kind !== undefined && kind !== 'loopback')
}

function roleOf(device: DumpedDevice, detailed: boolean, masters: ReadonlySet<string>): DeviceRole {
  const { kind, name, peerNetns } = device
  if (kind !== undefined) return roles[kind] ?? 'other'
  if (name === 'lo') return 'loopback'
  if (peerNetns !== undefined) return 'veth'
  if (detailed) return 'ethernet'
  if (dummyName.test(name)) return 'dummy'
  if (virtualName.test(name)) return 'other'
  return masters.has(name) || /^(?:cni\d|docker\d|br-|cbr\d|virbr\d|kube-bridge$)/.test(name)
    ? 'bridge'
    : 'ethernet'
}

/** What a device of an unmodelled kind is called. */
export function kindName({ kind, master }: DumpedDevice): string {
  return kind ?? (master === undefined ? 'a kind that ip -d link would say' : `port of ${master}`)
}
