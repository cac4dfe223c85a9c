import { familyOf } from '../base/ip.ts'
import { icmpOf, SCTP, TCP, UDP } from '../base/packet.ts'
import { cloudProxyAt } from '../control/cloud-proxy/cloud-proxies.ts'
import { exchange } from '../dataplane/exchange.ts'
import type { Outcome } from '../dataplane/flight.ts'
import type { Disposition } from '../model/trace.ts'
import type { TraceOptions } from './options.ts'
import type { Dial, RequestProtocol } from './resolve-target.ts'
import { chooseOne } from './sampling.ts'
import type { Sender } from './sender.ts'
import type { World } from './world.ts'

const protocolNumbers = { tcp: TCP, udp: UDP, sctp: SCTP } as const

/** The protocol's number in the IP header; ICMP's for want of a port. */
export function protocolNumber(protocol: RequestProtocol): number {
  return protocol === 'icmp' ? 1 : protocolNumbers[protocol]
}

/** How a connection is made. */
export interface ConnectOptions extends TraceOptions {
  readonly protocol: RequestProtocol
  readonly sport: number
}

/** Connects to what was dialled, and where nobody answers there, to what clients try next. */
export function connect(
  world: World,
  sender: Sender,
  dial: Dial,
  options: ConnectOptions,
): readonly Outcome[] {
  const first = connectOnce(world, sender, dial, options)
  if (dial.type !== 'dial' || !dial.otherwise || first.some((one) => one.disposition === 'reached'))
    return first
  return connectOnce(world, sender, { ...dial, ips: dial.otherwise }, options)
}

/** Sends to what was dialled, each of its addresses with an equal share, and gives every way in which that may go. */
function connectOnce(world: World, sender: Sender, dial: Dial, options: ConnectOptions): readonly Outcome[] {
  const { protocol, sport, load } = options
  if (dial.type !== 'dial') return [withoutPacket(dial, options)]
  if (isUnmodelledProxy(world, dial, protocol) || keepsConfiguration(world, dial)) {
    return [{ ...withoutPacket(dial, options), disposition: 'unknown' }]
  }
  const ips = sampled(dial.ips, options)
  return ips.flatMap((dst) => {
    const attempt = {
      from: sender.netns,
      protocol: protocol === 'icmp' ? icmpOf(familyOf(dst)) : protocolNumbers[protocol],
      dst,
      dport: dial.port,
      sport,
      ...(load && { load }),
      ...(sender.src !== undefined && familyOf(sender.src) === familyOf(dst) && { src: sender.src }),
    }
    return exchange(sender.network, attempt, options).map((outcome) => weigh(outcome, 1 / ips.length))
  })
}

/** All of them, or the one that the sampling picks. */
export function sampled<T>(items: readonly T[], { choose }: TraceOptions): readonly T[] {
  if (!choose || items.length < 2) return items
  const one = chooseOne(items, choose)
  return one === undefined ? [] : [one]
}

/** Traffic to Services depends on the proxy mode; what is not modelled is not guessed. */
function isUnmodelledProxy(world: World, dial: Dial, protocol: RequestProtocol): boolean {
  if (world.cluster.settings.kubeProxy.mode === 'iptables' || dial.type !== 'dial') return false
  const isNodePort = world.servicesByNodePort.has(`${protocol.toUpperCase()} ${dial.port}`)
  return dial.ips.some((ip) => world.servicesByIp.has(ip) || (isNodePort && !world.podsByIp.has(ip)))
}

/** A cloud's balancer that has the configuration of an earlier day. */
function keepsConfiguration({ cluster }: World, { ips }: Extract<Dial, { type: 'dial' }>): boolean {
  return ips.some((ip) => cloudProxyAt(cluster, ip)?.refused !== undefined)
}

/** The outcome with a share of its own. */
export function weigh(outcome: Outcome, share: number): Outcome {
  return share === 1 ? outcome : { ...outcome, probability: outcome.probability * share }
}

/** A journey that ends before a packet is sent: the name or the address is missing. */
function withoutPacket(dial: Dial, { state }: TraceOptions): Outcome {
  return {
    probability: 1,
    disposition: dispositionOf(dial),
    leg: { purpose: 'connect', forward: [], reply: [] },
    state,
  }
}

function dispositionOf(dial: Dial): Disposition {
  switch (dial.type) {
    case 'no-endpoint':
    case 'no-name':
      return 'nxdomain'
    case 'no-ingress-address':
      return 'no-address'
    case 'no-address':
      return dial.hostname ? 'unknown' : 'no-address'
    case 'dial':
      return 'unknown'
    default:
      return dial satisfies never
  }
}
