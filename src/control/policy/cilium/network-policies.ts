import type { Located } from '../../../model/objects.ts'
import type { NetworkPolicy } from '../../../model/policy-objects.ts'
import type { EndpointSelector, Peer, Policy, PolicyRule } from '../../../policy/policy.ts'
import { networkPolicyOf, policyTypes } from '../network-policy.ts'
import { onIdentity } from './identity-labels.ts'

/**
 * A NetworkPolicy as Cilium takes it: rules count whether or not `policyTypes` lists their direction, and labels that are no
 * part of identities are not seen. Mirrors ParseNetworkPolicy of pkg/k8s.
 */
export function ciliumNetworkPolicyOf(located: Located<NetworkPolicy>): Policy {
  const { object } = located
  const { ingress = [], egress = [] } = object.spec ?? {}
  const stated = policyTypes(object)
  const types = [
    ...(ingress.length > 0 || stated.includes('Ingress') || !stated.includes('Egress') ? ['Ingress'] : []),
    ...(egress.length > 0 || stated.includes('Egress') ? ['Egress'] : []),
  ]
  const policy = networkPolicyOf({
    ...located,
    object: { ...object, spec: { ...object.spec, policyTypes: types } },
  })
  return {
    ...policy,
    subject: ofIdentities(policy.subject),
    ...(policy.ingress && { ingress: policy.ingress.map(ruleOfIdentities) }),
    ...(policy.egress && { egress: policy.egress.map(ruleOfIdentities) }),
  }
}

function ruleOfIdentities(rule: PolicyRule): PolicyRule {
  return rule.peers ? { ...rule, peers: rule.peers.map(peerOfIdentities) } : rule
}

function peerOfIdentities(peer: Peer): Peer {
  return peer.endpoints ? { ...peer, endpoints: ofIdentities(peer.endpoints) } : peer
}

function ofIdentities(selector: EndpointSelector): EndpointSelector {
  return { ...selector, labels: onIdentity(selector.labels) }
}
