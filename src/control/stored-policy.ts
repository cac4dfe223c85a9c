import type { Located } from '../model/objects.ts'
import type { NetworkPolicy, NetworkPolicyPort } from '../model/policy-objects.ts'
import { policyTypes } from './policy/network-policy.ts'

/** A NetworkPolicy with the defaults of the API server. Mirrors pkg/apis/networking/v1/defaults.go. */
export function storedNetworkPolicy({ object }: Located<NetworkPolicy>): NetworkPolicy {
  const { podSelector = {}, ingress, egress, ...rest } = object.spec ?? {}
  return {
    ...object,
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    spec: {
      ...rest,
      podSelector,
      ...(ingress && { ingress: ingress.map(withProtocols) }),
      ...(egress && { egress: egress.map(withProtocols) }),
      policyTypes: policyTypes(object),
    },
  }
}

function withProtocols<T extends { readonly ports?: readonly NetworkPolicyPort[] }>(rule: T): T {
  return rule.ports ? { ...rule, ports: rule.ports.map((port) => ({ protocol: 'TCP', ...port })) } : rule
}
