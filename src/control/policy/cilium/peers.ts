import { hostCidr } from '../../../base/ip.ts'
import type {
  CiliumEgressRule,
  CiliumIngressRule,
  CiliumServiceRef,
} from '../../../model/cilium-policy-objects.ts'
import type { Cluster, ClusterService } from '../../../model/cluster.ts'
import type { LabelSelector } from '../../../model/objects.ts'
import { holds } from '../../../policy/label-expression.ts'
import type { Entity, Path, Peer } from '../../../policy/policy.ts'
import { readSelector } from '../read-selector.ts'
import { blockOf, blocksOfRule, everywhere, isDualStack } from './blocks.ts'
import { namedPeers } from './domain-names.ts'
import { onIdentity } from './identity-labels.ts'
import { conditionsOf, isAboutNamespace, podSelector, reservedOf } from './selector.ts'

/** What a rule's peers are read with. */
export interface PeerContext {
  readonly cluster: Cluster
  /** The namespace of the policy; absent for a clusterwide one. */
  readonly namespace?: string
  /** The name of the cluster. */
  readonly clusterName: string
}

/** The other end of a rule. */
export type Peers =
  /** Nothing is said of it: everybody, if the rule says something of ports, and else nobody. */
  | { readonly type: 'unstated' }
  | {
      readonly type: 'stated'
      readonly peers: readonly Peer[]
      /** Further peers, of whom it is not known whether they are meant. */
      readonly doubtful?: readonly Peer[]
      readonly unmodelled?: readonly string[]
    }

const nobody: Peers = { type: 'stated', peers: [] }

/** `fromEndpoints` and the like. An empty list is nobody. Mirrors mergeEndpointSelectors of pkg/policy/utils. */
export function ingressPeers(context: PeerContext, rule: CiliumIngressRule, path: Path): Peers {
  const { fromEndpoints, fromNodes, fromEntities, fromCIDR, fromCIDRSet, fromGroups = [] } = rule
  if ([fromEndpoints, fromNodes, fromEntities, fromCIDR, fromCIDRSet].some(isEmpty)) return nobody
  if (fromGroups.length > 0) return groups([...path, 'fromGroups'])
  const peers = [
    ...endpointPeers(context, fromEndpoints, [...path, 'fromEndpoints']),
    ...nodePeers(fromNodes, [...path, 'fromNodes']),
    ...entityPeers(fromEntities, [...path, 'fromEntities']),
    ...addressPeers(context, { cidrs: fromCIDR, sets: fromCIDRSet }, [path, 'fromCIDR', 'fromCIDRSet']),
  ]
  return peers.length > 0 ? { type: 'stated', peers } : { type: 'unstated' }
}

/** `toEndpoints` and the like. Services of a rule that denies are never looked up. */
export function egressPeers(
  context: PeerContext,
  rule: CiliumEgressRule,
  path: Path,
  denies: boolean,
): Peers {
  const { toEndpoints, toNodes, toEntities, toCIDR, toCIDRSet, toGroups = [], toFQDNs = [] } = rule
  if ([toEndpoints, toNodes, toEntities, toCIDR, toCIDRSet].some(isEmpty)) return nobody
  if (toGroups.length > 0) return groups([...path, 'toGroups'])
  if (toFQDNs.length > 0) {
    const { known, unknown, unmodelled } = namedPeers(context.cluster, toFQDNs, [...path, 'toFQDNs'])
    return { type: 'stated', peers: known, doubtful: unknown, unmodelled }
  }
  const services = denies ? [] : (rule.toServices ?? [])
  const peers = [
    ...endpointPeers(context, toEndpoints, [...path, 'toEndpoints']),
    ...nodePeers(toNodes, [...path, 'toNodes']),
    ...entityPeers(toEntities, [...path, 'toEntities']),
    ...addressPeers(context, { cidrs: toCIDR, sets: toCIDRSet }, [path, 'toCIDR', 'toCIDRSet']),
    ...services.flatMap((one, index) => servicePeers(context.cluster, one, [...path, 'toServices', index])),
  ]
  return peers.length > 0 ? { type: 'stated', peers } : { type: 'unstated' }
}

function isEmpty(list: readonly unknown[] | undefined): boolean {
  return list?.length === 0
}

/** Machines of a cloud, whose addresses its API tells. */
function groups(path: Path): Peers {
  const unmodelled = ['which addresses the groups of the cloud have']
  return { type: 'stated', peers: [], doubtful: [{ path, blocks: everywhere(path) }], unmodelled }
}

function endpointPeers(
  context: PeerContext,
  list: readonly LabelSelector[] | undefined,
  path: Path,
): readonly Peer[] {
  return (list ?? []).flatMap((one, index) => endpointPeer(context, one, [...path, index]))
}

/**
 * Pods of the policy's namespace, if the selector says nothing of namespaces; with reserved labels, whom those stand for.
 * Mirrors getEndpointSelector of pkg/k8s/apis/cilium.io/utils.
 */
