import type { Ip } from '../base/ip.ts'
import { formatCidr } from '../base/ip.ts'
import type { Device, Netns, Route } from '../model/network.ts'
import type { DumpedDevice, NodeDump } from '../model/node-dump.ts'

/**
 * Which device of the node stands for which expected one, where the names are not the same. Names of veth devices are
 * drawn at random and those of network cards depend on the machine: they are told by what they do. A card is the
 * one with the node's address or the default route, a pod's device the one that the route to the pod leads to.
 */
export function matchDevices(expected: Netns, dump: NodeDump): ReadonlyMap<string, string> {
  const matched = new Map<string, string>()
  const taken = new Set<string>()
  const match = (actual: string | undefined, wanted: string) => {
    if (actual === undefined || matched.has(actual) || taken.has(wanted)) return
    matched.set(actual, wanted)
    taken.add(wanted)
  }
  for (const device of expected.devices) {
    if (device.type === 'ethernet') match(cardOf(device, expected, dump), device.name)
  }
  const byDestination = new Map((dump.routes ?? []).map((route) => [routeKey(route), route]))
  const veths = new Set(expected.devices.flatMap(({ type, name }) => (type === 'veth' ? [name] : [])))
  for (const route of expected.routes) {
    const wanted = route.nextHops[0]?.device
    if (wanted === undefined || !veths.has(wanted)) continue
    match(byDestination.get(routeKey(route))?.nextHops[0]?.device, wanted)
  }
  return matched
}

function routeKey({ destination, table }: Route): string {
  return `${formatCidr(destination)} ${table}`
}

function cardOf(device: Device, expected: Netns, { devices, routes }: NodeDump): string | undefined {
  const addresses = new Set<Ip>(device.addresses.map(({ ip }) => ip))
  const card = devices?.find((one) => one.addresses.some(({ ip }) => addresses.has(ip)))
  if (card) return card.name
  if (devices) return undefined
  const leads = expected.routes.some((one) => isDefault(one) && one.nextHops[0]?.device === device.name)
  return leads ? routes?.find(isDefault)?.nextHops[0]?.device : undefined
}

function isDefault({ destination }: Route): boolean {
  return destination.bits === 0
}

/** The dumped device that stands for an expected one. */
export function actualDevice(
  wanted: Device,
  devices: readonly DumpedDevice[],
  matched: ReadonlyMap<string, string>,
): DumpedDevice | undefined {
  return (
    devices.find(({ name }) => matched.get(name) === wanted.name) ??
    devices.find(({ name }) => name === wanted.name)
  )
}
