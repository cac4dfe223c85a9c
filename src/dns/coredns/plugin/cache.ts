import type { Branch } from '../../branch.ts'
import { after, mapBranches } from '../../branch.ts'
import type { DnsQuery, DnsRecord, DnsResponse } from '../../message.ts'
import { matchZone, normalName } from '../../name.ts'
import { hasType, typeOfResponse } from '../../response.ts'
import type { Dispenser } from '../corefile/dispenser.ts'
import { atoi, parseDuration } from '../go-text.ts'
import type { Directive } from './directive.ts'
import { eachOnce, zonesOrBlock } from './directive.ts'
import type { Next, PluginContext, PluginModule, Reply } from './plugin.ts'

/** How long answers are kept, and with that which TTL they get; all in seconds. */
export interface CacheConfig {
  readonly zones: readonly string[]
  readonly success: Limits
  readonly denial: Limits
  readonly serverFailure: number
}

interface Limits {
  readonly min: number
  readonly max: number
}

/**
 * Mirrors plugin/cache as it is when it is empty, so that each answer is the first: nothing is found in it, but the
 * TTL of all records is set to how long the answer will be kept, even where it is not.
 */
export const cache: PluginModule<CacheConfig> = { parse: parseCache, serve }

interface Draft {
  success: Limits
  denial: Limits
  serverFailure: number
  serveStale: boolean
  stalePolicy: boolean
}

function parseCache(directive: Directive): CacheConfig {
  const { c } = directive
  let zones: readonly string[] = []
  const draft: Draft = {
    success: { min: 5, max: 3600 },
    denial: { min: 5, max: 1800 },
    serverFailure: 5,
    serveStale: false,
    stalePolicy: false,
  }
  eachOnce(directive, () => {
    const args = c.remainingArgs()
    const ttl = atoi(args[0] ?? '')
    if (typeof ttl === 'number') {
      draft.success = { ...draft.success, max: positive(ttl, c) }
      draft.denial = { ...draft.denial, max: ttl }
    }
    zones = zonesOrBlock(typeof ttl === 'number' ? args.slice(1) : args, directive)
    while (c.nextBlock()) {
      const read = properties[c.val]
      if (read === undefined) throw c.argErr()
      read(draft, c)
    }
    if (draft.stalePolicy && !draft.serveStale) throw c.plain('serve_stale_policy requires serve_stale')
  })
  return { zones, success: draft.success, denial: draft.denial, serverFailure: draft.serverFailure }
}

function positive(ttl: number, c: Dispenser): number {
  if (ttl <= 0) throw c.plain(`cache TTL can not be zero or negative: ${ttl}`)
  return ttl
}

function numberOf(text: string, c: Dispenser): number {
  const value = atoi(text)
  if (typeof value !== 'number') throw c.plain(value.error)
  return value
}

function secondsOf(text: string, c: Dispenser): number {
  const value = parseDuration(text)
  if (typeof value !== 'number') throw c.plain(value.error)
  return value
}

/** `CAPACITY [TTL] [MINTTL]` */
function readLimits(limits: Limits, c: Dispenser): Limits {
  const [capacity, max, min] = c.remainingArgs()
  if (capacity === undefined) throw c.argErr()
  numberOf(capacity, c)
  const least = min === undefined ? limits.min : numberOf(min, c)
  const most = max === undefined ? limits.max : positive(numberOf(max, c), c)
  if (least < 0) throw c.plain(`cache min TTL can not be negative: ${least}`)
  return { min: least, max: most }
}

function readPrefetch(_draft: Draft, c: Dispenser): void {
  const args = c.remainingArgs()
  const [amount, duration, percentage] = args
  if (amount === undefined || args.length > 3) throw c.argErr()
  const value = numberOf(amount, c)
  if (value < 0) throw c.plain(`prefetch amount should be positive: ${value}`)
  if (duration !== undefined) secondsOf(duration, c)
  if (percentage === undefined) return
  const last = percentage.at(-1)
  if (last !== '%') throw c.plain(`last character of percentage should be \`%\`, but is: '${last ?? ''}'`)
  const share = numberOf(percentage.slice(0, -1), c)
  if (share < 10 || share > 90) throw c.plain(`percentage should fall in range [10, 90]: ${share}`)
}

function readServeStale(draft: Draft, c: Dispenser): void {
  const args = c.remainingArgs()
  if (args.length > 5) throw c.argErr()
  draft.serveStale = true
  if (args[0] !== undefined && secondsOf(args[0], c) < 0) {
    throw c.plain('invalid negative duration for serve_stale')
  }
  const mode = args[1]?.toLowerCase()
  if (mode !== undefined && mode !== 'immediate' && mode !== 'verify') {
    throw c.plain(`invalid value for serve_stale refresh mode: ${mode}`)
  }
  for (const text of args.slice(2)) secondsOf(text, c)
}

