import type { Cidr, Ip } from '../../base/ip.ts'
import { bitsOf, familyOf, formatIp, hostCidr } from '../../base/ip.ts'
import type { Netns, NetnsId, Route } from '../../model/network.ts'
import { localTable } from '../../model/network.ts'
import type { NodeDump } from '../../model/node-dump.ts'
import { loopback, macOfName } from '../device-names.ts'
import { everything, route } from '../routes.ts'

/** The other end of a tunnel of a dumped node, as its tables show it. */
export interface FarEnd {
  readonly device: string
  readonly remote: Ip
  /** The blocks that the node sends there. */
  readonly blocks: readonly Cidr[]
  /** The machine at that end, on the network given: every address of the blocks is its own. */
  netns(segment: string, id: NetnsId): Omit<Netns, 'listeners'>
}

/**
 * The ends of vxlan and geneve tunnels that routes lead to: the gateway's frame address by `ip neigh`, the machine by
 * `bridge fdb`.
 */
export function farEnds(dump: NodeDump): readonly FarEnd[] {
  const { devices = [], routes = [], neighbors = [] } = dump
  return devices.flatMap((device): readonly FarEnd[] => {
    const { tunnel, forwarding = [], name } = device
    const { vni, local } = tunnel ?? {}
    const mac = device.mac ?? macOfName(`${dump.node} ${name}`)
    const own = device.addresses.find(({ scope }) => scope !== 'link')?.ip
    if (vni === undefined || local === undefined || own === undefined) return []
    return forwarding.map(({ mac: farMac, remote }): FarEnd => {
      const gateways = new Set(
        neighbors.filter((one) => one.device === name && one.mac === farMac).map(({ ip }) => ip),
      )
      const blocks = routes.flatMap(({ destination, nextHops }) =>
        nextHops.some((hop) => hop.device === name && hop.via !== undefined && gateways.has(hop.via))
          ? [destination]
          : [],
      )
      return {
        device: name,
        remote,
        blocks,
        netns: (segment, id) => ({
          id,
          role: 'node',
          label: formatIp(remote),
          subject: { kind: 'Host', name: formatIp(remote) },
          devices: [
            loopback,
            {
              type: 'ethernet',
              name: 'eth0',
              segment,
              mtu: 1500,
              mac: macOfName(id),
              addresses: [{ ip: remote, bits: bitsOf(familyOf(remote)) }],
            },
            {
              type: device.kind === 'geneve' ? 'geneve' : 'vxlan',
              name,
              mtu: device.mtu,
              mac: farMac,
              addresses: [],
              vni,
              local: remote,
              port: tunnel?.port ?? 8472,
              forwarding: [{ mac, remote: local }],
            },
          ],
          routes: [
            route(hostCidr(local), 'eth0'),
            ...blocks.map((block) => anyOf(block)),
            route(everything(familyOf(own)), name, { via: own, onlink: true }),
          ],
          neighbors: [{ ip: own, mac, device: name }],
          sysctls: {},
          ruleSets: [],
        }),
      }
    })
  })
}

/** Every address of a block is the machine's own. */
function anyOf(block: Cidr): Route {
  return { ...route(block, 'lo', { scope: 'host' }), type: 'local', table: localTable }
}
