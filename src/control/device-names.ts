import { fnv1a } from '../base/hash.ts'
import type { Ip } from '../base/ip.ts'
import type { ClusterPod } from '../model/cluster.ts'
import type { Device } from '../model/network.ts'

/** The node's end of a pod's veth pair: `veth` and eight hex digits. */
export function vethName(pod: ClusterPod): string {
  return `veth${fnv1a(`veth ${pod.namespace}/${pod.name}`).toString(16).padStart(8, '0')}`
}

/** A locally administered MAC address of the form that CNI plugins and Docker use: a prefix and the IPv4 address. */
export function macOf(prefix: string, ip: Ip): string {
  const value = typeof ip === 'number' ? ip : Number(ip & 0xffffffffn)
  const bytes = [24, 16, 8, 0].map((shift) => ((value >>> shift) & 255).toString(16).padStart(2, '0'))
  return `${prefix}:${bytes.join(':')}`
}

/** A MAC address for a device that has no address of its own. */
export function macOfName(name: string): string {
  return macOf('02:00', fnv1a(name))
}

/** The loopback device that every namespace has. */
export const loopback: Device = {
  type: 'loopback',
  name: 'lo',
  mtu: 65536,
  mac: '00:00:00:00:00:00',
  addresses: [
    { ip: 0x7f000001, bits: 8 },
    { ip: 1n, bits: 128 },
  ],
}
