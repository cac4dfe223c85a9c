import { expect, test } from 'vitest'
import { formatIp } from '../../src/base/ip.ts'
import { memoryOf } from '../../src/dataplane/state.ts'
import type { RecentEntry } from '../../src/netfilter/match/recent.ts'
import { recentKey } from '../../src/netfilter/match/recent.ts'
import { Lab, packet } from '../support/lab.ts'
import { A, A1, A2, B, B1, macOf, VIP } from '../support/lab-network.ts'
import { complaints, dnat } from '../support/lab-rules.ts'

const toNodeA = macOf('10.244.1.1')
const udpService = { protocol: 'udp' } as const

test('`statistic-random`: 1/3, then 1/2 of the rest, then all are three equal ways', () => {
  const random = (probability: string) => `-m statistic --mode random --probability ${probability}`
  const lab = new Lab({
    b: {
      nat: [
        dnat(`${A1}:8080`, { ...udpService, when: random('0.33333333349') }),
        dnat(`${A2}:8080`, { ...udpService, when: random('0.50000000000') }),
        dnat(`${B1}:8080`, udpService),
        `-A POSTROUTING -s ${B1}/32 -d ${B1}/32 -j MASQUERADE`,
      ],
    },
  })
  const ways = lab.ways('b1', VIP, udpService)
  expect(ways.map((one) => one.destination?.netns)).toEqual(['pod/a1', 'pod/a2', 'pod/b1'])
  for (const { probability } of ways) expect(probability).toBeCloseTo(1 / 3, 8)
})

test('`statistic-nth`: arrivals at the rule are counted, of all senders together', () => {
  const nat = [
    dnat(`${A2}:8080`, { ...udpService, when: '-m statistic --mode nth --every 3 --packet 0' }),
    dnat(`${B1}:8080`, udpService),
    '-A POSTROUTING -s 192.168.50.0/24 -j MASQUERADE',
  ]
  for (const backend of ['nft', 'legacy'] as const) {
    const lab = new Lab({}, { clientRoutes: ['10.96.0.0/16'] })
    lab.load('a', { nat }, backend)
    const go = (from: 'a1' | 'c') => lab.go(from, VIP, udpService).at
    const first = Array.from({ length: 7 }, () => go('a1'))
    expect(first).toEqual(['a2', 'b1', 'b1', 'a2', 'b1', 'b1', 'a2'])
    expect([go('c'), go('c'), go('a1')]).toEqual(['b1', 'b1', 'a2'])
    go('c')
    go('c')
    go('a1')
    // Legacy replaces the whole table and so starts again; nft goes on.
    lab.append('a', { nat: ['-A POSTROUTING -s 1.2.3.4/32'] }, backend)
    expect(go('a1')).toBe(backend === 'legacy' ? 'a2' : 'b1')
  }
})

test('`recent-rcheck-and-set`: affinity slides, because the endpoint’s --set refreshes', () => {
  const check = (name: string) =>
    `-A SVC -m recent --name ${name} --rcheck --seconds 2 --reap --rsource -j ${name}`
  const set = (name: string, to: string) =>
    `-A ${name} -p tcp -m recent --name ${name} --set --rsource -j DNAT --to-destination ${to}:8080`
  const lab = new Lab({
    a: {
      nat: [
        `-A PREROUTING -d ${VIP}/32 -p tcp -m tcp --dport 80 -j SVC`,
        check('E1'),
        check('E2'),
        '-A SVC -m statistic --mode nth --every 2 --packet 0 -j E1',
        '-A SVC -j E2',
        set('E1', A2),
        set('E2', B1),
      ],
    },
  })
  const picks = [0, 1.3, 1.3, 1.3].map((wait) => {
    lab.sleep(wait)
    return lab.go('a1', VIP).at
  })
  expect(picks).toEqual(['a2', 'a2', 'a2', 'a2'])
  lab.sleep(2.3)
  expect(lab.go('a1', VIP).at).toBe('b1')
  // The check of E1 reaped the stale entry.
  expect(known(lab, 'a', 'E1')).toEqual([])
  expect(known(lab, 'a', 'E2')).toEqual([A1])
})

/** The addresses that a `recent` list remembers. */
function known(lab: Lab, node: 'a' | 'b', name: string): string[] {
  const list = memoryOf(lab.state, `node/${node}`).get(recentKey(name)) as readonly RecentEntry[] | undefined
  return (list ?? []).map((one) => formatIp(one.address))
}

/** Sends a datagram from an address of a1's wire and says whether the rule of this port matched. */
function asker(lab: Lab, firstPort: number) {
  return (port: number, from = A1): boolean => {
    const index = port - firstPort
    const before = lab.count('a', 'mangle', 'PREROUTING')[index] ?? 0
    lab.inject('a1', toNodeA, packet('udp', [from, 40000], [B1, port]))
    return (lab.count('a', 'mangle', 'PREROUTING')[index] ?? 0) > before
  }
}

test('`recent-without-seconds`: --rcheck matches for ever, --update refreshes, --remove forgets', () => {
  const rule = (port: number, verb: string) =>
    `-A PREROUTING -p udp -m udp --dport ${port} -m recent --name T ${verb}`
  const lab = new Lab({
    a: {
      mangle: [
        rule(1001, '--set'),
        rule(1002, '--rcheck'),
        rule(1003, '--remove'),
        rule(1004, '--rcheck --seconds 2'),
        rule(1005, '--update --seconds 2'),
      ],
    },
  })
  const matches = asker(lab, 1001)
  expect([matches(1002), matches(1001), matches(1002)]).toEqual([false, true, true])
  expect([matches(1003), matches(1002), matches(1003)]).toEqual([true, false, false])
  matches(1001)
  lab.sleep(1.2)
  expect(matches(1005)).toBe(true)
  lab.sleep(1.2)
  expect(matches(1004)).toBe(true)
  lab.sleep(2.2)
  expect([matches(1004), matches(1002)]).toEqual([false, true])
})

