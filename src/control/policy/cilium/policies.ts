import type {
  CiliumEgressRule,
  CiliumIngressRule,
  CiliumPolicy,
  CiliumRule,
} from '../../../model/cilium-policy-objects.ts'
import type { Cluster } from '../../../model/cluster.ts'
import type { Located } from '../../../model/objects.ts'
import type { Direction, EndpointSelector, Path, Policy, PolicyRule } from '../../../policy/policy.ts'
import type { PeerContext, Peers } from './peers.ts'
import { egressPeers, ingressPeers, nodeLabels } from './peers.ts'
import { layer4Of } from './ports.ts'
import { conditionsOf, podSelector } from './selector.ts'

/** What of a cluster's configuration its policies depend on. */
export interface CiliumPolicyOptions {
  /** `cluster-name`. */
  readonly clusterName: string
  /** `enable-node-selector-labels`: rules may name nodes by their labels. A policy that does is not taken without. */
  readonly nodeSelectors: boolean
}

/**
 * A CiliumNetworkPolicy, or a clusterwide one, as the agents evaluate it: one Policy for each of its rules. Mirrors
 * CiliumNetworkPolicy.Parse, ParseToCiliumRule and RulesToPolicyEntries of Cilium 1.20.
 */
export function ciliumPoliciesOf(
  cluster: Cluster,
  located: Located<CiliumPolicy>,
  options: CiliumPolicyOptions,
): readonly Policy[] {
  const { spec, specs = [] } = located.object
  const rules: readonly (readonly [CiliumRule, Path])[] = [
    ...(spec ? [[spec, ['spec']] as const] : []),
    ...specs.map((one, index) => [one, ['specs', index]] as const),
  ]
  if (!options.nodeSelectors && rules.some(([rule]) => namesNodes(rule))) return []
  return rules.map(([rule, path]) => policyOf(cluster, located, options, rule, path))
}

function namesNodes({ ingress = [], ingressDeny = [], egress = [], egressDeny = [] }: CiliumRule): boolean {
  return (
    [...ingress, ...ingressDeny].some(({ fromNodes = [] }) => fromNodes.length > 0) ||
    [...egress, ...egressDeny].some(({ toNodes = [] }) => toNodes.length > 0)
  )
}

function policyOf(
  cluster: Cluster,
  { ref, locate }: Located<CiliumPolicy>,
  { clusterName }: CiliumPolicyOptions,
  rule: CiliumRule,
  path: Path,
): Policy {
  const clusterwide = ref.kind === 'CiliumClusterwideNetworkPolicy'
  const namespace = clusterwide ? undefined : (ref.namespace ?? 'default')
  const context: PeerContext = { cluster, clusterName, ...(namespace !== undefined && { namespace }) }
  const ingress = ingressRules(context, rule, path)
  const egress = egressRules(context, rule, path)
  const passive = passiveOf(rule)
  return {
    api: clusterwide ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy',
    ref,
    subject: subjectOf(rule, path, clusterName, namespace),
    ...(ingress && { ingress }),
    ...(egress && { egress }),
    ...(passive.length > 0 && { passive }),
    locate,
  }
}

/** The namespace of a policy counts whatever its selector says of one by `k8s:io.kubernetes.pod.namespace`. */
function subjectOf(
  { endpointSelector = {}, nodeSelector }: CiliumRule,
  path: Path,
  cluster: string,
  namespace: string | undefined,
): EndpointSelector {
  if (nodeSelector) {
    const labelsPath = [...path, 'nodeSelector']
    return { types: ['node'], labels: nodeLabels(nodeSelector), labelsPath }
  }
  const { matchLabels = {} } = endpointSelector
  const kept = Object.entries(matchLabels).filter(
    ([key]) => namespace === undefined || key !== 'k8s:io.kubernetes.pod.namespace',
  )
  const conditions = conditionsOf({ ...endpointSelector, matchLabels: Object.fromEntries(kept) })
  return podSelector(conditions, {
    ...(namespace !== undefined && { namespace }),
    ...{ cluster, path: [...path, 'endpointSelector'] },
  })
}

/** Directions that `enableDefaultDeny` leaves open. */
function passiveOf({ enableDefaultDeny = {} }: CiliumRule): readonly Direction[] {
  const { ingress = true, egress = true } = enableDefaultDeny
  return [...(ingress ? [] : ['ingress' as const]), ...(egress ? [] : ['egress' as const])]
}

/** Empty lists say nothing of a direction. */
function ingressRules(
  context: PeerContext,
  { ingress = [], ingressDeny = [] }: CiliumRule,
  path: Path,
): readonly PolicyRule[] | undefined {
  if (ingress.length === 0 && ingressDeny.length === 0) return undefined
  const made = (list: readonly CiliumIngressRule[], section: string, action: 'allow' | 'deny') =>
    list.flatMap((rule, index) => {
      const at = [...path, section, index]
      return rulesOf(rule, ingressPeers(context, rule, at), action, at)
    })
  return [...made(ingressDeny, 'ingressDeny', 'deny'), ...made(ingress, 'ingress', 'allow')]
}

function egressRules(
  context: PeerContext,
  { egress = [], egressDeny = [] }: CiliumRule,
  path: Path,
): readonly PolicyRule[] | undefined {
  if (egress.length === 0 && egressDeny.length === 0) return undefined
  const made = (list: readonly CiliumEgressRule[], section: string, action: 'allow' | 'deny') =>
    list.flatMap((rule, index) => {
      const at = [...path, section, index]
      return rulesOf(rule, egressPeers(context, rule, at, action === 'deny'), action, at)
    })
  return [...made(egressDeny, 'egressDeny', 'deny'), ...made(egress, 'egress', 'allow')]
}

/** A rule that says nothing at all matches nothing; one that says something of ports alone is about everybody. */
function rulesOf(
  rule: CiliumIngressRule | CiliumEgressRule,
  peers: Peers,
  action: 'allow' | 'deny',
  path: Path,
): readonly PolicyRule[] {
  const { toPorts = [], icmps = [], authentication } = rule
  const hasPorts = toPorts.length > 0 || icmps.length > 0
  const failing = authentication?.mode === 'test-always-fail' ? ['authentication that always fails'] : []
  const make = (ends: PolicyRule['peers'], unmodelled: readonly string[]) =>
    layer4Of(rule, path).map(
      (layer4): PolicyRule => ({
        ...{ action, path },
        ...(ends && { peers: ends }),
        ...layer4,
        ...(unmodelled.length > 0 && { unmodelled }),
      }),
    )
  if (peers.type === 'unstated') return make(hasPorts ? undefined : [], failing)
  const { doubtful = [], unmodelled = [] } = peers
  return [
    ...make(peers.peers, failing),
    ...(doubtful.length > 0 ? make(doubtful, [...unmodelled, ...failing]) : []),
  ]
}
