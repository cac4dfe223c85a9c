import { sha256Hex } from '../../base/hash.ts'
import type { Ip } from '../../base/ip.ts'
import { cidrOf, familyOf } from '../../base/ip.ts'
import type { Origin } from '../../base/source.ts'
import type { ClusterNode, ClusterPod, DeclaredPort } from '../../model/cluster.ts'
import type { Chain, Rule } from '../../netfilter/rule.ts'
import type { TableContribution } from '../../netfilter/table.ts'
import { fixedChains } from '../../netfilter/table.ts'
import { addressType, block, comment, jump, onProtocol, rule, transport } from '../proxy/iptables-rules.ts'
import { protocolOf } from './rules.ts'
import { isServiceLbPod } from './service-lb-pods.ts'

const origin: Origin = { component: 'portmap' }
const masqueradeMark = { value: 0x2000, mask: 0x2000, inverted: false }

/**
 * The host ports of svclb pods, after the CNI plugin portmap (plugins/meta/portmap): its jump stands behind
 * kube-proxy's in PREROUTING and OUTPUT. Host ports of other pods are not modelled. The names of its chains hold a hash
 * of the container's id, which nobody knows here, and comments are left out.
 */
export function portmapRules(
  pods: readonly ClusterPod[],
  node: ClusterNode,
  family: 4 | 6,
): readonly TableContribution[] {
  const own = pods.filter(isServiceLbPod).flatMap((pod) => {
    const ip = pod.ips.find((one) => familyOf(one) === family)
    const ports = pod.ports.filter(({ hostPort, running }) => running && hostPort !== undefined)
    return ip === undefined || ports.length === 0 ? [] : [{ pod, ip, ports }]
  })
  if (own.length === 0) return []
  const local = addressType('destination')
  const chains: readonly Chain[] = [
    { name: 'CNI-HOSTPORT-SETMARK', rules: [setMark()] },
    { name: 'CNI-HOSTPORT-MASQ', rules: [masquerade()] },
    { name: 'CNI-HOSTPORT-DNAT', rules: own.flatMap(({ pod, ports }) => toPod(pod, ports)) },
    ...own.map(({ pod, ip, ports }) => ({ name: chainOf(pod), rules: translations(node, ip, ports, pod) })),
  ]
  const toDnat = rule(origin, {}, [local], jump('CNI-HOSTPORT-DNAT'))
  const toMasq = rule(origin, {}, [comment('CNI portfwd requiring masquerade')], jump('CNI-HOSTPORT-MASQ'))
  return [
    {
      table: 'nat',
      baseRules: { PREROUTING: [toDnat], OUTPUT: [toDnat], POSTROUTING: [toMasq] },
      chains: fixedChains(chains),
    },
  ]
}

function chainOf({ namespace, name }: ClusterPod): string {
  return `CNI-DN-${sha256Hex(`${namespace}/${name}`).slice(0, 21)}`
}

function setMark(): Rule {
  return rule(origin, {}, [comment('CNI portfwd masquerade mark')], {
    type: 'MARK',
    value: 0x2000,
    mask: 0x2000,
  })
}

function masquerade(): Rule {
  const target = { type: 'MASQUERADE', random: false, fullyRandom: false } as const
  return rule(origin, {}, [{ type: 'mark', ...masqueradeMark }], target)
}

function toPod(pod: ClusterPod, ports: readonly DeclaredPort[]): readonly Rule[] {
  return ports.map((port) =>
    rule(
      { component: 'portmap', subject: pod.ref },
      onProtocol(protocolOf(port)),
      [transport(protocolOf(port), port.hostPort)],
      jump(chainOf(pod)),
    ),
  )
}

/** A pod of the node, and the node by its loopback address, would not see the answer's way: these are masqueraded. */
function translations(
  node: ClusterNode,
  ip: Ip,
  ports: readonly DeclaredPort[],
  pod: ClusterPod,
): readonly Rule[] {
  const own = node.podCidrs.find((one) => familyOf(one.first) === familyOf(ip))
  const loopback = typeof ip === 'number' ? cidrOf(0x7f000001, 32) : undefined
  const subject: Origin = { component: 'portmap', subject: pod.ref }
  return ports.flatMap((port) => {
    const protocol = protocolOf(port)
    const matches = [transport(protocol, port.hostPort)]
    const marked = [own, loopback].flatMap((cidr) => {
      const source = cidr && block(cidr)
      return source
        ? [rule(subject, { source, ...onProtocol(protocol) }, matches, jump('CNI-HOSTPORT-SETMARK'))]
        : []
    })
    const translate = rule(subject, onProtocol(protocol), matches, {
      type: 'DNAT',
      addresses: { first: ip, last: ip },
      ports: { first: port.port, last: port.port },
      random: false,
      persistent: false,
    })
    return [...marked, translate]
  })
}
