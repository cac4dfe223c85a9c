import { formatIp } from '../../base/ip.ts'
import { byText } from '../../base/ordering.ts'
import type { ObjectRef } from '../../base/source.ts'
import type { DriftEntry } from '../../model/drift.ts'
import type { Rule, TableName } from '../../netfilter/rule.ts'
import type { ObjectIndex } from '../context.ts'
import { be, counted, listed } from '../words.ts'
import type { Difference } from './difference.ts'
import { linesOf } from './difference.ts'
import type { DispatchRule } from './proxied.ts'
import { endpointsBehind, isDispatch } from './proxied.ts'
import { endpointChanges, endpointConsequence, endpointParts, followsFrom } from './service-endpoints.ts'
import { commentOf } from './table-view.ts'

/** Everything by which one Service's rules are off. */
export interface ServiceDifferences {
  /** `namespace/name`. */
  readonly service: string
  readonly differences: readonly Difference[]
  /** Chains whose endpoints are right and whose chances are not. */
  readonly unevenChains: readonly string[]
  readonly expected: readonly DispatchRule[]
  readonly actual: readonly DispatchRule[]
}

/** One Service's entry. Statistic probabilities follow from the endpoints and are not told one by one. */
export function serviceEntry(found: ServiceDifferences, objects: ObjectIndex): DriftEntry {
  const subject = refOf(found.service, objects)
  const base = {
    area: 'rules',
    component: 'kube-proxy',
    subject,
    expected: linesOf(found.differences, 'missing'),
    actual: linesOf(found.differences, 'extra'),
  } as const
  if (found.expected.length === 0) return { ...base, ...staleService(found, objects) }
  if (found.actual.length === 0) return { ...base, ...missingService(found) }
  return { ...base, ...changedService(found, objects) }
}

function refOf(service: string, objects: ObjectIndex): ObjectRef {
  const [namespace = '', name = ''] = service.split('/')
  return objects.service(service)?.ref ?? { kind: 'Service', namespace, name }
}

type Told = Pick<DriftEntry, 'type' | 'message' | 'consequence'>

function staleService({ service, actual }: ServiceDifferences, objects: ObjectIndex): Told {
  const endpoints = [...endpointsBehind(actual).values()].flatMap((set) => [...set])
  const places = placesOf(actual)
  const known = objects.service(service)
  const why = known
    ? `Service ${service} has no rules to have (it is ${known.headless ? 'headless' : `of type ${known.type}`})`
    : `Service ${service} (from the rules' comments) is not in the input`
  return {
    type: 'stale',
    message: `${why}: ${listed(places)} ${be(places)} still programmed`,
    consequence:
      endpoints.length > 0
        ? `connections to ${listed(places)} still go to ${listed(endpoints.toSorted(byText))}`
        : `connections to ${listed(places)} are still turned away as long as nobody else has the address`,
  }
}

function missingService({ service, expected }: ServiceDifferences): Told {
  const places = placesOf(expected)
  const behind = [...endpointsBehind(expected).values()].some((set) => set.size > 0)
  return {
    type: 'missing',
    message: `nothing of Service ${service} is programmed: ${listed(places)}`,
    consequence: behind
      ? `connections that pass this node to ${listed(places)} are not translated to any endpoint`
      : `connections to ${listed(places)} are not refused at once: they go on untranslated`,
  }
}

/** The addresses and node ports that dispatch rules take traffic for. */
function placesOf(rules: readonly DispatchRule[]): readonly string[] {
  return [...new Set(rules.map(({ rule, table, chain }) => placeOf(rule, table, chain)))]
}

/** `cluster IP 10.96.0.10 port 80`, `node port 30080`. */
function placeOf(rule: Rule, table: TableName, chain: string): string {
  const { destination } = rule.header
  const port = portOf(rule)
  if (!destination) {
    return `${table === 'filter' && chain === 'KUBE-NODEPORTS' ? 'health check node port' : 'node port'} ${port}`
  }
  const comment = commentOf(rule) ?? ''
  const what = /(cluster IP|external IP|loadbalancer IP)$/.exec(comment)?.[1]?.replace('loadb', 'load b')
  return `${what ?? 'address'} ${formatIp(destination.address)} port ${port}`
}

function portOf({ matches }: Rule): string {
  for (const match of matches) {
    if (match.type !== 'tcp' && match.type !== 'udp' && match.type !== 'sctp') continue
    if (match.dport) return `${match.dport.first}${match.type === 'tcp' ? '' : `/${match.type}`}`
  }
  return '?'
}

