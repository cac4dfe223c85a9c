import { describe, expect, test } from 'vitest'
import { TCP, UDP } from '../../src/base/packet.ts'
import { symptomOf } from '../../src/journey/symptom.ts'
import type { Space, Went } from '../support/lab.ts'
import { Lab, onWire, stepsIn } from '../support/lab.ts'
import { A, A1, A2, B1, VIP } from '../support/lab-network.ts'
import { dnat } from '../support/lab-rules.ts'

/** cni0 of node a: the address that faces its pods. */
const facingPods = '10.244.1.1'

/** The error in the words of the C library, as curl prints it. */
function errorOf(went: Went): string {
  return symptomOf(went.outcome, { host: 'x', port: 8080, protocol: TCP }).text.replace(/^.*: /, '')
}

describe('`reject-kinds`: what the caller gets', () => {
  test.each([
    ['icmp-port-unreachable', `3/3 from ${facingPods}`, 'Connection refused'],
    ['icmp-net-unreachable', `3/0 from ${facingPods}`, 'Network is unreachable'],
    ['icmp-host-unreachable', `3/1 from ${facingPods}`, 'No route to host'],
    ['icmp-proto-unreachable', `3/2 from ${facingPods}`, 'Protocol not available'],
    ['icmp-host-prohibited', `3/10 from ${facingPods}`, 'No route to host'],
    ['icmp-admin-prohibited', `3/13 from ${facingPods}`, 'No route to host'],
    ['tcp-reset', `rst from ${B1}`, 'Connection refused'],
  ])('%s', (kind, answer, error) => {
    const lab = new Lab({ a: { filter: [`-A FORWARD -d ${B1}/32 -p tcp -j REJECT --reject-with ${kind}`] } })
    const went = lab.go('a1', B1, { port: 8080 })
    expect(went).toMatchObject({ disposition: 'rejected', answer })
    expect(errorOf(went)).toBe(error)
  })
})

/** The kernel's icmp_err_convert calls these errors not fatal: a UDP socket hears of them with IP_RECVERR alone. */
describe('`udp-soft-errors`: a connected UDP socket hears of an ICMP error, or goes on waiting', () => {
  test.each([
    ['icmp-net-unreachable', 'no answer: it times out'],
    ['icmp-host-unreachable', 'no answer: it times out'],
    ['icmp-port-unreachable', "the socket's error is: Connection refused"],
    ['icmp-proto-unreachable', "the socket's error is: Protocol not available"],
    ['icmp-host-prohibited', "the socket's error is: No route to host"],
    ['icmp-admin-prohibited', "the socket's error is: No route to host"],
  ])('%s', (kind, seen) => {
    const lab = new Lab({ a: { filter: [`-A FORWARD -d ${B1}/32 -p udp -j REJECT --reject-with ${kind}`] } })
    const { outcome } = lab.go('a1', B1, { port: 8080, protocol: 'udp' })
    expect(symptomOf(outcome, { host: 'x', port: 8080, protocol: UDP }).text).toBe(seen)
  })
})

test('`stale-udp-entry-to-a-dead-pod`: three seconds of ARP, then host-unreachable that the socket does not hear', () => {
  const hostPort = (pod: string) => ({
    nat: [`-A PREROUTING -d ${A}/32 -p udp -m udp --dport 8125 -j DNAT --to-destination ${pod}:8080`],
    filter: ['-A FORWARD -m conntrack --ctstate RELATED'],
  })
  const statsd = { port: 8125, protocol: 'udp', sport: 40000 } as const
  const lab = new Lab({ a: hostPort(A1) })
  expect(lab.go('c', A, statsd).at).toBe('a1')
  lab.load('a', hostPort(A2))
  lab.edit('a', (netns) => ({ ...netns, devices: netns.devices.filter((one) => one.name !== 'va1') }))
  const went = lab.go('c', A, statsd)
  // The error comes from the address that was asked, and quotes the datagram as it was sent, one hop older.
  expect(went).toMatchObject({ at: undefined, stopped: 'no-neighbor', answer: `3/1 from ${A}` })
  expect(symptomOf(went.outcome, { host: 'x', port: 8125, protocol: UDP }).text).toBe(
    'no answer: it times out',
  )
  expect(lab.go('c', A, { ...statsd, sport: 40001 }).at).toBe('a2')
})

