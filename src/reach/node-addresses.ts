import type { Ip } from '../base/ip.ts'
import type { World } from '../journey/world.ts'

/** More addresses at pods' devices than this are pods' own affair. */
const fewVeths = 4

const known = new WeakMap<World, Map<string, ReadonlyMap<string, Ip>>>()

/**
 * The addresses of a node that packets may get as their source, by what they are called on every node alike: the device and the
 * place there, and those at the pods' devices, whose names differ, in their order.
 */
export function nodeAddresses(world: World, node: string): ReadonlyMap<string, Ip> {
  const ofWorld = known.get(world) ?? new Map<string, ReadonlyMap<string, Ip>>()
  known.set(world, ofWorld)
  const found = ofWorld.get(node) ?? makeAddresses(world, node)
  ofWorld.set(node, found)
  return found
}

function makeAddresses({ compiled }: World, node: string): ReadonlyMap<string, Ip> {
  const devices = compiled.network.namespaces.get(`node/${node}`)?.devices ?? []
  const own = devices
    .filter(({ type }) => type !== 'loopback' && type !== 'veth')
    .flatMap(({ name, addresses }) => addresses.map(({ ip }, index) => [`${name} ${index}`, ip] as const))
  const atPods = new Set(
    devices.filter(({ type }) => type === 'veth').flatMap(({ addresses }) => addresses.map(({ ip }) => ip)),
  )
  const veths = atPods.size > fewVeths ? [] : [...atPods].map((ip, index) => [`veth ${index}`, ip] as const)
  return new Map([...own, ...veths])
}
