import { sha1Hex } from '../../../base/hash.ts'
import { familyOf, formatIp } from '../../../base/ip.ts'
import type { Cluster } from '../../../model/cluster.ts'
import type { IpSet } from '../../../model/network.ts'

/** weave-npc: its chains in the filter table, and the sets of pods that it keeps for each namespace. */

/** The 85 characters of which names of sets are made (ShortNameSymbols). */
const symbols = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789(){}[]+=_$%^!*|/?.;:@#~'

/** Mirrors shortName: a SHA-1 as a number to the base 85, its lowest digit first. */
export function shortName(text: string): string {
  const base = BigInt(symbols.length)
  const digits: string[] = []
  for (let rest = BigInt(`0x${sha1Hex(text)}`); rest > 0n; rest /= base) {
    digits.push(symbols.charAt(Number(rest % base)))
  }
  return digits.join('')
}

function setName(text: string): string {
  return `weave-${shortName(text)}`
}

/** Sets of each namespace: all pods, and those that no policy selects for either direction. */
export function policySets(cluster: Cluster): readonly IpSet[] {
  const known = made.get(cluster)
  if (known) return known
  const sets = namespacesOf(cluster).flatMap((namespace) => {
    const entries = cluster.pods
      .filter((pod) => pod.namespace === namespace && !pod.hostNetwork && pod.nodeName !== undefined)
      .flatMap((pod) => pod.ips.filter((ip) => familyOf(ip) === 4).map((ip) => ({ pod, ip })))
      .map(({ pod, ip }) => `${formatIp(ip)} comment "namespace: ${namespace}, pod: ${pod.name}"`)
    return [`${namespace}:`, `ingress-default-allow:${namespace}`, `egress-default-allow:${namespace}`].map(
      (text): IpSet => ({ name: setName(text), type: 'hash:ip', entries }),
    )
  })
  made.set(cluster, sets)
  return sets
}

/** They are the same on every node. */
const made = new WeakMap<Cluster, readonly IpSet[]>()

function namespacesOf({ namespaces }: Cluster): readonly string[] {
  return namespaces.map(({ name }) => name).toSorted()
}

/** The chains that it makes, of which some stay empty while there are no policies. */
export const policyChains: readonly string[] = [
  'WEAVE-NPC',
  'WEAVE-NPC-DEFAULT',
  'WEAVE-NPC-INGRESS',
  'WEAVE-NPC-EGRESS',
  'WEAVE-NPC-EGRESS-ACCEPT',
  'WEAVE-NPC-EGRESS-CUSTOM',
  'WEAVE-NPC-EGRESS-DEFAULT',
]

/** Mirrors createBaseRules, and what addNamespace puts into the default chains. */
export function policyLines(cluster: Cluster): readonly string[] {
  return [
    '-A WEAVE-NPC -m state --state RELATED,ESTABLISHED -j ACCEPT',
    '-A WEAVE-NPC -d 224.0.0.0/4 -j ACCEPT',
    '-A WEAVE-NPC -m physdev --physdev-out vethwe-bridge --physdev-is-bridged -j ACCEPT',
    '-A WEAVE-NPC -m state --state NEW -j WEAVE-NPC-DEFAULT',
    '-A WEAVE-NPC -m state --state NEW -j WEAVE-NPC-INGRESS',
    '-A WEAVE-NPC-EGRESS -m state --state RELATED,ESTABLISHED -j ACCEPT',
    '-A WEAVE-NPC-EGRESS -m physdev --physdev-in vethwe-bridge --physdev-is-bridged -j RETURN',
    '-A WEAVE-NPC-EGRESS -m addrtype --dst-type LOCAL -j RETURN',
    '-A WEAVE-NPC-EGRESS -d 224.0.0.0/4 -j RETURN',
    '-A WEAVE-NPC-EGRESS -m state --state NEW -j WEAVE-NPC-EGRESS-DEFAULT',
    '-A WEAVE-NPC-EGRESS -m state --state NEW -m mark ! --mark 0x40000/0x40000 -j WEAVE-NPC-EGRESS-CUSTOM',
    '-A WEAVE-NPC-EGRESS-ACCEPT -j MARK --set-xmark 0x40000/0x40000',
    ...namespacesOf(cluster).flatMap(defaultAllow),
  ]
}

function defaultAllow(namespace: string): readonly string[] {
  const line = (chain: string, direction: string, side: string, target: string) => {
    const set = setName(`${direction}-default-allow:${namespace}`)
    return `-A ${chain} -m set --match-set ${set} ${side} -m comment --comment "DefaultAllow ${direction} isolation for namespace: ${namespace}" -j ${target}`
  }
  return [
    line('WEAVE-NPC-DEFAULT', 'ingress', 'dst', 'ACCEPT'),
    line('WEAVE-NPC-EGRESS-DEFAULT', 'egress', 'src', 'WEAVE-NPC-EGRESS-ACCEPT'),
    line('WEAVE-NPC-EGRESS-DEFAULT', 'egress', 'src', 'RETURN'),
  ]
}
