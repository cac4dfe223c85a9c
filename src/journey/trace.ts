import { invariant } from '../base/invariant.ts'
import type { Ip } from '../base/ip.ts'
import { contains, familyOf, formatCidr, formatIp } from '../base/ip.ts'
import { icmpOf, SCTP, TCP, UDP } from '../base/packet.ts'
import { outsideHost, withHost } from '../control/hosts.ts'
import { podId } from '../control/pod-namespace.ts'
import { exchange } from '../dataplane/exchange.ts'
import type { Outcome } from '../dataplane/flight.ts'
import type { DataplaneState } from '../dataplane/state.ts'
import type { ClusterPod } from '../model/cluster.ts'
import type { Destination, Journey, JourneyOutcome, JourneyRequest } from '../model/journey.ts'
import type { ExchangeOutcome } from '../model/trace.ts'
import type { RawResult } from './finding/failure.ts'
import { findingsOf } from './finding/registry.ts'
import { internetAddresses, parseSource, parseTarget, RequestError } from './request.ts'
import type { Dial, RequestProtocol } from './resolve-target.ts'
import { findPod, resolveTarget } from './resolve-target.ts'
import type { Choose } from './sampling.ts'
import { chooseOne } from './sampling.ts'
import type { Sender } from './sender.ts'
import { symptomOf } from './symptom.ts'
import type { HostPort, World } from './world.ts'

/** How a trace is made, beside what is asked. */
export interface TraceOptions {
  readonly state: DataplaneState
  /** The clock, in milliseconds. */
  readonly now: number
  /** Record every rule that was looked at. */
  readonly recordMisses?: boolean
  /** Takes one side of each fork. */
  readonly choose?: Choose
  /** Close TCP connections when they have been answered. */
  readonly close?: boolean
}

/** A journey, and the state that each outcome leaves behind. */
export interface TraceResult {
  readonly journey: Journey
  readonly states: readonly DataplaneState[]
}

/** The first ephemeral port; so that a request without one gives the same answer each time. */
export const defaultSourcePort = 40000

/** Answers one request. Throws a RequestError for a request that names what does not exist. */
export function trace(world: World, request: JourneyRequest, options: TraceOptions): TraceResult {
  const protocol = request.protocol ?? 'tcp'
  const source = parseSource(request.from, request.namespace ?? 'default')
  const senders = sampled(findSenders(world, source), options)
  const ownNamespace = source.type === 'pod' || source.type === 'workload' ? source.namespace : undefined
  const target = parseTarget(request.to, request.namespace ?? ownNamespace ?? 'default')
  const results = senders.flatMap((sender): RawResult[] => {
    const asker = sender.pod ? { pod: sender.pod } : {}
    const dial = withHostPort(
      world,
      resolveTarget({ world, asker, protocol, family: request.family }, target),
      protocol,
    )
    const from = source.type === 'internet' ? internetSender(world, dial) : sender
    return traceDial(world, from, dial, protocol, request, options).map((outcome) => ({
      outcome: weigh(outcome, 1 / senders.length),
      sender: from,
      dial,
    }))
  })
  const outcomes = results.map(({ outcome, sender, dial }) =>
    present(world, outcome, dial, protocol, sender, senders.length > 1),
  )
  const [first] = results
  const resolved = first?.dial.type === 'dial' ? first.dial.resolved : undefined
  const journey: Journey = {
    apiVersion: 'kubewalk.dev/v1alpha1',
    kind: 'Journey',
    request: { ...request, protocol },
    outcomes,
    findings: findingsOf(world, results),
    ...(resolved && { resolved }),
  }
  return { journey, states: results.map((result) => result.outcome.state) }
}

function findSenders(world: World, source: ReturnType<typeof parseSource>): readonly Sender[] {
  const { network } = world.compiled
  switch (source.type) {
    case 'pod':
      return [podSender(world, findPod(world, source, 'unknown-source'))]
    case 'workload': {
      const own = world.cluster.pods.filter((pod) => belongsTo(pod, source))
      if (own.length === 0) {
        const where = `${source.kind} ${source.namespace}/${source.name}`
        throw new RequestError('unknown-source', `${where} has no pod`, 'name a workload of the input')
      }
      return own.map((pod) => podSender(world, pod))
    }
    case 'node': {
      if (world.nodes.has(source.name)) return [{ netns: `node/${source.name}`, network }]
      const known = [...world.nodes.keys()].join(', ')
      throw new RequestError('unknown-node', `there is no node ${source.name}`, `nodes: ${known}`)
    }
    case 'host': {
      if (network.namespaces.get(`host/${source.name}`)) return [{ netns: `host/${source.name}`, network }]
      throw new RequestError(
        'unknown-source',
        `no outside host is called ${source.name}`,
        'declare it in an Environment, or give its address',
      )
    }
    case 'address':
      return [addressSender(world, source.ip)]
    case 'internet':
      return [addressSender(world, internetAddresses[4])]
    default:
      return source satisfies never
  }
}

