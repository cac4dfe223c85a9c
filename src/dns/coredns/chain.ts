import type { Branch } from '../branch.ts'
import { certain, chain, mapBranches } from '../branch.ts'
import type { DnsQuery, DnsResponse } from '../message.ts'
import { absolute, isSubdomain, labelsOf } from '../name.ts'
import { refusal } from '../response.ts'
import type { DnsContext, DnsStep } from '../server.ts'
import { truncateResponse } from '../wire-length.ts'
import type { CoreDns, ServerBlock } from './config.ts'
import type { PluginContext, Reply } from './plugin/plugin.ts'
import type { Plugin } from './plugin/registry.ts'
import { isHandler, servePlugin } from './plugin/registry.ts'
import { isBoundTo } from './plugin/setup.ts'
import { pluginOf } from './plugin-of.ts'

/** How often a server asks itself for one answer before that is taken to be a loop without an end. */
const MAX_DEPTH = 16

/**
 * A name leads back to itself through the server's own lookups. CoreDNS does not notice: it goes on until its stack is
 * used up, and ends. Thrown out of the chain, and caught in serveDns.
 */
export class EndlessLookup extends Error {
  override readonly name = 'EndlessLookup'
}

/** Codes that say that nothing was written yet, so that the server writes them. Mirrors plugin.ClientWrite. */
const unwritten: readonly (string | undefined)[] = ['SERVFAIL', 'REFUSED', 'FORMERR', 'NOTIMP']

/** What CoreDNS writes in answer to a query; `undefined` if it writes nothing. Mirrors Server.ServeDNS. */
export function serveCoreDns(
  server: CoreDns,
  query: DnsQuery,
  context: DnsContext,
  depth = 0,
): readonly Branch<DnsResponse | undefined>[] {
  if (depth > MAX_DEPTH) throw new EndlessLookup(query.name)
  if (query.class !== 'IN' && !opensClasses(server)) {
    return certain(refusal(query, 'REFUSED'), { plugin: 'coredns', text: `class ${query.class} refused` })
  }
  const block = chooseBlock(server, query)
  if (block === undefined) {
    const text = `no server block for ${query.name} on port ${query.port}`
    return certain(refusal(query, 'REFUSED'), { plugin: 'coredns', text })
  }
  const chosen: DnsStep = { plugin: 'coredns', text: `server block ${block.zone}`, at: block.block.at }
  const replies = runChain(server, block.block, query, context, depth)
  return chain(certain(undefined, chosen), () =>
    mapBranches(replies, (reply) => written(reply, query, depth)),
  )
}

/** Other classes than IN are refused unless one of these plugins is there. Mirrors EnableChaos. */
function opensClasses(server: CoreDns): boolean {
  return server.blocks.some(({ plugins }) =>
    plugins.some(({ name }) => name === 'chaos' || name === 'forward'),
  )
}

/** The block with the longest zone that the name lies in; a DS query goes to the parent's block if there is one. */
function chooseBlock(
  server: CoreDns,
  query: DnsQuery,
): { readonly block: ServerBlock; readonly zone: string } | undefined {
  const zones = server.blocks
    .filter((block) => isBound(block, query))
    .flatMap((block) =>
      block.zones
        .filter(({ port, transport }) => transport === 'dns' && port === query.port)
        .map(({ zone }) => ({ block, zone })),
    )
  const matching = zones
    .filter(({ zone }) => isSubdomain(zone, query.name))
    .toSorted((a, b) => labelsOf(b.zone).length - labelsOf(a.zone).length)
  if (query.type !== 'DS') return matching[0]
  const above = matching.filter(({ zone }) => zone !== '.')
  return above.at(-1) ?? matching[0]
}

/** Whether the block listens on the address that was asked. */
function isBound(block: ServerBlock, query: DnsQuery): boolean {
  const bound = pluginOf(block.plugins, 'bind')
  return bound === undefined || isBoundTo(bound.config, query.server)
}

/** Sends the query through the plugins. Without any it is refused, and behind the last there is a failure. */
function runChain(
  server: CoreDns,
  block: ServerBlock,
  query: DnsQuery,
  context: DnsContext,
  depth: number,
): readonly Branch<Reply>[] {
  const plugins = block.plugins.filter(({ name }) => isHandler(name))
  if (plugins.length === 0) return certain({ code: 'REFUSED' })
  const run = (index: number, asked: DnsQuery): readonly Branch<Reply>[] => {
    const plugin = plugins[index]
    if (plugin === undefined) {
      const text = 'no plugin is left that could answer'
      return certain({ code: 'SERVFAIL', failed: true }, { plugin: 'coredns', text, at: block.at })
    }
    const pluginContext = contextOf(server, block, plugin, index === plugins.length - 1, context, depth)
    return servePlugin(plugin, asked, (passed) => run(index + 1, passed), pluginContext)
  }
  return run(0, query)
}

function contextOf(
  server: CoreDns,
  block: ServerBlock,
  plugin: Plugin,
  last: boolean,
  context: DnsContext,
  depth: number,
): PluginContext {
  const { name, at } = plugin
  return {
    server,
    block,
    at,
    last,
    ask: (upstream, question) => context.ask(upstream, question),
    lookup: (query, asked, type) =>
      serveCoreDns(server, { ...query, name: absolute(asked), type, class: 'IN' }, context, depth + 1),
    step: (text, more = {}) => ({ plugin: name, text, at, ...more }),
  }
}

/**
 * What goes to the client: the response cut to the size that it takes, or the code that no plugin wrote. After a
 * response that came with such a code the server writes another, which is what a lookup of its own gets.
 */
function written(reply: Reply, query: DnsQuery, depth: number): DnsResponse | undefined {
  if (reply.response === undefined || (depth > 0 && unwritten.includes(reply.code))) {
    return unwritten.includes(reply.code) && reply.code !== undefined ? refusal(query, reply.code) : undefined
  }
  if (depth === 0 && !isSendable(reply.response)) return undefined
  if (query.transport === 'tcp') return reply.response
  return truncateResponse(reply.response, query.bufferSize ?? 512, query.bufferSize !== undefined)
}

/** A name with an empty label cannot be written into a message, so that nothing is sent. */
function isSendable({ answers, authority, additional }: DnsResponse): boolean {
  return [...answers, ...authority, ...additional].every(
    ({ name, type, data }) => !name.includes('..') && (!nameTypes.includes(type) || !data.includes('..')),
  )
}

/** Types whose data holds names. */
const nameTypes = ['CNAME', 'NS', 'PTR', 'SRV', 'MX', 'SOA', 'DNAME']
