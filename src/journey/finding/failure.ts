import type { Ip } from '../../base/ip.ts'
import type { Packet } from '../../base/packet.ts'
import { ICMP, ICMPV6, SCTP, TCP, UDP } from '../../base/packet.ts'
import type { ObjectRef } from '../../base/source.ts'
import type { Outcome } from '../../dataplane/flight.ts'
import type { ClusterPod, ClusterService, ClusterServicePort } from '../../model/cluster.ts'
import type { Finding } from '../../model/journey.ts'
import type { Leg, RuleStep, Socket, Step, StopReason } from '../../model/trace.ts'
import type { Dial } from '../resolve-target.ts'
import type { RawResult } from '../result.ts'
import type { World } from '../world.ts'
import type { FindingCode } from './catalog.ts'

/** The Service that a packet was addressed to, by which of its addresses, and its port if it has that one. */
export interface AskedService {
  readonly service: ClusterService
  readonly port?: ClusterServicePort
  readonly by: 'cluster IP' | 'external IP' | 'load balancer' | 'node port' | 'name'
}

/** Where and why a packet went no further. */
export interface Stop {
  readonly netns: string
  readonly reason: StopReason
  readonly text: string
  readonly by?: RuleStep
  readonly onReply: boolean
}

/** One way that did not reach, and everything that a cause may be read from. */
export interface Failure extends RawResult {
  readonly world: World
  /** All ways of the same request, the failing ones among them. */
  readonly all: readonly RawResult[]
  /** The first packet as the sender's socket sent it; absent if none was sent. */
  readonly sent?: Packet
  readonly asked?: AskedService
  readonly stop?: Stop
}

/** Looks for one kind of cause. Gives nothing if it is not the cause of this failure. */
export type FindCause = (failure: Failure) => readonly Finding[]

/** Makes a finding; objects that are missing are left out. */
export function finding(
  code: FindingCode,
  message: string,
  details: {
    readonly fix?: string
    readonly objects?: readonly (ObjectRef | undefined)[]
    readonly severity?: Finding['severity']
  },
): Finding {
  const objects = (details.objects ?? []).filter((one) => one !== undefined)
  return {
    code,
    severity: details.severity ?? 'error',
    message,
    ...(details.fix !== undefined && { fix: details.fix }),
    objects,
  }
}

/** Puts together what is known of one way that did not reach. */
export function makeFailure(world: World, result: RawResult, all: readonly RawResult[]): Failure {
  const { outcome, dial } = result
  const sent = sentPacket(outcome.leg)
  const asked = sent ? askedService(world, sent) : dialledService(dial)
  const stop = stopOf(outcome)
  return { ...result, world, all, ...(sent && { sent }), ...(asked && { asked }), ...(stop && { stop }) }
}

function sentPacket({ forward }: Leg): Packet | undefined {
  const step = forward[0]?.steps.find((one) => one.type === 'sent')
  return step?.type === 'sent' ? step.packet : undefined
}

function dialledService(dial: Dial): AskedService | undefined {
  return 'service' in dial && dial.service ? { service: dial.service, by: 'name' } : undefined
}

const protocolNames: Readonly<Record<number, string>> = {
  [TCP]: 'TCP',
  [UDP]: 'UDP',
  [SCTP]: 'SCTP',
  [ICMP]: 'ICMP',
  [ICMPV6]: 'ICMP',
}

/** The protocol as Kubernetes spells it. */
export function protocolName(protocol: number): string {
  return protocolNames[protocol] ?? String(protocol)
}

/** The Service that a packet is for, by its destination address and port. */
function askedService(world: World, { dst, dport, protocol }: Packet): AskedService | undefined {
  const name = protocolName(protocol)
  const services = world.servicesByIp.get(dst) ?? []
  for (const service of services) {
    const port = service.ports.find((one) => one.port === dport && one.protocol === name)
    if (port) return { service, port, by: addressKind(service, dst) }
  }
  const [first] = services
  if (first) return { service: first, by: addressKind(first, dst) }
  const byNodePort = world.nodesByIp.has(dst) ? world.servicesByNodePort.get(`${name} ${dport}`) : undefined
  return byNodePort && { ...byNodePort, by: 'node port' }
}

function addressKind(service: ClusterService, dst: Ip): AskedService['by'] {
  if (service.clusterIps.includes(dst)) return 'cluster IP'
  return service.externalIps.includes(dst) ? 'external IP' : 'load balancer'
}

/** Where it stopped, with the rule itself if a rule did it. */
function stopOf({ leg, stoppedAt }: Outcome): Stop | undefined {
  if (!stoppedAt) return undefined
  const { netns, reason, text, onReply } = stoppedAt
  const walks = [leg.later?.at(-1)?.hops ?? [], leg.reply, leg.forward]
  const ended = walks
    .map((hops) => hops.at(-1)?.steps.findLast(isEnded))
    .find((step) => step?.reason === reason)
  return { netns, reason, text, onReply, ...(ended?.by && { by: ended.by }) }
}

function isEnded(step: Step): step is Step & { readonly type: 'ended' } {
  return step.type === 'ended'
}

/** `namespace/name`. */
export function fullName({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`
}

/** A place within the Service's manifest. */
export function inService(service: ClusterService, ...path: readonly (string | number)[]): ObjectRef {
  const { source, ref } = service
  return source ? { ...ref, at: source.locate(path) } : ref
}

/** A place within the pod's manifest; of a pod that a workload made, the workload. */
export function inPod(pod: ClusterPod, ...path: readonly (string | number)[]): ObjectRef {
  if (pod.source) return { ...pod.ref, at: pod.source.locate(path) }
  return pod.owner?.at ? pod.owner : pod.ref
}

/** The node on which the walk first met a node, which is where Services are translated. */
export function firstNode({ outcome, world }: Failure) {
  for (const { netns } of outcome.leg.forward) {
    if (netns.startsWith('node/')) return world.nodes.get(netns.slice(5))
  }
  return undefined
}

/** Where a new connection's destination was translated to last, on the way there. */
export function translatedTo({ outcome }: Failure): Socket | undefined {
  const steps = outcome.leg.forward.flatMap((hop) => hop.steps)
  const last = steps.findLast(
    (step) => step.type === 'nat' && step.side === 'destination' && step.action === 'dnat',
  )
  return last?.type === 'nat' ? last.to : undefined
}

/** At most this many names, and how many more there are. */
export function listNames(names: readonly string[], limit = 4): string {
  const rest = names.length - limit
  return rest > 0 ? `${names.slice(0, limit).join(', ')} and ${rest} more` : names.join(', ')
}
