import type { Ip } from '../../base/ip.ts'
import { bitsOf, cidrOf, contains, familyOf, formatCidr, formatIp } from '../../base/ip.ts'
import type { Device, Listener, Neighbor, Netns, NetnsId, Route } from '../../model/network.ts'
import type { NodeDump } from '../../model/node-dump.ts'
import { loopback, macOfName } from '../device-names.ts'
import { listensOnEverything } from '../listeners.ts'
import { connected, everything, route } from '../routes.ts'
import type { Attached } from './attachments.ts'
import type { deviceRoles } from './device-kinds.ts'

/** One dumped node among its surroundings. */
export interface Home {
  readonly id: NetnsId
  readonly dump: NodeDump
  readonly roles: ReturnType<typeof deviceRoles>
  /** Who is known to be behind which device. */
  readonly attached: ReadonlyMap<Ip, Attached>
}

/** Whoever is known by an address alone answers on every port. */
export function assumedListeners(name: string): readonly Listener[] {
  return listensOnEverything({ kind: 'Host', name })
}

/** The namespace behind a device of a node. */
export function behindId({ dump }: Home, device: string): NetnsId {
  return `behind/${dump.node}/${device}`
}

/** A machine elsewhere, by its address. */
export function farId(remote: Ip): NetnsId {
  return `host/${formatIp(remote)}`
}

/** The addresses of a node's device, as far as the dump has them. */
export function addressesOf({ dump }: Home, device: string) {
  return dump.devices?.find(({ name }) => name === device)?.addresses ?? []
}

/** Wires with addresses of one network lead to the same network. */
export function segmentOf(home: Home, device: string): string {
  const first = addressesOf(home, device).find(({ scope }) => scope === undefined || scope === 'global')
  const single = first && first.bits === bitsOf(familyOf(first.ip))
  return first && !single
    ? `wire/${formatCidr(cidrOf(first.ip, first.bits))}`
    : `wire/${home.dump.node}/${device}`
}

/** A network device on a wire. */
export function wire(name: string, segment: string, addresses: Device['addresses'], id: string): Device {
  return { type: 'ethernet', name, segment, mtu: 1500, mac: macOfName(id), addresses }
}

/** What a node is taken to have where its dump says nothing. */
export function bareNode({ id, dump }: Home): Netns {
  return {
    id,
    role: 'node',
    label: dump.node,
    subject: { kind: 'Node', name: dump.node },
    devices: [loopback],
    routes: [],
    sysctls: {
      'net.ipv4.ip_forward': 1,
      'net.ipv6.conf.all.forwarding': 1,
      'net.bridge.bridge-nf-call-iptables': 1,
      'net.bridge.bridge-nf-call-ip6tables': 1,
    },
    ruleSets: [],
    listeners: listensOnEverything({ kind: 'Node', name: dump.node }),
  }
}

/** Gateways of a namespace behind a veth pair, as routed plugins have them; the far end answers for them. */
const gateways = { 4: 0xa9fe0101, 6: 0xfe80_0000_0000_0000_0000_0000_0000_0001n } as const

/** A namespace behind the end of a veth pair: a pod, as far as anything is known. */
export function behindNetns(home: Home, device: string, ips: readonly Ip[]): Netns {
  const { id, dump } = home
  const end = dump.devices?.find(({ name }) => name === device)
  const bridge = end?.master === undefined ? undefined : dump.devices?.find(({ name }) => name === end.master)
  const facing = bridge ?? end
  const known = ips.map((ip) => home.attached.get(ip)?.mac).find((mac) => mac !== undefined)
  const label = ips.map(formatIp).join(', ') || `behind ${device}`
  const families = ([4, 6] as const).filter((family) => ips.some((ip) => familyOf(ip) === family))
  const toNode: readonly Neighbor[] = families.map((family) => ({
    ip: gateways[family],
    mac: facing?.mac ?? macOfName(`${dump.node} ${facing?.name ?? device}`),
    device: 'eth0',
  }))
  const near: readonly Route[] = (bridge?.addresses ?? []).flatMap(({ ip, bits }) =>
    ips
      .filter((one) => familyOf(one) === familyOf(ip))
      .flatMap((one) => (contains(cidrOf(ip, bits), one) ? [connected('eth0', one, bits)] : [])),
  )
  return {
    id: behindId(home, device),
    role: 'pod',
    label,
    subject: { kind: 'Host', name: label },
    devices: [
      loopback,
      {
        type: 'veth',
        name: 'eth0',
        mtu: end?.mtu ?? 1500,
        mac: known ?? macOfName(`behind ${dump.node} ${device}`),
        addresses: ips.map((ip) => ({ ip, bits: bitsOf(familyOf(ip)) })),
        peer: { netns: id, device },
      },
    ],
    routes: [
      ...near,
      ...families.map((family) => route(everything(family), 'eth0', { via: gateways[family], onlink: true })),
    ],
    neighbors: toNode,
    sysctls: {},
    ruleSets: [],
    listeners: listensOnEverything({ kind: 'Host', name: label }),
  }
}