function changedService(found: ServiceDifferences, objects: ObjectIndex): Told {
  const endpoints = endpointChanges(found.expected, found.actual)
  const rest = found.differences.filter((one) => !followsFrom(one, endpoints))
  const parts = [...endpointParts(endpoints, objects), ...placeParts(rest), ...otherParts(rest)]
  if (found.unevenChains.length > 0) {
    parts.push(`its endpoints do not get equal shares (${listed(found.unevenChains)})`)
  }
  const onlyMissing = endpoints.stale.length === 0 && rest.every((one) => one.type === 'missing')
  const type = endpoints.stale.length > 0 ? 'stale' : onlyMissing && parts.length > 0 ? 'missing' : 'differs'
  const consequence = endpointConsequence(endpoints) ?? placeConsequence(rest)
  return {
    type: found.unevenChains.length > 0 && type === 'missing' ? 'differs' : type,
    message: parts.join('; '),
    ...(consequence !== undefined && { consequence }),
  }
}

/** Addresses and node ports that one side alone has. */
function placeParts(differences: readonly Difference[]): readonly string[] {
  const places = (type: Difference['type']) => [
    ...new Set(
      differences
        .filter((one) => one.type === type && isDispatch(one.table, one.chain))
        .map(({ rule, table, chain }) => placeOf(rule, table, chain)),
    ),
  ]
  const [missing, extra] = [places('missing'), places('extra')]
  const changed = missing.filter((one) => extra.includes(one))
  const only = (list: readonly string[]) => list.filter((one) => !changed.includes(one))
  const parts = [
    [only(extra), 'programmed and not its own'] as const,
    [only(missing), 'not programmed'] as const,
    [changed, 'programmed in another way'] as const,
  ]
  return parts.flatMap(([list, what]) => (list.length > 0 ? [`${listed(list)} ${be(list)} ${what}`] : []))
}

function placeConsequence(differences: readonly Difference[]): string | undefined {
  const missing = differences.filter((one) => one.type === 'missing' && isDispatch(one.table, one.chain))
  return missing.length > 0 ? 'connections to what is not programmed are not translated here' : undefined
}

function otherParts(differences: readonly Difference[]): readonly string[] {
  const rest = differences.filter((one) => !isDispatch(one.table, one.chain))
  const affinity = rest.filter(({ rule }) => rule.matches.some((match) => match.type === 'recent'))
  const local = rest.filter((one) => one.endpoint !== undefined && !affinity.includes(one))
  // With affinity, the rule that translates remembers the client as well.
  const translates = ({ rule }: Difference) => affinity.length > 0 && rule.target?.type === 'DNAT'
  const other = rest.filter((one) => !affinity.includes(one) && !local.includes(one) && !translates(one))
  const parts: string[] = []
  if (affinity.length > 0) parts.push(affinityPart(affinity))
  for (const { type, chain, endpoint } of local) {
    parts.push(`${chain} ${type === 'missing' ? 'lacks' : 'also has'} endpoint ${endpoint}`)
  }
  const policy = policyPart(other)
  if (policy !== undefined) return [...parts, policy]
  const chains = [...new Set(other.map((one) => one.chain))]
  if (other.length > 0)
    parts.push(
      `${counted(other.length, 'rule')} of ${listed(chains)} ${other.length === 1 ? 'differs' : 'differ'}`,
    )
  return parts
}

function affinityPart(rules: readonly Difference[]): string {
  const seconds = (type: Difference['type']) => {
    for (const one of rules.filter((other) => other.type === type))
      for (const match of one.rule.matches)
        if (match.type === 'recent' && match.action === 'rcheck') return match.seconds
    return undefined
  }
  const [should, has] = [seconds('missing'), seconds('extra')]
  if (should !== undefined && has !== undefined)
    return `session affinity lasts ${has} s on the node and should last ${should} s`
  return has === undefined
    ? 'session affinity is missing'
    : 'it has session affinity on the node and should have none'
}

/** Under externalTrafficPolicy Local the chain for outside traffic asks where it comes from. */
function policyPart(rules: readonly Difference[]): string | undefined {
  const outside = rules.filter(({ chain }) => chain.startsWith('KUBE-EXT-'))
  if (outside.length === 0 || outside.length < rules.length) return undefined
  const asks = (type: Difference['type']) =>
    outside.some(
      ({ rule, ...one }) =>
        one.type === type && rule.matches.some((match) => match.type === 'addrtype' && match.source),
    )
  if (asks('extra') === asks('missing')) return undefined
  const [has, should] = asks('extra') ? ['Local', 'Cluster'] : ['Cluster', 'Local']
  return `the node follows externalTrafficPolicy ${has}, and it should be ${should}`
}
