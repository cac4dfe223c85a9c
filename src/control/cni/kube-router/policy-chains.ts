import { familyOf, formatCidr, formatIp } from '../../../base/ip.ts'
import type { Cluster } from '../../../model/cluster.ts'
import type { IpSet } from '../../../model/network.ts'
import type { CniContext } from '../cni.ts'
import type { WrittenLine } from '../parts/written-rules.ts'
import type { NumericPort, PodInfo, PolicyInfo } from './policy-info.ts'
import { addressOf, policyInfos } from './policy-info.ts'
import { policyChain } from './policy-names.ts'
import type { ChainMatch, ChainSet } from './policy-rules.ts'
import { chainMatches, chainSets } from './policy-rules.ts'

const made = new WeakMap<Cluster, Map<4 | 6, readonly IpSet[]>>()

/** The ipsets of all policies for the families that the node's pods have; they are the same on every node. */
export function policySetsOf({ cluster, node }: Pick<CniContext, 'cluster' | 'node'>): readonly IpSet[] {
  const families = made.get(cluster) ?? new Map<4 | 6, readonly IpSet[]>()
  made.set(cluster, families)
  return ([4, 6] as const)
    .filter((family) => node.podCidrs.some(({ first }) => familyOf(first) === family))
    .flatMap((family) => {
      const sets = families.get(family) ?? setsOfFamily(cluster, family)
      families.set(family, sets)
      return sets
    })
}

function setsOfFamily(cluster: Cluster, family: 4 | 6): readonly IpSet[] {
  return policyInfos(cluster).flatMap((info) =>
    chainSets(info, family).map((set): IpSet => asIpSet(set, family)),
  )
}

function asIpSet(set: ChainSet, family: 4 | 6): IpSet {
  const entries = set.type === 'blocks' ? blockTexts(set, family) : addressTexts(set.pods, family)
  return {
    name: set.name,
    type: set.type === 'blocks' ? 'hash:net' : set.type,
    entries: [...new Set(entries)],
    options: 'timeout 0',
  }
}

function addressTexts(pods: readonly PodInfo[], family: 4 | 6): readonly string[] {
  return pods.flatMap((pod) => {
    const ip = addressOf(pod, family)
    return ip === undefined ? [] : [`${formatIp(ip)} timeout 0`]
  })
}

/** Blocks of one address are written without their length. */
function blockTexts({ rule }: Extract<ChainSet, { type: 'blocks' }>, family: 4 | 6): readonly string[] {
  return rule.blocks
    .filter(({ cidr }) => familyOf(cidr.first) === family)
    .map(({ cidr, except }) => {
      const isHost = cidr.bits === (family === 4 ? 32 : 128)
      return `${isHost ? formatIp(cidr.first) : formatCidr(cidr)} timeout 0${except ? ' nomatch' : ''}`
    })
}

/** The chain of a policy. Mirrors appendRuleToPolicyChain: each rule marks, and returns what is marked. */
export function policyLines(info: PolicyInfo, family: 4 | 6): readonly WrittenLine[] {
  const chain = policyChain(info, family)
  const { ref, locate } = info.policy
  return chainMatches(info, family).flatMap((match) => {
    const at = locate(match.rule.path)
    const subject = { ...ref, ...(at && { at }) }
    const text = `-A ${chain} ${matchText(info, match)}`
    return [
      { text: `${text} -j MARK --set-xmark 0x10000/0x10000`, subject },
      { text: `${text} -m mark --mark 0x10000/0x10000 -j RETURN`, subject },
    ]
  })
}

function matchText(info: PolicyInfo, { kind, source, destination, port }: ChainMatch): string {
  const dport = port?.port === undefined ? [] : [`-m ${port.protocol} --dport ${portText(port)}`]
  return [
    ...(port ? [`-p ${port.protocol}`] : []),
    noted(info, kind),
    ...(source === undefined ? [] : [`-m set --match-set ${source} src`]),
    ...(destination === undefined ? [] : [`-m set --match-set ${destination} dst`]),
    ...dport,
  ].join(' ')
}

function portText({ port, endPort = port }: NumericPort): string {
  return endPort === port ? String(port) : `${port}:${endPort}`
}

/** Mirrors idComment, which keeps to 120 characters. */
export function noted(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  kind: string,
): string {
  return `-m comment --comment "${`${namespace}/${name} ${kind}`.slice(0, 120)}"`
}
