import type { Branch } from '../../branch.ts'
import { certain } from '../../branch.ts'
import type { DnsQuery } from '../../message.ts'
import { respond } from '../../response.ts'
import type { Directive } from './directive.ts'
import { unknownProperty } from './directive.ts'
import type { Next, PluginContext, PluginModule, Reply } from './plugin.ts'

/** What the server says of itself. */
export interface ChaosConfig {
  readonly version: string
  /** Absent for those of CoreDNS itself. */
  readonly authors?: readonly string[]
}

/** Mirrors plugin/chaos: queries of class CH for the version and the authors. */
export const chaos: PluginModule<ChaosConfig> = { parse: parseChaos, serve: serveChaos }

function parseChaos(directive: Directive): ChaosConfig {
  const { c } = directive
  c.next()
  const [version, ...authors] = c.remainingArgs()
  if (c.nextBlock()) throw unknownProperty(directive)
  const trimmed = (version ?? 'CoreDNS-1.14.7').slice(0, 255)
  if (authors.length === 0) return { version: trimmed }
  return { version: version ?? '', authors: [...new Set(authors)].map((one) => one.slice(0, 255)).sort() }
}

function serveChaos(
  { version, authors }: ChaosConfig,
  query: DnsQuery,
  next: Next,
  context: PluginContext,
): readonly Branch<Reply>[] {
  if (query.class !== 'CH' || query.type !== 'TXT') return next(query)
  const answer = (texts: readonly string[]) => {
    const answers = texts.map((text) => ({
      name: query.name,
      type: 'TXT',
      ttl: 0,
      data: JSON.stringify(text),
    }))
    return certain({ response: respond(query, { answers }) })
  }
  const name = query.name.toLowerCase()
  if (name === 'version.bind.' || name === 'version.server.') return answer([version])
  if (name === 'authors.bind.' && authors !== undefined) return answer(authors)
  if (name !== 'hostname.bind.' && name !== 'id.server.' && name !== 'authors.bind.') return next(query)
  const step = context.step('the name of its host and its own authors are not modelled', {
    notModelled: true,
  })
  return certain({ response: respond(query) }, step)
}
