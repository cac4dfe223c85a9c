import { expect, test } from 'vitest'
import { Lab } from '../support/lab.ts'
import { A, B, B1, VIP } from '../support/lab-network.ts'

const ping = { protocol: 'icmp', sport: 77 } as const

test('an echo is a connection by its identifier, and its reply is translated back', () => {
  const lab = new Lab({ a: { nat: ['-A POSTROUTING -o eth0 -j MASQUERADE'] } })
  expect(lab.go('a1', B, ping)).toMatchObject({ disposition: 'reached', at: 'b', seen: A })
  expect(lab.flows('a')).toHaveLength(1)
})

test('two echoes that would look alike get identifiers of their own, and both are answered', () => {
  const lab = new Lab({ a: { nat: ['-A POSTROUTING -o eth0 -j MASQUERADE'] } })
  const both = (['a1', 'a2'] as const).map((from) => lab.go(from, B, ping))
  expect(both.map((went) => went.disposition)).toEqual(['reached', 'reached'])
  const identifiers = lab.connections('a').map(({ reply }) => reply.sport)
  expect(new Set(identifiers).size).toBe(2)
  expect(identifiers).toContain(77)
})

test('a DNAT of ICMP takes echoes to another host, whose replies come back as the address that was asked', () => {
  const lab = new Lab({ a: { nat: [`-A PREROUTING -d ${VIP}/32 -p icmp -j DNAT --to-destination ${B1}`] } })
  expect(lab.go('a1', VIP, ping)).toMatchObject({ disposition: 'reached', at: 'b1' })
})

test('an echo that is rejected is told so by an error that quotes it', () => {
  const lab = new Lab({ a: { filter: ['-A FORWARD -p icmp -j REJECT'] } })
  expect(lab.go('a1', B1, ping)).toMatchObject({ disposition: 'rejected', answer: '3/3 from 10.244.1.1' })
})