function readServerFailure(draft: Draft, c: Dispenser): void {
  const args = c.remainingArgs()
  if (args.length !== 1) throw c.argErr()
  const duration = secondsOf(args[0] ?? '', c)
  if (duration < 0) throw c.plain('invalid negative ttl for servfail')
  if (duration > 300) throw c.plain('caching SERVFAIL responses over 5 minutes is not permitted')
  draft.serverFailure = duration
}

function readDisable(_draft: Draft, c: Dispenser): void {
  const [what] = c.remainingArgs()
  if (what === undefined) throw c.argErr()
  if (what !== 'success' && what !== 'denial') {
    throw c.plain('cache type for disable must be "success" or "denial"')
  }
}

function readStalePolicy(draft: Draft, c: Dispenser): void {
  if (draft.stalePolicy) throw c.plain('serve_stale_policy can only be specified once')
  draft.stalePolicy = true
  const args = c.remainingArgs()
  if (args.length !== 1) throw c.argErr()
  if (args[0]?.toLowerCase() !== 'prefer_positive') throw c.plain(`invalid serve_stale_policy: ${args[0]}`)
}

const properties: Readonly<Record<string, (draft: Draft, c: Dispenser) => void>> = {
  success: (draft, c) => {
    draft.success = readLimits(draft.success, c)
  },
  denial: (draft, c) => {
    draft.denial = readLimits(draft.denial, c)
  },
  prefetch: readPrefetch,
  serve_stale: readServeStale,
  serve_stale_policy: readStalePolicy,
  servfail: readServerFailure,
  disable: readDisable,
  keepttl: (_draft, c) => {
    if (c.remainingArgs().length > 0) throw c.argErr()
  },
}

function serve(
  config: CacheConfig,
  query: DnsQuery,
  next: Next,
  context: PluginContext,
): readonly Branch<Reply>[] {
  if (matchZone(config.zones, query.name) === undefined) return next(query)
  const replies = mapBranches(next(query), (reply) =>
    reply.response === undefined ? reply : { ...reply, response: withTtl(reply.response, config) },
  )
  return after([context.step('taken to hold no answer yet')], replies)
}

/** Mirrors WriteMsg of the cache's writer: the TTL that the records get. */
function withTtl(response: DnsResponse, config: CacheConfig): DnsResponse {
  const ttl = keptFor(response, config)
  const change = (records: readonly DnsRecord[]) => records.map((record) => ({ ...record, ttl }))
  return {
    ...response,
    answers: change(response.answers),
    authority: change(response.authority),
    additional: change(response.additional),
  }
}

function keptFor(response: DnsResponse, config: CacheConfig): number {
  const type = typeOfResponse(response)
  if (type === 'server-error') return Math.floor(config.serverFailure)
  const denial = type === 'name-error' || type === 'no-data' || isEmptyChain(response)
  const { min, max } = denial ? config.denial : config.success
  return Math.min(Math.max(leastTtl(response, max), min), max)
}

/** Mirrors MinimalTTLWithMaximum: the least TTL of all records; 5 s for what is no answer. */
function leastTtl(response: DnsResponse, max: number): number {
  const type = typeOfResponse(response)
  const records = [...response.answers, ...response.authority, ...response.additional]
  if (records.length === 0 || !['no-error', 'name-error', 'no-data'].includes(type)) return 5
  return Math.min(max, ...records.map((record) => record.ttl))
}

/** A CNAME chain that ends without the type asked for, and with an SOA. Mirrors cacheResponseType. */
function isEmptyChain(response: DnsResponse): boolean {
  if (response.rcode !== 'NOERROR' || response.answers.length === 0) return false
  return hasType(response.authority, 'SOA') && !answersQuestion(response)
}

/** Mirrors answersQuestion of the cache: the type asked for stands at the end of the CNAME chain. */
function answersQuestion({ question, answers }: DnsResponse): boolean {
  let name = normalName(question.name)
  const owns = (record: DnsRecord) => normalName(record.name) === name
  if (question.type === 'ANY') return answers.some(owns)
  for (const _ of answers) {
    const alias = answers.find((record) => record.type === 'CNAME' && owns(record))
    if (alias === undefined || question.type === 'CNAME') break
    name = normalName(alias.data)
  }
  return answers.some((record) => record.type === question.type && owns(record))
}
