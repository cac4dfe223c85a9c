import { hostCidr } from '../../../base/ip.ts'
import type { CiliumNameSelector, CiliumRule } from '../../../model/cilium-policy-objects.ts'
import type { Cluster } from '../../../model/cluster.ts'
import type { Path, Peer } from '../../../policy/policy.ts'
import { outsideDns } from '../../outside-dns.ts'
import { addressesOfDomain } from '../domain-addresses.ts'
import { everywhere } from './blocks.ts'

/** What `toFQDNs` of a rule comes to. */
export interface NamedPeers {
  /** Addresses that the Environment states. */
  readonly known: readonly Peer[]
  /** Every other address outside, for names of which nothing is known. */
  readonly unknown: readonly Peer[]
  /** Those names, in words. */
  readonly unmodelled: readonly string[]
}

/**
 * Names that a rule lets pods connect to. Cilium learns their addresses from the answers that its DNS proxy lets pass, so that
 * without any rule about DNS queries it never learns one; where the Environment states a name's addresses, those count, and
 * else what the answer would be is not known. Addresses of pods and nodes are never meant.
 */
export function namedPeers(cluster: Cluster, names: readonly CiliumNameSelector[], path: Path): NamedPeers {
  if (!learnsNames(cluster)) return { known: [], unknown: [], unmodelled: [] }
  const found = names.map((one, index) => namesOf(cluster, one, [...path, index]))
  return {
    known: found.flatMap(({ known }) => known),
    unknown: found.flatMap(({ unknown }) => unknown),
    unmodelled: found.flatMap(({ unmodelled }) => unmodelled),
  }
}

function namesOf(
  cluster: Cluster,
  { matchName = '', matchPattern = '' }: CiliumNameSelector,
  path: Path,
): NamedPeers {
  const wanted = matchName === '' ? matchPattern : matchName
  const stated =
    matchName === '' ? statedNames(cluster).filter((one) => matchesName(wanted, one)) : [matchName]
  const found = stated.map((name) => addressesOfDomain(cluster, name))
  const blocks = found.flatMap(({ ips }) => ips.map((ip) => ({ cidr: hostCidr(ip), except: [], path })))
  const complete = matchName !== '' && found.every((one) => one.complete)
  return {
    known: blocks.length > 0 ? [{ path, blocks }] : [],
    unknown: complete ? [] : [{ path, blocks: everywhere(path) }],
    unmodelled: complete ? [] : [`the addresses of ${wanted}, which DNS alone knows`],
  }
}

/** The names of servers outside that the Environment states. */
function statedNames(cluster: Cluster): readonly string[] {
  return [...outsideDns(cluster, undefined, []).names.keys()]
}

/** Whether any policy sends DNS queries through the proxy. */
function learnsNames({ policies }: Cluster): boolean {
  const { ciliumNetworkPolicies, ciliumClusterwideNetworkPolicies } = policies
  const asks = ({ egress = [] }: CiliumRule) =>
    egress.some(({ toPorts = [] }) => toPorts.some(({ rules }) => (rules?.dns ?? []).length > 0))
  return [...ciliumNetworkPolicies, ...ciliumClusterwideNetworkPolicies].some(({ object }) =>
    [...(object.spec ? [object.spec] : []), ...(object.specs ?? [])].some(asks),
  )
}

/**
 * Whether a name fits a pattern: `*` alone is every name, `**.` at the beginning one or more whole labels, any other `*`
 * any characters but a dot. Mirrors pkg/fqdn/matchpattern.
 */
export function matchesName(pattern: string, name: string): boolean {
  const [wanted, labels] = [labelsOf(pattern), labelsOf(name)]
  if (wanted.length === 1 && wanted[0] === '*') return true
  if (wanted[0] === '**' && wanted.length > 1) {
    const rest = wanted.slice(1)
    return labels.length > rest.length && fits(rest, labels.slice(labels.length - rest.length))
  }
  return fits(wanted, labels)
}

function labelsOf(name: string): readonly string[] {
  return name.trim().toLowerCase().replace(/\.$/, '').split('.')
}

function fits(patterns: readonly string[], labels: readonly string[]): boolean {
  return (
    patterns.length === labels.length &&
    patterns.every((pattern, index) => fitsLabel(pattern, labels[index] ?? ''))
  )
}

/** Each part between stars is looked for from where the one before it ended. */
function fitsLabel(pattern: string, label: string): boolean {
  const [first = '', ...parts] = pattern.split('*')
  const last = parts.pop()
  if (last === undefined) return pattern === label
  if (!label.startsWith(first) || label.length < first.length + last.length || !label.endsWith(last))
    return false
  const end = label.length - last.length
  let at = first.length
  for (const part of parts) {
    const found = label.indexOf(part, at)
    if (found < 0 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
