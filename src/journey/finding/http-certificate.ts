import { nearest } from '../../base/nearest.ts'
import type { ObjectRef } from '../../base/source.ts'
import { hostMatches, hostPattern } from '../../http/host-match.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Finding, HttpAnswer } from '../../model/journey.ts'
import type { Located } from '../../model/objects.ts'
import type { World } from '../world.ts'
import type { Failure } from './failure.ts'
import { finding, listNames } from './failure.ts'

/** The certificate that is shown is for another name: why the right one is not. */
export function wrongCertificate({ world, addressed }: Failure, http: HttpAnswer): readonly Finding[] {
  const { host } = addressed
  const label = http.certificate?.label ?? 'the default certificate'
  const ingress = world.cluster.ingresses.find(({ object }) =>
    (object.spec?.rules ?? []).some((rule) => hostMatches(hostPattern(rule.host ?? '', 'one-label'), host)),
  )
  if (ingress) return [inIngress(world, ingress, host, label)]
  const near = nearHost(world, host, label)
  if (near) return [near]
  return [
    finding('certificate-for-other-name', `the certificate that is shown for ${host} is ${label}`, {
      objects: [gatewayPlace(world, host) ?? http.route?.object],
      fix: `give the proxy a certificate for ${host}`,
    }),
  ]
}

/** No rule is for the host, and so no certificate; one is for a host that is nearly the same. */
function nearHost({ cluster }: World, host: string, label: string): Finding | undefined {
  const places = cluster.ingresses.flatMap(({ ref, object, locate }) =>
    (object.spec?.rules ?? []).map((rule, index) => ({
      name: rule.host ?? '',
      place: { ...ref, at: locate(['spec', 'rules', index, 'host']) },
    })),
  )
  const close = nearest(
    host,
    places.map(({ name }) => name),
  )
  if (close === undefined) return undefined
  return finding(
    'certificate-for-other-name',
    `no rule is for the host ${host}; the nearest is for ${close}, so that what is shown is ${label}`,
    {
      objects: [places.find(({ name }) => name === close)?.place],
      fix: `ask for ${close}, or write ${host} in the rule`,
    },
  )
}

/** The line of the certificates of the Gateway's listener for a host. */
function gatewayPlace({ cluster }: World, host: string): ObjectRef | undefined {
  for (const { ref, object, locate } of cluster.gatewayApi.gateways) {
    const index = (object.spec?.listeners ?? []).findIndex(
      ({ tls, hostname = '' }) => tls && hostMatches(hostPattern(hostname, 'any-depth'), host),
    )
    if (index >= 0) return { ...ref, at: locate(['spec', 'listeners', index, 'tls', 'certificateRefs']) }
  }
  return undefined
}

function inIngress(world: World, ingress: Located<Ingress>, host: string, label: string): Finding {
  const tls = ingress.object.spec?.tls ?? []
  const index = tls.findIndex(
    ({ hosts = [] }) =>
      hosts.length === 0 || hosts.some((one) => hostMatches(hostPattern(one, 'one-label'), host)),
  )
  const secretName = tls[index]?.secretName
  if (secretName !== undefined) {
    const at = ingress.locate(['spec', 'tls', index, 'secretName'])
    const place = { ...ingress.ref, at }
    return secretCause(world, {
      secretName,
      host,
      label,
      place,
      namespace: ingress.ref.namespace ?? 'default',
    })
  }
  const listed = tls.flatMap(({ hosts = [] }) => hosts)
  const close = nearest(host, listed)
  const near = tls.findIndex(({ hosts = [] }) => close !== undefined && hosts.includes(close))
  const known = close === undefined ? '' : `, but one for ${close}`
  const at = ingress.locate(close === undefined ? ['spec', 'tls'] : ['spec', 'tls', near, 'hosts'])
  return finding(
    'certificate-for-other-name',
    `Ingress ${ingress.ref.name} has no TLS entry for ${host}${known}; what is shown is ${label}`,
    {
      objects: [{ ...ingress.ref, at }],
      fix:
        close === undefined
          ? `add ${host} to spec.tls, with a Secret that holds a certificate for it`
          : `write ${host} there, with a Secret that holds a certificate for it`,
    },
  )
}

/** A certificate that a TLS entry names. */
interface NamedSecret {
  readonly secretName: string
  readonly host: string
  /** The certificate that is shown instead. */
  readonly label: string
  /** The line that names the Secret. */
  readonly place: ObjectRef
  readonly namespace: string
}

function secretCause({ cluster }: World, asked: NamedSecret): Finding {
  const { secretName, host, label, place, namespace } = asked
  const { secrets } = cluster
  const own = secrets.find((one) => one.namespace === namespace && one.name === secretName)
  if (own) {
    const names = own.names === 'unknown' ? 'names that are not known' : listNames(own.names)
    return finding(
      'certificate-for-other-name',
      `the certificate in Secret ${secretName} is for ${names || 'no name'}, not for ${host}; what is shown is ${label}`,
      { objects: [own.ref, place], fix: `put a certificate for ${host} into the Secret` },
    )
  }
  const elsewhere = secrets.find((one) => one.name === secretName)
  const close = nearest(
    secretName,
    secrets.filter((one) => one.namespace === namespace).map((one) => one.name),
  )
  const where = elsewhere
    ? `; there is one in namespace ${elsewhere.namespace}, which does not count`
    : close === undefined
      ? ''
      : `, but one called ${close}`
  return finding(
    'tls-secret-missing',
    `namespace ${namespace} has no Secret ${secretName}${where}; what is shown for ${host} is ${label}`,
    {
      objects: [place, elsewhere?.ref],
      fix:
        !elsewhere && close !== undefined
          ? `write secretName: ${close}`
          : `create Secret ${secretName} in namespace ${namespace}`,
    },
  )
}
