import { describe, expect, test } from 'vitest'
import { Lab, stepsIn } from '../support/lab.ts'
import { A2, B1, VIP } from '../support/lab-network.ts'
import { complaints, dnat } from '../support/lab-rules.ts'

describe('`mark-arithmetic`: what each operation makes of a known mark', () => {
  const rows: readonly [operation: string, before: number, after: number][] = [
    ['--set-xmark 0x4000/0x4000', 0x4001, 0x4001],
    ['--set-xmark 0x4000/0x0', 0x4001, 0x1],
    ['--xor-mark 0x4000', 0x1, 0x4001],
    ['--or-mark 0x4000', 0x1, 0x4001],
    ['--and-mark 0xff', 0x4001, 0x1],
    ['--set-mark 0x8000/0xff00', 0x4001, 0x8001],
    ['--set-xmark 0xff/0xf', 0xf0, 0x0f],
    ['--set-mark 0xff/0xf', 0xf0, 0xff],
  ]
  test.each(rows)('%s', (operation, before, after) => {
    const datagram = '-A PREROUTING -p udp -m udp --dport 8080'
    const hex = (mark: number) => `0x${mark.toString(16)}`
    const lab = new Lab({
      a: {
        mangle: [
          `${datagram} -j MARK --set-xmark ${hex(before)}/0xffffffff`,
          `${datagram} -j MARK ${operation}`,
          `${datagram} -m mark --mark ${hex(after)}/0xffffffff`,
        ],
      },
    })
    lab.go('a1', B1, { port: 8080, protocol: 'udp' })
    expect(lab.count('a', 'mangle', 'PREROUTING')).toEqual([1, 1, 1])
  })
})

test('`mark-lives-in-one-node`: in FORWARD and POSTROUTING, not on the next node, not on the answer', () => {
  const marked = '-p tcp -m mark --mark 0x4000/0x4000'
  const lab = new Lab({
    a: {
      nat: [
        `-A PREROUTING -d ${VIP}/32 -j MARK --set-xmark 0x4000/0x4000`,
        dnat(`${B1}:8080`),
        `-A POSTROUTING ${marked}`,
      ],
      filter: [`-A FORWARD ${marked}`, '-A FORWARD -p tcp'],
    },
    b: { filter: [`-A FORWARD ${marked}`] },
  })
  lab.go('a1', VIP)
  const [withMark, all] = lab.count('a', 'filter', 'FORWARD')
  expect(withMark).toBe(1)
  expect(all).toBeGreaterThanOrEqual(6)
  expect(lab.count('a', 'nat', 'POSTROUTING')).toEqual([1])
  expect(lab.count('b', 'filter', 'FORWARD')).toEqual([0])
})

test('`return-goto-policy`: RETURN goes back to the caller; a goto from a base chain ends at its policy', () => {
  const lab = new Lab({
    a: {
      filter: [
        ':FORWARD DROP [0:0]',
        '-A FORWARD -p tcp -j J',
        '-A FORWARD -p tcp -g G',
        '-A FORWARD -p tcp',
        '-A J -p tcp -j RETURN',
        '-A J -p tcp',
        '-A G -p tcp',
      ],
    },
  })
  expect(lab.go('a1', B1, { port: 8080 })).toMatchObject({ disposition: 'dropped', stopped: 'policy' })
  expect(lab.count('a', 'filter', 'FORWARD')).toEqual([1, 1, 0])
  expect(lab.count('a', 'filter', 'J')).toEqual([1, 0])
  expect(lab.count('a', 'filter', 'G')).toEqual([1])
})

describe('`nat-refuses-drop-and-reject`: targets in tables and hooks that do not take them', () => {
  test.each([
    ['DROP in nat', { nat: ['-A PREROUTING -p tcp -j DROP'] }],
    ['REJECT in nat', { nat: ['-A PREROUTING -p tcp -j REJECT'] }],
    ['DNAT in filter', { filter: ['-A FORWARD -j DNAT --to-destination 1.2.3.4'] }],
    ['MASQUERADE in PREROUTING', { nat: ['-A PREROUTING -j MASQUERADE'] }],
  ])('%s', (_, tables) => {
    expect(complaints(tables)).toEqual(['iptables-illegal-target'])
  })
})

test('`both-backends-at-once`: a DROP in either drops; of two DNATs the backend loaded last wins', () => {
  const ends = { legacy: A2, nft: B1 }
  for (const [order, winner] of [
    [['legacy', 'nft'], 'b1'],
    [['nft', 'legacy'], 'a2'],
  ] as const) {
    const lab = new Lab()
    for (const backend of order) {
      const filter = [`-A FORWARD -p udp${backend === 'legacy' ? ' -j DROP' : ''}`]
      lab.load('a', { nat: [dnat(`${ends[backend]}:8080`)], filter }, backend)
    }
    expect(lab.go('a1', VIP).at).toBe(winner)
    expect(lab.go('a1', B1, { port: 8080, protocol: 'udp' }).disposition).toBe('dropped')
  }
})

test('`policy-counters`: a policy counts the packets that fell through to it', () => {
  const lab = new Lab({ a: { filter: ['-A FORWARD -p udp -m udp --dport 8080 -j ACCEPT'] } })
  lab.go('a1', B1, { port: 8080, protocol: 'udp' })
  expect(lab.count('a', 'filter', 'FORWARD')).toEqual([1])
  expect(lab.countPolicy('a', 'filter', 'FORWARD')).toBe(1)
})

test('`trace-sources`: the same rules make the same steps under both backends', () => {
  const tables = {
    nat: [
      `-A PREROUTING -d ${VIP}/32 -j S`,
      '-A S -p tcp -m tcp --dport 81',
      dnat(`${B1}:8080`, { chain: 'S' }),
    ],
    filter: ['-A FORWARD -p tcp -m tcp --dport 8080 -j ACCEPT'],
  }
  const told = (['nft', 'legacy'] as const).map((backend) => {
    const lab = new Lab()
    lab.load('a', tables, backend)
    return stepsIn(lab.go('a1', VIP).walks[0], 'a').flatMap((step) =>
      step.type === 'rule' && step.matched ? [`${step.table} ${step.chain} ${step.number}`] : [],
    )
  })
  expect(told[0]).toEqual(['nat PREROUTING 1', 'nat S 2', 'filter FORWARD 1'])
  expect(told[1]).toEqual(told[0])
})
