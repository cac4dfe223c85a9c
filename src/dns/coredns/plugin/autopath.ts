import type { Branch } from '../../branch.ts'
import { after, certain, chain } from '../../branch.ts'
import type { DnsQuery, DnsResponse } from '../../message.ts'
import { isSubdomain, matchZone, normalName, trimZone } from '../../name.ts'
import { pluginOf } from '../plugin-of.ts'
import type { Directive } from './directive.ts'
import { zonesOrBlock } from './directive.ts'
import type { Next, PluginContext, PluginModule, Reply } from './plugin.ts'

/** Where the search list of the client comes from: a plugin that knows it, or a file like resolv.conf. */
export interface AutopathConfig {
  readonly zones: readonly string[]
  readonly plugin?: string
  /** Absent for the process's own resolv.conf. */
  readonly searches?: readonly string[]
}

/** Mirrors plugin/autopath: goes through the client's search list in its place. */
export const autopath: PluginModule<AutopathConfig> = { parse: parseAutopath, serve }

function parseAutopath(directive: Directive): AutopathConfig {
  const { c } = directive
  let config: AutopathConfig = { zones: [] }
  while (c.next()) {
    const args = c.remainingArgs()
    const source = args.at(-1)
    if (source === undefined) throw c.plain('no resolv-conf specified')
    const zones = zonesOrBlock(args.slice(0, -1), directive)
    if (source.startsWith('@')) config = { zones, plugin: source.slice(1) }
    else if (source === '/etc/resolv.conf') config = { zones }
    else config = { zones, searches: searchesOf(directive, source) }
  }
  return config
}

/** The last `search` or `domain` line counts. */
function searchesOf({ c, readFile }: Directive, path: string): readonly string[] {
  const text = readFile(path)
  if (text === undefined) {
    throw c.plain(`failed to parse ${JSON.stringify(path)}: open ${path}: no such file or directory`)
  }
  let searches: readonly string[] = []
  for (const line of text.split('\n')) {
    const [keyword, ...names] = line.trim().split(/\s+/)
    if (keyword === 'search') searches = names
    if (keyword === 'domain') searches = names.slice(0, 1)
  }
  return searches.map(normalName)
}

/** The search list of whoever asks, with the bare name at its end; none, if it is not to be gone through. */
function searchPath(config: AutopathConfig, query: DnsQuery, context: PluginContext): readonly string[] {
  const { server, block } = context
  const own = server.searches.map(normalName)
  if (config.plugin === undefined) return [...(config.searches ?? own), '']
  const options = config.plugin === 'kubernetes' ? pluginOf(block.plugins, 'kubernetes')?.config : undefined
  const zone = options && matchZone(options.zones, query.name)
  const [pod] = server.kubernetes.podsByIp.get(query.client) ?? []
  if (options?.pods !== 'verified' || zone === undefined || pod === undefined) return []
  const below = zone === '.' ? '' : zone
  return [`${pod.namespace}.svc.${below}`, `svc.${below}`, zone, ...own, '']
}

/** Mirrors AutoPath.ServeDNS. */
function serve(
  config: AutopathConfig,
  query: DnsQuery,
  next: Next,
  context: PluginContext,
): readonly Branch<Reply>[] {
  if (matchZone(config.zones, query.name) === undefined) return next(query)
  const searches = searchPath(config, query, context)
  const [first] = searches
  if (first === undefined || !isSubdomain(first === '' ? '.' : first, query.name)) return next(query)
  const base = trimZone(query.name, first)
  if (base === '') return certain({ code: 'SERVFAIL', failed: true })
  return tryNames(searches.map((search) => `${base}.${search}`))

  function tryNames(names: readonly string[], fallback?: Reply): readonly Branch<Reply>[] {
    const [name, ...others] = names
    if (name === undefined) return certain(fallback ?? {})
    return chain(next({ ...query, name }), (reply) => {
      if (reply.failed) return certain({ code: 'SERVFAIL', failed: true })
      const { response } = reply
      if (response === undefined || reply.code !== undefined || response.rcode === 'NXDOMAIN') {
        return tryNames(others, fallback ?? reply)
      }
      const step = context.step(`answered ${query.name} with ${name}`)
      return after([step], certain({ response: renamed(response, query) }))
    })
  }
}

/** Puts a CNAME from the name asked for to the one that was found before the answers. Mirrors cnamer. */
function renamed(response: DnsResponse, query: DnsQuery): DnsResponse {
  const question = { ...response.question, name: query.name }
  const found = response.answers.find((record) => record.name.toLowerCase() !== query.name.toLowerCase())
  if (found === undefined) return { ...response, question }
  const alias = { name: query.name, type: 'CNAME', ttl: found.ttl, data: found.name }
  return { ...response, question, answers: [alias, ...response.answers] }
}
