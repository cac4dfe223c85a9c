import type { CniContext } from '../cni.ts'
import type { CalicoConfiguration } from './configuration.ts'
import type { Tunnel } from './tunnel-address.ts'
import { tunnelsOf } from './tunnel-address.ts'

/** What each encapsulation takes from the nodes' MTU (felix/dataplane/linux, int_dataplane.go). */
const overheads: Readonly<Record<Tunnel, number>> = {
  ipip: 20,
  vxlan4: 50,
  vxlan6: 70,
  wireguard4: 60,
  wireguard6: 80,
}

/** The MTU of a tunnel's device: as it is set, else what the nodes' network leaves. */
export function tunnelMtu(configuration: CalicoConfiguration, tunnel: Tunnel, hostMtu: number): number {
  const { felix, podMtu } = configuration
  const set: Readonly<Record<Tunnel, number>> = {
    ipip: felix.ipipMtu,
    vxlan4: felix.vxlanMtu,
    vxlan6: felix.vxlanMtuV6,
    wireguard4: felix.wireguardMtu,
    wireguard6: felix.wireguardMtuV6,
  }
  // The manifests give `veth_mtu` to the tunnels as well.
  return (set[tunnel] > 0 ? set[tunnel] : podMtu) ?? hostMtu - overheads[tunnel]
}

/** The MTU of pods' devices: the smallest of the tunnels'. Mirrors determinePodMTU. */
export function podMtu(configuration: CalicoConfiguration, { cluster, mtu }: CniContext): number {
  if (configuration.podMtu !== undefined) return configuration.podMtu
  const tunnels = tunnelsOf(configuration, cluster.settings.podCidrs)
  return Math.min(mtu, ...tunnels.map((tunnel) => tunnelMtu(configuration, tunnel, mtu)))
}