function belongsTo(
  pod: ClusterPod,
  workload: { readonly kind: string; readonly namespace: string; readonly name: string },
): boolean {
  const { owner, namespace } = pod
  if (!owner || namespace !== workload.namespace) return false
  if (owner.kind === workload.kind && owner.name === workload.name) return true
  return (
    workload.kind === 'Deployment' &&
    owner.kind === 'ReplicaSet' &&
    owner.name.replace(/-[^-]*$/, '') === workload.name
  )
}

function podSender(world: World, pod: ClusterPod): Sender {
  const { network } = world.compiled
  const id = pod.hostNetwork ? `node/${pod.nodeName}` : podId(pod)
  if (!network.namespaces.get(id)) {
    const why = pod.unscheduled ?? `its phase is ${pod.phase}`
    throw new RequestError('unknown-source', `pod ${pod.namespace}/${pod.name} cannot send: ${why}`)
  }
  return { netns: id, network, pod, ref: pod.ref }
}

/** The internet has both families, and asks an address by its own. */
function internetSender(world: World, dial: Dial): Sender {
  const [first = internetAddresses[4]] = dial.type === 'dial' ? dial.ips : []
  return addressSender(world, internetAddresses[familyOf(first)])
}

/** A bare address: a machine that is known, or one that is put there. */
function addressSender(world: World, ip: Ip): Sender {
  const { network, underlay, hosts } = world.compiled
  const pod = world.podsByIp.get(ip)
  if (pod) return podSender(world, pod)
  const node = world.nodesByIp.get(ip)
  if (node) return { netns: `node/${node.name}`, network, src: ip }
  const host = hosts.get(ip)
  if (host !== undefined) return { netns: host, network, src: ip }
  const { podCidrs, serviceCidrs } = world.cluster.settings
  const range = [...podCidrs, ...serviceCidrs].find((cidr) => contains(cidr, ip))
  if (range) {
    throw new RequestError(
      'unknown-source',
      `${formatIp(ip)} lies in ${formatCidr(range)}, which is the cluster's own, but nobody has it`,
      'name a pod, or an address outside',
    )
  }
  const made = outsideHost(underlay, ip, { listens: false })
  return { netns: made.netns.id, network: withHost(network, made), src: ip }
}

const protocolNumbers = { tcp: TCP, udp: UDP, sctp: SCTP } as const

function traceDial(
  world: World,
  sender: Sender,
  dial: Dial,
  protocol: RequestProtocol,
  request: JourneyRequest,
  options: TraceOptions,
): readonly Outcome[] {
  if (dial.type !== 'dial') return [withoutPacket(dial, options.state)]
  if (isUnmodelledProxy(world, dial, protocol) || dial.hostPort)
    return [{ ...withoutPacket(dial, options.state), disposition: 'unknown' }]
  const sport = request.sport ?? defaultSourcePort
  const ips = sampled(dial.ips, options)
  return ips.flatMap((dst) => {
    const connect = {
      from: sender.netns,
      protocol: protocol === 'icmp' ? icmpOf(familyOf(dst)) : protocolNumbers[protocol],
      dst,
      dport: dial.port,
      sport,
      ...(sender.src !== undefined && familyOf(sender.src) === familyOf(dst) && { src: sender.src }),
    }
    return exchange(sender.network, connect, options).map((outcome) => weigh(outcome, 1 / ips.length))
  })
}

/** All of them, or the one that the sampling picks. */
function sampled<T>(items: readonly T[], { choose }: TraceOptions): readonly T[] {
  if (!choose || items.length < 2) return items
  const one = chooseOne(items, choose)
  return one === undefined ? [] : [one]
}

