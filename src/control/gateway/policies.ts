import type { ClusterService } from '../../model/cluster.ts'
import type { BackendTlsPolicy, LocalObjectReference } from '../../model/gateway-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { GatewayContext } from './context.ts'
import { namespaceOf } from './context.ts'
import { byAge } from './listeners.ts'
import type { GatewayCondition, PolicyStatus } from './status.ts'
import { fails, holds } from './status.ts'

/** How a Gateway speaks to one port of a Service. */
export type BackendTls =
  | { readonly type: 'plain' }
  | { readonly type: 'tls'; readonly policy: Located<BackendTlsPolicy> }
  /** It must not fall back to plain text, so nothing is sent at all. */
  | { readonly type: 'broken'; readonly policy: Located<BackendTlsPolicy>; readonly message: string }

type Target = NonNullable<NonNullable<BackendTlsPolicy['spec']>['targetRefs']>[number]

/** The BackendTLSPolicy of a port: one that names the port before one for the whole Service, then the oldest. */
export function backendTls(service: ClusterService, portName: string, context: GatewayContext): BackendTls {
  const found = policiesFor(service, portName, context)[0]
  if (!found) return { type: 'plain' }
  const failure = authorityFailure(found, context)
  return failure
    ? { type: 'broken', policy: found, message: failure.message }
    : { type: 'tls', policy: found }
}

function policiesFor(
  { namespace, name }: ClusterService,
  portName: string,
  { api }: GatewayContext,
): readonly Located<BackendTlsPolicy>[] {
  const own = api.backendTlsPolicies.filter((one) => namespaceOf(one) === namespace).toSorted(byAge)
  const naming = (fits: (target: Target) => boolean) =>
    own.filter((one) =>
      (one.object.spec?.targetRefs ?? []).some((to) => isService(to) && to.name === name && fits(to)),
    )
  const exact = naming((to) => to.sectionName !== undefined && to.sectionName === portName)
  return [...exact, ...naming((to) => to.sectionName === undefined)]
}

function isService({ group = '', kind }: LocalObjectReference): boolean {
  return group === '' && kind === 'Service'
}

/** Why none of the authorities that the policy names can be used; nothing, if one can. */
function authorityFailure(
  policy: Located<BackendTlsPolicy>,
  context: GatewayContext,
): (GatewayCondition & { readonly type: 'ResolvedRefs' }) | undefined {
  const references = policy.object.spec?.validation?.caCertificateRefs ?? []
  if (references.length === 0) return undefined
  const failures = references.map((one, index) => {
    const problem = authorityProblem(one, namespaceOf(policy), context)
    const at = policy.locate(['spec', 'validation', 'caCertificateRefs', index])
    return (
      problem && {
        ...fails('ResolvedRefs', ...problem, { object: { ...policy.ref, at } }),
        type: 'ResolvedRefs' as const,
      }
    )
  })
  return failures.some((one) => !one) ? undefined : failures[0]
}

function authorityProblem(
  { group = '', kind, name }: LocalObjectReference,
  namespace: string,
  { cluster }: GatewayContext,
): readonly [reason: string, message: string] | undefined {
  if (group !== '' || kind !== 'ConfigMap') {
    return ['InvalidKind', `authorities are kept in a ConfigMap, not in a ${kind}${group && `.${group}`}`]
  }
  const maps = cluster.configMaps.filter((one) => namespaceOf(one) === namespace)
  const found = maps.find((one) => one.ref.name === name)
  // ConfigMaps that others make are seldom kept beside manifests.
  if (maps.length === 0) return undefined
  if (!found) return ['InvalidCACertificateRef', `there is no ConfigMap ${namespace}/${name}`]
  const text = found.object.data?.['ca.crt'] ?? ''
  return /-----BEGIN CERTIFICATE-----/.test(text)
    ? undefined
    : ['InvalidCACertificateRef', `ConfigMap ${namespace}/${name} has no certificate in ca.crt`]
}

/** The status of every BackendTLSPolicy. */
export function policyStatuses(context: GatewayContext): readonly PolicyStatus[] {
  return context.api.backendTlsPolicies.map((policy) => {
    const failure = authorityFailure(policy, context)
    if (failure) {
      const accepted = fails('Accepted', 'NoValidCACertificate', failure.message)
      return { policy: policy.ref, conditions: [accepted, failure] }
    }
    const resolved = holds('ResolvedRefs', 'ResolvedRefs')
    const winner = conflictWinner(policy, context)
    if (!winner) return { policy: policy.ref, conditions: [holds('Accepted', 'Accepted'), resolved] }
    const message = `${winner.ref.name} has the same target and comes first`
    return { policy: policy.ref, conditions: [fails('Accepted', 'Conflicted', message), resolved] }
  })
}

/** Another policy that has every target of this one, and comes before it. */
function conflictWinner(
  policy: Located<BackendTlsPolicy>,
  { api }: GatewayContext,
): Located<BackendTlsPolicy> | undefined {
  const key = ({ kind, name, sectionName = '' }: Target) => `${kind}/${name}/${sectionName}`
  const own = (policy.object.spec?.targetRefs ?? []).map(key)
  const earlier = api.backendTlsPolicies
    .filter((one) => one !== policy && namespaceOf(one) === namespaceOf(policy) && byAge(one, policy) < 0)
    .toSorted(byAge)
  return earlier.find((one) => {
    const theirs = (one.object.spec?.targetRefs ?? []).map(key)
    return own.length > 0 && own.every((target) => theirs.includes(target))
  })
}
