import type { Ip } from '../../base/ip.ts'
import type { Device, Netns } from '../../model/network.ts'
import type { NodeDump } from '../../model/node-dump.ts'

/** The frame addresses of one tunnel network as a dumped node has them. */
export interface TunnelMacs {
  readonly device: string
  /** The dumped node's own: what the cluster would give it, and what it really is. */
  readonly generated: string
  readonly own: string
  /** Those of other tunnel ends, by their machines. */
  readonly others: ReadonlyMap<Ip, string>
}

/** What a dump says of the frame addresses in each of its tunnels. */
export function tunnelMacs(generated: Netns | undefined, { devices = [] }: NodeDump): readonly TunnelMacs[] {
  return devices.flatMap(({ name, mac, forwarding = [] }) => {
    const same = generated?.devices.find((one) => one.name === name && isTunnel(one))
    if (!same || mac === undefined) return []
    const others = new Map(forwarding.map((one) => [one.remote, one.mac] as const))
    return [{ device: name, generated: same.mac, own: mac, others }]
  })
}

/**
 * A node of which there is no dump, as dumped nodes know it: frames in a tunnel are addressed to the device at its
 * other end, whose address no cluster object states.
 */
export function withTunnelsTo(netns: Netns, known: readonly TunnelMacs[]): Netns {
  const inTunnels = netns.devices.some(isTunnel) ? known : []
  if (inTunnels.length === 0) return netns
  const addresses = netns.devices.flatMap((device) => device.addresses.map(({ ip }) => ip))
  const real = (device: string, mac: string) =>
    inTunnels.find((one) => one.device === device && one.generated === mac)?.own ?? mac
  const devices = netns.devices.map((device): Device => {
    if (!isTunnel(device)) return device
    const told = inTunnels
      .filter((one) => one.device === device.name)
      .flatMap(({ others }) => addresses.flatMap((ip) => others.get(ip) ?? []))
    const forwarding = device.forwarding.map((one) => ({ ...one, mac: real(device.name, one.mac) }))
    return { ...device, forwarding, mac: told[0] ?? device.mac }
  })
  const neighbors = (netns.neighbors ?? []).map((one) => ({ ...one, mac: real(one.device, one.mac) }))
  const { id, role, label, subject, routes, rules, sysctls, listeners, sets } = netns
  return {
    ...{ id, role, label, routes, sysctls, listeners, devices, neighbors },
    ...(subject && { subject }),
    ...(rules && { rules }),
    ...(sets && { sets }),
    get ruleSets() {
      return netns.ruleSets
    },
  }
}

function isTunnel(device: Device): device is Extract<Device, { readonly type: 'vxlan' | 'geneve' }> {
  return device.type === 'vxlan' || device.type === 'geneve'
}