function endpointPeer(
  { cluster, namespace, clusterName }: PeerContext,
  selector: LabelSelector,
  path: Path,
): readonly Peer[] {
  const conditions = conditionsOf(selector)
  const isReserved = conditions.some(({ source }) => source === 'reserved')
  if (!isReserved) {
    const own = conditions.some(isAboutNamespace) ? undefined : namespace
    const context = { cluster: clusterName, path, ...(own !== undefined && { namespace: own }) }
    return [{ path, endpoints: podSelector(conditions, context) }]
  }
  const { entities, notEntities } = reservedOf(conditions)
  const labels = conditions.filter(({ source }) => source !== 'reserved')
  const pods = podSelector(labels, { cluster: clusterName, path })
  // What is no pod has none of a pod's labels, so that conditions which want none hold for it.
  const withoutLabels = labels.every(({ expression: { type } }) => type === 'not-exists' || type === 'not-in')
  const not = notEntities.map((one) => inFamilies(cluster, one))
  const others: readonly Peer[] = withoutLabels
    ? [
        {
          path,
          notEndpoints: { labels: { type: 'all', of: [] } },
          ...(entities.length > 0 && {
            entities: entities.slice(0, 1).map((one) => inFamilies(cluster, one)),
          }),
          ...(not.length > 0 && { notEntities: not }),
        },
      ]
    : []
  return entities.length > 0 ? others : [{ path, endpoints: pods }, ...others]
}

/** Outside is told apart by family where the cluster has both. */
function inFamilies(cluster: Cluster, entity: Entity): Entity {
  const isOfFamily = entity === 'world-ipv4' || entity === 'world-ipv6'
  return isOfFamily && !isDualStack(cluster) ? 'none' : entity
}

/** Other nodes by their labels; the endpoint's own is never one of them. */
function nodePeers(list: readonly LabelSelector[] | undefined, path: Path): readonly Peer[] {
  return (list ?? []).map((one, index) => ({
    path: [...path, index],
    endpoints: { types: ['node'], labels: nodeLabels(one), labelsPath: [...path, index] },
    entities: ['remote-node'],
  }))
}

/** A selector of nodes. */
export function nodeLabels(selector: LabelSelector) {
  return { type: 'all' as const, of: conditionsOf(selector).map(({ expression }) => expression) }
}

function entityPeers(list: readonly string[] | undefined, path: Path): readonly Peer[] {
  return (list ?? []).map((one, index) => ({
    path: [...path, index],
    // There is one cluster, and no mesh of several.
    entities: [(one === 'cluster-mesh' ? 'cluster' : one) as Entity],
  }))
}

function addressPeers(
  { cluster }: PeerContext,
  {
    cidrs = [],
    sets = [],
  }: {
    readonly cidrs: readonly string[] | undefined
    readonly sets: CiliumIngressRule['fromCIDRSet'] | undefined
  },
  [path, cidrField, setField]: readonly [Path, string, string],
): readonly Peer[] {
  return [
    ...cidrs.map((text, index) => {
      const at = [...path, cidrField, index]
      return { path: at, blocks: blockOf(text, [], at) }
    }),
    ...sets.map((one, index) => {
      const at = [...path, setField, index]
      return { path: at, blocks: blocksOfRule(cluster, one, at) }
    }),
  ]
}

/**
 * The pods of Services by the Services' selectors, and of those without one the addresses of their endpoints, as blocks.
 * Mirrors serviceEndpoints.processRule of pkg/policy/k8s.
 */
function servicePeers(cluster: Cluster, reference: CiliumServiceRef, path: Path): readonly Peer[] {
  const peers = cluster.services
    .filter((one) => isMeant(reference, one))
    .map((one) => peerOf(cluster, one, path))
  return peers.filter(({ endpoints, blocks = [] }) => endpoints !== undefined || blocks.length > 0)
}

function isMeant({ k8sService, k8sServiceSelector }: CiliumServiceRef, service: ClusterService): boolean {
  const { namespace, name, labels } = service
  const isIn = (wanted = '') => wanted === '' || wanted === namespace
  if (k8sServiceSelector) {
    const conditions = conditionsOf(k8sServiceSelector.selector ?? {})
    return isIn(k8sServiceSelector.namespace) && conditions.every((one) => holds(one.expression, labels))
  }
  return k8sService?.serviceName === name && isIn(k8sService.namespace)
}

function peerOf(cluster: Cluster, { namespace, name, selector = {} }: ClusterService, path: Path): Peer {
  if (Object.keys(selector).length > 0) {
    const labels = onIdentity(readSelector({ matchLabels: selector }))
    return { path, endpoints: { namespace, labels, labelsPath: path } }
  }
  const slices = cluster.endpointSlices.filter((one) => one.namespace === namespace && one.service === name)
  const ips = slices.flatMap(({ endpoints }) => endpoints.flatMap(({ addresses }) => addresses))
  return { path, blocks: ips.map((ip) => ({ cidr: hostCidr(ip), except: [], path })) }
}
