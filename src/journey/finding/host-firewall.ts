import { cidrOf, contains, formatCidr, formatIp } from '../../base/ip.ts'
import type { Packet } from '../../base/packet.ts'
import { hasPorts } from '../../base/packet.ts'
import type { Origin } from '../../base/source.ts'
import { cniOf } from '../../control/cni/registry.ts'
import type { Finding } from '../../model/journey.ts'
import type { RuleStep } from '../../model/trace.ts'
import { formatRule } from '../../netfilter/save-format/format.ts'
import type { World } from '../world.ts'
import type { Failure, FindCause } from './failure.ts'
import { finding, protocolName, translatedTo } from './failure.ts'
import type { StoppedPacket } from './stopped-packet.ts'
import { stoppedPacket } from './stopped-packet.ts'

/** Components whose rules are a host's own, and what people call them. */
const firewalls: Readonly<Record<string, string>> = {
  docker: 'Docker',
  ufw: 'ufw',
  firewalld: 'firewalld',
  'host rules': 'its own firewall',
}

/** What stopped the packet on a node: a rule or a policy of the host's own. */
interface Blocked extends StoppedPacket {
  readonly node: string
  readonly by: RuleStep
  readonly origin: Origin
  readonly world: World
}

/** The host's own firewall stopped a packet that was on its right way: translated, or for no Service. */
export const findHostFirewall: FindCause = (failure) => {
  const untranslated = failure.asked && !failure.stop?.onReply && !translatedTo(failure)
  return untranslated ? [] : anyHostFirewall(failure)
}

/** The same, whatever the packet was: what of Kubernetes explains the failure better has been asked before. */
export const anyHostFirewall: FindCause = (failure) => {
  const blocked = blockedBy(failure)
  if (!blocked) return []
  return [mixedBackends(failure, blocked) ?? otherPodNetwork(blocked) ?? ofFirewall(blocked)]
}

function blockedBy(failure: Failure): Blocked | undefined {
  const { stop, sender, world } = failure
  const by = stop?.by
  if (!by || !stop.netns.startsWith('node/')) return undefined
  const origin = by.rule ? by.rule.origin : policyOrigin(failure, by)
  if (!origin || !Object.hasOwn(firewalls, origin.component)) return undefined
  const stopped = stoppedPacket(failure)
  if (!stopped || !sender.network.namespaces.get(stop.netns)) return undefined
  return { ...stopped, node: stop.netns.slice(5), by, origin, world }
}

/** Who set the policy of the base chain that dropped it. */
function policyOrigin({ stop, sender }: Failure, { table, chain }: RuleStep): Origin | undefined {
  const sets = stop ? (sender.network.namespaces.get(stop.netns)?.ruleSets ?? []) : []
  const tables = sets.flatMap((set) => set.tables.filter((one) => (one.label ?? one.name) === table))
  return tables.map((one) => one.chain(chain)).find((one) => one?.policy === 'DROP' && one.origin)?.origin
}

/** Two backends of iptables hold rules: what one of them accepts, the other drops. */
function mixedBackends({ stop, sender }: Failure, blocked: Blocked): Finding | undefined {
  const sets = stop ? (sender.network.namespaces.get(stop.netns)?.ruleSets ?? []) : []
  const backends = new Set(
    sets.flatMap(({ backend }) => (backend && backend !== 'firewalld' ? [backend] : [])),
  )
  if (backends.size < 2 || blocked.origin.component === 'firewalld') return undefined
  const own = blocked.by.table.startsWith('legacy ') ? 'legacy' : 'nft'
  const other = own === 'nft' ? 'legacy' : 'nft'
  const { node, world } = blocked
  const source = world.cluster.environmentSource
  const at = source?.locate(['spec', 'nodes', node, 'iptables'])
  return finding(
    'mixed-iptables-backends',
    `${node} has rules in both backends of iptables, and a packet must pass both: ${reason(blocked, `iptables-${own}`)}, whatever iptables-${other} accepts`,
    {
      objects: [source && at && { ...source.ref, at }, world.nodes.get(node)?.ref],
      fix: `let all components of ${node} use one backend: the network plugin's and kube-proxy's images that of the host`,
    },
  )
}

/**
 * The network plugin lets its pods' packets pass whatever the policy is, but is configured for other addresses than the
 * pods have.
 */
function otherPodNetwork({ by, packet, node, origin, world }: Blocked): Finding | undefined {
  const { podNetwork, name } = cniOf(world.cluster)
  const { podCidrs, cni } = world.cluster.settings
  const isPods = podCidrs.some((cidr) => contains(cidr, packet.src) && contains(cidr, packet.dst))
  const isPlugins = podNetwork?.some((cidr) => contains(cidr, packet.src) || contains(cidr, packet.dst))
  if (by.rule || by.hook !== 'FORWARD' || !isPods || !podNetwork || isPlugins !== false) return undefined
  const own = podNetwork.map(formatCidr).join(', ')
  const pods = podCidrs.map(formatCidr).join(', ')
  const config = world.cluster.cniObjects.configMaps.find(({ ref }) => ref.name === `kube-${name}-cfg`)
  return finding(
    'pod-network-differs',
    `${name} is configured for ${own}, and the pods' network is ${pods}: FORWARD of ${node} drops what ${name} does not let pass`,
    {
      objects: [config?.ref ?? cni.foundBy, origin.subject, world.nodes.get(node)?.ref],
      fix: `set the network of ${name} to ${pods} and restart it, or give the pods addresses of ${own}`,
    },
  )
}