test('`recent-limits`: hit counts to 65535, and 100 addresses a list', () => {
  const rule = (verb: string) => `-A PREROUTING -p udp -m udp --dport 1001 -m recent --name T ${verb}`
  const counted = (hits: number) => ({ mangle: [rule(`--rcheck --seconds 60 --hitcount ${hits}`)] })
  const counts = [20, 21, 100, 254, 255, 256, 65535, 65536]
  expect(counts.filter((hits) => complaints(counted(hits)).length > 0)).toEqual([65536])

  const hits = new Lab({ a: { mangle: [rule('--set'), rule('--rcheck --seconds 60 --hitcount 25')] } })
  for (let sent = 0; sent < 30; sent++) {
    hits.inject('a1', toNodeA, packet('udp', [A1, 40000], [B1, 1001]))
  }
  expect(hits.count('a', 'mangle', 'PREROUTING')).toEqual([30, 6])

  const many = new Lab({ a: { mangle: [rule('--set')] } })
  for (let host = 100; host < 203; host++) {
    many.inject('a1', toNodeA, packet('udp', [`10.244.1.${host}`, 40000], [B1, 1001]))
  }
  const remembered = known(many, 'a', 'T')
  expect(remembered).toHaveLength(100)
  expect([remembered[0], remembered.at(-1)]).toEqual(['10.244.1.103', '10.244.1.202'])
})

test('`recent-reap`: one stale address a check, the longest unseen, and only if the asker is known', () => {
  const lab = new Lab({
    a: {
      mangle: [
        '-A PREROUTING -p udp -m udp --dport 1001 -m recent --name T --set',
        '-A PREROUTING -p udp -m udp --dport 1002 -m recent --name T --rcheck --seconds 1 --reap',
      ],
    },
  })
  const send = (last: number, port: number) =>
    lab.inject('a1', toNodeA, packet('udp', [`10.244.1.${last}`, 40000], [B1, port]))
  for (const last of [101, 102, 103]) send(last, 1001)
  lab.sleep(2.1)
  send(104, 1001)
  const left = [199, 104, 104, 104, 104].map((last) => {
    send(last, 1002)
    return known(lab, 'a', 'T').map((address) => Number(address.split('.')[3]))
  })
  expect(left).toEqual([[101, 102, 103, 104], [102, 103, 104], [103, 104], [104], [104]])
})

test('`recent-is-per-node`: what one node remembers another does not know', () => {
  const rule = (verb: string) => ({
    mangle: [`-A PREROUTING -p udp -m udp --dport 8080 -m recent --name T ${verb}`],
  })
  const lab = new Lab({ a: rule('--set'), b: rule('--rcheck') })
  lab.go('a1', B1, { port: 8080, protocol: 'udp' })
  expect(lab.count('a', 'mangle', 'PREROUTING')).toEqual([1])
  expect(lab.count('b', 'mangle', 'PREROUTING')).toEqual([0])
})

test('`addrtype-local`: every address of the node, and no other', () => {
  const lab = new Lab(
    {
      a: {
        raw: ['PREROUTING', 'OUTPUT'].map(
          (hook) => `-A ${hook} -p udp -m udp --dport 9 -m addrtype --dst-type LOCAL`,
        ),
      },
    },
    { cni: 'vxlan', addresses: ['203.0.113.10/32'] },
  )
  const isLocal = (from: 'a' | 'a1', to: string) => {
    const hook = from === 'a' ? 'OUTPUT' : 'PREROUTING'
    const before = lab.count('a', 'raw', hook)[0] ?? 0
    lab.go(from, to, { port: 9, protocol: 'udp' })
    return (lab.count('a', 'raw', hook)[0] ?? 0) > before
  }
  const yes = [A, '10.244.1.1', '10.244.1.0', '203.0.113.10']
  const no = [B, A2, B1, VIP]
  expect(yes.filter((to) => !isLocal('a1', to))).toEqual([])
  expect(no.filter((to) => isLocal('a1', to))).toEqual([])
  expect(isLocal('a', '127.0.0.5')).toBe(true)
})

test('`physdev`: frames of one bridge meet FORWARD, in and out by it, and their ports are known', () => {
  const lab = new Lab({
    a: {
      raw: ['-A PREROUTING -p udp'],
      filter: [
        '-A FORWARD -i cni0 -o cni0 -p udp',
        '-A FORWARD -p udp -m physdev --physdev-is-bridged',
        '-A FORWARD -i cni0 -o eth0 -p udp',
        '-A FORWARD -p udp -m physdev --physdev-is-in',
      ],
      nat: [dnat(`${A2}:8080`, udpService)],
    },
  })
  lab.inject('a1', macOf(A2), packet('udp', [A1, 40000], [A2, 99]))
  expect(lab.count('a', 'filter', 'FORWARD')).toEqual([1, 1, 0, 1])
  lab.inject('a1', toNodeA, packet('udp', [A1, 40001], [B1, 99]))
  expect(lab.count('a', 'filter', 'FORWARD')).toEqual([1, 1, 1, 2])
  // A DNAT to the same bridge is bridged, not routed: the TTL stays.
  const went = lab.go('a1', VIP, udpService)
  const delivered = went.walks[0]?.hops.at(-1)?.steps.find((step) => step.type === 'delivered')
  expect(delivered?.packet.ttl).toBe(64)
})
