import type { ObjectRef } from '../../base/source.ts'
import type { Certificate } from '../../http/proxy.ts'
import type { ObjectReference } from '../../model/gateway-objects.ts'
import type { GatewayContext } from './context.ts'
import type { Referrer } from './grants.ts'
import { grantFix, isPermitted } from './grants.ts'
import type { GatewayCondition } from './status.ts'
import { fails } from './status.ts'

/** A certificate, or why there is none. */
export type ResolvedCertificate =
  | { readonly certificate: Certificate }
  | { readonly failure: GatewayCondition }

/**
 * Looks a certificate up. Secrets are seldom kept beside manifests: where the input holds none of the namespace's,
 * the Secret is taken to exist, with names that are not known.
 */
export function resolveCertificate(
  reference: ObjectReference,
  from: Referrer,
  object: ObjectRef,
  context: GatewayContext,
): ResolvedCertificate {
  const { group = '', kind = 'Secret', name = '', namespace = from.namespace } = reference
  const fail = (reason: string, message: string, fix?: string): ResolvedCertificate => ({
    failure: fails('ResolvedRefs', reason, message, { object, ...(fix !== undefined && { fix }) }),
  })
  if (group !== '' || kind !== 'Secret') {
    return fail(
      'InvalidCertificateRef',
      `a certificate is kept in a Secret, not in a ${kind}${group && `.${group}`}`,
    )
  }
  const to = { group, kind, name, namespace }
  if (!isPermitted(from, to, context)) {
    const message = `no ReferenceGrant lets ${from.kind}s of ${from.namespace} use Secret ${namespace}/${name}`
    return fail('RefNotPermitted', message, grantFix(from, to))
  }
  const secret = context.secret(namespace, name)
  if (secret && !secret.hasCertificate) {
    const message = `Secret ${namespace}/${name} has no certificate: tls.crt and tls.key are wanted`
    return fail('InvalidCertificateRef', message, `kubectl create secret tls ${name} -n ${namespace}`)
  }
  const label = `${namespace}/${name}`
  if (secret) return { certificate: { names: secret.names, label, object: secret.ref } }
  if (context.cluster.secrets.some((one) => one.namespace === namespace)) {
    return fail('InvalidCertificateRef', `there is no Secret ${label}`, `make the Secret ${label}`)
  }
  return { certificate: { names: 'unknown', label } }
}
