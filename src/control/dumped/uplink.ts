import type { Ip } from '../../base/ip.ts'
import type { NodeDump } from '../../model/node-dump.ts'
import { deviceRoles } from './device-kinds.ts'
import { defaultHop } from './main-table.ts'

/**
 * The device of a dumped node that is on the nodes' network: the one that holds the node's address, else the one of
 * the default route, else the first wire.
 */
export function uplinkOf(
  { devices = [], routes = [] }: NodeDump,
  addresses: readonly Ip[],
): string | undefined {
  const holder = devices.find((device) => device.addresses.some(({ ip }) => addresses.includes(ip)))
  if (holder) return holder.name
  const way = defaultHop(routes, 4) ?? defaultHop(routes, 6)
  if (way) return way.device
  const roles = deviceRoles(devices)
  return devices.find(({ name }) => roles.get(name) === 'ethernet')?.name
}

/** The addresses by which other nodes know a dumped node: of each family the first of its uplink. */
export function nodeAddressesOf(dump: NodeDump): readonly Ip[] {
  const uplink = uplinkOf(dump, [])
  const device = dump.devices?.find(({ name }) => name === uplink)
  const usable = (device?.addresses ?? []).filter(({ scope }) => scope !== 'link').map(({ ip }) => ip)
  const four = usable.find((ip) => typeof ip === 'number')
  const six = usable.find((ip) => typeof ip === 'bigint')
  return [...(four === undefined ? [] : [four]), ...(six === undefined ? [] : [six])]
}
