import { sha256Base32 } from '../../base/hash.ts'
import type { Cidr, Ip } from '../../base/ip.ts'
import { bitsOf, contains, familyOf } from '../../base/ip.ts'
import type { Match } from '../../netfilter/match/registry.ts'
import type { Chain, HeaderMatch, Rule, Target } from '../../netfilter/rule.ts'
import { maskOf } from '../../netfilter/save-format/options.ts'
import { LazyChain } from '../../netfilter/table.ts'
import type { EndpointChoice } from './endpoint-choice.ts'
import { isExternallyAccessible, usesClusterEndpoints, usesLocalEndpoints } from './endpoint-choice.ts'
import {
  accept,
  addressType,
  block,
  comment,
  drop,
  host,
  jump,
  markForMasquerade,
  onProtocol,
  rejectTarget,
  rule,
  transport,
} from './iptables-rules.ts'
import type { ProxyEndpoint, ServicePortInfo } from './service-ports.ts'

/** The dispatch chains, to which every service port adds rules. */
export type DispatchChain =
  | 'nat KUBE-SERVICES'
  | 'nat KUBE-NODEPORTS'
  | 'filter KUBE-SERVICES'
  | 'filter KUBE-EXTERNAL-SERVICES'
  | 'filter KUBE-NODEPORTS'
  | 'filter KUBE-PROXY-FIREWALL'

/** How pods' traffic is told apart: `-s CIDR` or `-i DEVICE`; absent if nothing is configured for the family. */
export type LocalMatch =
  | { readonly type: 'source'; readonly cidr: Cidr }
  | { readonly type: 'device'; readonly name: string }

/** What the rules of a service port depend on beside the port itself. */
export interface ServiceRuleContext {
  readonly family: 4 | 6
  readonly choice: EndpointChoice
  readonly localMatch: LocalMatch | undefined
  readonly masqueradeAll: boolean
  /** The node's primary address of the family, which may reach a load balancer's address from itself. */
  readonly nodeIp: Ip
  readonly large: boolean
  /** Node ports on 127.0.0.0/8 are counted by an nfacct object. */
  readonly countsLocalhost: boolean
}

/** The rules of one service port: what it adds to the dispatch chains, and chains of its own. */
export interface ServiceRules {
  readonly dispatch: Readonly<Partial<Record<DispatchChain, readonly Rule[]>>>
  /** Its KUBE-EXT, KUBE-FW, KUBE-SVC, KUBE-SVL and KUBE-SEP chains; made when they are first asked for. */
  chains(): readonly Chain[]
}

/** The names of a service port's own chains. */
function chainNames({ hash }: ServicePortInfo) {
  return {
    cluster: `KUBE-SVC-${hash}`,
    local: `KUBE-SVL-${hash}`,
    external: `KUBE-EXT-${hash}`,
    firewall: `KUBE-FW-${hash}`,
  }
}

/** Decisions that several rules share; mirrors the locals of syncProxyRules. */
function decide(port: ServicePortInfo, choice: EndpointChoice) {
  const names = chainNames(port)
  const accessible = isExternallyAccessible(port)
  const { hasAny, local } = choice
  return {
    names,
    accessible,
    hasInternal: hasAny && (!port.internalLocal || local.length > 0),
    hasExternal: hasAny && (!port.externalLocal || local.length > 0),
    internalChain: port.internalLocal ? names.local : names.cluster,
    externalPolicyChain: port.externalLocal ? names.local : names.cluster,
    usesExternalChain: hasAny && accessible,
    usesFirewallChain: hasAny && port.vips.length > 0 && port.sourceRanges.length > 0,
  }
}

type Decisions = ReturnType<typeof decide>

