import type { Cluster } from '../model/cluster.ts'
import type { Device } from '../model/network.ts'

/** Devices with the MTU that the Environment states for pods' devices and for tunnels, whatever the plugin would choose. */
export function withStatedMtu({ environment }: Cluster, devices: readonly Device[]): readonly Device[] {
  const { pod, tunnel } = environment.mtu ?? {}
  return devices.map((device): Device => {
    const stated =
      device.type === 'veth' || device.type === 'bridge' ? pod : isTunnel(device) ? tunnel : undefined
    return stated === undefined ? device : { ...device, mtu: stated }
  })
}

function isTunnel({ type }: Device): boolean {
  return type === 'vxlan' || type === 'geneve' || type === 'iptunnel' || type === 'tun'
}
