import type { Ip } from '../base/ip.ts'
import { familyOf, formatIp, parseIp } from '../base/ip.ts'
import type { DnsRecord, Rcode } from '../dns/message.ts'
import type { OutsideDns, OutsideName } from '../dns/outside.ts'
import { isTopLevelDomain } from '../dns/top-level-domains.ts'
import type { Cluster } from '../model/cluster.ts'
import type { UpstreamName } from '../model/environment.ts'

/** Where a name outside the cluster is taken to be (TEST-NET-2). */
export const outsideAddress: Ip = 0xc6336401

/** The TTL of what the Environment states, in seconds. */
const statedTtl = 300

/** Addresses that names outside are known to have, beside what the Environment says. */
export interface KnownName {
  readonly name: string
  readonly ips: readonly Ip[]
  /** Nothing states it: it is what a working set-up would have. */
  readonly assumed?: true
  /** Other names below this domain are taken to be at the same address, as one record for all of them would have it. */
  readonly domain?: string
}

/**
 * A name server outside: what `upstreamDNS` says of it and of all servers, declared hosts, and names that are known
 * otherwise. Of any other name that could exist outside it is assumed that it does.
 */
export function outsideDns(
  cluster: Cluster,
  server: Ip | undefined,
  known: readonly KnownName[],
): OutsideDns {
  const { upstreamDNS = {}, externalHosts = [] } = cluster.environment
  const own = Object.entries(upstreamDNS).filter(
    ([key]) => key === 'default' || (server !== undefined && parseIp(key) === server),
  )
  const names = new Map<string, OutsideName>()
  for (const { name, ips, assumed } of known) {
    const records = ips.map((ip) => addressRecord(name, ip))
    names.set(absolute(name), { rcode: 'NOERROR', records, ...(assumed && { assumed }) })
  }
  for (const { name, ip } of externalHosts) {
    const address = parseIp(ip ?? '')
    if (name !== undefined && address !== undefined && name.includes('.')) {
      names.set(absolute(name), { rcode: 'NOERROR', records: [addressRecord(name, address)] })
    }
  }
  for (const [, stated] of own.toSorted(([a], [b]) => Number(a !== 'default') - Number(b !== 'default'))) {
    for (const [name, what] of Object.entries(stated)) names.set(absolute(name), statedName(name, what))
  }
  const assumedAddress = (name: string) => besideKnown(known, name) ?? outsideAddress
  return { type: 'outside', names, exists: existsOutside(cluster), assumedAddress }
}

/** Whether the Environment states this very name of a server outside, and not by a wildcard alone. */
export function statedOutside({ environment }: Cluster, name: string): boolean {
  const stated = Object.values(environment.upstreamDNS ?? {}).flatMap((names) => Object.keys(names))
  return stated.some((one) => absolute(one) === absolute(name))
}

/** Who asks for a name beside those of the cluster's own proxies most likely means to ask the proxy. */
function besideKnown(known: readonly KnownName[], asked: string): Ip | undefined {
  const name = absolute(asked)
  const beside = known.find(({ domain }) => domain !== undefined && name.endsWith(`.${absolute(domain)}`))
  return beside?.ips.find((ip) => familyOf(ip) === 4) ?? beside?.ips[0]
}

function absolute(name: string): string {
  const lower = name.toLowerCase()
  return lower.endsWith('.') ? lower : `${lower}.`
}

function addressRecord(name: string, ip: Ip): DnsRecord {
  return {
    name: absolute(name),
    type: familyOf(ip) === 4 ? 'A' : 'AAAA',
    ttl: statedTtl,
    data: formatIp(ip),
  }
}

const rcodes: readonly Rcode[] = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']

/** What may stand as `rcode`: a code, or that the server says nothing. */
export const statedRcodes: readonly string[] = [...rcodes, 'TIMEOUT']

/** `{A: address}`, `{CNAME: name}`, `{rcode: NXDOMAIN}`, `{rcode: timeout}`. */
function statedName(name: string, what: UpstreamName): OutsideName {
  const records = Object.entries(what).flatMap(([type, value]) =>
    type === 'rcode' || type === 'answers'
      ? []
      : [value].flat().map(
          (one): DnsRecord => ({
            name: absolute(name),
            type: type.toUpperCase(),
            ttl: statedTtl,
            data: type.toUpperCase() === 'CNAME' ? absolute(String(one)) : String(one),
          }),
        ),
  )
  const said = what.rcode?.toUpperCase()
  const rcode = rcodes.find((one) => one === said) ?? 'NOERROR'
  return { rcode, records, ...(said === 'TIMEOUT' && { silent: true }) }
}

/**
 * Names that no DNS outside knows: those of one label, or below a domain that the root zone does not have (the root's
 * name servers say NXDOMAIN); of the cluster's domain or form; of two labels of which the last is a namespace of the
 * cluster; below a search domain of a node, unless they are stated.
 */
function existsOutside(cluster: Cluster): (name: string) => boolean {
  const { domain } = cluster.settings
  const namespaces = new Set(cluster.namespaces.map((one) => one.name))
  const services = new Set(cluster.services.map((one) => `${one.namespace}/${one.name}`))
  const searches = [
    ...Object.values(cluster.environment.nodes ?? {}).flatMap((one) => one.resolv?.search ?? []),
    ...cluster.pods.flatMap(({ object }) => object.spec.dnsConfig?.searches ?? []),
  ]
  const below = (name: string, zone: string) => name === zone || name.endsWith(`.${zone}`)
  return (asked) => {
    const name = asked.toLowerCase().replace(/\.$/, '')
    const labels = name.split('.')
    const last = labels.at(-1) ?? ''
    if (labels.length < 2 || !isTopLevelDomain(last) || below(name, domain)) return false
    if (labels.length === 2 && namespaces.has(last)) return false
    if (labels[2] === 'svc' && services.has(`${labels[1]}/${labels[0]}`)) return false
    return !searches.some((zone) => below(name, zone.toLowerCase().replace(/\.$/, '')))
  }
}
