import { expect, test } from 'vitest'
import { Lab } from '../support/lab.ts'
import { B, B1, route, VIP } from '../support/lab-network.ts'
import { dnat } from '../support/lab-rules.ts'

/** What the kernel (6.18) tells a datagram's sender when its own node will not let the datagram go. */

const udp = { protocol: 'udp' } as const

test('routed again after nat OUTPUT: the second route’s error; TCP only times out', () => {
  const local = { ip: '127.0.0.1', port: 30001, chain: 'OUTPUT' }
  const lab = new Lab({
    a: {
      nat: [
        dnat(`${B1}:8080`, { ...local, ...udp }),
        dnat(`${B1}:8080`, local),
        dnat('203.0.113.77:8080', { ...udp, chain: 'OUTPUT' }),
      ],
    },
  })
  lab.edit('a', (netns) => ({
    ...netns,
    routes: [...netns.routes, route('203.0.113.77/32', { type: 'unreachable' })],
  }))
  const refused = (errno: string) => ({ disposition: 'no-route', errno })
  expect(lab.go('a', '127.0.0.1', { ...udp, port: 30001 })).toMatchObject(refused('EINVAL'))
  expect(lab.go('a', VIP, udp)).toMatchObject(refused('EHOSTUNREACH'))
  expect(lab.go('a', '127.0.0.1', { port: 30001 })).toMatchObject({
    disposition: 'dropped',
    errno: undefined,
  })
})

test('no port is left for its SNAT, or a rule drops it: EPERM', () => {
  const lab = new Lab({
    a: {
      nat: ['-A POSTROUTING -o eth0 -p udp -j SNAT --to-source 192.168.50.11:40000'],
      filter: ['-A OUTPUT -p icmp -j DROP'],
    },
  })
  expect(lab.go('a', B, { ...udp, port: 9, sport: 5000 })).toMatchObject({
    disposition: 'refused',
    seenPort: 40000,
  })
  const exhausted = lab.go('a', B, { ...udp, port: 9, sport: 5001 })
  expect(exhausted).toMatchObject({ disposition: 'dropped', errno: 'EPERM', stopped: 'nat-exhausted' })
  expect(lab.go('a', B, { protocol: 'icmp' })).toMatchObject({ disposition: 'dropped', errno: 'EPERM' })
})
