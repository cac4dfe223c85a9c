import { describe, expect, test } from 'vitest'
import type { Device } from '../../src/model/network.ts'
import type { Went } from '../support/lab.ts'
import { arrivals, Lab, onWire, stepsIn } from '../support/lab.ts'
import type { LabOptions } from '../support/lab-network.ts'
import { B, B1 } from '../support/lab-network.ts'

const udp = { port: 8080, protocol: 'udp' } as const
const datagram = (payload: number) => ({ ...udp, payload, dontFragment: true })

/** The lengths of a walk's outer packets. */
function outerLengths(went: Went): number[] {
  return stepsIn(went.walks[0], 'a').flatMap((step) =>
    step.type === 'encapsulated' ? [step.outer.length] : [],
  )
}

describe('`vxlan-mtu`: vxlan costs 50 bytes', () => {
  test('1450 bytes inside are 1500 outside; one more with DF is refused by the pod’s own stack', () => {
    const lab = new Lab({}, { cni: 'vxlan' })
    const fits = lab.go('a1', B1, datagram(1422))
    expect(fits.disposition).toBe('reached')
    expect(outerLengths(fits)).toEqual([1500])
    expect(lab.go('a1', B1, datagram(1423))).toMatchObject({ disposition: 'stalled', errno: 'EMSGSIZE' })
    const long = lab.go('a1', B1, { ...udp, payload: 3000 })
    expect(long.disposition).toBe('reached')
    expect(stepsIn(long.walks[0], 'a1').map((step) => step.type)).toContain('fragmented')
  })

  test('a pod left at 1500 is told the MTU by the node, and knows it from then on', () => {
    const lab = new Lab({}, { cni: 'vxlan', podMtu: 1500 })
    expect(lab.go('a1', B1, datagram(1423))).toMatchObject({
      disposition: 'stalled',
      answer: '3/4 from 10.244.1.1',
      mtu: 1450,
    })
    expect(lab.go('a1', B1, datagram(1423))).toMatchObject({ disposition: 'stalled', errno: 'EMSGSIZE' })
    expect(lab.go('a1', B1, datagram(1422)).disposition).toBe('reached')
    lab.sleep(601)
    expect(lab.go('a1', B1, datagram(1423))).toMatchObject({ answer: '3/4 from 10.244.1.1' })
  })

  test('with ICMP dropped it is a black hole, while small packets pass', () => {
    const rules = { a: { filter: ['-A OUTPUT -p icmp -j DROP'] } }
    const lab = new Lab(rules, { cni: 'vxlan', podMtu: 1500 })
    expect(lab.go('a1', B1, datagram(1423))).toMatchObject({ disposition: 'stalled', answer: undefined })
    expect(lab.go('a1', B1, { port: 8080 }).disposition).toBe('reached')
  })
})

test('`vxlan-packets-in-the-chains`: the inner packet is forwarded, the outer is the nodes’ own', () => {
  const filter = [
    '-A FORWARD -o flannel.1 -p udp -m udp --dport 8080',
    '-A OUTPUT -p udp -m udp --dport 8472',
    '-A FORWARD -i flannel.1 -p udp -m udp --dport 8080',
    '-A INPUT -p udp -m udp --dport 8472',
  ]
  const lab = new Lab({ a: { filter }, b: { filter } }, { cni: 'vxlan' })
  expect(lab.go('a1', B1, udp).disposition).toBe('reached')
  expect(lab.count('a', 'filter', 'FORWARD')).toEqual([1, 0])
  expect(lab.count('a', 'filter', 'OUTPUT')).toEqual([1])
  expect(lab.count('b', 'filter', 'FORWARD')).toEqual([0, 1])
  expect(lab.count('b', 'filter', 'INPUT')).toEqual([1])
  lab.load('b', { filter: ['-A INPUT -p udp -m udp --dport 8472 -j DROP'] })
  expect(lab.go('a1', B1, udp)).toMatchObject({ disposition: 'dropped', stopped: 'rule' })
  expect(lab.go('a', B, { port: 9, protocol: 'udp' })).toMatchObject({ disposition: 'refused' })
})

