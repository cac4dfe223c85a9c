import type { Located, Service } from '../../model/objects.ts'
import { awsClassic } from './aws-classic.ts'
import { awsNlbInstance } from './aws-nlb-instance.ts'
import { awsNlbIp } from './aws-nlb-ip.ts'
import { azure } from './azure.ts'
import { gcpPassthrough } from './gcp-passthrough.ts'
import { generic } from './generic.ts'
import { k3sServiceLb } from './k3s-servicelb.ts'
import { kindCloudProvider } from './kind-cloud-provider.ts'
import { kubeVip } from './kube-vip.ts'
import { metallbBgp } from './metallb-bgp.ts'
import { metallbLayer2 } from './metallb-layer2.ts'
import type { BalancerProfile, Surroundings } from './profile.ts'
import { proxy } from './proxy.ts'

/**
 * In the order in which they are asked: what is installed in a cluster goes before what its machines are, and what
 * claims everything comes last.
 */
export const balancerProfiles: readonly BalancerProfile[] = [
  metallbLayer2,
  metallbBgp,
  kubeVip,
  awsNlbInstance,
  awsNlbIp,
  kindCloudProvider,
  k3sServiceLb,
  awsClassic,
  gcpPassthrough,
  azure,
  proxy,
  generic,
]

/** The profile of this name; the one of no provider, if there is none. */
export function profileOf(name: string | undefined): BalancerProfile {
  return balancerProfiles.find((one) => one.name === name) ?? generic
}

/** Who serves the Service, and by which sign. What the Environment says counts before any other sign. */
export function chooseProfile(
  service: Located<Service>,
  surroundings: Surroundings,
): { readonly profile: BalancerProfile; readonly sign: string } {
  const claims = balancerProfiles.flatMap((profile) => {
    const sign = profile.claims(service, surroundings)
    return sign === undefined ? [] : [{ profile, sign }]
  })
  const stated = claims.find(({ sign }) => sign.startsWith('loadBalancerController.'))
  return stated ?? claims[0] ?? { profile: generic, sign: '' }
}

/** Whether the type that the Environment states is one that some profile goes by. */
export function isKnownController(type: string): boolean {
  return balancerProfiles.some(({ types }) => types.includes(type.toLowerCase()))
}
