import { describe, expect, test } from 'vitest'
import type { Netns, Route } from '../../src/model/network.ts'
import { Lab, onWire, packet } from '../support/lab.ts'
import { A, A1, A2, B1, C, macOf, route, VIP } from '../support/lab-network.ts'
import { dnat } from '../support/lab-rules.ts'

function withoutDefault(netns: Netns): Netns {
  return { ...netns, routes: netns.routes.filter((one) => one.destination.bits > 0) }
}

function withRoute(added: Route): (netns: Netns) => Netns {
  return (netns) => ({
    ...netns,
    routes: [...netns.routes.filter((one) => one.destination.first !== added.destination.first), added],
  })
}

test('`output-dnat-reroutes`: routed before nat OUTPUT, which sets the source, and again after it', () => {
  const lab = new Lab({
    a: {
      nat: [
        dnat(`${A1}:8080`, { chain: 'OUTPUT' }),
        dnat(`${A1}:8080`, { chain: 'OUTPUT', protocol: 'udp' }),
      ],
    },
  })
  expect(lab.go('a', VIP)).toMatchObject({ disposition: 'reached', at: 'a1', seen: A })
  lab.edit('a', withoutDefault)
  expect(lab.go('a', VIP)).toMatchObject({ disposition: 'no-route', errno: 'ENETUNREACH' })
  lab.edit('a', withRoute(route('10.96.0.0/16', { type: 'blackhole' })))
  expect(lab.go('a', VIP)).toMatchObject({ disposition: 'no-route', errno: 'EINVAL' })
  lab.edit('a', withRoute(route('10.96.0.0/16', { device: 'cni0' })))
  expect(lab.go('a', VIP)).toMatchObject({ disposition: 'reached', at: 'a1', seen: '10.244.1.1' })
  expect(lab.go('a1', A2, { port: 8080 })).toMatchObject({ disposition: 'reached', at: 'a2' })
})

test('`forwarded-dnat-needs-no-route`: a forwarded packet is translated before it is routed', () => {
  const lab = new Lab({ a: { nat: [dnat(`${B1}:8080`)] } })
  lab.edit('a', withoutDefault)
  expect(lab.go('a1', VIP)).toMatchObject({ disposition: 'reached', at: 'b1' })
})

test('`ip-forward-off`: what is routed is lost, what is bridged and what is the node’s own is not', () => {
  const lab = new Lab(
    {
      a: {
        nat: [
          dnat(`${A2}:8080`),
          dnat(`${B1}:8080`, { port: 81 }),
          dnat(`${B1}:8080`, { port: 81, chain: 'OUTPUT' }),
        ],
      },
    },
    { sysctls: { 'net.ipv4.ip_forward': 0 } },
  )
  expect(lab.go('a1', B1, { port: 8080 })).toMatchObject({
    disposition: 'dropped',
    stopped: 'forwarding-off',
  })
  expect(lab.go('a1', A2, { port: 8080 })).toMatchObject({ disposition: 'reached', at: 'a2' })
  expect(lab.go('a1', VIP)).toMatchObject({ disposition: 'dropped', stopped: 'forwarding-off' })
  expect(lab.go('a', VIP, { port: 81 })).toMatchObject({ disposition: 'reached', at: 'b1' })
})

test('`route-localnet`: 127.0.0.1:nodePort needs it to be routed again, and a masquerade to be answered', () => {
  const take = dnat(`${B1}:8080`, { ip: '127.0.0.1', port: 30001, chain: 'OUTPUT' })
  const lab = new Lab({ a: { nat: [take, '-A POSTROUTING -d 10.244.2.0/24 -j MASQUERADE'] } })
  const go = () => lab.go('a', '127.0.0.1', { port: 30001 })
  const refused = go()
  expect(refused).toMatchObject({ disposition: 'dropped', at: undefined, stopped: 'no-route' })
  expect(onWire(refused, 'b')).toEqual([])
  expect(lab.count('a', 'nat', 'OUTPUT')).toEqual([1])
  expect(lab.count('a', 'nat', 'POSTROUTING')).toEqual([0])
  lab.sysctl('a', { 'net.ipv4.conf.all.route_localnet': 1 })
  const reached = go()
  expect(reached).toMatchObject({ disposition: 'reached', at: 'b1', seen: A })
  lab.load('a', { nat: [take] })
  const bare = go()
  expect(bare).toMatchObject({ disposition: 'dropped', at: undefined })
  expect(onWire(bare, 'b')).toEqual([`in 127.0.0.1 > ${B1}`])
})

/** Puts a datagram on the nodes' network and says whether it reaches filter INPUT of node a. */
function reachesInput(lab: Lab, src: string, dst: string): boolean {
  const before = lab.count('a', 'filter', 'INPUT')[0] ?? 0
  lab.inject('c', macOf(A, '02:00'), packet('udp', [src, 40000], [dst, 777]))
  return (lab.count('a', 'filter', 'INPUT')[0] ?? 0) > before
}

