import { describe, expect, test } from 'vitest'
import type { Went } from '../support/lab.ts'
import { arrivals, Lab, stepsIn } from '../support/lab.ts'
import { makeFlat, putFirewallBeforeA, throughFirewall } from '../support/lab-bridges.ts'
import { A, B, B1, F } from '../support/lab-network.ts'
import type { Tables } from '../support/lab-rules.ts'

const udp = { port: 8080, protocol: 'udp' } as const

describe('a transparent firewall between node a and its network', () => {
  const open: Tables = { filter: [':FORWARD ACCEPT [0:0]', '-A FORWARD -m conntrack --ctstate INVALID'] }
  /** What the network may begin with node a, and what node a may begin. */
  const stateful: Tables = {
    filter: [
      ':FORWARD DROP [0:0]',
      '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      '-A FORWARD -m physdev --physdev-in in0 --physdev-out out0 --physdev-is-bridged -j ACCEPT',
      '-A FORWARD -m physdev --physdev-in out0 --physdev-is-bridged -p tcp -m tcp --dport 22 -j ACCEPT',
    ],
  }
  function labWith(tables: Tables): Lab {
    const lab = new Lab({}, { nodeListens: 22 })
    putFirewallBeforeA(lab, tables)
    lab.edit('b', (netns) => ({ ...netns, listeners: [{ protocol: 6, address: 'any', port: 22 }] }))
    return lab
  }

  test('it answers for those behind it, and costs no TTL, in both directions', () => {
    const lab = labWith(open)
    const out = lab.go('a', B, { port: 22 })
    expect(out).toMatchObject({ disposition: 'reached', at: 'b', seen: A })
    expect(throughFirewall(out.outcome.leg.forward)).toEqual(['in0 > out0'])
    expect(throughFirewall(out.outcome.leg.reply)).toEqual(['out0 > in0'])
    expect(arrivals(out, 'b')[0]?.ttl).toBe(64)
    const back = lab.go('b', A, { port: 22 })
    expect(back).toMatchObject({ disposition: 'reached', at: 'a', seen: B })
    expect(throughFirewall(back.outcome.leg.forward)).toEqual(['out0 > in0'])
  })

  test('routed traffic of pods passes it too, and so does what comes from behind the router', () => {
    const lab = labWith(open)
    expect(lab.go('a1', B1, udp)).toMatchObject({ disposition: 'reached', at: 'b1' })
    const fromAfar = lab.go('f', A, { port: 22 })
    expect(fromAfar).toMatchObject({ disposition: 'reached', at: 'a', seen: F })
    expect(throughFirewall(fromAfar.outcome.leg.forward)).toEqual(['out0 > in0'])
    expect(fromAfar.walks.map(({ name }) => name)).toContain('data')
  })

  test('its FORWARD knows the ports and follows connections', () => {
    const lab = labWith(stateful)
    expect(lab.go('a', B, { port: 22 })).toMatchObject({ disposition: 'reached', at: 'b' })
    expect(lab.go('b', A, { port: 22 })).toMatchObject({ disposition: 'reached', at: 'a' })
    const stopped = lab.go('b', A, { port: 23 })
    expect(stopped).toMatchObject({ disposition: 'dropped', stopped: 'policy' })
    expect(stopped.outcome.stoppedAt).toMatchObject({ netns: 'host/fw', chain: 'FORWARD', rule: 0 })
    // The router tells an error about a packet of the node's own: RELATED.
    expect(lab.go('a', B, { port: 9, protocol: 'udp' })).toMatchObject({ disposition: 'refused' })
  })

  test('without br_netfilter its rules are not asked', () => {
    const lab = labWith(stateful)
    const { namespaces } = lab.network
    const sysctls = { 'net.bridge.bridge-nf-call-iptables': 0 }
    const firewall = namespaces.get('host/fw')
    if (!firewall) throw new Error('there is a firewall')
    const all = [...namespaces.keys()].flatMap((key) => namespaces.get(key) ?? [])
    const changed = all.map((one) => (one === firewall ? { ...one, sysctls } : one))
    lab.network = { ...lab.network, namespaces: new Map(changed.map((one) => [one.id, one])) }
    expect(lab.go('b', A, { port: 23 })).toMatchObject({ disposition: 'refused' })
  })

  test('a RST that its rules send goes straight back to the frame’s sender, also behind a router', () => {
    const tables = { filter: ['-A FORWARD -p tcp -m tcp --dport 22 -j REJECT --reject-with tcp-reset'] }
    const lab = labWith(tables)
    expect(lab.go('a', B, { port: 22 })).toMatchObject({ disposition: 'rejected', answer: `rst from ${B}` })
    expect(lab.go('f', A, { port: 22 })).toMatchObject({ disposition: 'rejected', answer: `rst from ${A}` })
  })

  test('nobody behind it: no answer to ARP', () => {
    expect(labWith(open).go('a', '192.168.50.77', { port: 22 })).toMatchObject({
      disposition: 'no-route',
      stopped: 'no-neighbor',
      errno: 'EHOSTUNREACH',
    })
  })
})

