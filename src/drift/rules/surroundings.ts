import type { Ip } from '../../base/ip.ts'
import type { DeviceMatch } from '../../netfilter/rule.ts'
import type { DriftContext } from '../context.ts'
import type { Surroundings } from './foreign.ts'

/** Devices of other programs' own networks, where the dump does not tell which devices there are. */
const others = /^(?:docker|br-|virbr|lxcbr|lxdbr|podman|cni-podman)/

/** What the node's devices and addresses say of traffic. */
export function surroundingsOf({ expected, dump, devices }: DriftContext): Surroundings {
  const local = new Set<Ip>([
    ...expected.devices.flatMap(({ addresses }) => addresses.map(({ ip }) => ip)),
    ...(dump.devices ?? []).flatMap(({ addresses }) => addresses.map(({ ip }) => ip)),
  ])
  const names = expected.devices.map(({ name }) => name)
  const known = dump.devices !== undefined || dump.routes !== undefined
  return {
    isLocal: (ip) => local.has(ip),
    mayCarry: ({ name }: DeviceMatch) => {
      const prefix = name.endsWith('+') ? name.slice(0, -1) : undefined
      if (prefix !== undefined) {
        const named = [
          ...names,
          ...[...devices].flatMap(([own, other]) => (names.includes(other) ? [own] : [])),
        ]
        return named.some((one) => one.startsWith(prefix)) || (!known && !others.test(name))
      }
      return names.includes(devices.get(name) ?? name) || (!known && !others.test(name))
    },
  }
}
