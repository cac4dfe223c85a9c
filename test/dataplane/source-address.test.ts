import { describe, expect, test } from 'vitest'
import { formatIp } from '../../src/base/ip.ts'
import { routeOutput } from '../../src/dataplane/output-route.ts'
import { connectedRoute, selectAddress } from '../../src/dataplane/routing.ts'
import { firstFlight } from '../../src/dataplane/start-walk.ts'
import { emptyState } from '../../src/dataplane/state.ts'
import type { Device, Netns, Route } from '../../src/model/network.ts'
import { packet } from '../support/lab.ts'
import { ip, route } from '../support/lab-network.ts'

function device(name: string, type: 'loopback' | 'ethernet', addresses: Device['addresses']): Device {
  const common = { name, mtu: 1500, mac: `02:00:00:00:00:${name}`, addresses }
  return type === 'loopback' ? { type, ...common } : { type, ...common, segment: name }
}

/** lo, d0 with three addresses of which the last is secondary, and v0 with none or one of scope link. */
function host(v0: Device['addresses'], routes: readonly Route[]): Netns {
  const d0 = [
    { ip: ip('192.168.7.1'), bits: 24 },
    { ip: ip('10.1.1.1'), bits: 24 },
    { ip: ip('192.168.7.2'), bits: 24 },
  ]
  return {
    id: 'host/h',
    role: 'host',
    label: 'h',
    devices: [
      device('lo', 'loopback', [{ ip: ip('127.0.0.1'), bits: 8 }]),
      device('d0', 'ethernet', d0),
      device('v0', 'ethernet', v0),
    ],
    routes: [...d0.slice(0, 2).map((one) => connectedRoute('d0', one.ip, one.bits)), ...routes],
    sysctls: {},
    ruleSets: [],
    listeners: [],
  }
}

function sourceTowards(netns: Netns, to: string): string {
  const flight = firstFlight(netns, packet('udp', ['0.0.0.0', 40000], [to, 80]), emptyState)
  const found = routeOutput(flight, { dst: ip(to), mark: 0 })
  return found.type === 'error' ? found.errno : formatIp(found.source)
}

const linkLocal = [{ ip: ip('169.254.5.5'), bits: 32, scope: 'link' as const }]

/** As `ip route get` of the kernel (6.18) has it. */
describe('the source address of a namespace’s own packets', () => {
  test.each([
    ['no address on the device, route of scope link', [], 'link', '192.168.7.1'],
    ['no address on the device, route of scope global', [], 'global', '192.168.7.1'],
    // 127.0.0.1 is wide enough for such a route and comes first, and may not leave by v0.
    ['no address on the device, route of scope host', [], 'host', 'EINVAL'],
    ['an address of scope link, route of scope host', linkLocal, 'host', '169.254.5.5'],
    ['an address of scope link, route of scope link', linkLocal, 'link', '169.254.5.5'],
    ['an address of scope link, route of scope global', linkLocal, 'global', '192.168.7.1'],
  ] as const)('%s', (_, v0, scope, source) => {
    const netns = host(v0, [route('10.9.9.9/32', { device: 'v0', scope })])
    expect(sourceTowards(netns, '10.9.9.9')).toBe(source)
  })

  test.each([
    ['10.1.1.9', '10.1.1.1'],
    ['192.168.7.9', '192.168.7.1'],
  ])('towards the gateway %s: the address in its network, never a secondary one', (via, source) => {
    const netns = host([], [route('10.9.8.0/24', { via, device: 'd0' })])
    expect(sourceTowards(netns, '10.9.8.1')).toBe(source)
  })
})

test('MASQUERADE asks for an address of scope global, whatever the route', () => {
  expect(selectAddress(host(linkLocal, []), 'v0', ip('10.9.9.9'), 4)).toBe(ip('192.168.7.1'))
})
