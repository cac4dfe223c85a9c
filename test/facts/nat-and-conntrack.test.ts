import { expect, test } from 'vitest'
import { TCP_ACK, TCP_RST, TCP_SYN } from '../../src/base/packet.ts'
import { Lab, onWire, packet, stepsIn, tablesSeen } from '../support/lab.ts'
import { A, A1, A2, B, B1, C, macOf, VIP } from '../support/lab-network.ts'
import { dnat, tracked } from '../support/lab-rules.ts'

/** cni0's address as a frame's destination: what a pod's default route leads to. */
const toNodeA = macOf('10.244.1.1')

test('`nat-first-packet-only`: nat sees the first packet of a connection, filter all of them', () => {
  const lab = new Lab({
    a: {
      nat: [dnat(`${B1}:8080`), dnat(`${B1}:8080`, { protocol: 'udp' }), '-A POSTROUTING -j RETURN'],
      filter: ['-A FORWARD -j ACCEPT'],
    },
  })
  const went = lab.go('a1', VIP)
  const reply = went.walks.find((walk) => walk.name === 'reply')
  expect(tablesSeen(reply, 'a')).toEqual(['filter/FORWARD'])
  expect(lab.count('a', 'nat', 'PREROUTING')).toEqual([1, 0])
  expect(lab.count('a', 'filter', 'FORWARD')[0]).toBeGreaterThanOrEqual(6)
  for (let datagram = 0; datagram < 5; datagram++) lab.go('a1', VIP, { protocol: 'udp', sport: 40000 })
  expect(lab.count('a', 'nat', 'PREROUTING')).toEqual([1, 1])
})

test('`filter-sees-dnat`: filter comes after DNAT; only --ctorigdst still knows the service', () => {
  const lab = new Lab({
    a: {
      nat: [dnat(`${B1}:8080`)],
      filter: [
        `-A FORWARD -d ${VIP}/32 -j REJECT`,
        `-A FORWARD -d ${B1}/32 -p tcp -m tcp --dport 8080 -j ACCEPT`,
        `-A FORWARD -m conntrack --ctorigdst ${VIP} --ctorigdstport 80 -j ACCEPT`,
      ],
    },
  })
  expect(lab.go('a1', VIP)).toMatchObject({ disposition: 'reached', at: 'b1' })
  const [rejected, byPod, byService] = lab.count('a', 'filter', 'FORWARD')
  expect(rejected).toBe(0)
  expect(byPod).toBeGreaterThan(0)
  expect(byService).toBeGreaterThan(0)
})

test('`hook-order`: raw, mangle and nat before routing; mangle and filter after it; nat last', () => {
  const lab = new Lab({
    a: {
      raw: [`-A PREROUTING -d ${VIP}/32`, `-A PREROUTING -d ${B1}/32`],
      mangle: [
        `-A PREROUTING -d ${VIP}/32 -p udp`,
        `-A FORWARD -d ${B1}/32 -p udp`,
        `-A POSTROUTING -s ${A1}/32 -p udp`,
        `-A POSTROUTING -s ${A}/32 -p udp`,
      ],
      nat: [dnat(`${B1}:8080`, { protocol: 'udp' }), '-A POSTROUTING -p udp -o eth0 -j MASQUERADE'],
    },
  })
  const went = lab.go('a1', VIP, { protocol: 'udp' })
  expect(went.seen).toBe(A)
  expect(tablesSeen(went.walks[0], 'a')).toEqual([
    'raw/PREROUTING',
    'mangle/PREROUTING',
    'nat/PREROUTING',
    'mangle/FORWARD',
    'mangle/POSTROUTING',
    'nat/POSTROUTING',
  ])
  expect(lab.count('a', 'raw', 'PREROUTING')).toEqual([1, 0])
  expect(lab.count('a', 'mangle', 'PREROUTING')).toEqual([1])
  expect(lab.count('a', 'mangle', 'FORWARD')).toEqual([1])
  expect(lab.count('a', 'mangle', 'POSTROUTING')).toEqual([1, 0])
})

