import type { Ip } from '../../base/ip.ts'
import { familyOf, parseIp } from '../../base/ip.ts'
import type { Container } from '../../model/objects.ts'

/** What node-cache was started with. */
export interface NodeCacheFlags {
  /** The addresses to listen on, all of one family. */
  readonly localIps: readonly Ip[]
  readonly port: number
  readonly healthPort: number
  readonly setupInterface: boolean
  readonly interfaceName: string
  readonly setupIptables: boolean
  /** The path of the template, and of the Corefile that is made of it. */
  readonly baseCorefile: string
  readonly corefile: string
  /** The Service whose cluster IP is asked for names of the cluster. */
  readonly upstreamService: string
}

/** Flags that take no value of their own: `-skipteardown` alone is true. */
const booleans = new Set(['setupinterface', 'setupiptables', 'skipteardown', 'reloadwithsignal', 'quiet'])

/** Mirrors parseAndValidateFlags of cmd/node-cache: the flags, or why the process ends. */
export function nodeCacheFlags(container: Container): NodeCacheFlags | { readonly error: string } {
  const flags = readFlags([...(container.command ?? []).slice(1), ...(container.args ?? [])])
  const value = (name: string, otherwise: string) => flags.get(name) ?? otherwise
  const localIps: Ip[] = []
  for (const text of value('localip', '').split(',')) {
    const ip = parseIp(text)
    if (ip === undefined) return { error: `invalid localip specified - "${text}"` }
    localIps.push(ip)
  }
  const [first = 0] = localIps
  const other = localIps.find((ip) => familyOf(ip) !== familyOf(first))
  if (other !== undefined) return { error: 'unexpected IP Family for localIP: all must be of one family' }
  const healthPort = Number(value('health-port', '8080'))
  if (!Number.isInteger(healthPort)) return { error: 'invalid healthcheck port specified' }
  return {
    localIps,
    port: Number(value('dns.port', value('p', '53'))),
    healthPort,
    setupInterface: isTrue(value('setupinterface', 'true')),
    interfaceName: value('interfacename', 'nodelocaldns'),
    setupIptables: isTrue(value('setupiptables', 'true')),
    baseCorefile: value('basecorefile', '/etc/coredns/Corefile.base'),
    corefile: value('conf', value('corefile', '/etc/Corefile')),
    upstreamService: value('upstreamsvc', 'kube-dns'),
  }
}

/** As Go's flag package reads them: one hyphen or two, a value after `=` or as the next word. */
function readFlags(words: readonly string[]): ReadonlyMap<string, string> {
  const flags = new Map<string, string>()
  for (let at = 0; at < words.length; at++) {
    const found = /^--?([^=]+)(?:=(.*))?$/.exec(words[at] ?? '')
    if (!found) break
    const [, name = '', stated] = found
    if (stated !== undefined) flags.set(name, stated)
    else if (booleans.has(name)) flags.set(name, 'true')
    else flags.set(name, words[++at] ?? '')
  }
  return flags
}

function isTrue(text: string): boolean {
  return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)
}