describe('one flat network over the nodes: a tunnel as a port of a bridge', () => {
  function flatLab(): Lab {
    const lab = new Lab({}, { cni: 'none' })
    makeFlat(lab)
    return lab
  }
  const lengths = (went: Went) =>
    stepsIn(went.walks[0], 'a').flatMap((step) =>
      step.type === 'encapsulated' ? [[step.device, step.outer.length]] : [],
    )

  test('pods of two nodes are neighbours: TTL 64, one encapsulation', () => {
    const went = flatLab().go('a1', '10.36.0.2', udp)
    expect(went).toMatchObject({ disposition: 'reached', at: 'b1', seen: '10.32.0.2' })
    expect(arrivals(went, 'b1').map((one) => one.ttl)).toEqual([64])
    expect(lengths(went)).toEqual([['vxlan-6784', 110]])
  })

  test('pods of one node meet on the first bridge', () => {
    const went = flatLab().go('a1', '10.32.0.3', udp)
    expect(went).toMatchObject({ disposition: 'reached', at: 'a2' })
    expect(lengths(went)).toEqual([])
  })

  test('the node itself reaches remote pods from its bridge’s address', () => {
    expect(flatLab().go('a', '10.36.0.2', udp)).toMatchObject({
      disposition: 'reached',
      at: 'b1',
      seen: '10.32.0.1',
    })
  })

  test('TCP works both ways, and a closed port refuses', () => {
    const lab = flatLab()
    expect(lab.go('b1', '10.32.0.2', { port: 8080 })).toMatchObject({ disposition: 'reached', at: 'a1' })
    expect(lab.go('b1', '10.32.0.2', { port: 81 })).toMatchObject({ disposition: 'refused' })
  })

  test('an Open vSwitch datapath runs no hooks: FORWARD is met once a node, seen from `weave`', () => {
    const lab = flatLab()
    const filter = ['-A FORWARD -i weave -o weave -m physdev --physdev-is-bridged', '-A FORWARD -i datapath']
    lab.load('a', { filter })
    lab.load('b', { filter })
    expect(lab.go('a1', '10.36.0.2', udp).disposition).toBe('reached')
    expect(lab.count('a', 'filter', 'FORWARD')).toEqual([2, 0])
    expect(lab.count('b', 'filter', 'FORWARD')).toEqual([2, 0])
  })

  test('the tunnel’s port closed: the neighbour is known, the frame is lost at the rule', () => {
    const lab = flatLab()
    lab.load('b', { filter: ['-A INPUT -p udp -m udp --dport 6784 -j DROP'] })
    expect(lab.go('a1', '10.36.0.2', udp)).toMatchObject({ disposition: 'dropped', stopped: 'rule' })
  })

  test('an address that nobody has', () => {
    expect(flatLab().go('a1', '10.36.0.99', udp)).toMatchObject({
      disposition: 'no-route',
      errno: 'EHOSTUNREACH',
    })
  })
})