/** All rules of one service port, in kube-proxy's order. Mirrors the body of syncProxyRules' loop. */
export function serviceRules(port: ServicePortInfo, context: ServiceRuleContext): ServiceRules {
  const decisions = decide(port, context.choice)
  let made: readonly Chain[] | undefined
  return {
    dispatch: {
      'nat KUBE-SERVICES': dispatchServices(port, context, decisions),
      'nat KUBE-NODEPORTS': dispatchNodePorts(port, context, decisions),
      'filter KUBE-SERVICES': filterInternal(port, context, decisions),
      'filter KUBE-EXTERNAL-SERVICES': filterExternal(port, context, decisions),
      'filter KUBE-NODEPORTS': filterHealthCheck(port),
      'filter KUBE-PROXY-FIREWALL': filterFirewall(port, decisions),
    },
    chains: () => {
      made ??= makeChains(port, context, decisions)
      return made
    },
  }
}

/** `-p tcp -d IP --dport PORT` with a comment, in the order in which kube-proxy writes it. */
function toVip(port: ServicePortInfo, ip: Ip, what: string, target: Target, header: HeaderMatch = {}): Rule {
  return rule(
    port.origin,
    { ...header, destination: host(ip), ...onProtocol(port.protocol) },
    [comment(`${port.id} ${what}`), transport(port.protocol, port.port)],
    target,
  )
}

function dispatchServices(
  port: ServicePortInfo,
  { choice }: ServiceRuleContext,
  decisions: Decisions,
): Rule[] {
  const { names, hasInternal, internalChain, usesFirewallChain } = decisions
  const rules: Rule[] = []
  if (hasInternal) rules.push(toVip(port, port.clusterIp, 'cluster IP', jump(internalChain)))
  if (!choice.hasAny) return rules
  for (const ip of port.externalIps) rules.push(toVip(port, ip, 'external IP', jump(names.external)))
  const balancerChain = usesFirewallChain ? names.firewall : names.external
  for (const ip of port.vips) rules.push(toVip(port, ip, 'loadbalancer IP', jump(balancerChain)))
  return rules
}

function dispatchNodePorts(
  port: ServicePortInfo,
  { choice, countsLocalhost }: ServiceRuleContext,
  { names }: Decisions,
): Rule[] {
  if (port.nodePort === 0 || !choice.hasAny) return []
  const matches = [comment(port.id), transport(port.protocol, port.nodePort)]
  const header = onProtocol(port.protocol)
  const plain = rule(port.origin, header, matches, jump(names.external))
  if (!countsLocalhost) return [plain]
  const loopback: HeaderMatch = {
    ...header,
    destination: { address: 0x7f000000, mask: 0xff000000, inverted: false },
  }
  const counter: Match = { type: 'nfacct', object: 'localhost_nps_accepted_pkts' }
  return [rule(port.origin, loopback, [...matches, counter], jump(names.external)), plain]
}

/** No endpoint at all is rejected; endpoints elsewhere under a Local policy are a silent drop. */
function missing({ family, choice }: ServiceRuleContext): { readonly what: string; readonly target: Target } {
  return choice.hasAny
    ? { what: 'has no local endpoints', target: drop }
    : { what: 'has no endpoints', target: rejectTarget(family) }
}

function filterInternal(
  port: ServicePortInfo,
  context: ServiceRuleContext,
  { hasInternal }: Decisions,
): Rule[] {
  if (hasInternal) return []
  const { what, target } = missing(context)
  return [toVip(port, port.clusterIp, what, target)]
}

function filterExternal(
  port: ServicePortInfo,
  context: ServiceRuleContext,
  { hasExternal }: Decisions,
): Rule[] {
  if (hasExternal) return []
  const { what, target } = missing(context)
  const rules = [...port.externalIps, ...port.vips].map((ip) => toVip(port, ip, what, target))
  if (port.nodePort !== 0) {
    const matches = [
      comment(`${port.id} ${what}`),
      addressType('destination'),
      transport(port.protocol, port.nodePort),
    ]
    rules.push(rule(port.origin, onProtocol(port.protocol), matches, target))
  }
  return rules
}

function filterHealthCheck(port: ServicePortInfo): Rule[] {
  if (port.healthCheckNodePort === 0) return []
  const matches = [comment(`${port.id} health check node port`), transport('tcp', port.healthCheckNodePort)]
  return [rule(port.origin, onProtocol('tcp'), matches, accept)]
}

