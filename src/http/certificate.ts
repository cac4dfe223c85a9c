import { hostMatches, hostName, hostPattern, mostSpecific } from './host-match.ts'
import type { Certificate, HostPattern, ProxyListener } from './proxy.ts'

/**
 * Whether a client that asked for a host takes a certificate for it (RFC 6125, 6.4.3: a star is one whole label).
 * Addresses have entries of their own, which none of these certificates has.
 */
export function certificateMatches({ names }: Certificate, host: string): 'yes' | 'no' | 'unknown' {
  if (names === 'unknown') return 'unknown'
  const name = hostName(host)
  return names.some((one) => hostMatches(certificatePattern(one), name)) ? 'yes' : 'no'
}

/** The certificate that a listener shows for a server name: that of the best fitting name, else the default. */
export function chooseCertificate(
  { certificates, defaultCertificate }: ProxyListener,
  sni: string | undefined,
): Certificate | undefined {
  if (sni === undefined) return defaultCertificate
  const candidates = certificates.flatMap((certificate) =>
    patternsOf(certificate).map((pattern) => ({ certificate, pattern })),
  )
  const best = mostSpecific(candidates, ({ pattern }) => pattern, hostName(sni))
  return best?.certificate ?? defaultCertificate
}

function patternsOf({ servedFor, names }: Certificate): readonly HostPattern[] {
  if (servedFor) return servedFor
  return names === 'unknown' ? [{ type: 'any' }] : names.map(certificatePattern)
}

function certificatePattern(name: string): HostPattern {
  return hostPattern(name, 'one-label')
}
