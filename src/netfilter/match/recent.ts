import type { Family, Ip } from '../../base/ip.ts'
import { bitsOf, formatIp } from '../../base/ip.ts'
import type { Options } from '../save-format/options.ts'
import { andIp, joinOptions, maskOf, parseAddressMask, parseNumber } from '../save-format/options.ts'
import { saveString } from '../save-format/tokens.ts'
import type { MatchContext, MatchModule } from './match.ts'

export interface RecentMatch {
  readonly name: string
  readonly action: 'set' | 'rcheck' | 'update' | 'remove'
  readonly inverted: boolean
  /** Only look at the last this many seconds; 0 for ever. */
  readonly seconds: number
  readonly hitcount: number
  readonly reap: boolean
  readonly ttl: boolean
  readonly side: 'rsource' | 'rdest'
  readonly mask: Ip
}

/** One remembered address; lists keep their entries in the order in which they were last seen. */
export interface RecentEntry {
  readonly address: Ip
  readonly ttl: number
  /** Times in milliseconds, the newest last. */
  readonly stamps: readonly number[]
}

/** `ip_list_tot`: more addresses than this push out the one longest unseen. */
export const recentListLimit = 100

const actions = ['set', 'rcheck', 'update', 'remove'] as const

/** Mirrors recent_mt of xt_recent. */
export const recent: MatchModule<RecentMatch> = {
  remembers: true,
  options: {
    name: 1,
    set: 0,
    rcheck: 0,
    update: 0,
    remove: 0,
    seconds: 1,
    hitcount: 1,
    reap: 0,
    rttl: 0,
    rsource: 0,
    rdest: 0,
    mask: 1,
  },
  negatable: [...actions],
  exclusive: [actions, ['rsource', 'rdest'], ['set', 'seconds'], ['set', 'hitcount']],
  parse: (options, family) => {
    const action = actions.find((one) => options.has(one))
    if (!action) return options.fail('expected one of --set, --rcheck, --update, --remove')
    const seconds = parseNumber(options.value('seconds') ?? '0', 'seconds')
    if (options.has('reap') && seconds === 0) options.fail('--reap needs --seconds')
    return {
      name: options.value('name') ?? 'DEFAULT',
      action,
      inverted: options.inverted(action),
      seconds,
      hitcount: parseNumber(options.value('hitcount') ?? '0', 'hitcount', 65535),
      reap: options.has('reap'),
      ttl: options.has('rttl'),
      side: options.has('rdest') ? 'rdest' : 'rsource',
      mask: readMask(options, family),
    }
  },
  format: (match) =>
    joinOptions(
      `${match.inverted ? '! ' : ''}--${match.action}`,
      match.seconds > 0 && `--seconds ${match.seconds}`,
      match.reap && '--reap',
      match.hitcount > 0 && `--hitcount ${match.hitcount}`,
      match.ttl && '--rttl',
      `--name ${saveString(match.name)}`,
      `--mask ${formatIp(match.mask)}`,
      `--${match.side}`,
    ),
  test: (match, context) => testRecent(match, context) !== match.inverted,
}

function readMask(options: Options, family: Family): Ip {
  const text = options.value('mask')
  return text === undefined ? maskOf(family, bitsOf(family)) : parseAddressMask(text, family).address
}

function testRecent(match: RecentMatch, context: MatchContext): boolean {
  const key = recentKey(match.name)
  const list = (context.memory.get(key) ?? []) as readonly RecentEntry[]
  const { packet, now } = context
  const address = andIp(match.side === 'rsource' ? packet.src : packet.dst, match.mask)
  // recent_mt counts the TTL as it was before forwarding.
  const isForwarded = context.devices.in !== undefined && context.devices.out !== undefined
  const ttl = packet.ttl + (isForwarded ? 1 : 0)
  const entry = list.find((one) => one.address === address && (!match.ttl || one.ttl === ttl))
  if (!entry) {
    if (match.action === 'set') context.memory.set(key, remember(list, { address, ttl, stamps: [now] }))
    return match.action === 'set'
  }
  const others = list.filter((one) => one !== entry)
  if (match.action === 'set') context.memory.set(key, [...others, touch(entry, match, ttl, now)])
  else if (match.action === 'remove') context.memory.set(key, others)
  else return check(match, entry, list, context, ttl)
  return true
}

function check(
  match: RecentMatch,
  entry: RecentEntry,
  list: readonly RecentEntry[],
  context: MatchContext,
  ttl: number,
): boolean {
  const since = context.now - match.seconds * 1000
  const hits = entry.stamps.filter((stamp) => match.seconds === 0 || stamp >= since).length
  const found = match.hitcount === 0 ? hits > 0 : hits >= match.hitcount
  const updates = match.action === 'update' && found !== match.inverted
  let next = match.reap ? reap(list, since, updates ? entry : undefined) : list
  if (updates) next = [...next.filter((one) => one !== entry), touch(entry, match, ttl, context.now)]
  if (next !== list) context.memory.set(recentKey(match.name), next)
  return found
}

/** recent_entry_reap: the entry longest unseen goes, if it is stale and not the one being updated. */
function reap(
  list: readonly RecentEntry[],
  since: number,
  keep: RecentEntry | undefined,
): readonly RecentEntry[] {
  const oldest = list[0]
  const last = oldest?.stamps.at(-1)
  return oldest !== undefined && oldest !== keep && last !== undefined && last < since ? list.slice(1) : list
}

function remember(list: readonly RecentEntry[], entry: RecentEntry): readonly RecentEntry[] {
  return [...(list.length >= recentListLimit ? list.slice(1) : list), entry]
}

/** recent_entry_update: the ring of stamps holds the hit count rounded up to a power of two, or 32. */
function touch(entry: RecentEntry, match: RecentMatch, ttl: number, now: number): RecentEntry {
  const size = match.hitcount === 0 ? 32 : 2 ** Math.ceil(Math.log2(match.hitcount))
  return { address: entry.address, ttl, stamps: [...entry.stamps, now].slice(-size) }
}

/** The name under which a namespace's memory holds a `recent` list. */
export function recentKey(name: string): string {
  return `recent ${name}`
}
