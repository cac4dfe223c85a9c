import { describe, expect, test } from 'vitest'
import { formatIp } from '../../src/base/ip.ts'
import type { Packet } from '../../src/base/packet.ts'
import type { Device } from '../../src/model/network.ts'
import type { Went } from '../support/lab.ts'
import { arrivals, Lab, stepsIn } from '../support/lab.ts'
import { A, A1, A2, B, B1, gateway, ip } from '../support/lab-network.ts'
import type { LabTunnel } from '../support/lab-tunnels.ts'
import { editTunnel, joinNodes } from '../support/lab-tunnels.ts'

const udp = { port: 8080, protocol: 'udp' } as const

function labWith(kind: LabTunnel, rules: ConstructorParameters<typeof Lab>[0] = {}): Lab {
  const lab = new Lab(rules, { cni: 'none' })
  joinNodes(lab, kind)
  return lab
}

function outerOf(went: Went, node: 'a' | 'b' = 'a'): Packet | undefined {
  for (const step of stepsIn(went.walks[0], node)) if (step.type === 'encapsulated') return step.outer
  return undefined
}

describe('the outer packet of a 60-byte datagram, and what is left of the inner TTL at the pod', () => {
  type Row = readonly [
    kind: LabTunnel,
    outer: { protocol: number; length: number; ttl: number; dontFragment: boolean },
    ttl: number,
  ]
  // The sender's bridge counts one, the receiving node one; flannel's relay counts one at each end besides.
  const rows: readonly Row[] = [
    ['ipip', { protocol: 4, length: 80, ttl: 63, dontFragment: false }, 62],
    ['ipip-both-ends', { protocol: 4, length: 80, ttl: 63, dontFragment: true }, 62],
    ['gre', { protocol: 47, length: 84, ttl: 63, dontFragment: true }, 62],
    ['geneve', { protocol: 17, length: 110, ttl: 64, dontFragment: false }, 62],
    ['udp', { protocol: 17, length: 88, ttl: 64, dontFragment: true }, 60],
    ['wireguard', { protocol: 17, length: 64 + 60, ttl: 64, dontFragment: false }, 62],
  ]
  test.each(rows)('%s', (kind, outer, ttl) => {
    const went = labWith(kind).go('a1', B1, udp)
    expect(went).toMatchObject({ disposition: 'reached', at: 'b1', seen: A1 })
    expect(outerOf(went)).toMatchObject({ ...outer, src: ip(A), dst: ip(B) })
    expect(arrivals(went, 'b1').map((one) => one.ttl)).toEqual([ttl])
  })

  test('ports: WireGuard and the relay send from the port that they listen on, Geneve from one of the flow’s', () => {
    const ports = (kind: LabTunnel) => {
      const outer = outerOf(labWith(kind).go('a1', B1, udp))
      return [outer?.sport, outer?.dport]
    }
    expect(ports('wireguard')).toEqual([51820, 51820])
    expect(ports('udp')).toEqual([8285, 8285])
    expect(ports('geneve')[1]).toBe(6081)
    expect(ports('ipip')).toEqual([0, 0])
  })

  test('WireGuard pads to 16 bytes, but not beyond its device’s MTU', () => {
    const lab = labWith('wireguard')
    const length = (payload: number) => outerOf(lab.go('a1', B1, { ...udp, payload }))?.length
    expect(length(100)).toBe(128 + 60)
    expect(length(1440 - 28)).toBe(1500)
    expect(length(1437 - 28)).toBe(1500)
  })

  test('IPIP copies the inner packet’s “don’t fragment”, and its TTL from the node itself is 64', () => {
    const lab = labWith('ipip')
    expect(outerOf(lab.go('a1', B1, { ...udp, dontFragment: true }))).toMatchObject({ dontFragment: true })
    expect(outerOf(lab.go('a', B1, udp))).toMatchObject({ ttl: 64 })
  })
})

describe('both packets meet the rules', () => {
  const rows: readonly (readonly [LabTunnel, string])[] = [
    ['ipip', '-p 4'],
    ['gre', '-p 47'],
    ['geneve', '-p udp -m udp --dport 6081'],
    ['udp', '-p udp -m udp --dport 8285'],
    ['wireguard', '-p udp -m udp --dport 51820'],
  ]
  test.each(rows)('%s: the inner is forwarded, the outer is the nodes’ own', (kind, match) => {
    const filter = [
      '-A FORWARD -o tun0 -p udp -m udp --dport 8080',
      `-A OUTPUT ${match}`,
      '-A FORWARD -i tun0 -p udp -m udp --dport 8080',
      `-A INPUT ${match}`,
    ]
    const lab = labWith(kind, { a: { filter }, b: { filter } })
    expect(lab.go('a1', B1, udp).disposition).toBe('reached')
    expect(lab.count('a', 'filter', 'FORWARD')).toEqual([1, 0])
    expect(lab.count('a', 'filter', 'OUTPUT')).toEqual([1])
    expect(lab.count('b', 'filter', 'FORWARD')).toEqual([0, 1])
    expect(lab.count('b', 'filter', 'INPUT')).toEqual([1])
    lab.load('b', { filter: [`-A INPUT ${match} -j DROP`] })
    expect(lab.go('a1', B1, udp)).toMatchObject({ disposition: 'dropped', stopped: 'rule' })
  })

  test('a node whose rules drop its own outer packets hears nothing of it', () => {
    const lab = labWith('ipip', { a: { filter: ['-A OUTPUT -p 4 -j DROP'] } })
    expect(lab.go('a', B1, udp)).toMatchObject({ disposition: 'dropped', stopped: 'rule', errno: undefined })
  })
})

