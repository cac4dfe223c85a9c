import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Packet } from '../../src/base/packet.ts'
import { ICMP, SCTP, TCP, TCP_ACK, TCP_SYN, UDP } from '../../src/base/packet.ts'
import { invertTuple } from '../../src/dataplane/conntrack.ts'
import { exchange } from '../../src/dataplane/exchange.ts'
import { emptyState } from '../../src/dataplane/state.ts'
import type { Tuple } from '../../src/netfilter/match/match.ts'
import { arrivals, Lab, packet } from '../support/lab.ts'
import { A1, A2, B1, ip, macOf, VIP } from '../support/lab-network.ts'
import { dnat } from '../support/lab-rules.ts'

const address = fc.integer({ min: 0x01000000, max: 0xdfffffff })
const port = fc.integer({ min: 1, max: 65535 })

const tuple: fc.Arbitrary<Tuple> = fc.oneof(
  fc.record({
    src: address,
    dst: address,
    protocol: fc.constantFrom(TCP, UDP, SCTP),
    sport: port,
    dport: port,
  }),
  // An echo has its identifier as source port, and its type and code as the other.
  fc.record({
    src: address,
    dst: address,
    protocol: fc.constant(ICMP),
    sport: port,
    dport: fc.constantFrom(8, 0, 13, 14).map((type) => type * 256),
  }),
)

test('a tuple inverted twice is itself, and inverted once it goes the other way', () => {
  fc.assert(
    fc.property(tuple, (one) => {
      const inverse = invertTuple(one)
      expect(invertTuple(inverse)).toEqual(one)
      expect([inverse.src, inverse.dst]).toEqual([one.dst, one.src])
    }),
  )
})

const destinations = fc.constantFrom(
  `${B1}:8080`,
  `${B1}:9000-9003`,
  '10.244.2.10-10.244.2.20:8080',
  '10.244.2.10-10.244.2.40',
)
const random = fc.constantFrom('', ' --random', ' --random-fully')
const sources = fc.oneof(
  fc.constant(undefined),
  fc
    .tuple(fc.constantFrom('', ' --to-ports 20000-20063'), random)
    .map(([to, how]) => `MASQUERADE${to}${how}`),
  fc
    .tuple(fc.constantFrom('192.0.2.1', '192.0.2.1-192.0.2.9', '192.0.2.1:20000-20063'), random)
    .map(([to, how]) => `SNAT --to-source ${to}${how}`),
)

interface Flow {
  readonly from: 'a1' | 'a2'
  readonly sport: number
  readonly protocol: 'tcp' | 'udp'
}

const flows: fc.Arbitrary<readonly Flow[]> = fc.uniqueArray(
  fc.record({
    from: fc.constantFrom('a1' as const, 'a2' as const),
    sport: fc.constantFrom(300, 600, 20001, 40000, 40001),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const),
  }),
  { minLength: 1, maxLength: 8, selector: (flow) => `${flow.from} ${flow.sport} ${flow.protocol}` },
)

/** The packet as an answer to it would have its ends. */
function turned({ src, dst, sport, dport }: Packet) {
  return { src: dst, dst: src, sport: dport, dport: sport }
}

function ends({ src, dst, sport, dport }: Packet) {
  return { src, dst, sport, dport }
}

test('whatever nat does on the way out, it undoes on the way back, and no two connections look alike', () => {
  fc.assert(
    fc.property(destinations, sources, flows, (to, source, all) => {
      const nat = [
        dnat(to),
        dnat(to, { protocol: 'udp' }),
        ...(source === undefined
          ? []
          : ['tcp', 'udp'].map((protocol) => `-A POSTROUTING -o eth0 -p ${protocol} -j ${source}`)),
      ]
      const lab = new Lab({ a: { nat } })
      const seen = all.map(({ from, sport, protocol }) => {
        const own = from === 'a1' ? A1 : A2
        const flags = { tcpFlags: protocol === 'tcp' ? TCP_SYN : 0 }
        const sent = packet(protocol, [own, sport], [VIP, 80], flags)
        const [outside] = arrivals(lab.inject(from, macOf('10.244.1.1'), sent), 'b')
        if (!outside) throw new Error('the packet left node a')
        const back: Packet = {
          ...outside,
          ...turned(outside),
          ttl: 64,
          tcpFlags: protocol === 'tcp' ? TCP_SYN | TCP_ACK : 0,
        }
        const went = lab.inject('c', macOf('192.168.50.11', '02:00'), back)
        expect(arrivals(went, from).map(ends)).toEqual([turned(sent)])
        return `${protocol} ${Object.values(ends(outside)).join(' ')}`
      })
      expect(new Set(seen).size).toBe(all.length)
    }),
    { numRuns: 60 },
  )
})

function freeze(value: unknown, seen = new Set<unknown>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  Object.freeze(value)
  for (const part of value instanceof Map ? value.values() : Object.values(value)) freeze(part, seen)
}

const probability = fc.integer({ min: 0, max: 100 }).map((share) => (share / 100).toFixed(11))

/** A service whose endpoints are chosen with these probabilities, the last one always. */
function randomService(shares: readonly string[]): string[] {
  const ends = [`${A2}:8080`, `${B1}:8080`, `${B1}:9`, '10.244.2.99:8080', '192.0.2.1:80']
  return ends.slice(0, shares.length + 1).map((to, index) => {
    const share = shares[index]
    return dnat(to, share === undefined ? {} : { when: `-m statistic --mode random --probability ${share}` })
  })
}

const shares = fc.array(probability, { maxLength: 4 })
const connect = {
  from: 'pod/a1',
  protocol: TCP,
  dst: ip(VIP),
  dport: 80,
  sport: 40000,
}

test('the ways that a walk may go have probabilities that sum to 1, and a sample is one of them', () => {
  fc.assert(
    fc.property(shares, shares, fc.infiniteStream(fc.boolean()), (first, drops, coins) => {
      const filter = drops.map(
        (share) => `-A FORWARD -m statistic --mode random --probability ${share} -j DROP`,
      )
      const { network } = new Lab({ a: { nat: randomService(first), filter } })
      const ways = exchange(network, connect, { state: emptyState, now: 0 })
      expect(ways.reduce((sum, way) => sum + way.probability, 0)).toBeCloseTo(1, 9)
      for (const way of ways) expect(way.probability).toBeGreaterThan(0)
      const choose = (): boolean => coins.next().value
      const sample = exchange(network, connect, { state: emptyState, now: 0, choose })
      expect(sample).toHaveLength(1)
      const of = ({ disposition, destination }: (typeof ways)[number]) => `${disposition} ${destination?.ip}`
      expect(ways.map(of)).toContain(sample.map(of)[0])
    }),
    { numRuns: 60 },
  )
})

test('a walk changes neither the network nor the state that it is given', () => {
  fc.assert(
    fc.property(shares, fc.constantFrom('bridge', 'routed'), fc.boolean(), (first, link, close) => {
      const { network } = new Lab({ a: { nat: randomService(first) } }, { link })
      freeze(network)
      freeze(network.segments)
      const options = { state: emptyState, now: 0, close }
      const before = exchange(network, connect, options)
      const [left] = before
      const kept = JSON.stringify(left?.state.entries())
      if (left) exchange(network, { ...connect, sport: 40001 }, { ...options, state: left.state })
      expect(JSON.stringify(left?.state.entries())).toBe(kept)
      expect(emptyState.entries()).toEqual([])
      expect(exchange(network, connect, options).map((way) => way.disposition)).toEqual(
        before.map((way) => way.disposition),
      )
    }),
    { numRuns: 30 },
  )
})
