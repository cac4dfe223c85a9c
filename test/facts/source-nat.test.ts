import { describe, expect, test } from 'vitest'
import { formatIp } from '../../src/base/ip.ts'
import { Lab, packet } from '../support/lab.ts'
import type { LabOptions } from '../support/lab-network.ts'
import { A, A1, B, B1, F, macOf, route, VIP } from '../support/lab-network.ts'
import { dnat } from '../support/lab-rules.ts'

describe('`masquerade-address`: the address of the device that the packet leaves by', () => {
  const nat = [
    '-A POSTROUTING -s 192.168.50.0/24 -j MASQUERADE',
    '-A POSTROUTING -s 198.51.100.0/24 -j MASQUERADE',
    dnat(`${A1}:8080`, { ip: A, port: 30001 }),
    dnat(`${B1}:8080`, { ip: A, port: 30002 }),
  ]
  const rows: readonly [name: string, options: LabOptions, local: string, remote: string][] = [
    ['a bridge and routes between nodes', { cni: 'host-gw' }, '10.244.1.1', A],
    ['a bridge and an overlay', { cni: 'vxlan' }, '10.244.1.1', '10.244.1.0'],
    ['veths without an address', { cni: 'host-gw', link: 'routed' }, A, A],
  ]
  test.each(rows)('%s', (_, options, local, remote) => {
    const lab = new Lab({ a: { nat } }, options)
    expect(lab.go('f', A, { port: 30001 })).toMatchObject({ disposition: 'reached', at: 'a1', seen: local })
    expect(lab.go('f', A, { port: 30002 })).toMatchObject({ disposition: 'reached', at: 'b1', seen: remote })
  })
})

const masquerade = '-A POSTROUTING -o eth0 -j MASQUERADE'

test('`snat-keeps-the-port-if-free`: the second sender moves to another port of the same class', () => {
  const lab = new Lab({ a: { nat: [masquerade] } })
  const seen = (from: 'a1' | 'a2', sport: number) =>
    lab.go(from, B1, { port: 8080, protocol: 'udp', sport }).outcome.seenSource
  const classes: readonly [port: number, first: number, last: number][] = [
    [40000, 1024, 65535],
    [600, 512, 1023],
    [300, 1, 511],
  ]
  for (const [port, first, last] of classes) {
    expect(seen('a1', port)).toMatchObject({ port, randomPort: false })
    const moved = seen('a2', port)
    expect(moved?.port).not.toBe(port)
    expect(moved?.port).toBeGreaterThanOrEqual(first)
    expect(moved?.port).toBeLessThanOrEqual(last)
    // Which port of the class is drawn at random in the kernel; the one shown is an example.
    expect(moved?.randomPort).toBe(true)
  }
})

test('`snat-port-shared-across-destinations`: only whole tuples must differ', () => {
  const lab = new Lab({ a: { nat: [masquerade] } })
  const udp = { protocol: 'udp', sport: 40000 } as const
  expect(lab.go('a1', B1, { ...udp, port: 8080 })).toMatchObject({ seen: A, seenPort: 40000 })
  expect(lab.go('a2', B, { ...udp, port: 9090 })).toMatchObject({ seen: A, seenPort: 40000 })
})

test('`random-fully`: no port is kept, and each is said to be drawn at random within its class', () => {
  const lab = new Lab({ a: { nat: [`${masquerade} --random-fully`] } })
  const ports = (first: number, count: number) =>
    Array.from({ length: count }, (_, index) => {
      const sport = first + index
      const seen = lab.go('a1', B1, { port: 8080, protocol: 'udp', sport }).outcome.seenSource
      expect(seen?.randomPort).toBe(true)
      return { sport, port: seen?.port ?? 0 }
    })
  const high = ports(40000, 30)
  expect(high.filter(({ sport, port }) => sport === port).length).toBeLessThanOrEqual(1)
  expect(Math.min(...high.map(({ port }) => port))).toBeGreaterThanOrEqual(1024)
  const low = ports(600, 6).map(({ port }) => port)
  expect(low.every((port) => port >= 512 && port < 1024)).toBe(true)
})

test('`snat-range-exhausted`: the first packet of the flow that finds no port is dropped', () => {
  const lab = new Lab({ a: { nat: ['-A POSTROUTING -p udp -o eth0 -j MASQUERADE --to-ports 40000-40001'] } })
  const senders: readonly ['a1' | 'a2', number][] = [
    ['a1', 41000],
    ['a2', 41000],
    ['a1', 42000],
  ]
  const went = senders.map(([from, sport]) => lab.go(from, B1, { port: 8080, protocol: 'udp', sport }))
  expect(went.map((one) => one.disposition)).toEqual(['reached', 'reached', 'dropped'])
  expect(
    went
      .map((one) => one.seenPort)
      .slice(0, 2)
      .toSorted(),
  ).toEqual([40000, 40001])
  expect(went[2]?.stopped).toBe('nat-exhausted')
})

/** Asked of the kernel (6.18): the address of a range that each source is given, at random only in appearance. */
describe('the address of a range is a hash of the source, and unless --persistent of the destination', () => {
  const sources = ['10.244.1.10', '10.244.1.20', '10.244.1.33', '10.244.1.77']
  const service = `-A PREROUTING -d ${VIP}/32 -p udp -j DNAT --to-destination`
  const out = '-A POSTROUTING -o eth0 -p udp -j SNAT --to-source'
  const rows: readonly [rule: string, to: string, side: 'src' | 'dst', chosen: readonly string[]][] = [
    [
      `${service} 10.244.2.100-10.244.2.109`,
      VIP,
      'dst',
      [104, 107, 106, 105].map((host) => `10.244.2.${host}`),
    ],
    [
      `${service} 10.244.2.100-10.244.2.109 --persistent`,
      VIP,
      'dst',
      [109, 104, 107, 105].map((host) => `10.244.2.${host}`),
    ],
    [
      `${service} 10.244.2.100-10.244.3.50`,
      VIP,
      'dst',
      ['10.244.2.184', '10.244.3.0', '10.244.2.239', '10.244.2.210'],
    ],
    [
      `${service} 10.244.2.100-10.244.3.50 --persistent`,
      VIP,
      'dst',
      ['10.244.3.47', '10.244.2.191', '10.244.2.246', '10.244.2.216'],
    ],
    [`${out} 192.0.2.10-192.0.2.19`, B1, 'src', [12, 10, 18, 10].map((host) => `192.0.2.${host}`)],
    [
      `${out} 192.0.2.10-192.0.2.19 --persistent`,
      B1,
      'src',
      [19, 14, 17, 15].map((host) => `192.0.2.${host}`),
    ],
  ]
  test.each(rows)('%s', (rule, to, side, chosen) => {
    const lab = new Lab({ a: { nat: [rule] } })
    lab.edit('a', (netns) => ({
      ...netns,
      routes: [...netns.routes, route('10.244.3.0/24', { via: B, device: 'eth0' })],
    }))
    for (const source of sources) {
      lab.inject('a1', macOf('10.244.1.1'), packet('udp', [source, 40000], [to, 80]))
    }
    // What the connection's replies come from is where it was sent; what they go to is what it was sent as.
    const given = lab.connections('a').map(({ reply }) => formatIp(side === 'dst' ? reply.src : reply.dst))
    expect(given).toEqual(chosen)
  })
})

test('a client far away is seen as itself where nothing masquerades', () => {
  const lab = new Lab({ a: { nat: [dnat(`${A1}:8080`, { ip: A, port: 30001 })] } })
  expect(lab.go('f', A, { port: 30001 })).toMatchObject({ at: 'a1', seen: F })
})
