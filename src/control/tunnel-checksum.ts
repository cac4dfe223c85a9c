import type { Cluster, ClusterNode } from '../model/cluster.ts'
import type { Device } from '../model/network.ts'

/**
 * VXLAN devices of kernels before 5.7 compute a wrong UDP checksum for the outer packet of a connection that the node
 * masquerades, where the card is left to compute it (`ethtool -K flannel.1 tx-checksum-ip-generic`): the device of which
 * the Environment says so.
 */
export function withChecksumFault(
  { environment }: Cluster,
  { name }: ClusterNode,
  devices: readonly Device[],
): readonly Device[] {
  const stated = environment.nodes?.[name]
  const [major = 0, minor = 0] = (stated?.kernel ?? '').split('.').map(Number)
  if (stated?.kernel === undefined || major > 5 || (major === 5 && minor >= 7)) return devices
  return devices.map((device): Device => {
    const leaves = stated.interfaces?.[device.name]?.txChecksumOffload === true
    return leaves && device.type === 'vxlan' ? { ...device, checksumFault: true } : device
  })
}
