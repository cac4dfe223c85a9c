import type { InterfaceAddress } from '../../base/ip.ts'
import { cidrOf, familyOf, formatIp, parseIp } from '../../base/ip.ts'
import type { Route } from '../../model/network.ts'
import { mainTable } from '../../model/network.ts'
import type { DumpedDevice, NodeDump } from '../../model/node-dump.ts'

/** The address of a node of which only rules are known (TEST-NET-1, RFC 5737). */
const nowhere = { ip: '192.0.2.11', gateway: '192.0.2.1', bits: 24, device: 'eth0' } as const

/**
 * A dump without `ip addr` has devices all the same: those that its routes name, with the addresses that its
 * connected routes show; without routes one, `eth0`, on a network for examples.
 */
export function withDevices(
  dump: NodeDump,
  extra: readonly string[],
  assume: (text: string) => void,
): NodeDump {
  if (dump.devices) return dump
  if (dump.routes) return { ...dump, devices: devicesOfRoutes(dump, dump.routes, extra, assume) }
  const ip = parseIp(nowhere.ip) ?? 0
  const via = parseIp(nowhere.gateway) ?? 0
  const { bits, device } = nowhere
  assume(
    `node ${dump.node} has device ${device} with ${nowhere.ip}/${bits}, and ${nowhere.gateway} as its router`,
  )
  const route = { type: 'unicast', metric: 0, table: mainTable } as const
  return {
    ...dump,
    devices: numbered([
      loopback,
      { name: device, addresses: [{ ip, bits }] },
      ...extra.filter((name) => name !== device && name !== 'lo').map((name) => ({ name, addresses: [] })),
    ]),
    routes: [
      {
        ...route,
        destination: cidrOf(ip, bits),
        nextHops: [{ device, weight: 1 }],
        source: ip,
        scope: 'link',
      },
      { ...route, destination: cidrOf(0, 0), nextHops: [{ device, via, weight: 1 }], scope: 'global' },
    ],
  }
}

interface Sketch {
  readonly name: string
  readonly addresses: readonly InterfaceAddress[]
  readonly kind?: string
}

const loopback: Sketch = {
  name: 'lo',
  kind: 'loopback',
  addresses: [
    { ip: 0x7f000001, bits: 8 },
    { ip: 1n, bits: 128 },
  ],
}

function numbered(sketches: readonly Sketch[]): readonly DumpedDevice[] {
  return sketches.map((sketch, index) => ({
    ...sketch,
    index: index + 1,
    mtu: sketch.kind === 'loopback' ? 65536 : 1500,
    up: true,
  }))
}

function devicesOfRoutes(
  { node }: NodeDump,
  routes: readonly Route[],
  extra: readonly string[],
  assume: (text: string) => void,
): readonly DumpedDevice[] {
  const names = new Set([...routes.flatMap(({ nextHops }) => nextHops.map(({ device }) => device)), ...extra])
  const sketches = [...names]
    .filter((name) => name !== 'lo')
    .map((name): Sketch => {
      const addresses = routes.flatMap(({ nextHops, source, destination, protocol }): InterfaceAddress[] => {
        const isOwn = nextHops[0]?.device === name && protocol === 'kernel' && source !== undefined
        return isOwn && familyOf(source) === familyOf(destination.first) && destination.bits > 0
          ? [{ ip: source, bits: destination.bits }]
          : []
      })
      const kind = kindByName(name)
      return { name, addresses, ...(kind && { kind }) }
    })
  for (const { name, addresses } of sketches) {
    const texts = addresses.map(({ ip, bits }) => `${formatIp(ip)}/${bits}`)
    assume(`node ${node} has device ${name} with ${texts.join(', ') || 'no address'}, by its routes`)
  }
  return numbered([loopback, ...sketches])
}

/** What a device that only routes tell of is, by its name. */
function kindByName(name: string): string | undefined {
  if (/^(?:cali|veth|eni[\da-f]{8}|lxc|gke|tap[\da-f])/.test(name)) return 'veth'
  return /^(?:cni\d|docker\d|br-|cbr\d|virbr\d|kube-bridge$)/.test(name) ? 'bridge' : undefined
}
