import type { Ip } from '../../../base/ip.ts'
import { familyOf, formatIp } from '../../../base/ip.ts'
import type { Cluster, ClusterPod } from '../../../model/cluster.ts'
import { podId } from '../../pod-namespace.ts'
import type { WrittenLine } from '../parts/written-rules.ts'
import { noted } from './policy-chains.ts'
import type { PolicyInfo } from './policy-info.ts'
import { policyInfos } from './policy-info.ts'
import { podChain, policyChain } from './policy-names.ts'

const hooks = ['INPUT', 'FORWARD', 'OUTPUT'] as const

/** The chains of a node's pods, and the rules of the top chains that lead to them. Mirrors syncPodFirewallChains. */
export function podChainLines(
  cluster: Cluster,
  pods: readonly ClusterPod[],
  family: 4 | 6,
): readonly WrittenLine[] {
  const selecting = policiesByPod(cluster)
  return pods.flatMap((pod): readonly WrittenLine[] => {
    const first = pod.ips.find((one) => familyOf(one) === family)
    if (first === undefined) return []
    const [ip, chain] = [host(first), podChain(pod)]
    const policies = selecting.get(podId(pod)) ?? []
    const own = (text: string): WrittenLine => ({ text, subject: pod.ref })
    return [
      ...jumps(pod, ip, chain).map(own),
      ...beforePolicies(ip, policies)
        .map((line) => `-A ${chain} ${line}`)
        .map(own),
      ...policies.map((info): WrittenLine => {
        const { ref, locate } = info.policy
        const at = locate(['spec', 'podSelector'])
        const to = `${policySide(info, ip)}${noted(info, 'policy')} -j ${policyChain(info, family)}`
        const judges = { endpoint: podId(pod) }
        return { text: `-A ${chain} ${to}`, subject: { ...ref, ...(at && { at }) }, judges }
      }),
      ...afterPolicies(pod, family)
        .map((line) => `-A ${chain} ${line}`)
        .map(own),
    ]
  })
}

function host(ip: Ip): string {
  return `${formatIp(ip)}/${familyOf(ip) === 4 ? 32 : 128}`
}

const byPod = new WeakMap<Cluster, ReadonlyMap<string, readonly PolicyInfo[]>>()

/** The policies that select a pod, the last first: each is inserted before those that stand there. */
function policiesByPod(cluster: Cluster): ReadonlyMap<string, readonly PolicyInfo[]> {
  const known = byPod.get(cluster)
  if (known) return known
  const made = new Map<string, PolicyInfo[]>()
  for (const info of policyInfos(cluster).toReversed()) {
    for (const { endpoint } of info.targets) {
      const list = made.get(endpoint.id) ?? []
      made.set(endpoint.id, list)
      list.push(info)
    }
  }
  byPod.set(cluster, made)
  return made
}

/** Mirrors interceptPodInboundTraffic and interceptPodOutboundTraffic. */
function jumps(pod: ClusterPod, ip: string, chain: string): readonly string[] {
  const to = (way: string) => `${noted(pod, way)} -j ${chain}`
  const bridged = '-m physdev --physdev-is-bridged'
  return [
    `-A KUBE-ROUTER-FORWARD -d ${ip} ${to('in')}`,
    `-A KUBE-ROUTER-OUTPUT -d ${ip} ${to('in')}`,
    `-A KUBE-ROUTER-FORWARD -d ${ip} ${bridged} ${to('in')}`,
    ...hooks.map((hook) => `-A KUBE-ROUTER-${hook} -s ${ip} ${to('out')}`),
    `-A KUBE-ROUTER-FORWARD -s ${ip} ${bridged} ${to('out')}`,
  ]
}

/** What comes before the policies. Mirrors setupPodNetpolRules: a direction without a policy is marked as allowed. */
function beforePolicies(ip: string, policies: readonly PolicyInfo[]): readonly string[] {
  const isFree = (direction: 'ingress' | 'egress') => policies.every((info) => info[direction] === undefined)
  return [
    '-m comment --comment "common netpol rules" -j KUBE-NWPLCY-COMMON',
    `-d ${ip} -m comment --comment "from local node" -m addrtype --src-type LOCAL -j ACCEPT`,
    ...(isFree('egress') ? [`-s ${ip} -m comment --comment "default egress" -j KUBE-NWPLCY-DEFAULT`] : []),
    ...(isFree('ingress') ? [`-d ${ip} -m comment --comment "default ingress" -j KUBE-NWPLCY-DEFAULT`] : []),
  ]
}

/** A policy for both directions is asked about either. */
function policySide({ ingress, egress }: PolicyInfo, ip: string): string {
  if (ingress && egress) return ''
  return ingress ? `-d ${ip} ` : `-s ${ip} `
}

/** What comes after them. Mirrors dropUnmarkedTrafficRules. */
function afterPolicies(pod: ClusterPod, family: 4 | 6): readonly string[] {
  const unmarked = '-m mark ! --mark 0x10000/0x10000'
  const answer = family === 4 ? 'icmp-port-unreachable' : 'icmp6-port-unreachable'
  return [
    `${noted(pod, 'log-drop')} ${unmarked} -m limit --limit 10/min --limit-burst 10 -j NFLOG --nflog-group 100`,
    `${noted(pod, 'reject')} ${unmarked} -j REJECT --reject-with ${answer}`,
    '-j MARK --set-xmark 0x0/0x10000',
    '-m comment --comment "set netpol-ok mark" -j MARK --set-xmark 0x20000/0x20000',
  ]
}
