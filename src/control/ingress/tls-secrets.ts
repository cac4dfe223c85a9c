import type { Certificate } from '../../http/proxy.ts'
import type { Cluster } from '../../model/cluster.ts'

/** The certificate in a Secret; nothing, if there is no such Secret or no certificate in it. */
export function secretCertificate(
  cluster: Cluster,
  namespace: string,
  name: string,
): Certificate | undefined {
  const secret = cluster.secrets.find((one) => one.namespace === namespace && one.name === name)
  if (!secret?.hasCertificate) return undefined
  return { names: secret.names, label: `Secret ${namespace}/${name}`, object: secret.ref }
}