test('`reject-without-endpoints`: REJECT in filter answers, and no entry remains', () => {
  const lab = new Lab({
    a: {
      filter: [
        tracked,
        `-A FORWARD -d ${VIP}/32 -p tcp -m tcp --dport 80 -j REJECT`,
        `-A OUTPUT -d ${VIP}/32 -p tcp -m tcp --dport 80 -j REJECT`,
      ],
    },
  })
  expect(lab.go('a1', VIP)).toMatchObject({ disposition: 'rejected', answer: '3/3 from 10.244.1.1' })
  expect(lab.go('a', VIP)).toMatchObject({ disposition: 'rejected', answer: `3/3 from ${A}` })
  expect(lab.flows('a').filter((flow) => flow.includes(VIP))).toEqual([])
})

test('`dnat-ends-the-nat-chain`: later rules are not asked; POSTROUTING sees the new port', () => {
  const lab = new Lab({
    a: {
      nat: [
        dnat(`${B1}:8080`),
        '-A PREROUTING -p tcp -m tcp --dport 80',
        '-A PREROUTING -p tcp -m tcp --dport 8080',
        '-A POSTROUTING -p tcp -m tcp --dport 8080',
      ],
    },
  })
  lab.go('a1', VIP)
  expect(lab.count('a', 'nat', 'PREROUTING')).toEqual([1, 0, 0])
  expect(lab.count('a', 'nat', 'POSTROUTING')).toEqual([1])
})

test('`loopback-nat-chains`: to itself OUTPUT and POSTROUTING; from the wire PREROUTING and INPUT', () => {
  const hooks = ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'] as const
  const lab = new Lab({
    a: {
      raw: ['-A PREROUTING -p udp'],
      filter: [tracked],
      nat: hooks.map((hook) => `-A ${hook} -p udp`),
    },
  })
  const counts = () => hooks.map((hook) => lab.count('a', 'nat', hook)[0])
  lab.go('a', A, { port: 9999, protocol: 'udp' })
  expect(counts()).toEqual([0, 0, 1, 1])
  // The datagram and the ICMP error that answers it; the kernel's experiment counts the datagram alone (-p udp).
  expect(lab.count('a', 'raw', 'PREROUTING')).toEqual([1])
  lab.go('c', A, { port: 9999, protocol: 'udp' })
  expect(counts()).toEqual([1, 1, 1, 1])
})

test('`existing-flow-keeps-its-nat`: until the entry is deleted, whatever the rules say', () => {
  const udp = { protocol: 'udp', sport: 40000 } as const
  const to = (pod: string) => ({ nat: [dnat(`${pod}:8080`, { protocol: 'udp' })] })
  const lab = new Lab({ a: { ...to(B1), filter: [tracked] } })
  expect(lab.go('a1', VIP, udp).at).toBe('b1')
  lab.load('a', to(A2))
  expect(lab.go('a1', VIP, udp).at).toBe('b1')
  expect(lab.go('a1', VIP, { ...udp, sport: 40001 }).at).toBe('a2')
  lab.load('a', { nat: [] })
  expect(lab.go('a1', VIP, udp).at).toBe('b1')
  lab.edit('b', (netns) => ({ ...netns, devices: netns.devices.filter((one) => one.name !== 'vb1') }))
  const gone = lab.go('a1', VIP, udp)
  // Nobody answers ARP on node b. The error that follows three seconds later means nothing to a UDP socket.
  expect(gone).toMatchObject({ disposition: 'dropped', at: undefined, stopped: 'no-neighbor' })
  lab.load('a', to(A2))
  expect(lab.go('a1', VIP, udp).at).toBeUndefined()
  lab.forget('a', ({ original }) => original.dport === 80)
  expect(lab.go('a1', VIP, udp).at).toBe('a2')
})

test('`flow-older-than-the-service`: it bypasses the rule; a flow that was rejected does not', () => {
  const udp = { protocol: 'udp', sport: 40000 } as const
  const service = { nat: [dnat(`${B1}:8080`, { protocol: 'udp' })] }
  const older = new Lab({ a: { nat: [], filter: [tracked] } })
  expect(older.go('a1', VIP, udp).disposition).toBe('dropped')
  older.load('a', service)
  expect(older.go('a1', VIP, udp).disposition).toBe('dropped')
  expect(older.go('a1', VIP, { ...udp, sport: 40001 }).at).toBe('b1')

  const unknownToNat = new Lab({ a: { filter: [tracked] } })
  expect(unknownToNat.go('a1', VIP, udp).disposition).toBe('dropped')
  unknownToNat.load('a', service)
  expect(unknownToNat.go('a1', VIP, udp).disposition).toBe('dropped')

  const rejected = new Lab({ a: { nat: [], filter: [tracked, `-A FORWARD -d ${VIP}/32 -j REJECT`] } })
  expect(rejected.go('a1', VIP, udp).disposition).toBe('rejected')
  rejected.load('a', service)
  expect(rejected.go('a1', VIP, udp).at).toBe('b1')
})

