import { sha256Base32 } from '../../../base/hash.ts'
import type { Cidr, Ip } from '../../../base/ip.ts'
import { familyOf, formatCidr, formatIp } from '../../../base/ip.ts'
import type { Origin } from '../../../base/source.ts'
import type { ClusterPod } from '../../../model/cluster.ts'
import type { IpSet } from '../../../model/network.ts'
import type { TableContribution } from '../../../netfilter/table.ts'
import type { CniContext } from '../cni.ts'
import { nodeAddress } from '../parts/pod-block.ts'
import { writtenTable } from '../parts/written-rules.ts'
import type { KubeRouterSettings } from './settings.ts'

const origin: Origin = { component: 'kube-router' }

/** Names of IPv6 sets have a prefix of their own. */
function setName(name: string, family: 4 | 6): string {
  return family === 4 ? name : `inet6:${name}`
}

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
    ...(settings.runFirewall ? [firewall(settings, context, family)] : []),
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

const hooks = ['INPUT', 'FORWARD', 'OUTPUT'] as const

/**
 * Mirrors fullPolicySync without policies: every pod of the node has a chain of its own, which marks what no policy
 * forbids, and marked packets are accepted.
 */
function firewall(settings: KubeRouterSettings, context: CniContext, family: 4 | 6): TableContribution {
  const pods = context.pods.flatMap((pod) => {
    const ip = pod.ips.find((one) => familyOf(one) === family)
    return ip === undefined ? [] : [{ pod, ip: host(ip), chain: podChain(pod) }]
  })
  const jumps = hooks.map(
    (hook) =>
      `-A ${hook} -m comment --comment "${identified(hook, ['-m', 'comment', '--comment', 'kube-router netpol', '-j', `KUBE-ROUTER-${hook}`])}" -j KUBE-ROUTER-${hook}`,
  )
  const tail =
    '-m comment --comment "rule to explicitly handle traffic for network policies ACCEPT/REJECT decision" -j KUBE-NWPLCY-TAIL'
  const accept =
    '-m comment --comment "rule to explicitly ACCEPT traffic that comply to network policies" -m mark --mark 0x20000/0x20000 -j ACCEPT'
  const each = pods.flatMap(({ pod, ip, chain }) =>
    [...podJumps(pod, ip, chain), ...podLines(pod, ip, chain, family)].map((text) => ({
      text,
      subject: pod.ref,
    })),
  )
  const last = hooks.flatMap((hook) => [`-A KUBE-ROUTER-${hook} ${tail}`, `-A KUBE-ROUTER-${hook} ${accept}`])
  const lines = [...inputLines(settings, context, family), ...policyLines(family), ...each, ...last]
  return writtenTable({ origin, table: 'filter', family, lines, prepended: jumps })
}

function host(ip: Ip): string {
  return `${formatIp(ip)}/${familyOf(ip) === 4 ? 32 : 128}`
}

/** The rule's comment with a hash of the chain and the rule, by which kube-router finds it again. */
function identified(chain: string, words: readonly string[]): string {
  const text = words[words.indexOf('--comment') + 1] ?? ''
  return `${text} - ${sha256Base32(`${chain}${words.join('')}`, 16)}`
}

/** What may come to the node without being a pod's: Services' addresses and node ports. */
function inputLines(
  { serviceRanges, nodePortRange }: KubeRouterSettings,
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
function policyLines(family: 4 | 6): readonly string[] {
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

/** The name has the time of the last change in its hash; here it follows from the pod alone. */
function podChain({ namespace, name }: ClusterPod): string {
  return `KUBE-POD-FW-${sha256Base32(`${namespace}${name}`, 16)}`
}

/** Mirrors interceptPodInboundTraffic and interceptPodOutboundTraffic. */
function podJumps({ namespace, name }: ClusterPod, ip: string, chain: string): readonly string[] {
  const note = (way: string) => `-m comment --comment "${namespace}/${name} ${way}" -j ${chain}`
  const bridged = '-m physdev --physdev-is-bridged'
  return [
    `-A KUBE-ROUTER-FORWARD -d ${ip} ${note('in')}`,
    `-A KUBE-ROUTER-OUTPUT -d ${ip} ${note('in')}`,
    `-A KUBE-ROUTER-FORWARD -d ${ip} ${bridged} ${note('in')}`,
    ...hooks.map((hook) => `-A KUBE-ROUTER-${hook} -s ${ip} ${note('out')}`),
    `-A KUBE-ROUTER-FORWARD -s ${ip} ${bridged} ${note('out')}`,
  ]
}

/** Mirrors setupPodNetpolRules and dropUnmarkedTrafficRules for a pod that no policy selects. */
function podLines(
  { namespace, name }: ClusterPod,
  ip: string,
  chain: string,
  family: 4 | 6,
): readonly string[] {
  const unmarked = '-m mark ! --mark 0x10000/0x10000'
  const answer = family === 4 ? 'icmp-port-unreachable' : 'icmp6-port-unreachable'
  return [
    '-m comment --comment "common netpol rules" -j KUBE-NWPLCY-COMMON',
    `-d ${ip} -m comment --comment "from local node" -m addrtype --src-type LOCAL -j ACCEPT`,
    `-s ${ip} -m comment --comment "default egress" -j KUBE-NWPLCY-DEFAULT`,
    `-d ${ip} -m comment --comment "default ingress" -j KUBE-NWPLCY-DEFAULT`,
    `-m comment --comment "${namespace}/${name} log-drop" ${unmarked} -m limit --limit 10/min --limit-burst 10 -j NFLOG --nflog-group 100`,
    `-m comment --comment "${namespace}/${name} reject" ${unmarked} -j REJECT --reject-with ${answer}`,
    '-j MARK --set-xmark 0x0/0x10000',
    '-m comment --comment "set netpol-ok mark" -j MARK --set-xmark 0x20000/0x20000',
  ].map((line) => `-A ${chain} ${line}`)
}
