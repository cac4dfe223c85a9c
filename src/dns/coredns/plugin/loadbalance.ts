import type { Cidr } from '../../../base/ip.ts'
import { contains, parseCidr, parseIp } from '../../../base/ip.ts'
import type { Branch } from '../../branch.ts'
import { mapBranches } from '../../branch.ts'
import type { DnsQuery, DnsRecord, DnsResponse } from '../../message.ts'
import { parseDuration, quote } from '../go-text.ts'
import type { Directive } from './directive.ts'
import { unknownProperty } from './directive.ts'
import type { Next, PluginModule, Reply } from './plugin.ts'

/** How the addresses of an answer are put in order. */
export interface LoadBalanceConfig {
  /** Addresses in these blocks come first, in this order. */
  readonly prefer: readonly Cidr[]
}

/**
 * Mirrors plugin/loadbalance but for the shuffling: which order comes out is chance, so that the records stay in the
 * order in which they were found; CNAMEs come first, and preferred addresses before the others.
 */
export const loadbalance: PluginModule<LoadBalanceConfig> = { parse: parseLoadBalance, serve }

function parseLoadBalance(directive: Directive): LoadBalanceConfig {
  const { c } = directive
  const prefer: Cidr[] = []
  while (c.next()) {
    const args = c.remainingArgs()
    if (args[0] === 'weighted') parseWeighted(directive, args)
    else if (args[0] !== undefined && args[0] !== 'round_robin') throw c.plain(`unknown policy: ${args[0]}`)
    else if (args.length > 1) throw c.err(`unknown property for ${args[0]}`)
    while (c.nextBlock()) {
      if (c.val !== 'prefer') throw unknownProperty(directive)
      prefer.push(...c.remainingArgs().map((text) => blockOf(directive, text)))
    }
  }
  return { prefer }
}

function blockOf({ c }: Directive, text: string): Cidr {
  const block = parseCidr(text)
  if (block === undefined) throw c.err(`invalid CIDR ${quote(text)}: invalid CIDR address: ${text}`)
  return block
}

function parseWeighted(directive: Directive, args: readonly string[]): void {
  const { c } = directive
  if (args.length < 2) throw c.err('missing weight file argument')
  if (args.length > 2) throw c.err('unexpected argument(s)')
  while (c.nextBlock()) {
    if (c.val !== 'reload') throw unknownProperty(directive)
    const found = c.remainingArgs()
    if (found.length < 1) throw c.err('reload duration value is missing')
    if (found.length > 1) throw c.err('unexpected argument')
    if (typeof parseDuration(found[0] ?? '') !== 'number') {
      throw c.err(`invalid reload duration '${found[0]}'`)
    }
  }
}

function serve(config: LoadBalanceConfig, query: DnsQuery, next: Next): readonly Branch<Reply>[] {
  return mapBranches(next(query), (reply) =>
    reply.response?.rcode !== 'NOERROR' ? reply : { ...reply, response: ordered(reply.response, config) },
  )
}

function ordered(response: DnsResponse, { prefer }: LoadBalanceConfig): DnsResponse {
  const order = (records: readonly DnsRecord[]) => byPreference(byKind(records), prefer)
  return {
    ...response,
    answers: order(response.answers),
    authority: byKind(response.authority),
    additional: order(response.additional),
  }
}

const lateTypes: readonly (readonly string[])[] = [['A', 'AAAA'], ['MX']]

/** CNAMEs, then all other types, then addresses, then MX. Mirrors roundRobin without its shuffling. */
function byKind(records: readonly DnsRecord[]): readonly DnsRecord[] {
  const rank = ({ type }: DnsRecord) =>
    type === 'CNAME' ? -1 : 1 + lateTypes.findIndex((types) => types.includes(type))
  return records.toSorted((a, b) => rank(a) - rank(b))
}

function byPreference(records: readonly DnsRecord[], prefer: readonly Cidr[]): readonly DnsRecord[] {
  if (prefer.length === 0) return records
  const isAddress = ({ type }: DnsRecord) => type === 'A' || type === 'AAAA'
  const rank = ({ data }: DnsRecord) => {
    const ip = parseIp(data)
    const found = ip === undefined ? -1 : prefer.findIndex((block) => contains(block, ip))
    return found < 0 ? prefer.length : found
  }
  const addresses = records.filter(isAddress).toSorted((a, b) => rank(a) - rank(b))
  let used = 0
  return records.map((record) => (isAddress(record) ? (addresses[used++] ?? record) : record))
}
