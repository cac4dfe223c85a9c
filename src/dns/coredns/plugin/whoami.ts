import { familyOf, formatIp } from '../../../base/ip.ts'
import { certain } from '../../branch.ts'
import type { DnsRecord } from '../../message.ts'
import { respond } from '../../response.ts'
import { noArguments } from './directive.ts'
import type { NoConfig, PluginModule } from './plugin.ts'

/** Mirrors plugin/whoami: the sender's address and transport.  */
export const whoami: PluginModule<NoConfig> = {
  parse: (directive) => {
    noArguments(directive)
    return {}
  },
  serve: (_config, query, _next, context) => {
    const type = familyOf(query.client) === 4 ? 'A' : 'AAAA'
    const owner = query.name === '.' ? `_${query.transport}.` : `_${query.transport}.${query.name}`
    const additional: readonly DnsRecord[] = [
      { name: query.name, type, ttl: 0, data: formatIp(query.client) },
      { name: owner, type: 'SRV', ttl: 0, data: `0 0 ${query.clientPort ?? 0} .` },
    ]
    const response = respond(query, { authoritative: true, additional })
    return certain({ response }, context.step(`answered with the sender ${formatIp(query.client)}`))
  },
}
