import { describe, expect, test } from 'vitest'
import type { Device } from '../../src/model/network.ts'
import type { Space, Went } from '../support/lab.ts'
import { Lab, stepsIn } from '../support/lab.ts'
import { makeFlat } from '../support/lab-bridges.ts'
import { A2, B1, ip, route } from '../support/lab-network.ts'

const udp = { port: 8080, protocol: 'udp' } as const
/** A datagram of so many bytes with its IP header, which must not be cut. */
const whole = (length: number) => ({ ...udp, payload: length - 28, dontFragment: true })
const divisible = (length: number) => ({ ...udp, payload: length - 28 })

function setMtu(lab: Lab, space: Space, name: string, mtu: number): void {
  const changed = (device: Device): Device => (device.name === name ? { ...device, mtu } : device)
  lab.edit(space, (netns) => ({ ...netns, devices: netns.devices.map(changed) }))
}

/** The sizes to which a walk's packets were cut in one namespace. */
function cuts(went: Went, space: Space): number[] {
  return stepsIn(went.walks[0], space).flatMap((step) => (step.type === 'fragmented' ? [step.mtu] : []))
}

describe('`veth-drops-larger-frames`: a veth takes four bytes more than its MTU, and drops silently', () => {
  const rows: readonly (readonly [length: number, disposition: string])[] = [
    [1400, 'reached'],
    [1404, 'reached'],
    [1405, 'stalled'],
    [1500, 'stalled'],
  ]
  test.each(rows)('%d bytes for an MTU of 1400: %s', (length, disposition) => {
    const lab = new Lab({}, { link: 'routed' })
    setMtu(lab, 'a1', 'eth0', 1400)
    const went = lab.go('a2', '10.244.1.10', whole(length))
    // What is measured is the way there: an answer of the same size is more than the pod itself may send.
    expect(went.at).toBe(disposition === 'reached' ? 'a1' : undefined)
    expect(went).toMatchObject({ answer: undefined, errno: undefined })
    if (disposition === 'stalled') expect(went.outcome.stoppedAt).toMatchObject({ reason: 'too-big' })
  })
})

describe('`bridge-port-mtu`: what a bridge sends out of a port with a smaller MTU', () => {
  type Row = readonly [
    filtered: 0 | 1,
    bridge: number,
    probe: typeof udp & { payload: number },
    goes: boolean,
  ]
  const rows: readonly Row[] = [
    [1, 1400, whole(1400), true],
    [1, 1400, whole(1404), false],
    [1, 1400, divisible(1404), true],
    [1, 1400, divisible(1500), true],
    [1, 1500, divisible(1405), false],
    [0, 1400, whole(1404), true],
    [0, 1400, whole(1405), false],
    [0, 1400, divisible(1404), true],
    [0, 1400, divisible(1405), false],
  ]
  test.each(rows)('bridge-nf-call-iptables=%d, bridge MTU %d, %j: %s', (filtered, mtu, probe, goes) => {
    const lab = new Lab({}, { sysctls: { 'net.bridge.bridge-nf-call-iptables': filtered } })
    setMtu(lab, 'a', 'cni0', mtu)
    setMtu(lab, 'a', 'va2', 1400)
    setMtu(lab, 'a2', 'eth0', 1400)
    const went = lab.go('a1', A2, probe)
    // An answer of the same size is cut by the pod itself, whose device has the smaller MTU too.
    expect(went.at).toBe(goes ? 'a2' : undefined)
    if (!goes) expect(went).toMatchObject({ disposition: 'stalled', stopped: 'too-big' })
  })
})

describe('`vxlan-cuts-its-own-packets`: a tunnel device whose MTU is too large for the underlay', () => {
  function large(): Lab {
    const lab = new Lab({}, { cni: 'vxlan', podMtu: 1500 })
    setMtu(lab, 'a', 'flannel.1', 1500)
    setMtu(lab, 'b', 'flannel.1', 1500)
    return lab
  }

  test('what is forwarded goes on in fragments outside, whatever the inner packet says', () => {
    const lab = large()
    const fits = lab.go('a1', B1, whole(1450))
    expect(fits.disposition).toBe('reached')
    expect(cuts(fits, 'a')).toEqual([])
    for (const probe of [whole(1451), whole(1500), divisible(1500)]) {
      const went = lab.go('a1', B1, probe)
      expect(went.disposition).toBe('reached')
      expect(cuts(went, 'a')).toEqual([1500])
    }
  })

  test('the node’s own first packet passes too, and then its way to there has an MTU of 1450', () => {
    const lab = large()
    expect(lab.go('a', B1, whole(1500)).disposition).toBe('reached')
    expect(lab.go('a', B1, whole(1500))).toMatchObject({ disposition: 'stalled', errno: 'EMSGSIZE' })
    expect(lab.go('a', B1, whole(1450)).disposition).toBe('reached')
    // What is forwarded does not ask what the node has learnt (ip_forward_use_pmtu=0).
    expect(lab.go('a1', B1, whole(1500)).disposition).toBe('reached')
  })
})

test('`vxlan-over-ipv6-never-cuts`: nothing larger passes, and nobody is told', () => {
  const lab = new Lab({}, { cni: 'vxlan', podMtu: 1500 })
  const ends = { a: { own: 'fd00::1', other: 'fd00::2' }, b: { own: 'fd00::2', other: 'fd00::1' } }
  for (const node of ['a', 'b'] as const) {
    const { own, other } = ends[node]
    lab.edit(node, (netns) => ({
      ...netns,
      devices: netns.devices.map((device): Device => {
        if (device.name === 'eth0') {
          return { ...device, addresses: [...device.addresses, { ip: ip(own), bits: 64 }] }
        }
        if (device.type !== 'vxlan') return device
        const forwarding = device.forwarding.map((one) => ({ ...one, remote: ip(other) }))
        return { ...device, mtu: 1500, local: ip(own), forwarding }
      }),
      routes: [...netns.routes, route('fd00::/64', { device: 'eth0' })],
    }))
  }
  expect(lab.go('a1', B1, whole(1430)).disposition).toBe('reached')
  for (const probe of [whole(1431), whole(1500), divisible(1500)]) {
    expect(lab.go('a1', B1, probe)).toMatchObject({
      disposition: 'stalled',
      stopped: 'too-big',
      answer: undefined,
      errno: undefined,
    })
  }
})

test('`bridged-vxlan-answers`: a tunnel in a bridge sends “fragmentation needed” in the destination’s name', () => {
  const lab = new Lab({}, { cni: 'none' })
  makeFlat(lab)
  for (const [space, names] of [
    ['a', ['weave', 'va1', 'vethwe-bridge', 'vethwe-datapath', 'datapath']],
    ['b', ['weave', 'vb1', 'vethwe-bridge', 'vethwe-datapath', 'datapath']],
    ['a1', ['eth0']],
    ['b1', ['eth0']],
  ] as const) {
    for (const name of names) setMtu(lab, space, name, 1500)
  }
  const to = '10.36.0.2'
  expect(lab.go('a1', to, whole(1450)).disposition).toBe('reached')
  expect(lab.go('a1', to, whole(1451))).toMatchObject({
    disposition: 'stalled',
    answer: `3/4 from ${to}`,
    mtu: 1450,
  })
  expect(lab.go('a1', to, whole(1451))).toMatchObject({ disposition: 'stalled', errno: 'EMSGSIZE' })
  const cut = lab.go('a2', to, divisible(1376))
  expect(cut.disposition).toBe('reached')
})