function ofFirewall(blocked: Blocked): Finding {
  const { node, origin, world } = blocked
  const who = firewalls[origin.component] ?? origin.component
  const message = `${who === 'its own firewall' ? `the firewall of ${node}` : `${who} on ${node}`} stops ${described(blocked)}: ${reason(blocked)}`
  return finding('host-firewall', message, {
    objects: [origin.subject, world.nodes.get(node)?.ref],
    fix: remedy(blocked),
  })
}

/** `chain FORWARD of table filter has policy DROP, and no rule lets it pass`. */
function reason({ by, packet }: Blocked, backend?: string): string {
  const { rule, chain, table } = by
  const place = backend === undefined ? '' : ` of ${backend}`
  if (!rule) return `no rule of ${chain}${place} lets it pass, and the chain's policy is DROP`
  const where = table === 'filter' ? '' : `${table}, `
  return `${where}${formatRule(rule, chain, typeof packet.dst === 'bigint' ? 6 : 4)}${place}`
}

/** `UDP 8472 from 172.18.0.4 to 172.18.0.3, which carries packets of pods`. */
function described({ packet }: Blocked): string {
  const inner = packet.tunnel?.inner
  const port = hasPorts(packet.protocol) ? ` ${packet.dport}` : ''
  const text = `${protocolText(packet)}${port} from ${formatIp(packet.src)} to ${formatIp(packet.dst)}`
  return inner ? `${text}, which carries packets of pods` : text
}

function protocolText({ protocol }: Packet): string {
  const names: Readonly<Record<number, string>> = { 4: 'IP-in-IP', 47: 'GRE', 50: 'ESP' }
  return names[protocol] ?? protocolName(protocol)
}

/** What would let it pass, in the words of the firewall that stopped it. */
function remedy(blocked: Blocked): string {
  const { by, node, origin, packet } = blocked
  const entering = by.hook === 'INPUT'
  const from = sourceText(blocked)
  const port = hasPorts(packet.protocol) ? String(packet.dport) : undefined
  const name = protocolText(packet)
  switch (origin.component) {
    case 'ufw': {
      const what = port === undefined ? '' : ` to any port ${port} proto ${name.toLowerCase()}`
      return entering
        ? `on ${node}: ufw allow from ${from}${what}`
        : `on ${node}: ufw default allow routed, or ufw route allow ${passing(blocked, 'from ', 'to ')}`
    }
    case 'docker':
      return `on ${node}: iptables -P FORWARD ACCEPT, or iptables -I DOCKER-USER ${passing(blocked, '-s ', '-d ')} -j ACCEPT`
    case 'firewalld':
      return firewalldRemedy(blocked, entering, port, name)
    default: {
      const what = port === undefined ? name : `${name} ${port}`
      if (by.hook === 'OUTPUT') return `let OUTPUT of ${node} accept ${what} to ${formatIp(packet.dst)}`
      return entering
        ? `let INPUT of ${node} accept ${what} from ${from}`
        : `let ${by.hook} of ${node} accept what is ${passing(blocked, 'from ', 'to ')}`
    }
  }
}

function firewalldRemedy(
  blocked: Blocked,
  entering: boolean,
  port: string | undefined,
  name: string,
): string {
  const { node, in: device = 'eth0' } = blocked
  const source = `--zone=trusted --add-source=${sourceText(blocked)}`
  if (entering && port !== undefined && device === 'eth0')
    return `on ${node}: firewall-cmd --add-port=${port}/${name.toLowerCase()}, or ${source}`
  // The devices of single pods come and go.
  return device === 'eth0' || /^(?:veth|cali|lxc|eni)/.test(device)
    ? `on ${node}: firewall-cmd ${source}, or disable firewalld`
    : `on ${node}: firewall-cmd --zone=trusted --add-interface=${device} (or ${source}), or disable firewalld`
}

/** `from 10.244.0.0/16`: the side of the packet that is a pod's, and else its source. */
function passing(blocked: Blocked, from: string, to: string): string {
  const { packet, world } = blocked
  const pods = world.cluster.settings.podCidrs
  const target = pods.find((cidr) => contains(cidr, packet.dst))
  return target && !pods.some((cidr) => contains(cidr, packet.src))
    ? `${to}${formatCidr(target)}`
    : `${from}${sourceText(blocked)}`
}

/** The block that the source belongs to: the nodes' network, the pods', else the address alone. */
function sourceText({ packet, world }: Blocked): string {
  const { src } = packet
  const own = world.cluster.settings.podCidrs.find((cidr) => contains(cidr, src))
  if (own) return formatCidr(own)
  if (!world.nodesByIp.has(src)) return formatIp(src)
  const found = world.compiled.underlay.networks.find(({ cidr }) => contains(cidr, src))
  return found ? formatCidr(cidrOf(found.cidr.first, found.cidr.bits)) : formatIp(src)
}
