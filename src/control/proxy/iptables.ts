import type { Cidr, Ip } from '../../base/ip.ts'
import { contains, familyOf } from '../../base/ip.ts'
import type { Cluster, ClusterNode } from '../../model/cluster.ts'
import type { Chain, Rule } from '../../netfilter/rule.ts'
import type { ChainSource, TableContribution } from '../../netfilter/table.ts'
import type { EndpointChoice } from './endpoint-choice.ts'
import { chooseEndpoints } from './endpoint-choice.ts'
import { baseJumps, canary, fixedFilterChains, fixedNatChains, nodePortJumps } from './iptables-fixed.ts'
import type { DispatchChain, LocalMatch, ServiceRuleContext, ServiceRules } from './iptables-service.ts'
import { serviceRules } from './iptables-service.ts'
import { primaryAddress, usesLocalhostNodePorts } from './node-addresses.ts'
import type { ServicePortInfo, ServicePorts } from './service-ports.ts'
import { servicePortsOf } from './service-ports.ts'

/** What the rules of one node and family depend on. */
export interface ProxyContext {
  readonly cluster: Cluster
  readonly node: ClusterNode
  readonly family: 4 | 6
  /** Every address of the node's devices; node ports may be restricted to some of them. */
  readonly nodeAddresses: readonly Ip[]
  /** The name under which kube-proxy looks for its own endpoints. */
  readonly hostname: string
  /** INVALID packets are not dropped where conntrack is liberal. */
  readonly liberal: boolean
  /** kubelet was there first and has made KUBE-FIREWALL. */
  readonly kubelet: boolean
  /** Endpoints of service ports of which this node's kube-proxy knows an older state. */
  readonly stale: ReadonlyMap<string, ServicePortInfo['endpoints']>
}

/** The rules that kube-proxy in iptables mode puts on a node. Mirrors syncProxyRules of pkg/proxy/iptables. */
export function iptablesRules(context: ProxyContext): readonly TableContribution[] {
  const { cluster, family, node } = context
  const ports = servicePortsOf(cluster, family, node.minorVersion)
  const localhost = usesLocalhostNodePorts(cluster.settings.kubeProxy, family)
  const rules = rulesOfAllServices(context, ports, localhost)
  const dispatch = (name: DispatchChain): Rule[] => rules.flatMap((one) => one.dispatch[name] ?? [])
  const natFixed = fixedNatChains(context, dispatch, nodePortJumps(context, localhost))
  return [
    { table: 'mangle', baseRules: {}, chains: canary },
    {
      table: 'filter',
      baseRules: baseJumps('filter', context),
      chains: joined(canary, fixedFilterChains(context, dispatch, localhost)),
    },
    {
      table: 'nat',
      baseRules: baseJumps('nat', context),
      chains: joined(canary, natFixed, serviceChains(ports.list, rules)),
    },
  ]
}

/** Several sources as one. */
function joined(...sources: readonly ChainSource[]): ChainSource {
  return {
    get: (name) => {
      for (const source of sources) {
        const found = source.get(name)
        if (found) return found
      }
      return undefined
    },
    all: () => sources.flatMap((source) => source.all()),
  }
}

/** Rules that come out the same on several nodes are made once: by service port, then by what differs. */
const shared = new WeakMap<ServicePortInfo, Map<string, ServiceRules>>()

