import type { Branch } from './branch.ts'
import { mergeBranches } from './branch.ts'
import { serveCoreDns } from './coredns/chain.ts'
import type { DnsQuery, DnsResponse } from './message.ts'
import { serveOutside } from './serve-outside.ts'
import type { DnsContext, DnsServer, ServerAnswer } from './server.ts'

/** Every way in which a server may answer a query, with its share; the shares of all add up to 1. */
export function serveDns(server: DnsServer, query: DnsQuery, context: DnsContext): readonly ServerAnswer[] {
  const branches =
    server.type === 'coredns' ? serveCoreDns(server, query, context) : serveOutside(server, query)
  return mergeBranches(branches).map(answerOf)
}

function answerOf({ probability, steps, value }: Branch<DnsResponse | undefined>): ServerAnswer {
  return { probability, steps, ...(value === undefined ? {} : { response: value }) }
}