/** A pod's hostPort is the plugin's affair and not modelled yet, so what is sent there is not guessed. */
function withHostPort(world: World, dial: Dial, protocol: RequestProtocol): Dial {
  if (dial.type !== 'dial') return dial
  for (const ip of dial.ips) {
    const node = world.nodesByIp.get(ip)
    const hostPort: HostPort | undefined =
      node && world.hostPorts.get(`${node.name} ${protocol.toUpperCase()} ${dial.port}`)
    if (hostPort) return { ...dial, hostPort }
  }
  return dial
}

/** Traffic to Services depends on the proxy mode; what is not modelled is not guessed. */
function isUnmodelledProxy(world: World, dial: Dial, protocol: RequestProtocol): boolean {
  if (world.cluster.settings.kubeProxy.mode === 'iptables' || dial.type !== 'dial') return false
  const isNodePort = world.servicesByNodePort.has(`${protocol.toUpperCase()} ${dial.port}`)
  return dial.ips.some((ip) => world.servicesByIp.has(ip) || (isNodePort && !world.podsByIp.has(ip)))
}

function weigh(outcome: Outcome, share: number): Outcome {
  return share === 1 ? outcome : { ...outcome, probability: outcome.probability * share }
}

/** A journey that ends before a packet is sent: the name or the address is missing. */
function withoutPacket(dial: Dial, state: DataplaneState): Outcome {
  return {
    probability: 1,
    disposition: dispositionOf(dial),
    leg: { purpose: 'connect', forward: [], reply: [] },
    state,
  }
}

function dispositionOf(dial: Dial): 'nxdomain' | 'no-address' | 'unknown' {
  if (dial.type === 'nxdomain') return 'nxdomain'
  return dial.type === 'no-address' && !dial.hostname ? 'no-address' : 'unknown'
}

function present(
  world: World,
  outcome: ExchangeOutcome,
  dial: Dial,
  protocol: RequestProtocol,
  sender: Sender,
  namesSender: boolean,
): JourneyOutcome {
  const asked = {
    host: dial.host,
    port: dial.type === 'nxdomain' ? 0 : dial.port,
    protocol: protocol === 'icmp' ? 1 : protocolNumbers[protocol],
  }
  const { leg, seenSource, stoppedAt, errno, alternatives } = outcome
  const hasLeg = leg.forward.length > 0
  return {
    probability: outcome.probability,
    disposition: outcome.disposition,
    symptom: symptomOf(outcome, asked),
    destination: destinationOf(world, outcome) ?? null,
    seenSource: seenSource
      ? {
          ip: formatIp(seenSource.ip),
          port: seenSource.port,
          ...(seenSource.randomPort && { randomPort: true }),
        }
      : null,
    stoppedAt: stoppedAt ?? null,
    legs: hasLeg ? [leg] : [],
    ...(namesSender && sender.ref && { from: sender.ref }),
    ...(errno !== undefined && { errno }),
    ...(alternatives && {
      alternatives: alternatives.map(({ assuming, outcomes }) => ({
        assuming,
        outcomes: outcomes.map((one) => present(world, one, dial, protocol, sender, namesSender)),
      })),
    }),
  }
}

/** The pod, node or host where the packet was delivered. */
export function destinationOf(world: World, { destination }: ExchangeOutcome): Destination | undefined {
  if (!destination) return undefined
  const { netns: id, ip, port, listener } = destination
  const assumed = listener?.assumed ? { assumed: true } : {}
  const place = { ip: formatIp(ip), port, ...assumed }
  const owner = listener?.owner
  const pod = owner?.kind === 'Pod' ? world.pods.get(`${owner.namespace}/${owner.name}`) : podOf(world, id)
  if (pod) {
    const node = pod.nodeName === undefined ? {} : { node: pod.nodeName }
    return { kind: 'Pod', namespace: pod.namespace, name: pod.name, ...node, ...place }
  }
  if (id.startsWith('node/')) return { kind: 'Node', name: id.slice(5), node: id.slice(5), ...place }
  const netns = world.compiled.network.namespaces.get(id)
  return {
    kind: 'Host',
    name: netns?.role === 'internet' ? formatIp(ip) : (netns?.label ?? id.replace(/^host\//, '')),
    ...place,
  }
}

function podOf(world: World, id: string): ClusterPod | undefined {
  const [role, namespace, name] = id.split('/')
  return role === 'pod' ? world.pods.get(`${namespace}/${name}`) : undefined
}

/** Asserts that a journey has an outcome; for callers that sample. */
export function firstOutcome(journey: Journey): JourneyOutcome {
  const [first] = journey.outcomes
  invariant(first, 'a journey has at least one outcome')
  return first
}