/** Every second arrival goes to b1, the others to a2. */
const turns = [
  dnat(`${B1}:8080`, { when: '-m statistic --mode nth --every 2 --packet 0' }),
  dnat(`${A2}:8080`),
]

test('`dropped-syn-leaves-no-entry`: dropped here each retry picks again, dropped further on it does not', () => {
  const syn = packet('tcp', [A1, 40000], [VIP, 80], { tcpFlags: TCP_SYN })
  const here = new Lab({ a: { nat: turns, filter: ['-A FORWARD -p tcp -m tcp --syn --dport 8080 -j DROP'] } })
  for (let retry = 0; retry < 4; retry++) here.inject('a1', toNodeA, syn)
  expect(here.flows('a')).toEqual([])
  expect(here.count('a', 'nat', 'PREROUTING')).toEqual([2, 2])

  const further = new Lab({ a: { nat: turns }, b: { filter: ['-A FORWARD -p tcp -m tcp --syn -j DROP'] } })
  for (let retry = 0; retry < 4; retry++) further.inject('a1', toNodeA, syn)
  expect(further.count('a', 'nat', 'PREROUTING')).toEqual([1, 0])
  expect(further.connections('a').map((one) => one.tcp)).toEqual(['SYN_SENT'])
})

test('`reused-tcp-port-picks-again`: a SYN on a closed connection is a new connection', () => {
  const lab = new Lab({ a: { nat: turns } })
  const ends = [1, 2, 3, 4].map(() => lab.go('a1', VIP, { sport: 40000 }).at)
  expect(ends).toEqual(['b1', 'a2', 'b1', 'a2'])
  expect(lab.count('a', 'nat', 'PREROUTING')).toEqual([2, 2])
  expect(lab.connections('a').map((one) => one.tcp)).toEqual(['TIME_WAIT'])
})

test('`conntrack-needs-a-user`: without a rule that needs it not even nat chains run', () => {
  const plain = { nat: ['-A PREROUTING -p udp', '-A POSTROUTING -p udp'] }
  const probe = { port: 8080, protocol: 'udp' } as const
  const lab = new Lab({ a: plain })
  lab.go('a1', B1, probe)
  expect(lab.count('a', 'nat', 'PREROUTING')).toEqual([0])
  expect(lab.flows('a')).toEqual([])
  lab.append('a', { filter: [tracked] })
  lab.go('a1', B1, probe)
  expect(lab.count('a', 'nat', 'PREROUTING')).toEqual([1])
  expect(lab.flows('a')).toHaveLength(1)
})

test('`notrack-skips-nat`: no connection, no nat rule, state UNTRACKED', () => {
  const lab = new Lab({
    a: {
      raw: [`-A PREROUTING -d ${VIP}/32 -j CT --notrack`],
      nat: [dnat(`${B1}:8080`)],
      filter: [
        '-A FORWARD -m conntrack --ctstate UNTRACKED',
        '-A FORWARD -m conntrack --ctstate NEW',
        '-A FORWARD -m conntrack --ctstate INVALID',
      ],
    },
  })
  expect(lab.go('a1', VIP).disposition).toBe('dropped')
  expect(lab.count('a', 'nat', 'PREROUTING')).toEqual([0])
  expect(lab.count('a', 'filter', 'FORWARD')).toEqual([1, 0, 0])
})

