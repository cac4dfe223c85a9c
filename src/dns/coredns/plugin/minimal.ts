import { certain, chain } from '../../branch.ts'
import { typeOfResponse } from '../../response.ts'
import { noArguments } from './directive.ts'
import type { NoConfig, PluginModule, Reply } from './plugin.ts'

/** Mirrors plugin/minimal: positive answers lose all records but the answers. */
export const minimal: PluginModule<NoConfig> = {
  parse: (directive) => {
    noArguments(directive)
    return {}
  },
  serve: (_config, query, next) =>
    chain(next(query), (reply) => {
      if (reply.failed || reply.response === undefined) return certain(withoutMessage(reply))
      if (typeOfResponse(reply.response) !== 'no-error') return certain({ response: reply.response })
      return certain({ response: { ...reply.response, authority: [], additional: [] } })
    }),
}

/** CoreDNS fails here where nothing was written, and the server then answers SERVFAIL. */
function withoutMessage(reply: Reply): Reply {
  return reply.failed ? reply : { code: 'SERVFAIL', failed: true }
}