test('`localnet-from-outside`: route_localnet lets the destination in, never the source', () => {
  const guard =
    '-A INPUT ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP'
  const lab = new Lab({
    a: {
      raw: ['-A PREROUTING -p udp -m udp --dport 777'],
      filter: ['-A INPUT -p udp -m udp --dport 777', guard],
    },
  })
  expect(reachesInput(lab, C, A)).toBe(true)
  expect(reachesInput(lab, C, '127.0.0.1')).toBe(false)
  expect(reachesInput(lab, '127.0.0.1', A)).toBe(false)
  expect(lab.count('a', 'raw', 'PREROUTING')).toEqual([3])
  lab.sysctl('a', { 'net.ipv4.conf.all.route_localnet': 1 })
  expect(reachesInput(lab, C, '127.0.0.1')).toBe(true)
  expect(lab.count('a', 'filter', 'INPUT')[1]).toBe(1)
  expect(reachesInput(lab, '127.0.0.1', A)).toBe(false)
})

describe('`rp-filter`: the greater of `all` and the device', () => {
  const setting = (all: number, device: number) => ({
    'net.ipv4.conf.all.rp_filter': all,
    'net.ipv4.conf.eth0.rp_filter': device,
  })
  const input = { a: { filter: ['-A INPUT -p udp -m udp --dport 777'] } }

  test.each([
    [0, 0, true],
    [0, 1, false],
    [1, 0, false],
    [0, 2, true],
    [1, 2, true],
    [2, 1, true],
  ])('all=%i eth0=%i: a pod’s source arrives by eth0: %s', (all, device, arrives) => {
    const lab = new Lab(input, { sysctls: setting(all, device) })
    expect(reachesInput(lab, '10.244.1.77', A)).toBe(arrives)
  })

  test('the node’s own address as source never arrives', () => {
    expect(reachesInput(new Lab(input, { sysctls: setting(0, 0) }), A, A)).toBe(false)
  })

  test('loosely, only sources without any route are dropped', () => {
    const lab = new Lab(input, { sysctls: setting(0, 2) })
    expect(reachesInput(lab, '203.0.113.99', A)).toBe(true)
    lab.edit('a', withoutDefault)
    expect(reachesInput(lab, '203.0.113.99', A)).toBe(false)
  })
})

describe('`unreachable-pod-address`: an address in a node’s block that no pod has', () => {
  test('on a bridge ARP fails, and after three seconds the node says host-unreachable', () => {
    const went = new Lab().go('b1', '10.244.1.99', { port: 8080 })
    expect(went).toMatchObject({ disposition: 'no-route', stopped: 'no-neighbor', answer: `3/1 from ${A}` })
  })

  test('on routed veths the block’s blackhole route swallows it', () => {
    const went = new Lab({}, { link: 'routed' }).go('b1', '10.244.1.99', { port: 8080 })
    expect(went).toMatchObject({ disposition: 'dropped', stopped: 'blackhole', answer: undefined })
  })

  test('behind a service on the caller’s bridge the error comes from the service', () => {
    const lab = new Lab({ a: { nat: [dnat('10.244.1.99:8080')] } })
    expect(lab.go('a1', VIP)).toMatchObject({ disposition: 'no-route', stopped: 'no-neighbor' })
  })
})

describe('routes that lead in a circle', () => {
  const circle = () => {
    const lab = new Lab()
    lab.edit('a', withRoute(route('10.244.3.0/24', { via: '192.168.50.12', device: 'eth0' })))
    lab.edit('b', withRoute(route('10.244.3.0/24', { via: A, device: 'eth0' })))
    return lab
  }

  test('use up the TTL, and the sender is told', () => {
    const went = circle().go('a1', '10.244.3.5', { port: 8080 })
    expect(went).toMatchObject({ disposition: 'looped', stopped: 'ttl' })
    expect(went.answer).toMatch(/^11\/0 from /)
  })

  test('are a loop too where no error comes back', () => {
    const lab = circle()
    for (const node of ['a', 'b'] as const) lab.load(node, { filter: ['-A OUTPUT -p icmp -j DROP'] })
    expect(lab.go('a1', '10.244.3.5', { port: 8080 })).toMatchObject({
      disposition: 'looped',
      answer: undefined,
    })
  })

  test('a small TTL alone is no loop: each router on the way answers, as traceroute has it', () => {
    const answers = [1, 2, 3].map((ttl) => new Lab().go('a1', B1, { port: 8080, protocol: 'udp', ttl }))
    expect(answers.map((one) => one.answer)).toEqual([
      '11/0 from 10.244.1.1',
      '11/0 from 192.168.50.12',
      undefined,
    ])
    expect(answers.map((one) => one.disposition)).toEqual(['rejected', 'rejected', 'reached'])
  })
})
