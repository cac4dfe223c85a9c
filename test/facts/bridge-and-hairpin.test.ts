import { describe, expect, test } from 'vitest'
import { arrivals, Lab, onWire, packet, stepsIn } from '../support/lab.ts'
import { A, A1, A2, B1, macOf, VIP } from '../support/lab-network.ts'
import { dnat } from '../support/lab-rules.ts'

const masqueradeSelf = `-A POSTROUTING -s ${A1}/32 -d ${A1}/32 -j MASQUERADE`

test('`bridge-nf-off`: an endpoint on the caller’s own bridge answers past conntrack', () => {
  const lab = new Lab(
    {
      a: {
        nat: [
          dnat(`${A2}:8080`),
          dnat(`${A2}:8080`, { protocol: 'udp' }),
          dnat(`${B1}:8080`, { port: 81 }),
          dnat(`${A1}:8080`, { port: 82 }),
          masqueradeSelf,
        ],
      },
    },
    { sysctls: { 'net.bridge.bridge-nf-call-iptables': 0 } },
  )
  expect(lab.go('a1', VIP)).toMatchObject({ disposition: 'dropped', at: 'a2', stopped: 'stray' })
  const udp = lab.go('a1', VIP, { protocol: 'udp' })
  expect(udp).toMatchObject({ disposition: 'dropped', at: 'a2', stopped: 'stray' })
  expect(onWire(udp, 'a1').at(-1)).toBe(`in ${A2} > ${A1}`)
  expect(lab.go('a1', VIP, { port: 81 })).toMatchObject({ disposition: 'reached', at: 'b1' })
  expect(lab.go('a1', VIP, { port: 82 })).toMatchObject({ disposition: 'reached', at: 'a1' })
  lab.sysctl('a', { 'net.bridge.bridge-nf-call-iptables': 1 })
  expect(lab.go('a1', VIP)).toMatchObject({ disposition: 'reached', at: 'a2' })
})

test('`ptp-needs-no-bridge-nf`: on routed veths the same service works; pod to pod costs one hop', () => {
  const lab = new Lab(
    { a: { nat: [dnat(`${A2}:8080`)] } },
    { link: 'routed', sysctls: { 'net.bridge.bridge-nf-call-iptables': 0 } },
  )
  expect(lab.go('a1', VIP)).toMatchObject({ disposition: 'reached', at: 'a2' })
  const direct = lab.go('a1', A2, { port: 8080, protocol: 'udp' })
  expect(arrivals(direct, 'a2').map((one) => one.ttl)).toEqual([63])
})

test('`one-prerouting-per-packet`: a frame that the bridge hands up passes PREROUTING once', () => {
  const rule = (hook: string) => `-A ${hook} -p udp -m udp --dport 8080`
  const lab = new Lab({ a: { raw: [rule('PREROUTING')], mangle: [rule('POSTROUTING')] } })
  lab.go('a1', B1, { port: 8080, protocol: 'udp' })
  expect(lab.count('a', 'raw', 'PREROUTING')).toEqual([1])
  expect(lab.count('a', 'mangle', 'POSTROUTING')).toEqual([1])
})

describe('`hairpin`: a pod that reaches itself through its service', () => {
  const toItself = dnat(`${A1}:8080`)

  test('needs hairpin mode and a masquerade, and sees the bridge', () => {
    const lab = new Lab({ a: { nat: [toItself, masqueradeSelf] } })
    expect(lab.go('a1', VIP)).toMatchObject({ disposition: 'reached', at: 'a1', seen: '10.244.1.1' })
  })

  test('without hairpin mode the frame may not go back; other pods do not need it', () => {
    const lab = new Lab({ a: { nat: [toItself, masqueradeSelf] } }, { hairpin: false })
    expect(lab.go('a1', VIP)).toMatchObject({ disposition: 'dropped', stopped: 'bridge-port' })
    lab.load('a', { nat: [dnat(`${A2}:8080`)] })
    expect(lab.go('a1', VIP)).toMatchObject({ disposition: 'reached', at: 'a2' })
  })

  test('without a masquerade the pod gets its own address as source', () => {
    const lab = new Lab({ a: { nat: [toItself] } })
    expect(lab.go('a1', VIP)).toMatchObject({
      disposition: 'dropped',
      at: undefined,
      stopped: 'martian-source',
    })
  })

  test('on routed veths there is no mode to set; the pod sees the node', () => {
    const lab = new Lab({ a: { nat: [toItself, masqueradeSelf] } }, { link: 'routed' })
    expect(lab.go('a1', VIP)).toMatchObject({ disposition: 'reached', at: 'a1', seen: A })
  })
})

test('`flood-and-hairpin`: a frame to an unknown address meets FORWARD once for each port it goes out of', () => {
  const counts = [true, false].map((hairpin) => {
    const lab = new Lab({ a: { filter: ['-A FORWARD -p udp -m udp --dport 99'] } }, { hairpin })
    const went = lab.inject('a1', '02:00:00:00:99:99', packet('udp', [A1, 40000], ['10.244.1.99', 99]))
    expect(went).toMatchObject({ disposition: 'dropped', stopped: 'no-neighbor' })
    expect(stepsIn(went.walks[0], 'a').filter((step) => step.type === 'bridged')).toHaveLength(
      hairpin ? 2 : 1,
    )
    return lab.count('a', 'filter', 'FORWARD')[0]
  })
  expect(counts).toEqual([2, 1])
})

test('a frame for somebody else is not taken', () => {
  const lab = new Lab({}, { link: 'routed' })
  const went = lab.inject('a1', macOf(A2), packet('udp', [A1, 40000], [A2, 8080]))
  expect(went).toMatchObject({ disposition: 'dropped', at: undefined })
})
