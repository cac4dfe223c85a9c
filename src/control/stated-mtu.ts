import type { Cluster } from '../model/cluster.ts'
import type { Device } from '../model/network.ts'

/** Devices with the MTU that the Environment states for pods' devices and for tunnels, whatever the plugin would choose. */
export function withStatedMtu(
  { environment }: Cluster,
  devices: readonly Device[],
  node?: string,
): readonly Device[] {
  const { pod, tunnel } = environment.mtu ?? {}
  const own = environment.nodes?.[node ?? '']?.interfaces
  return devices.map((device): Device => {
    const ofAll =
      device.type === 'veth' || device.type === 'bridge' ? pod : isTunnel(device) ? tunnel : undefined
    const stated = own?.[device.name]?.mtu ?? ofAll
    return stated === undefined ? device : { ...device, mtu: stated }
  })
}

function isTunnel({ type }: Device): boolean {
  return type === 'vxlan' || type === 'geneve' || type === 'iptunnel' || type === 'tun'
}