describe('which device takes an IPIP packet (ip_tunnel_lookup)', () => {
  const base = { type: 'iptunnel', protocol: 4, mtu: 1480, mac: '', addresses: [] } as const
  const devices = {
    fallback: { ...base, name: 'fallback' },
    local: { ...base, name: 'local', local: ip(B) },
    remote: { ...base, name: 'remote', remote: ip(A) },
    both: { ...base, name: 'both', local: ip(B), remote: ip(A) },
    other: { ...base, name: 'other', local: ip(B), remote: ip('192.168.50.99') },
    down: { ...base, name: 'down', local: ip(B), remote: ip(A), down: true },
  }
  type Name = keyof typeof devices
  const rows: readonly (readonly [readonly Name[], Name | undefined])[] = [
    [['fallback', 'local', 'remote', 'both'], 'both'],
    [['fallback', 'local', 'remote'], 'remote'],
    [['fallback', 'local'], 'local'],
    [['fallback', 'other'], 'fallback'],
    [['fallback', 'down'], 'fallback'],
    [['other'], undefined],
  ]
  test.each(rows)('of %j: %s', (names, taken) => {
    const lab = labWith('ipip')
    lab.edit('b', (netns) => ({
      ...netns,
      devices: [
        ...netns.devices.filter((one) => one.name !== 'tun0'),
        ...names.map((name): Device => devices[name]),
      ],
    }))
    const went = lab.go('a1', B1, udp)
    const opened = stepsIn(went.walks[0], 'b').flatMap((step) =>
      step.type === 'decapsulated' ? [step.device] : [],
    )
    expect(opened).toEqual(taken === undefined ? [] : [taken])
  })
})

describe('cryptokey routing', () => {
  const noPeers = (device: Device): Device => (device.type === 'tun' ? { ...device, peers: [] } : device)

  test('no peer for the destination: ENOKEY to the node itself, host-unreachable to its pods and to TCP', () => {
    const lab = labWith('wireguard')
    editTunnel(lab, 'a', noPeers)
    expect(lab.go('a', B1, udp)).toMatchObject({ disposition: 'no-route', errno: 'ENOKEY' })
    expect(lab.go('a', B1)).toMatchObject({ disposition: 'no-route', answer: '3/1 from 10.244.1.0' })
    // A UDP socket passes over the error that comes back (udp_err).
    expect(lab.go('a1', B1, udp)).toMatchObject({
      disposition: 'dropped',
      stopped: 'no-neighbor',
      answer: '3/1 from 10.244.1.1',
    })
  })

  test('flannel’s relay answers for itself: net-unreachable from the tunnel’s address, but never about ICMP', () => {
    const lab = labWith('udp')
    editTunnel(lab, 'a', noPeers)
    expect(lab.go('a1', B1, udp)).toMatchObject({ disposition: 'dropped', answer: '3/0 from 10.244.1.0' })
    expect(lab.go('a1', B1, { protocol: 'icmp' })).toMatchObject({ answer: undefined })
  })

  test('a source outside the sender’s blocks is dropped on receipt', () => {
    const lab = labWith('wireguard')
    editTunnel(lab, 'b', (device) =>
      device.type === 'tun'
        ? { ...device, peers: device.peers.map((peer) => ({ ...peer, blocks: [hostBlock(A2)] })) }
        : device,
    )
    expect(lab.go('a2', B1, udp).walks[0]?.hops.at(-1)?.netns).toBe('pod/b1')
    expect(lab.go('a1', B1, udp)).toMatchObject({ disposition: 'dropped', stopped: 'no-neighbor' })
  })

  function hostBlock(text: string) {
    const address = ip(text)
    return { first: address, last: address, bits: 32 }
  }
})

