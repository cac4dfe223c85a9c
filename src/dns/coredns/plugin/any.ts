import { certain } from '../../branch.ts'
import { respond } from '../../response.ts'
import { noArguments, unknownProperty } from './directive.ts'
import type { NoConfig, PluginModule } from './plugin.ts'

/** Mirrors plugin/any: a query for ANY gets what RFC 8482 proposes. */
export const any: PluginModule<NoConfig> = {
  parse: (directive) => {
    noArguments(directive)
    if (directive.c.nextBlock()) throw unknownProperty(directive)
    return {}
  },
  serve: (_config, query, next, context) => {
    if (query.type !== 'ANY') return next(query)
    const data = '"ANY obsoleted" "See RFC 8482"'
    const answers = [{ name: query.name, type: 'HINFO', ttl: 8482, data }]
    return certain({ response: respond(query, { answers }) }, context.step('answered ANY with HINFO'))
  },
}
