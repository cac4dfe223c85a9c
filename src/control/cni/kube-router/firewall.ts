import { sha256Base32 } from '../../../base/hash.ts'
import type { Cidr } from '../../../base/ip.ts'
import { familyOf, formatCidr } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { Cluster } from '../../../model/cluster.ts'
import type { TableContribution } from '../../../netfilter/table.ts'
import type { CniContext } from '../cni.ts'
import { writtenTable } from '../parts/written-rules.ts'
import { podChainLines } from './pod-chains.ts'
import { policyLines } from './policy-chains.ts'
import { policyInfos } from './policy-info.ts'
import { policyChain } from './policy-names.ts'
import type { KubeRouterSettings } from './settings.ts'

const origin: Origin = { component: 'kube-router' }

const hooks = ['INPUT', 'FORWARD', 'OUTPUT'] as const

/** What the controller is told. */
export type FirewallSettings = Pick<KubeRouterSettings, 'serviceRanges' | 'nodePortRange'>

/**
 * Mirrors fullPolicySync: every pod of the node has a chain of its own, which marks what no policy forbids and rejects the
 * rest; marked packets are accepted.
 */
export function firewallRules(
  settings: FirewallSettings,
  context: CniContext,
  family: 4 | 6,
): readonly TableContribution[] {
  if (!context.node.podCidrs.some(({ first }) => familyOf(first) === family)) return []
  const jumps = hooks.map(
    (hook) =>
      `-A ${hook} -m comment --comment "${identified(hook, ['-m', 'comment', '--comment', 'kube-router netpol', '-j', `KUBE-ROUTER-${hook}`])}" -j KUBE-ROUTER-${hook}`,
  )
  const tail =
    '-m comment --comment "rule to explicitly handle traffic for network policies ACCEPT/REJECT decision" -j KUBE-NWPLCY-TAIL'
  const accept =
    '-m comment --comment "rule to explicitly ACCEPT traffic that comply to network policies" -m mark --mark 0x20000/0x20000 -j ACCEPT'
  const last = hooks.flatMap((hook) => [`-A KUBE-ROUTER-${hook} ${tail}`, `-A KUBE-ROUTER-${hook} ${accept}`])
  const lines = [
    ...inputLines(settings, context, family),
    ...sharedLines(family),
    ...podChainLines(context.cluster, context.pods, family),
    ...last,
  ]
  return [
    policyChains(context.cluster, family),
    writtenTable({ origin, table: 'filter', family, lines, prepended: jumps }),
  ]
}

const made = new WeakMap<Cluster, Map<4 | 6, TableContribution>>()

/** The chains of policies, which are the same on every node. */
function policyChains(cluster: Cluster, family: 4 | 6): TableContribution {
  const families = made.get(cluster) ?? new Map<4 | 6, TableContribution>()
  made.set(cluster, families)
  const infos = policyInfos(cluster)
  const lines = () => infos.flatMap((info) => policyLines(info, family))
  const chains = infos.map((info) => policyChain(info, family))
  const table =
    families.get(family) ?? writtenTable({ origin, table: 'filter', family, lines: lines(), chains })
  families.set(family, table)
  return table
}

/** The rule's comment with a hash of the chain and the rule, by which kube-router finds it again. */
function identified(chain: string, words: readonly string[]): string {
  const text = words[words.indexOf('--comment') + 1] ?? ''
  return `${text} - ${sha256Base32(`${chain}${words.join('')}`, 16)}`
}

/** What may come to the node without being a pod's: Services' addresses and node ports. */
function inputLines(
  { serviceRanges, nodePortRange }: FirewallSettings,
  { cluster }: CniContext,
  family: 4 | 6,
): readonly string[] {
  const chain = 'KUBE-ROUTER-INPUT'
  const stated = serviceRanges.length > 0 ? serviceRanges : cluster.settings.serviceCidrs
  const ranges = stated.filter(({ first }) => familyOf(first) === family)
  const ofRange = (cidr: Cidr) => {
    const text = 'allow traffic to primary/secondary cluster IP range'
    const words = ['-m', 'comment', '--comment', text, '-d', formatCidr(cidr), '-j', 'RETURN']
    return `-A ${chain} -d ${formatCidr(cidr)} -m comment --comment "${identified(chain, words)}" -j RETURN`
  }
  const ofProtocol = (protocol: string) => {
    const text = `allow LOCAL ${protocol.toUpperCase()} traffic to node ports`
    const rest = [
      '-m',
      'addrtype',
      '--dst-type',
      'LOCAL',
      '-m',
      'multiport',
      '--dports',
      nodePortRange,
      '-j',
      'RETURN',
    ]
    const words = ['-p', protocol, '-m', 'comment', '--comment', text, ...rest]
    return `-A ${chain} -p ${protocol} -m comment --comment "${identified(chain, words)}" ${rest.join(' ')}`
  }
  return [...ranges.map(ofRange), ...['tcp', 'udp', 'sctp'].map(ofProtocol)]
}

/** The chains that all pods share. */
function sharedLines(family: 4 | 6): readonly string[] {
  return [
    ...commonLines(family),
    '-A KUBE-NWPLCY-DEFAULT -m comment --comment "rule to mark traffic matching a network policy" -j MARK --set-xmark 0x10000/0x10000',
    '-A KUBE-NWPLCY-TAIL -m comment --comment "accept netpol-ok" -m mark --mark 0x20000/0x20000 -j ACCEPT',
  ]
}

/** What passes whatever the policies say: known connections, and the ICMP that the network needs. */
function commonLines(family: 4 | 6): readonly string[] {
  const chain = '-A KUBE-NWPLCY-COMMON'
  const [protocol, module, option] =
    family === 4 ? ['icmp', 'icmp', '--icmp-type'] : ['ipv6-icmp', 'icmp6', '--icmpv6-type']
  const types =
    family === 4
      ? ([
          ['echo requests', '8'],
          ['destination unreachable messages', '3'],
          ['time exceeded messages', '11'],
        ] as const)
      : ([
          ['echo requests', '128'],
          ['destination unreachable messages', '1'],
          ['time exceeded messages', '3'],
          ['neighbor solicitation messages', '135'],
          ['neighbor advertisement messages', '136'],
          ['echo reply messages', '129'],
        ] as const)
  return [
    `${chain} -m comment --comment "rule to drop invalid state for pod" -m conntrack --ctstate INVALID -j DROP`,
    `${chain} -m comment --comment "rule for stateful firewall for pod" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    ...types.map(
      ([what, type]) =>
        `${chain} -p ${protocol} -m comment --comment "allow icmp ${what}" -m ${module} ${option} ${type} -j ACCEPT`,
    ),
  ]
}
