import type { ClusterService } from '../../model/cluster.ts'
import { targetGroupAttribute } from './aws.ts'

const aws = 'service.beta.kubernetes.io/aws-load-balancer-proxy-protocol'

/** Switches of proxies that write version 1. */
const textSwitches: readonly string[] = [
  'load-balancer.hetzner.cloud/uses-proxyprotocol',
  'loadbalancer.openstack.org/proxy-protocol',
]

/**
 * The version of the PROXY protocol that the Service's balancer begins its connections with, by the annotations of
 * the provider (AWS Load Balancer Controller: version 2 for an NLB, `*` for all ports; the in-tree controller: version
 * 1 for a Classic Load Balancer; DigitalOcean, Hetzner, OpenStack: vendor knowledge).
 */
export function proxyProtocolOf(
  { annotations }: Pick<ClusterService, 'annotations'>,
  profile: string,
): 1 | 2 | undefined {
  if (profile.startsWith('aws-nlb')) {
    const byGroup = targetGroupAttribute(annotations, 'proxy_protocol_v2.enabled') === 'true'
    return byGroup || annotations[aws] !== undefined ? 2 : undefined
  }
  if (profile === 'aws-classic') return annotations[aws] === '*' ? 1 : undefined
  if (profile !== 'proxy') return undefined
  if (annotations['service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol'] === 'true') return 1
  const stated = textSwitches.map((name) => annotations[name]).find((value) => value !== undefined)
  if (stated === 'v2') return 2
  return stated === 'true' || stated === 'v1' ? 1 : undefined
}