test('`conntrack-states`: a stray ACK is NEW and goes through nat; a stray RST or SYN+ACK is INVALID', () => {
  const lab = new Lab({
    a: {
      nat: [dnat(`${B1}:8080`)],
      filter: ['INVALID', 'NEW', 'ESTABLISHED', 'RELATED'].map(
        (state) => `-A FORWARD -m conntrack --ctstate ${state}`,
      ),
    },
  })
  const stray = (tcpFlags: number, port: number) => {
    const before = [...lab.count('a', 'filter', 'FORWARD'), ...lab.count('a', 'nat', 'PREROUTING')]
    lab.inject('a1', toNodeA, packet('tcp', [A1, port], [VIP, 80], { tcpFlags }))
    const after = [...lab.count('a', 'filter', 'FORWARD'), ...lab.count('a', 'nat', 'PREROUTING')]
    return after.map((count, index) => count - (before[index] ?? 0))
  }
  //                                         INVALID, NEW, ESTABLISHED, RELATED, nat
  expect(stray(TCP_ACK, 41000)).toEqual([0, 1, 0, 0, 1])
  expect(stray(TCP_RST, 41001)).toEqual([1, 0, 0, 0, 0])
  expect(stray(TCP_SYN | TCP_ACK, 41002)).toEqual([1, 0, 0, 0, 0])
  lab.sysctl('a', { 'net.netfilter.nf_conntrack_tcp_loose': 0 })
  expect(stray(TCP_ACK, 41005)).toEqual([1, 0, 0, 0, 0])
})

/** A segment from b1 of an open connection of a1 with the service, whose numbers are outside the window. */
function replyOutside(outsideWindow: 'ahead' | 'behind', tcpFlags: number, drop: boolean) {
  const lab = new Lab({ a: { nat: [dnat(`${B1}:8080`)], filter: [`${tracked}${drop ? ' -j DROP' : ''}`] } })
  lab.inject('a1', toNodeA, packet('tcp', [A1, 40000], [VIP, 80], { tcpFlags: TCP_SYN }))
  const answer = (flags: number, more = {}) =>
    lab.inject(
      'b1',
      macOf('10.244.2.1'),
      packet('tcp', [B1, 8080], [A1, 40000], { tcpFlags: flags, ...more }),
    )
  answer(TCP_SYN | TCP_ACK)
  lab.inject('a1', toNodeA, packet('tcp', [A1, 40000], [VIP, 80], { tcpFlags: TCP_ACK }))
  const went = answer(tcpFlags, { outsideWindow })
  return { invalid: lab.count('a', 'filter', 'FORWARD')[0], seen: onWire(went, 'a1') }
}

test('`invalid-reply-is-not-untranslated`: it comes from the pod’s own address unless it is dropped', () => {
  const untranslated = [`in ${B1} > ${A1}`]
  for (const flags of [TCP_ACK, TCP_RST]) {
    expect(replyOutside('ahead', flags, false)).toEqual({ invalid: 1, seen: untranslated })
    expect(replyOutside('ahead', flags, true)).toEqual({ invalid: 1, seen: [] })
  }
  expect(replyOutside('behind', TCP_ACK, false)).toEqual({ invalid: 0, seen: [`in ${VIP} > ${A1}`] })
  expect(replyOutside('behind', TCP_RST, false)).toEqual({ invalid: 1, seen: untranslated })
})

test('`icmp-error-is-related-and-translated`: a closed port behind the service answers as the service', () => {
  const lab = new Lab({
    a: {
      nat: [dnat(`${B1}:8181`, { protocol: 'udp' })],
      filter: ['-A FORWARD -m conntrack --ctstate RELATED'],
    },
  })
  expect(lab.go('a1', VIP, { protocol: 'udp' })).toMatchObject({
    disposition: 'refused',
    answer: `3/3 from ${VIP}`,
  })
  expect(lab.count('a', 'filter', 'FORWARD')).toEqual([1])
})

test('`virtual-states`: DNAT matches every packet, SNAT not the first, which meets filter before its SNAT', () => {
  const lab = new Lab({
    a: {
      nat: [dnat(`${B1}:8080`), `-A POSTROUTING -d ${B1}/32 -m conntrack --ctstate DNAT -j MASQUERADE`],
      filter: ['DNAT', 'SNAT', 'NEW,ESTABLISHED'].map(
        (states) => `-A FORWARD -p tcp -m conntrack --ctstate ${states}`,
      ),
    },
  })
  lab.go('a1', VIP)
  const [translated = 0, masqueraded, all] = lab.count('a', 'filter', 'FORWARD')
  expect(translated).toBeGreaterThanOrEqual(6)
  expect(all).toBe(translated)
  expect(masqueraded).toBe(translated - 1)
  lab.go('a1', B1, { port: 8080 })
  expect(lab.count('a', 'filter', 'FORWARD').slice(0, 2)).toEqual([translated, masqueraded])
})

