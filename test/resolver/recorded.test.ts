import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { formatIp, parseInterfaceAddress } from '../../src/base/ip.ts'
import { lookUpHosts, parseHosts } from '../../src/resolver/hosts.ts'
import { lookUp } from '../../src/resolver/libcs.ts'
import type { Libc, LookupResult } from '../../src/resolver/lookup.ts'
import { parseResolvConf } from '../../src/resolver/resolv-conf.ts'
import type { Script } from '../support/resolver.ts'
import { play } from '../support/resolver.ts'

/** What a real library asked scripted servers, and what it made of their answers. */
interface Recording {
  readonly id: string
  readonly resolvConf: string
  readonly hosts?: string
  readonly device?: readonly string[]
  readonly name: string
  readonly family?: number
  readonly servers: Readonly<Record<string, Script>>
  /** `seconds server type name`, as they came to servers that were open. */
  readonly queries: readonly string[]
  readonly seconds: number
  readonly error?: string
  readonly addresses?: readonly string[]
}

const libraries: readonly { readonly libc: Libc; readonly file: string }[] = [
  { libc: 'glibc', file: 'glibc-2.36' },
  { libc: 'musl', file: 'musl-1.2.5' },
  { libc: 'as-is', file: 'c-ares-1.34' },
]

/** The words of getaddrinfo and of c-ares for the three ways to fail. */
const errors: Readonly<Record<string, string>> = {
  EAI_NONAME: 'not-found',
  ENOTFOUND: 'not-found',
  EAI_NODATA: 'no-data',
  EAI_ADDRFAMILY: 'no-data',
  ENODATA: 'no-data',
  EAI_AGAIN: 'try-again',
  ETIMEOUT: 'try-again',
  ESERVFAIL: 'try-again',
  EREFUSED: 'try-again',
  ECONNREFUSED: 'try-again',
}

/** Recordings whose outcome hangs on which of two replies comes first, or on what is left out, and why. */
const skipped: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  glibc: {
    'order ipv4 host, three of one subnet': 'the longest common prefix is left out',
  },
  musl: {
    'two-first-servfail':
      'the repeated questions cross the good answer of the other server, which then counts',
    'truncated two, servfail then truncated':
      "the repeated questions cross the other server's reply, which then counts",
    'three-mixed': 'the repeated questions cross the good answer of the other server, which then counts',
  },
}

describe.each(libraries)('$file', ({ libc, file }) => {
  const text = readFileSync(join(import.meta.dirname, `../recorded/libc/${file}.json`), 'utf8')
  const recordings: readonly Recording[] = JSON.parse(text)
  const ids = recordings.map(({ id }) => id)

  test('there are recordings, each with an id of its own, and what is skipped is among them', () => {
    expect(ids.length).toBeGreaterThan(20)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toEqual(expect.arrayContaining(Object.keys(skipped[libc] ?? {})))
  })

  test.for(recordings.filter(({ id }) => !(id in (skipped[libc] ?? {}))))('$id: $name', (recording) => {
    const played = resolve(libc, recording)
    expect(outcomeOf(played.result)).toBe(outcomeRecorded(recording))
    const open = played.queries.filter((query) => isOpen(recording, query))
    expect(byServer(open)).toEqual(byServer(recording.queries.map((query) => query.replace(/^\S+ /, ''))))
    const waited = played.result.seconds ?? 0
    // c-ares shortens its waits at random, to less than half.
    const least = libc === 'as-is' ? waited * 0.4 : waited
    expect(recording.seconds).toBeGreaterThan(least - 0.1)
    expect(recording.seconds).toBeLessThan(waited + 1)
  })
})

/** Whether the server of a question had a socket for it, so that the question could be recorded. */
function isOpen({ servers }: Recording, query: string): boolean {
  const server = servers[query.split(' ')[0] ?? '']
  return typeof server === 'object' && !(query.endsWith(' tcp') && server['tcp'] === 'closed')
}

function resolve(libc: Libc, recording: Recording) {
  const family = recording.family === 4 || recording.family === 6 ? recording.family : undefined
  const own = recording.device?.flatMap((address) => parseInterfaceAddress(address)?.ip ?? [])
  const sources = own && { sources: own }
  const hosts = parseHosts(recording.hosts ?? '')
  const local = lookUpHosts(hosts, recording.name, family, { libc, ...sources })
  if (local) return { queries: [], result: local }
  const conf = parseResolvConf(recording.resolvConf)
  return play(lookUp(libc, { name: recording.name, family, conf, ...sources }), recording.servers)
}

function outcomeOf(result: LookupResult): string {
  return result.type === 'failed' ? result.error : result.addresses.map(formatIp).join(' ')
}

function outcomeRecorded({ error, addresses = [] }: Recording): string {
  if (error !== undefined) return errors[error] ?? error
  return addresses.length > 0 ? addresses.join(' ') : 'no-data'
}

/** The questions of each server in their order; what two servers got at one time has no order. */
function byServer(queries: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const servers = [...new Set(queries.map((query) => query.split(' ')[0] ?? ''))].toSorted()
  return Object.fromEntries(
    servers.map((server) => [server, queries.filter((query) => query.startsWith(`${server} `))]),
  )
}
