import type { Ip } from '../base/ip.ts'
import { familyOf, formatIp, parseIp, parseIpSloppy } from '../base/ip.ts'
import type { PodDnsConfig } from '../model/objects.ts'
import type { ResolvConf } from '../resolver/resolv-conf.ts'

/** What the kubelet knows when it writes the `resolv.conf` of a pod. */
export interface PodResolvConfInput {
  /** The API server fills in ClusterFirst where a pod says nothing. */
  readonly dnsPolicy?: string
  readonly hostNetwork?: boolean
  readonly dnsConfig?: PodDnsConfig
  readonly namespace: string
  /** The kubelet's `clusterDNS`. */
  readonly clusterDns: readonly Ip[]
  /** The kubelet's `clusterDomain`; empty, if it has none. */
  readonly clusterDomain: string
  /** The node's file that `resolvConf` names; `undefined`, if the kubelet's `resolvConf` is "". */
  readonly host: ResolvConf | undefined
  /** The node's own addresses, whose families choose the local servers of `resolvConf: ""`. */
  readonly nodeIps?: readonly Ip[]
  /** The kubelet's minor release of Kubernetes 1. */
  readonly minorVersion: number
}

/** An event that the kubelet records on the pod. */
export interface DnsEvent {
  readonly reason: 'DNSConfigForming' | 'MissingClusterDNS'
  readonly message: string
}

export interface PodResolvConf {
  readonly conf: ResolvConf
  readonly events: readonly DnsEvent[]
}

/**
 * The `resolv.conf` that a pod gets. Mirrors GetPodDNS of pkg/kubelet/network/dns/dns.go (the same from 1.26 to 1.36
 * in what it does). The order of merged options, which Go's maps leave open, is that of their first mention.
 */
export function podResolvConf(input: PodResolvConfInput): PodResolvConf {
  const { conf, events } = baseOf(input)
  const merged = input.dnsConfig ? appendDnsConfig(conf, input.dnsConfig) : conf
  const servers = fitNameservers(merged.nameservers)
  const searches = fitSearches(merged.searches, input.minorVersion)
  return {
    conf: { nameservers: servers.kept, searches: searches.kept, options: merged.options },
    events: [...events, ...servers.events, ...searches.events],
  }
}

/**
 * Reads the node's file as the kubelet does (parseResolvConf of the same file), which is not how glibc reads it: a
 * `domain` line is nothing, lines may be indented, trailing dots and a lone `.` go away, and of two options with one
 * name the later counts. A name server that is no address is left out. (With a `nameserver` line that names none, the
 * real kubelet starts no pod.)
 */
export function parseNodeResolvConf(text: string): ResolvConf {
  const nameservers: Ip[] = []
  let searches: readonly string[] = []
  let options: readonly string[] = []
  for (const line of text.split('\n')) {
    const [keyword = '', ...words] = line.trim().split(/\s+/)
    if (keyword === 'nameserver') nameservers.push(...addressesOf(words.slice(0, 1)))
    if (keyword === 'search')
      searches = words.filter((word) => word !== '.').map((word) => word.replace(/\.$/, ''))
    if (keyword === 'options') options = mergeOptions([...options, ...words])
  }
  return { nameservers, searches, options }
}

function addressesOf(texts: readonly string[]): readonly Ip[] {
  return texts.flatMap((text) => parseIp(text.replace(/%.*$/, '')) ?? [])
}

/** What the policy gives, before the pod's own `dnsConfig` is added. */
function baseOf(input: PodResolvConfInput): PodResolvConf {
  const { dnsPolicy = 'ClusterFirst', clusterDns, host } = input
  if (dnsPolicy === 'None') return { conf: { nameservers: [], searches: [], options: [] }, events: [] }
  const fromHost = dnsPolicy === 'Default' || (dnsPolicy === 'ClusterFirst' && input.hostNetwork === true)
  if (!fromHost && clusterDns.length > 0) {
    const searches = clusterSearches(input, host?.searches ?? [])
    return { conf: { nameservers: clusterDns, searches, options: ['ndots:5'] }, events: [] }
  }
  return { conf: host ?? localConf(input.nodeIps ?? []), events: fromHost ? [] : [missingClusterDns] }
}

const missingClusterDns: DnsEvent = {
  reason: 'MissingClusterDNS',
  message:
    'kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. ' +
    'Falling back to "Default" policy.',
}

/** With `resolvConf: ""`: a server on the host itself, which there rarely is, and nothing to search. */
function localConf(nodeIps: readonly Ip[]): ResolvConf {
  const own = nodeIps.map((ip) => (familyOf(ip) === 6 ? 1n : 0x7f000001))
  return { nameservers: own.length > 0 ? own : [0x7f000001], searches: ['.'], options: [] }
}

function clusterSearches(
  { namespace, clusterDomain }: PodResolvConfInput,
  hostSearches: readonly string[],
): readonly string[] {
  if (clusterDomain === '') return hostSearches
  return unique([`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain, ...hostSearches])
}

function appendDnsConfig(conf: ResolvConf, dnsConfig: PodDnsConfig): ResolvConf {
  const nameservers = (dnsConfig.nameservers ?? []).flatMap((text) => parseIpSloppy(text) ?? [])
  const options = (dnsConfig.options ?? []).map(({ name = '', value }) => (value ? `${name}:${value}` : name))
  return {
    nameservers: unique([...conf.nameservers, ...nameservers]),
    searches: unique([...conf.searches, ...(dnsConfig.searches ?? [])]),
    options: mergeOptions([...conf.options, ...options]),
  }
}

/** One option of each name, the later one, at the place of the first. */
function mergeOptions(options: readonly string[]): readonly string[] {
  const nameOf = (option: string) => option.split(':', 1)[0] ?? option
  return [...new Map(options.map((option) => [nameOf(option), option])).values()]
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)]
}

interface Fitted<T> {
  readonly kept: readonly T[]
  readonly events: readonly DnsEvent[]
}

const maxNameservers = 3

/** Mirrors formDNSNameserversFitsLimits. */
function fitNameservers(nameservers: readonly Ip[]): Fitted<Ip> {
  if (nameservers.length <= maxNameservers) return { kept: nameservers, events: [] }
  const kept = nameservers.slice(0, maxNameservers)
  const message =
    'Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ' +
    kept.map(formatIp).join(' ')
  return { kept, events: [{ reason: 'DNSConfigForming', message }] }
}

/** How long one search domain may be. */
const maxDomain = 253

/** The number and the characters of the search list; ExpandedDNSConfig is on from 1.26. */
function searchLimits(minorVersion: number): { readonly count: number; readonly characters: number } {
  return minorVersion >= 26 ? { count: 32, characters: 2048 } : { count: 6, characters: 256 }
}

/** Mirrors formDNSSearchFitsLimits: first the number, then what is too long by itself, then the tail. */
function fitSearches(searches: readonly string[], minorVersion: number): Fitted<string> {
  const limits = searchLimits(minorVersion)
  const kept = searches.slice(0, limits.count).filter((domain) => domain.length <= maxDomain)
  while (kept.join(' ').length > limits.characters) kept.pop()
  if (kept.length === searches.length) return { kept, events: [] }
  const message =
    'Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ' +
    kept.join(' ')
  return { kept, events: [{ reason: 'DNSConfigForming', message }] }
}
