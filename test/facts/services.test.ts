import { expect, test } from 'vitest'
import { Lab, onWire } from '../support/lab.ts'
import { A, A1, B1, VIP } from '../support/lab-network.ts'
import { dnat } from '../support/lab-rules.ts'

test('`clusterip-answers-only-its-port`: other ports and ping leave by the default route', () => {
  const lab = new Lab({ a: { nat: [dnat(`${B1}:8080`)] } })
  expect(lab.go('a1', VIP)).toMatchObject({ disposition: 'reached', at: 'b1' })
  const other = lab.go('a1', VIP, { port: 81 })
  expect(other).toMatchObject({ disposition: 'dropped', at: undefined, stopped: 'blackhole' })
  expect(onWire(other, 'gateway')).toEqual([`in ${A1} > ${VIP}`])
  const ping = lab.go('a1', VIP, { protocol: 'icmp' })
  expect(ping).toMatchObject({ disposition: 'dropped', at: undefined, stopped: 'blackhole' })
})

test('`dnat-beats-a-local-listener`: a NodePort takes the connection from a process on that port', () => {
  const lab = new Lab(
    {
      a: {
        nat: [dnat(`${B1}:8080`, { ip: A, port: 30001 }), '-A POSTROUTING -d 10.244.2.0/24 -j MASQUERADE'],
      },
    },
    { nodeListens: 30001 },
  )
  expect(lab.go('c', A, { port: 30001 })).toMatchObject({ disposition: 'reached', at: 'b1' })
  // From the node itself only nat OUTPUT would take it, and there is no rule there.
  expect(lab.go('a', A, { port: 30001 })).toMatchObject({ disposition: 'reached', at: 'a' })
})