function filterFirewall(port: ServicePortInfo, { names, usesFirewallChain }: Decisions): Rule[] {
  if (!usesFirewallChain) return []
  return port.vips.map((ip) => toVip(port, ip, `traffic not accepted by ${names.firewall}`, drop))
}

function makeChains(
  port: ServicePortInfo,
  context: ServiceRuleContext,
  decisions: Decisions,
): readonly Chain[] {
  const { names, internalChain, hasInternal } = decisions
  const { cluster, local, reachable } = context.choice
  const chains: Chain[] = []
  const add = (name: string, make: () => readonly Rule[]) => chains.push(new LazyChain(name, make))
  if (decisions.usesExternalChain) add(names.external, () => externalChain(port, context, decisions))
  if (decisions.usesFirewallChain) add(names.firewall, () => firewallChain(port, context, decisions))
  const endpointChains = reachable.map((one) => new EndpointChain(port, one, context.large))
  const named = (endpoints: readonly ProxyEndpoint[]) => {
    const known = new Map(endpointChains.map((chain) => [chain.endpoint, chain]))
    return endpoints.map((one) => known.get(one) ?? new EndpointChain(port, one, context.large))
  }
  const balancing = (name: string, endpoints: readonly ProxyEndpoint[]): Rule[] => [
    ...(hasInternal && name === internalChain ? internalMasquerade(port, context) : []),
    ...balance(port, named(endpoints), context.large),
  ]
  const hasCluster = usesClusterEndpoints(port) && cluster.length > 0
  const hasLocal = usesLocalEndpoints(port) && local.length > 0
  if (hasCluster) add(names.cluster, () => balancing(names.cluster, cluster))
  if (hasLocal) add(names.local, () => balancing(names.local, local))
  chains.push(...endpointChains)
  return chains
}

/** An endpoint's KUBE-SEP chain. There may be very many: its rules are made when they are asked for, and not kept. */
class EndpointChain implements Chain {
  readonly name: string
  readonly port: ServicePortInfo
  readonly endpoint: ProxyEndpoint
  readonly large: boolean

  constructor(port: ServicePortInfo, endpoint: ProxyEndpoint, large: boolean) {
    this.name = endpointChainName(port, endpoint)
    this.port = port
    this.endpoint = endpoint
    this.large = large
  }

  get rules(): readonly Rule[] {
    return endpointRules(this.port, this, this.large)
  }
}

/** Traffic to the cluster IP that does not come from pods is masqueraded; with masqueradeAll everything is. */
function internalMasquerade(
  port: ServicePortInfo,
  { localMatch, masqueradeAll }: ServiceRuleContext,
): Rule[] {
  const target = markForMasquerade
  if (masqueradeAll) return [toVip(port, port.clusterIp, 'cluster IP', target)]
  return localMatch ? [toVip(port, port.clusterIp, 'cluster IP', target, localHeader(localMatch, true))] : []
}

function localHeader(localMatch: LocalMatch, inverted: boolean): HeaderMatch {
  if (localMatch.type === 'device') return { in: { name: localMatch.name, inverted } }
  const source = block(localMatch.cidr, inverted)
  return source ? { source } : {}
}

function externalChain(port: ServicePortInfo, context: ServiceRuleContext, decisions: Decisions): Rule[] {
  const { names, hasExternal, externalPolicyChain } = decisions
  const rules: Rule[] = []
  const add = (header: HeaderMatch, matches: readonly Match[], target: Target) =>
    rules.push(rule(port.origin, header, matches, target))
  if (!port.externalLocal) {
    add({}, [comment(`masquerade traffic for ${port.id} external destinations`)], markForMasquerade)
  } else {
    const { localMatch } = context
    const fromHere = addressType('source')
    if (localMatch) {
      const text = `pod traffic for ${port.id} external destinations`
      add(localHeader(localMatch, false), [comment(text)], jump(names.cluster))
    }
    const masquerade = comment(`masquerade LOCAL traffic for ${port.id} external destinations`)
    add({}, [masquerade, fromHere], markForMasquerade)
    const route = comment(`route LOCAL traffic for ${port.id} external destinations`)
    add({}, [route, fromHere], jump(names.cluster))
  }
  if (hasExternal) add({}, [], jump(externalPolicyChain))
  return rules
}

