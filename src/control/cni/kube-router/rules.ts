import type { Ip } from '../../../base/ip.ts'
import { familyOf, formatCidr, formatIp } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { IpSet } from '../../../model/network.ts'
import type { TableContribution } from '../../../netfilter/table.ts'
import type { CniContext } from '../cni.ts'
import { nodeAddress } from '../parts/pod-block.ts'
import { writtenTable } from '../parts/written-rules.ts'
import { firewallRules } from './firewall.ts'
import { setName } from './policy-names.ts'
import type { KubeRouterSettings } from './settings.ts'

const origin: Origin = { component: 'kube-router' }

/** Mirrors syncNodeIPSets: the blocks of all pods, and the addresses of all nodes. */
export function kubeRouterSets({ cluster }: CniContext): readonly IpSet[] {
  return ([4, 6] as const).flatMap((family): readonly IpSet[] => {
    const isOfFamily = (ip: Ip) => familyOf(ip) === family
    const nodes = cluster.nodes.filter((node) => nodeAddress(node, family) !== undefined)
    const blocks = nodes.flatMap((node) => node.podCidrs).filter(({ first }) => isOfFamily(first))
    const addresses = nodes
      .flatMap((node) => [...node.addresses, ...node.externalAddresses])
      .filter(isOfFamily)
    if (blocks.length === 0) return []
    const entry = (text: string) => `${text} timeout 0`
    return [
      {
        name: setName('kube-router-pod-subnets', family),
        type: 'hash:net',
        entries: blocks.map((block) => entry(formatCidr(block))),
      },
      {
        name: setName('kube-router-node-ips', family),
        type: 'hash:ip',
        entries: addresses.map((ip) => entry(formatIp(ip))),
      },
    ]
  })
}

/** kube-router's rules: masquerading of what leaves pods and nodes, and its part of FORWARD. */
export function kubeRouterRules(
  settings: KubeRouterSettings,
  context: CniContext,
  family: 4 | 6,
): readonly TableContribution[] {
  if (!context.node.podCidrs.some(({ first }) => familyOf(first) === family)) return []
  return [
    ...(settings.enablePodEgress ? [egress(family)] : []),
    writtenTable({ origin, table: 'filter', family, lines: [], prepended: forwarding(context) }),
    ...(settings.runFirewall ? firewallRules(settings, context, family) : []),
  ]
}

/** Mirrors createPodEgressRule: pods keep their address towards pods and towards the nodes themselves. */
function egress(family: 4 | 6): TableContribution {
  const pods = setName('kube-router-pod-subnets', family)
  const nodes = setName('kube-router-node-ips', family)
  const line = `-A POSTROUTING -m set --match-set ${pods} src -m set ! --match-set ${pods} dst -m set ! --match-set ${nodes} dst -j MASQUERADE --random-fully`
  return writtenTable({ origin, table: 'nat', family, lines: [line] })
}

/** Mirrors enableForwarding, which inserts each of them at the top. */
function forwarding({ uplink }: CniContext): readonly string[] {
  return [
    `-A FORWARD -o ${uplink} -m comment --comment "allow outbound node port traffic on node interface with which node ip is associated" -j ACCEPT`,
    '-A FORWARD -o kube-bridge -m comment --comment "allow inbound traffic to pods" -j ACCEPT',
    '-A FORWARD -i kube-bridge -m comment --comment "allow outbound traffic from pods" -j ACCEPT',
  ]
}
