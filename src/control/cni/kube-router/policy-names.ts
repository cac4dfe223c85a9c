import { sha256Base32 } from '../../../base/hash.ts'
import type { PolicyInfo } from './policy-info.ts'

type Named = Pick<PolicyInfo, 'namespace' | 'name'>

/** As kube-router writes a family into what it hashes. */
const families = { 4: 'IPv4', 6: 'IPv6' } as const

/** Names of IPv6 sets have a prefix of their own (IPSetName). */
export function setName(name: string, family: 4 | 6): string {
  return family === 4 ? name : `inet6:${name}`
}

/** Mirrors networkPolicyChainName, in whose hash the time of the last change stands too; here it follows from the policy alone. */
export function policyChain({ namespace, name }: Named, family: 4 | 6): string {
  return `KUBE-NWPLCY-${sha256Base32(`${namespace}${name}${families[family]}`, 16)}`
}

/** Mirrors podFirewallChainName, without the time. */
export function podChain({ namespace, name }: Named): string {
  return `KUBE-POD-FW-${sha256Base32(`${namespace}${name}`, 16)}`
}

/** The pods that a policy selects: as sources (policySourcePodIPSetName), and as destinations (policyDestinationPodIPSetName). */
export function targetSet(side: 'SRC' | 'DST', { namespace, name }: Named, family: 4 | 6): string {
  return hashed(side, `${namespace}${name}${families[family]}`, family)
}

/** What one rule of a policy names: policyIndexedSourcePodIPSetName and its like. */
export function ruleSet(
  sort: 'pod' | 'ipblock',
  direction: 'ingress' | 'egress',
  { namespace, name, index }: Named & { readonly index: number },
  family: 4 | 6,
): string {
  const text = `${namespace}${name}${direction}rule${index}${families[family]}${sort}`
  return hashed(direction === 'ingress' ? 'SRC' : 'DST', text, family)
}

/** The pods behind the number of a port's name: policyIndexedIngressNamedPortIPSetName, policyIndexedEgressNamedPortIPSetName. */
export function namedPortSet(
  direction: 'ingress' | 'egress',
  { namespace, name, index, port }: Named & { readonly index: number; readonly port: number },
  family: 4 | 6,
): string {
  return hashed(
    'DST',
    `${namespace}${name}${direction}rule${index}${port}${families[family]}namedport`,
    family,
  )
}

function hashed(side: 'SRC' | 'DST', text: string, family: 4 | 6): string {
  return setName(`KUBE-${side}-${sha256Base32(text, 16)}`, family)
}