test('`reject-local-output`: UDP fails with EPERM at once; TCP hears of a REJECT and nothing of a DROP', () => {
  const lab = new Lab({
    a: { filter: [`-A OUTPUT -d ${VIP}/32 -j REJECT`, `-A OUTPUT -d ${B1}/32 -j DROP`] },
  })
  const told = { disposition: 'rejected', answer: `3/3 from ${A}` }
  const silent = { disposition: 'dropped', answer: undefined }
  expect(lab.go('a', VIP, { protocol: 'udp' })).toMatchObject({ ...told, errno: 'EPERM' })
  expect(lab.go('a', VIP)).toMatchObject({ ...told, errno: undefined })
  expect(lab.go('a', B1, { port: 8080, protocol: 'udp' })).toMatchObject({ ...silent, errno: 'EPERM' })
  expect(lab.go('a', B1, { port: 8080 })).toMatchObject({ ...silent, errno: undefined })
})

/** The kernel's own limit on ICMP errors, which the laboratory switches off. */
const rationed = { 'net.ipv4.icmp_ratelimit': 1000 }

test('`icmp-rate-limit`: six errors to one peer at once, then one a second; RSTs are not rationed', () => {
  const reject = (protocol: string, kind = '') => ({
    a: { filter: [`-A FORWARD -d ${B1}/32 -p ${protocol} -j REJECT${kind}`] },
  })
  const tell = (lab: Lab, protocol: 'tcp' | 'udp') =>
    Array.from({ length: 20 }, () => lab.go('a1', B1, { port: 8080, protocol }).disposition).filter(
      (one) => one === 'rejected',
    ).length
  const lab = new Lab(reject('udp'), { sysctls: rationed })
  expect(tell(lab, 'udp')).toBe(6)
  lab.sleep(2)
  expect(tell(lab, 'udp')).toBe(2)
  lab.sysctl('a', { 'net.ipv4.icmp_ratelimit': 0 })
  expect(tell(lab, 'udp')).toBe(20)
  expect(tell(new Lab(reject('tcp', ' --reject-with tcp-reset'), { sysctls: rationed }), 'tcp')).toBe(20)
})

/** Whether the redirects that a probe drew arrived. */
function redirects(went: Went): boolean[] {
  return stepsIn(went.walks[0], 'a').flatMap((step) => (step.type === 'redirect' ? [step.arrived] : []))
}

test('`redirect-spends-the-icmp-allowance`: the REJECT of a packet that drew a redirect stays unanswered', () => {
  const rules = { a: { filter: [`-A FORWARD -d ${VIP}/32 -p udp -j REJECT`] } }
  const clientRoutes = ['10.96.0.0/16']
  const spent = new Lab(rules, { clientRoutes, sysctls: rationed }).go('c', VIP, { protocol: 'udp' })
  expect(spent).toMatchObject({ disposition: 'dropped', answer: undefined })
  expect(redirects(spent)).toEqual([true])
  expect(spent.outcome.stoppedAt?.text).toContain('used up the ration')
  const without = {
    ...rationed,
    'net.ipv4.conf.all.send_redirects': 0,
    'net.ipv4.conf.eth0.send_redirects': 0,
  }
  const answered = new Lab(rules, { clientRoutes, sysctls: without }).go('c', VIP, { protocol: 'udp' })
  expect(answered.disposition).toBe('rejected')
  expect(redirects(answered)).toEqual([])
})

test('`redirects-and-nat`: nat eats those about first packets, and all about translated connections', () => {
  const rules = {
    a: {
      nat: [
        dnat(`${B1}:8080`, { protocol: 'udp', ip: A, port: 30001 }),
        `-A POSTROUTING -d ${B1}/32 -p udp -m conntrack --ctstate DNAT -j MASQUERADE`,
      ],
    },
  }
  for (const [to, port, arrived] of [
    [A, 30001, [false, false]],
    [B1, 8080, [false, true]],
  ] as const) {
    const lab = new Lab(rules, { clientRoutes: ['10.244.0.0/16'] })
    const seen = arrived.flatMap(() => {
      const went = lab.go('c', to, { port, protocol: 'udp', sport: 40000 })
      expect(went).toMatchObject({ disposition: 'reached', at: 'b1' })
      lab.sleep(0.2)
      return redirects(went)
    })
    expect(seen).toEqual(arrived)
  }
})