describe('ways that lead nowhere', () => {
  test('the way to the tunnel’s end leads into the tunnel', () => {
    const lab = labWith('ipip')
    lab.edit('a', (netns) => ({
      ...netns,
      routes: netns.routes.filter(({ nextHops: [hop] }) => hop?.device !== 'eth0'),
    }))
    expect(lab.go('a1', B1, udp)).toMatchObject({ disposition: 'dropped', stopped: 'no-route' })
    const looped = labWith('ipip')
    looped.edit('a', (netns) => {
      const [through] = netns.routes.filter(({ nextHops: [hop] }) => hop?.device === 'tun0')
      if (!through) throw new Error('there is a route into the tunnel')
      const first = ip(B)
      return {
        ...netns,
        routes: [...netns.routes, { ...through, destination: { first, last: first, bits: 32 } }],
      }
    })
    expect(looped.go('a1', B1, udp)).toMatchObject({ disposition: 'dropped', stopped: 'device' })
  })

  test('a far node that is not there: silence, as nobody tells the inner sender', () => {
    const lab = labWith('ipip')
    lab.edit('b', (netns) => ({
      ...netns,
      devices: netns.devices.map((device) => (device.name === 'eth0' ? { ...device, down: true } : device)),
    }))
    const went = lab.go('a1', B1, udp)
    expect(went).toMatchObject({ disposition: 'dropped', stopped: 'no-neighbor', errno: undefined })
    expect(formatIp(outerOf(went)?.dst ?? 0)).toBe(B)
  })
})

describe('a path with less room than the tunnel needs, by the source of ip_tunnel_xmit and wg_xmit', () => {
  const whole = (length: number) => ({ ...udp, payload: length - 28, dontFragment: true })
  const divisible = (length: number) => ({ ...udp, payload: length - 28 })

  /** The tunnel device has the underlay's whole MTU, as if somebody had raised it. */
  function labWithLarge(kind: LabTunnel): Lab {
    const lab = labWith(kind)
    for (const node of ['a', 'b'] as const) editTunnel(lab, node, (device) => ({ ...device, mtu: 1500 }))
    return lab
  }
  const cuts = (went: Went) =>
    stepsIn(went.walks[0], 'a').flatMap((step) => (step.type === 'fragmented' ? [step.mtu] : []))

  test('IPIP tells the inner sender, as its “don’t fragment” is the outer packet’s too', () => {
    const lab = labWithLarge('ipip')
    expect(lab.go('a1', B1, whole(1480)).disposition).toBe('reached')
    expect(lab.go('a1', B1, whole(1481))).toMatchObject({
      disposition: 'stalled',
      answer: '3/4 from 10.244.1.1',
      mtu: 1480,
    })
    expect(lab.go('a1', B1, whole(1481))).toMatchObject({ errno: 'EMSGSIZE' })
    const cut = lab.go('a1', B1, divisible(1500))
    expect(cut.disposition).toBe('reached')
  })

  test('without it the outer packet is cut, unless the tunnel does path MTU discovery', () => {
    const cut = labWithLarge('ipip').go('a1', B1, divisible(1500))
    expect(cut).toMatchObject({ disposition: 'reached', at: 'b1' })
    expect(cuts(cut)).toEqual([1500])
    expect(labWithLarge('ipip-both-ends').go('a1', B1, divisible(1500))).toMatchObject({
      disposition: 'stalled',
      stopped: 'too-big',
      answer: undefined,
    })
  })

  test('WireGuard’s outer packet is always cut, and the relay’s socket cuts what does not fit', () => {
    for (const kind of ['wireguard', 'udp'] as const) {
      const went = labWithLarge(kind).go('a1', B1, whole(1500))
      expect(went).toMatchObject({ disposition: 'reached', at: 'b1' })
      expect(cuts(went)).toEqual([1500])
    }
  })

  test('an error about the outer packet teaches the node, and the next inner packet gets an error of its own', () => {
    const lab = labWith('ipip')
    narrowPath(lab)
    const first = lab.go('a1', B1, whole(1480))
    expect(first).toMatchObject({ disposition: 'stalled', stopped: 'too-big', answer: undefined })
    expect(first.outcome.stoppedAt?.netns).toBe('router')
    expect(lab.go('a1', B1, whole(1480))).toMatchObject({
      disposition: 'stalled',
      answer: '3/4 from 10.244.1.1',
      mtu: 1380,
    })
    expect(lab.go('a1', B1, whole(1380)).disposition).toBe('reached')
  })

  test('with that error dropped it stays a black hole', () => {
    const lab = labWith('ipip', { a: { filter: ['-A INPUT -p icmp -j DROP'] } })
    narrowPath(lab)
    for (const _ of [1, 2]) {
      expect(lab.go('a1', B1, whole(1480))).toMatchObject({ disposition: 'stalled', answer: undefined })
    }
    expect(lab.go('a1', B1, { port: 8080 }).disposition).toBe('reached')
  })

  /** Node a reaches b by the router, whose route to b has an MTU of 1400. */
  function narrowPath(lab: Lab): void {
    const first = ip(B)
    const toB = { first, last: first, bits: 32 }
    const base = { type: 'unicast', metric: 0, table: 254, scope: 'global' } as const
    lab.edit('a', (netns) => ({
      ...netns,
      routes: [
        ...netns.routes,
        { ...base, destination: toB, nextHops: [{ device: 'eth0', via: ip(gateway), weight: 1 }] },
      ],
    }))
    lab.edit('gateway', (netns) => ({
      ...netns,
      routes: [
        ...netns.routes,
        { ...base, destination: toB, nextHops: [{ device: 'eth0', weight: 1 }], mtu: 1400 },
      ],
    }))
  }
})
