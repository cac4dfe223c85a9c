import { describe, expect, test } from 'vitest'
import { formatIp } from '../../src/base/ip.ts'
import { lookUpHosts, parseHosts } from '../../src/resolver/hosts.ts'
import { lookUp } from '../../src/resolver/libcs.ts'
import type { LookupAnswer, LookupStep } from '../../src/resolver/lookup.ts'
import { parseResolvConf } from '../../src/resolver/resolv-conf.ts'
import { play } from '../support/resolver.ts'

/** What the recordings cannot show: what a round says of itself, choices of chance, and that steps can be replayed. */

const conf = (options: string, servers: readonly string[] = ['10.0.0.10']) =>
  parseResolvConf(
    `${servers.map((server) => `nameserver ${server}\n`).join('')}search a.example b.example\noptions ${options}\n`,
  )

const ask = (step: LookupStep) => {
  if (step.type === 'done') throw new Error('the lookup is done')
  return step
}

const nxdomain: LookupAnswer = { type: 'nxdomain' }
const data: LookupAnswer = { type: 'data', addresses: [0x0a600032] }
const nodata: LookupAnswer = { type: 'nodata' }

test('a step can be answered in two ways, one after the other', () => {
  const first = ask(lookUp('glibc', { name: 'db', family: undefined, conf: conf('ndots:5') }))
  const missed = ask(first.next([nxdomain, nxdomain]))
  const hit = first.next([data, nodata])
  expect(missed.round.questions.map(({ name }) => name)).toEqual(['db.b.example.', 'db.b.example.'])
  expect(hit).toEqual({
    type: 'done',
    result: { type: 'found', name: 'db.a.example.', addresses: [0x0a600032] },
  })
  expect(ask(first.next([nxdomain, nxdomain])).round).toEqual(missed.round)
})

test('glibc asks one server, musl all of them at once', () => {
  const servers = ['10.0.0.10', '10.0.0.11']
  const rounds = (['glibc', 'musl'] as const).map((libc) => {
    const { round } = ask(lookUp(libc, { name: 'db.', family: 4, conf: conf('ndots:5', servers) }))
    return { parallel: round.parallel, servers: round.questions.map(({ server }) => formatIp(server)) }
  })
  expect(rounds).toEqual([
    { parallel: false, servers: ['10.0.0.10'] },
    { parallel: true, servers },
  ])
})

test('rotate begins each query with the next server', () => {
  const servers = ['10.0.0.10', '10.0.0.11', '10.0.0.12']
  const step = lookUp('glibc', { name: 'db', family: 4, conf: conf('ndots:5 rotate', servers) })
  const script = Object.fromEntries(servers.map((server) => [server, { '*': 'nx' }]))
  expect(play(step, script).queries).toEqual([
    '10.0.0.10 A db.a.example.',
    '10.0.0.11 A db.b.example.',
    '10.0.0.12 A db.',
  ])
})

test('use-vc is said of each round', () => {
  const { round } = ask(lookUp('glibc', { name: 'db', family: 4, conf: conf('use-vc') }))
  expect(round.tcp).toBe(true)
  expect(ask(lookUp('glibc', { name: 'db', family: 4, conf: conf('ndots:5') })).round).not.toHaveProperty(
    'tcp',
  )
})

describe('the hosts file', () => {
  const hosts = parseHosts(
    '10.0.0.1\tdb.example db # the\n::1 localhost\n127.0.0.1 localhost\nnot an address\n',
  )
  test('is read line by line', () => {
    expect(hosts.map(({ ip, names }) => [formatIp(ip), ...names])).toEqual([
      ['10.0.0.1', 'db.example', 'db'],
      ['::1', 'localhost'],
      ['127.0.0.1', 'localhost'],
    ])
  })
  test('answers for a name that it has, and for no other', () => {
    expect(lookUpHosts(hosts, 'db', undefined)).toEqual({
      type: 'found',
      name: 'db.',
      addresses: [0x0a000001],
    })
    expect(lookUpHosts(hosts, 'the', undefined)).toBeUndefined()
  })
  test('is not for those that look names up as they are', () => {
    expect(lookUpHosts(hosts, 'db', undefined, { libc: 'as-is' })).toBeUndefined()
  })
})
