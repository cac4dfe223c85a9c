import { byText } from '../../base/ordering.ts'
import { formatRef } from '../../base/source.ts'
import type { ClusterSecret } from '../../model/cluster.ts'
import type { Environment } from '../../model/environment.ts'
import type { Ingress, IngressClass } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { Completion } from './completion.ts'

/** The old way to name an Ingress's class. */
export const classAnnotation = 'kubernetes.io/ingress.class'

/** Marks an IngressClass that fills in for those who name none. */
const defaultAnnotation = 'ingressclass.kubernetes.io/is-default-class'

/**
 * The Ingresses as the API server stores them. Mirrors the admission plugin DefaultIngressClass: on creation alone,
 * so never for one that a dump states; of several default classes the newest counts.
 */
export function completeIngresses({ objects, assume }: Completion): readonly Located<Ingress>[] {
  const chosen = defaultClass(objects.IngressClass)
  return objects.Ingress.map((located) => {
    const { object, ref } = located
    const named =
      object.spec?.ingressClassName !== undefined ||
      object.metadata.annotations?.[classAnnotation] !== undefined
    if (named || !chosen || object.metadata.uid !== undefined) return located
    assume(`${formatRef(ref)} has the default class ${chosen.ref.name}`, ref)
    return { ...located, object: { ...object, spec: { ...object.spec, ingressClassName: chosen.ref.name } } }
  })
}

function defaultClass(classes: readonly Located<IngressClass>[]): Located<IngressClass> | undefined {
  const created = ({ object }: Located<IngressClass>) => object.metadata.creationTimestamp ?? ''
  const [newest] = classes
    .filter(({ object }) => object.metadata.annotations?.[defaultAnnotation] === 'true')
    .toSorted((a, b) => byText(created(b), created(a)) || byText(a.ref.name, b.ref.name))
  return newest
}

/**
 * Secrets are seldom kept beside manifests: where an input without Nodes has none at all, those that its Ingresses name
 * are taken to be there, with the certificates that they should have.
 */
function assumedSecrets(
  { objects, assume }: Completion,
  { certificates = [] }: Environment,
): readonly ClusterSecret[] {
  if (objects.Node.length > 0 || objects.Secret.length > 0 || certificates.length > 0) return []
  const named = objects.Ingress.flatMap(({ object, ref }) =>
    (object.spec?.tls ?? []).flatMap(({ secretName }) =>
      secretName ? [`${ref.namespace ?? 'default'}/${secretName}`] : [],
    ),
  )
  return [...new Set(named)].map((key) => {
    const [namespace = '', name = ''] = key.split('/')
    const ref = { kind: 'Secret', namespace, name }
    assume(`Secret ${key} holds a certificate that fits`, ref)
    return { namespace, name, ref, type: 'kubernetes.io/tls', hasCertificate: true, names: 'unknown' }
  })
}

/** What the cluster knows of its Secrets; the Environment may say what names are in a certificate. */
export function completeSecrets(completion: Completion, environment: Environment): readonly ClusterSecret[] {
  const { objects } = completion
  const { certificates = [] } = environment
  const stated = new Map(certificates.map(({ secret, dnsNames }) => [secret, dnsNames]))
  const given = objects.Secret.map(({ object, ref }) => ({
    namespace: ref.namespace ?? 'default',
    name: ref.name,
    ref,
    type: object.type ?? 'Opaque',
    hasCertificate: object.keys.includes('tls.crt') && object.keys.includes('tls.key'),
    names: stated.get(`${ref.namespace ?? 'default'}/${ref.name}`) ?? object.certificateNames,
  }))
  return [...given, ...assumedSecrets(completion, environment)]
}
