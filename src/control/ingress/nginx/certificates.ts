import { certificateMatches } from '../../../http/certificate.ts'
import { hostPattern } from '../../../http/host-match.ts'
import type { Certificate } from '../../../http/proxy.ts'
import type { Cluster } from '../../../model/cluster.ts'
import type { Ingress } from '../../../model/ingress-objects.ts'
import type { Located } from '../../../model/objects.ts'
import { namespaceOf } from '../rules.ts'
import { secretCertificate } from '../tls-secrets.ts'
import type { NginxSettings } from './settings.ts'

/** What the controller shows where nothing else is there. */
export const fakeCertificate: Certificate = {
  names: ['ingress.local'],
  label: 'CN=Kubernetes Ingress Controller Fake Certificate',
}

export function defaultCertificate(
  cluster: Cluster,
  { defaultCertificate: named }: NginxSettings,
): Certificate {
  const [namespace = '', name = ''] = named?.split('/') ?? []
  return (named && secretCertificate(cluster, namespace, name)) || fakeCertificate
}

/**
 * The certificate that an Ingress gives a host; nothing, if its TLS section has none that fits, so that the default
 * one is shown. Mirrors extractTLSSecretName and the checks in createServers.
 */
export function serverCertificate(
  cluster: Cluster,
  ingress: Located<Ingress>,
  host: string,
): Certificate | undefined {
  const tls = ingress.object.spec?.tls ?? []
  const read = (secretName = '') => secretCertificate(cluster, namespaceOf(ingress), secretName)
  const listed = tls.find(({ hosts = [] }) => hosts.some((one) => one.toLowerCase() === host.toLowerCase()))
  const certificate = listed
    ? read(listed.secretName)
    : tls
        .map(({ secretName }) => read(secretName))
        .find((one) => one && certificateMatches(one, host) === 'yes')
  if (!certificate || certificateMatches(certificate, host) === 'no') return undefined
  return { ...certificate, servedFor: [hostPattern(host, 'one-label')] }
}
