import type { Branch } from './branch.ts'
import { certain, mergeBranches } from './branch.ts'
import { EndlessLookup, serveCoreDns } from './coredns/chain.ts'
import type { DnsQuery, DnsResponse } from './message.ts'
import { serveOutside } from './serve-outside.ts'
import type { DnsContext, DnsServer, ServerAnswer } from './server.ts'

/** Every way in which a server may answer a query, with its share; the shares of all add up to 1. */
export function serveDns(server: DnsServer, query: DnsQuery, context: DnsContext): readonly ServerAnswer[] {
  return mergeBranches(branchesOf(server, query, context)).map(answerOf)
}

function branchesOf(
  server: DnsServer,
  query: DnsQuery,
  context: DnsContext,
): readonly Branch<DnsResponse | undefined>[] {
  if (server.type === 'outside') return serveOutside(server, query)
  try {
    return serveCoreDns(server, query, context)
  } catch (endless) {
    if (!(endless instanceof EndlessLookup)) throw endless
    const text = `${endless.message} leads back to itself: CoreDNS looks it up without an end, and dies`
    return certain(undefined, { plugin: 'coredns', text })
  }
}

function answerOf({ probability, steps, value }: Branch<DnsResponse | undefined>): ServerAnswer {
  return { probability, steps, ...(value === undefined ? {} : { response: value }) }
}