function firewallChain(port: ServicePortInfo, { nodeIp }: ServiceRuleContext, { names }: Decisions): Rule[] {
  const text = comment(`${port.id} loadbalancer IP`)
  const toExternal = jump(names.external)
  const allow = (source: HeaderMatch) => rule(port.origin, source, [text], toExternal)
  const ranges = port.sourceRanges.map((range) => {
    const source = block(range)
    return allow(source ? { source } : {})
  })
  const fromNode = port.sourceRanges.some((range) => contains(range, nodeIp))
  const vips = fromNode ? port.vips.map((ip) => allow({ source: host(ip) })) : []
  const rest = comment(`other traffic to ${port.id} will be dropped by KUBE-PROXY-FIREWALL`)
  return [...ranges, ...vips, rule(port.origin, {}, [rest], undefined)]
}

/** The name of an endpoint's chain. */
export function endpointChainName(port: ServicePortInfo, endpoint: ProxyEndpoint): string {
  return `KUBE-SEP-${sha256Base32(port.id + port.protocol + endpoint.text, 16)}`
}

/** Affinity rules for all endpoints, then one rule each by which they are chosen with equal shares. */
function balance(port: ServicePortInfo, endpoints: readonly EndpointChain[], large: boolean): Rule[] {
  const named = endpoints.map(({ endpoint, name }) => ({
    name,
    note: large ? undefined : comment(`${port.id} -> ${endpoint.text}`),
    family: familyOf(endpoint.ip),
  }))
  const affinity =
    port.affinitySeconds > 0
      ? named.map(({ name, note, family }) =>
          rule(port.origin, {}, [note, recent(name, 'rcheck', port.affinitySeconds, family)], jump(name)),
        )
      : []
  const choices = named.map(({ name, note }, index) =>
    rule(port.origin, {}, [note, share(named.length - index)], jump(name)),
  )
  return [...affinity, ...choices]
}

/** One of `left` that are left; the last needs no chance. Written with ten decimals, kept in units of 2^-31. */
function share(left: number): Match | undefined {
  if (left === 1) return undefined
  const known = shares.get(left)
  if (known) return known
  const probability = Math.round(Number((1 / left).toFixed(10)) * 0x80000000)
  const made: Match = { type: 'statistic', mode: 'random', probability, inverted: false }
  shares.set(left, made)
  return made
}

const shares = new Map<number, Match>()

function recent(name: string, action: 'rcheck' | 'set', seconds: number, family: 4 | 6): Match {
  return {
    type: 'recent',
    name,
    action,
    inverted: false,
    seconds,
    hitcount: 0,
    reap: action === 'rcheck',
    ttl: false,
    side: 'rsource',
    mask: maskOf(family, bitsOf(family)),
  }
}

/** An endpoint that reaches itself is masqueraded; everybody is translated to it. */
function endpointRules(
  port: ServicePortInfo,
  { endpoint, name }: EndpointChain,
  large: boolean,
): readonly Rule[] {
  const note = large ? undefined : comment(port.id)
  const { ip } = endpoint
  const remembers = port.affinitySeconds > 0 ? recent(name, 'set', 0, familyOf(ip)) : undefined
  const target: Target = {
    type: 'DNAT',
    addresses: { first: ip, last: ip },
    ports: { first: endpoint.port, last: endpoint.port },
    random: false,
    persistent: false,
  }
  return [
    rule(port.origin, { source: host(ip) }, [note], markForMasquerade),
    rule(port.origin, onProtocol(port.protocol), [note, remembers, transport(port.protocol)], target),
  ]
}