describe('errors belong to the connection that they are about, and are translated with it', () => {
  // Each row was asked of the kernel (6.18): who answers, and what filter OUTPUT sees of it on the way.
  const states = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED']
  const outputs = states.map((state) => `-A OUTPUT -m conntrack --ctstate ${state}`)
  const rejecting = (kind: string) => ({
    a: {
      nat: [dnat(`${B1}:8080`), '-A POSTROUTING -p tcp'],
      filter: [`-A FORWARD -d ${B1}/32 -p tcp -j REJECT --reject-with ${kind}`, ...outputs],
    },
  })

  test('an ICMP error after a DNAT comes from the service', () => {
    const lab = new Lab(rejecting('icmp-port-unreachable'))
    expect(lab.go('a1', VIP)).toMatchObject({ disposition: 'rejected', answer: `3/3 from ${VIP}` })
    expect(lab.count('a', 'filter', 'OUTPUT')).toEqual([0, 0, 1, 0, 0])
    expect(lab.count('a', 'nat', 'POSTROUTING')).toEqual([0])
    expect(lab.flows('a')).toEqual([])
  })

  test('so does a RST that is routed; nat POSTROUTING is asked with it', () => {
    const senders: readonly [Space, Lab][] = [
      ['a1', new Lab(rejecting('tcp-reset'), { link: 'routed' })],
      ['c', new Lab(rejecting('tcp-reset'), { clientRoutes: ['10.96.0.0/16'] })],
    ]
    for (const [from, lab] of senders) {
      expect(lab.go(from, VIP)).toMatchObject({ disposition: 'rejected', answer: `rst from ${VIP}` })
      expect(lab.count('a', 'filter', 'OUTPUT')).toEqual([0, 0, 1, 0, 0])
      expect(lab.count('a', 'nat', 'POSTROUTING')).toEqual([1])
    }
  })

  test('a RST to a bridge port goes straight out, untranslated: the pod does not know it', () => {
    const lab = new Lab(rejecting('tcp-reset'))
    const went = lab.go('a1', VIP)
    expect(went).toMatchObject({ disposition: 'dropped', answer: undefined })
    expect(onWire(went, 'a1').at(-1)).toBe(`in ${B1} > ${A1}`)
    expect(lab.count('a', 'filter', 'OUTPUT')).toEqual([0, 0, 0, 0, 0])
    // Untranslated it is what the pod waits for.
    expect(lab.go('a1', B1, { port: 8080 })).toMatchObject({
      disposition: 'rejected',
      answer: `rst from ${B1}`,
    })
  })

  test('an ICMP error about a bridged frame is routed', () => {
    const lab = new Lab({ a: { filter: ['-A FORWARD -p udp -j REJECT', ...outputs] } })
    const went = lab.go('a1', A2, { port: 8080, protocol: 'udp' })
    expect(went).toMatchObject({ disposition: 'rejected', answer: `3/3 from ${facingPods}` })
    expect(lab.count('a', 'filter', 'OUTPUT')).toEqual([0, 0, 1, 0, 0])
  })

  test('a node that rejects its own translated packet hears it from the service', () => {
    const lab = new Lab({
      a: {
        nat: [dnat(`${B1}:8080`, { chain: 'OUTPUT' })],
        filter: [`-A OUTPUT -d ${B1}/32 -p tcp -j REJECT`],
      },
    })
    expect(lab.go('a', VIP)).toMatchObject({ disposition: 'rejected', answer: `3/3 from ${VIP}` })
  })

  test('a dead endpoint on the caller’s bridge: host-unreachable from the service', () => {
    const lab = new Lab({ a: { nat: [dnat('10.244.1.99:8080')] } })
    expect(lab.go('a1', VIP)).toMatchObject({ disposition: 'no-route', answer: `3/1 from ${VIP}` })
  })
})

test('a closed port is refused: a RST for TCP, port-unreachable for UDP', () => {
  const lab = new Lab()
  const refused = (protocol: number) =>
    lab.go('a1', B1, { port: 9, protocol: protocol === TCP ? 'tcp' : 'udp' })
  expect(refused(TCP)).toMatchObject({ disposition: 'refused', answer: `rst from ${B1}` })
  expect(refused(UDP)).toMatchObject({ disposition: 'refused', answer: `3/3 from ${B1}` })
})