function rulesOfAllServices(
  context: ProxyContext,
  ports: ServicePorts,
  localhost: boolean,
): readonly ServiceRules[] {
  const { node, cluster, family } = context
  const settings = cluster.settings.kubeProxy
  const localMatch = localMatchOf(context)
  const nodeIp = primaryAddress(node, family)
  const countsLocalhost = settings.nfacct && localhost && node.minorVersion >= 31
  const proxyNode = {
    name: context.hostname,
    minorVersion: node.minorVersion,
    ...(node.zone && { zone: node.zone }),
  }
  const base = {
    family,
    localMatch,
    masqueradeAll: settings.masqueradeAll,
    nodeIp,
    large: ports.large,
    countsLocalhost,
  }
  const common = `${localMatchKey(localMatch)} ${countsLocalhost}`
  return ports.list.map((known) => {
    const endpoints = context.stale.get(known.id)
    const port = endpoints ? { ...known, endpoints } : known
    const depends = endpoints !== undefined || dependsOnNode(port)
    const choice = depends ? chooseEndpoints(port, proxyNode) : undefined
    const key = choice
      ? `${common} ${choiceKey(choice)} ${rangesKey(port, nodeIp)}`
      : `${common} ${rangesKey(port, nodeIp)}`
    const made = shared.get(port) ?? new Map<string, ServiceRules>()
    shared.set(port, made)
    const found = made.get(key)
    if (found) return found
    const rules = serviceRules(port, {
      ...base,
      choice: choice ?? chooseEndpoints(port, proxyNode),
    } satisfies ServiceRuleContext)
    made.set(key, rules)
    return rules
  })
}

/** Whether the choice of endpoints can differ between nodes. */
function dependsOnNode(port: ServicePortInfo): boolean {
  return (
    port.internalLocal ||
    port.externalLocal ||
    (port.usesHints && port.endpoints.some((one) => one.zoneHints.length + one.nodeHints.length > 0))
  )
}

function choiceKey({ cluster, local }: EndpointChoice): string {
  return `${cluster.map((one) => one.text).join(' ')} / ${local.map((one) => one.text).join(' ')}`
}

function rangesKey(port: ServicePortInfo, nodeIp: Ip): string {
  return port.sourceRanges.some((range) => contains(range, nodeIp)) ? 'from node' : ''
}

function localMatchKey(localMatch: LocalMatch | undefined): string {
  if (!localMatch) return 'none'
  return localMatch.type === 'device' ? localMatch.name : `${localMatch.cidr.first}/${localMatch.cidr.bits}`
}

/** The local detector of this family; mirrors getLocalDetectors. */
function localMatchOf({ cluster, node, family }: ProxyContext): LocalMatch | undefined {
  const { localDetector, clusterCidrs } = cluster.settings.kubeProxy
  const ofFamily = (cidr: Cidr) => familyOf(cidr.first) === family
  switch (localDetector.mode) {
    case 'ClusterCIDR':
    case 'NodeCIDR': {
      const cidr = (localDetector.mode === 'ClusterCIDR' ? clusterCidrs : node.podCidrs).find(ofFamily)
      return cidr && { type: 'source', cidr }
    }
    case 'BridgeInterface':
      return { type: 'device', name: localDetector.device }
    case 'InterfaceNamePrefix':
      return { type: 'device', name: `${localDetector.device}+` }
    default:
      return localDetector satisfies never
  }
}

/**
 * The service ports' own chains in the nat table. KUBE-SVC and its kin are found by the hash in their names; the
 * chains of endpoints are known once a chain that leads to them was made, and else all are made.
 */
function serviceChains(ports: readonly ServicePortInfo[], rules: readonly ServiceRules[]): ChainSource {
  const made = new Map<string, Chain>()
  let byHash: Map<string, ServiceRules> | undefined
  let complete = false
  const make = (one: ServiceRules) => {
    for (const chain of one.chains()) made.set(chain.name, chain)
  }
  const makeAll = () => {
    for (const one of rules) make(one)
    complete = true
  }
  return {
    get: (name) => {
      if (!name.startsWith('KUBE-')) return undefined
      const known = made.get(name)
      if (known || complete) return known
      byHash ??= new Map(ports.map((port, index) => [port.hash, rules[index]] as const).filter(isMade))
      const owner = byHash.get(name.slice(name.lastIndexOf('-') + 1))
      if (owner) make(owner)
      else if (name.startsWith('KUBE-SEP-')) makeAll()
      return made.get(name)
    },
    all: () => rules.flatMap((one) => one.chains()),
  }
}

function isMade(
  entry: readonly [string, ServiceRules | undefined],
): entry is readonly [string, ServiceRules] {
  return entry[1] !== undefined
}