test('`nodeport-needs-masquerade`: the answer goes past the translating node, and the client resets it', () => {
  const nodePort = { ip: A, port: 30001 }
  const take = dnat(`${B1}:8080`, nodePort)
  const lab = new Lab({ a: { nat: [take, dnat(`${B1}:8080`, { ...nodePort, protocol: 'udp' })] } })
  const tcp = lab.go('c', A, { port: 30001 })
  expect(tcp).toMatchObject({ disposition: 'dropped', at: 'b1', stopped: 'stray' })
  expect(onWire(tcp, 'c')).toEqual([`out ${C} > ${A}`, `in ${B1} > ${C}`, `out ${C} > ${B1}`])
  const rst = tcp.walks.find((walk) => walk.name === 'rst')
  expect(rst?.packet.tcpFlags).toBe(TCP_RST)
  const udp = lab.go('c', A, { port: 30001, protocol: 'udp' })
  expect(udp).toMatchObject({ disposition: 'dropped', at: 'b1', stopped: 'stray' })
  expect(onWire(udp, 'c').at(-1)).toBe(`in ${B1} > ${C}`)
  lab.load('a', { nat: [take, '-A POSTROUTING -d 10.244.2.0/24 -j MASQUERADE'] })
  expect(lab.go('c', A, { port: 30001 })).toMatchObject({ disposition: 'reached', at: 'b1', seen: A })
})

test('`pod-namespace-has-no-rules`: on the pod’s wire there is only the service address, both ways', () => {
  const lab = new Lab({ a: { nat: [dnat(`${B1}:8080`, { protocol: 'udp' })] } })
  const went = lab.go('a1', VIP, { protocol: 'udp' })
  expect(onWire(went, 'a1')).toEqual([`out ${A1} > ${VIP}`, `in ${VIP} > ${A1}`])
  const steps = went.walks.flatMap((walk) => stepsIn(walk, 'a1'))
  expect(steps.filter((step) => ['rule', 'conntrack', 'nat'].includes(step.type))).toEqual([])
})

test('`conntrack-timeouts`: the kernel’s default lifetimes', () => {
  const seconds = (lab: Lab) => lab.connections('a').map((one) => (one.expires - lab.now) / 1000)
  const rules = { a: { filter: [tracked] } }
  const udp = { port: 8080, protocol: 'udp', sport: 40000 } as const

  const unanswered = new Lab(rules)
  unanswered.inject('a1', toNodeA, packet('udp', [A1, 40000], [B1, 8080]))
  expect(seconds(unanswered)).toEqual([30])

  const stream = new Lab(rules)
  stream.go('a1', B1, udp)
  expect(seconds(stream)).toEqual([30])
  stream.sleep(3)
  stream.go('a1', B1, udp)
  expect(seconds(stream)).toEqual([120])

  const tcp = new Lab(rules)
  const segment = (tcpFlags: number) => packet('tcp', [A1, 40000], [B1, 8080], { tcpFlags })
  const answer = (tcpFlags: number) => packet('tcp', [B1, 8080], [A1, 40000], { tcpFlags })
  tcp.inject('a1', toNodeA, segment(TCP_SYN))
  expect(seconds(tcp)).toEqual([120])
  tcp.inject('b1', macOf('10.244.2.1'), answer(TCP_SYN | TCP_ACK))
  tcp.inject('a1', toNodeA, segment(TCP_ACK))
  expect(seconds(tcp)).toEqual([432_000])
  tcp.inject('b1', macOf('10.244.2.1'), answer(TCP_RST))
  expect(seconds(tcp)).toEqual([10])
  tcp.sleep(10)
  expect(tcp.flows('a')).toEqual([])

  const closed = new Lab(rules)
  closed.go('a1', B1, { port: 8080 })
  expect(closed.connections('a').map((one) => one.tcp)).toEqual(['TIME_WAIT'])
  expect(seconds(closed)).toEqual([120])

  const echo = new Lab(rules)
  echo.go('a1', B, { protocol: 'icmp' })
  expect(echo.flows('a')).toHaveLength(1)
  expect(seconds(echo)).toEqual([30])
})