test('`tunnel-keeps-the-mark`: a mark stays with a packet into its tunnel and out of it, within one node', () => {
  const sending = {
    mangle: ['-A FORWARD -o flannel.1 -j MARK --set-xmark 0x11/0xffffffff', '-A OUTPUT -m mark --mark 0x11'],
  }
  const receiving = {
    mangle: [
      '-A INPUT -p udp -m udp --dport 8472 -j MARK --set-xmark 0x22/0xffffffff',
      '-A PREROUTING -i flannel.1 -m mark --mark 0x22',
      '-A FORWARD -i flannel.1 -m mark --mark 0x22',
    ],
  }
  const lab = new Lab({ a: sending, b: receiving }, { cni: 'vxlan' })
  expect(lab.go('a1', B1, udp).disposition).toBe('reached')
  expect(lab.count('a', 'mangle', 'OUTPUT')).toEqual([1])
  expect(lab.count('b', 'mangle', 'PREROUTING')).toEqual([1])
  expect(lab.count('b', 'mangle', 'FORWARD')).toEqual([1])
})

describe('`vxlan-static-tables`: flannel’s tunnel learns nothing', () => {
  function withoutForwarding(device: Device): Device {
    return device.type === 'vxlan' ? { ...device, forwarding: [] } : device
  }

  test('without the forwarding entry: silence', () => {
    const lab = new Lab({}, { cni: 'vxlan' })
    expect(lab.go('a1', B1, { port: 8080 }).at).toBe('b1')
    lab.edit('a', (netns) => ({ ...netns, devices: netns.devices.map(withoutForwarding) }))
    expect(lab.go('a1', B1, { port: 8080 })).toMatchObject({ disposition: 'dropped', answer: undefined })
  })

  test('without the neighbour entry: silence for three seconds, then host-unreachable from the node', () => {
    const lab = new Lab({}, { cni: 'vxlan' })
    lab.edit('a', (netns) => ({ ...netns, neighbors: [] }))
    expect(lab.go('a1', B1, { port: 8080 })).toMatchObject({
      disposition: 'no-route',
      stopped: 'no-neighbor',
      answer: '3/1 from 10.244.1.1',
    })
  })
})

describe('`ways-between-nodes`: the TTL that is left at the pod', () => {
  const rows: readonly [name: string, options: LabOptions, ttl: number | undefined][] = [
    ['routes on the nodes', { cni: 'host-gw' }, 62],
    ['an overlay', { cni: 'vxlan' }, 62],
    ['a fabric that routes', { cni: 'none', fabricRoutes: true }, 61],
    ['no route', { cni: 'none' }, undefined],
  ]
  test.each(rows)('%s', (_, options, ttl) => {
    const went = new Lab({}, options).go('a1', B1, udp)
    expect(arrivals(went, 'b1').map((one) => one.ttl)).toEqual(ttl === undefined ? [] : [ttl])
    expect(went.disposition).toBe(ttl === undefined ? 'dropped' : 'reached')
  })
})

test('`ptp-proxy-arp`: the gateway 169.254.1.1 exists nowhere; the node’s end answers for it', () => {
  const lab = new Lab({}, { link: 'routed' })
  expect(lab.go('a1', B1, { port: 8080 })).toMatchObject({ disposition: 'reached', at: 'b1' })
  lab.sysctl('a', { 'net.ipv4.conf.va1.proxy_arp': 0 })
  const mute = lab.go('a1', B1, { port: 8080 })
  expect(mute).toMatchObject({ disposition: 'no-route', stopped: 'no-neighbor', errno: 'EHOSTUNREACH' })
  expect(onWire(mute, 'a')).toEqual([])
})
