import type { Ip } from '../../base/ip.ts'
import { familyOf, formatIp, isLoopback } from '../../base/ip.ts'
import type { ClusterPod } from '../../model/cluster.ts'
import type { Finding } from '../../model/journey.ts'
import type { Listener } from '../../model/network.ts'
import type { Failure, FindCause } from './failure.ts'
import { finding, inPod, inService, protocolName } from './failure.ts'

/** Where the packet arrived and no socket took it. */
interface Place {
  readonly ip: Ip
  readonly port: number
  readonly protocol: number
  /** What messages call it. */
  readonly label: string
  readonly pod: ClusterPod | undefined
  readonly listeners: readonly Listener[]
}

/** The far stack has no socket for the packet. */
export const findListener: FindCause = (failure) => {
  const place = placeOf(failure)
  if (failure.stop?.reason !== 'no-listener' || !place) return []
  return [
    ...ownLocalhost(failure, place),
    ...otherSocket(place),
    ...tooBroad(failure, place),
    ...wrongTargetPort(failure, place),
    nothingListens(place),
  ].slice(0, 1)
}

/** The pod at which the packet arrived. */
export function podAt({ outcome, world, sender }: Failure): ClusterPod | undefined {
  const { destination } = outcome
  if (!destination) return undefined
  const [role, namespace, name] = destination.netns.split('/')
  if (role === 'pod') return world.pods.get(`${namespace}/${name}`)
  return destination.netns === sender.netns && isLoopback(destination.ip)
    ? sender.pod
    : hostPod(destination.ip)

  /** Of the pods in a node's network the one behind the endpoint that was chosen. */
  function hostPod(ip: Ip): ClusterPod | undefined {
    return world.cluster.pods.find(
      (pod) =>
        pod.hostNetwork && pod.ips.includes(ip) && pod.ports.some((one) => one.port === destination?.port),
    )
  }
}

function placeOf(failure: Failure): Place | undefined {
  const { destination } = failure.outcome
  const { sent, sender } = failure
  if (!destination || !sent) return undefined
  const netns = sender.network.namespaces.get(destination.netns)
  const pod = podAt(failure)
  const label = pod ? `pod ${pod.name}` : (netns?.label ?? destination.netns)
  return {
    ip: destination.ip,
    port: destination.port,
    protocol: sent.protocol,
    label,
    pod,
    listeners: netns?.listeners ?? [],
  }
}

function ownLocalhost({ world, sender }: Failure, { ip, port, protocol, label }: Place): readonly Finding[] {
  if (!isLoopback(ip) || !sender.pod || sender.pod.hostNetwork) return []
  const { namespace } = sender.pod
  const service = [...world.services.values()].find(
    (one) =>
      one.namespace === namespace &&
      one.ports.some((each) => each.port === port && each.protocol === protocolName(protocol)),
  )
  if (!service || sender.pod.ports.some((one) => one.port === port)) return []
  return [
    finding(
      'localhost-is-the-sender',
      `localhost is ${label} itself, which does not listen on ${port}; Service ${service.name} does`,
      {
        objects: [sender.pod.ref, service.ref],
        fix: `ask for ${service.name}:${port}`,
      },
    ),
  ]
}

/** A socket has the port, and something else about it does not fit. */
function otherSocket({ ip, port, protocol, label, pod, listeners }: Place): readonly Finding[] {
  const samePort = listeners.filter((one) => one.port === port)
  const bound = samePort.find((one) => one.protocol === protocol)
  const objects = pod ? [inPod(pod, 'spec', 'containers')] : []
  if (!bound) {
    const [other] = samePort
    if (!other) return []
    return [
      finding(
        'listens-on-other-protocol',
        `${label} listens on ${port} for ${protocolName(other.protocol)} only`,
        {
          objects,
          fix: `ask it by ${protocolName(other.protocol)}, or let it listen for ${protocolName(protocol)}`,
        },
      ),
    ]
  }
  const { address } = bound
  if (typeof address !== 'string' && isLoopback(address)) {
    return [
      finding(
        'listens-on-loopback',
        `${label} listens on ${formatIp(address)}:${port} only, where nobody outside the pod can reach it`,
        {
          objects,
          fix: 'let the process listen on 0.0.0.0 or ::',
        },
      ),
    ]
  }
  const otherFamily =
    address === 'any4' ||
    address === 'any6' ||
    (typeof address !== 'string' && familyOf(address) !== familyOf(ip))
  if (otherFamily) {
    const family = address === 'any4' || typeof address === 'number' ? 4 : 6
    return [
      finding('listens-on-other-family', `${label} listens on port ${port} for IPv${family} only`, {
        objects,
        fix: family === 4 ? 'let the process listen on ::' : 'let the process listen on 0.0.0.0',
      }),
    ]
  }
  return [
    finding(
      'listens-on-other-address',
      `${label} listens on ${typeof address === 'string' ? address : formatIp(address)}:${port}, and ${formatIp(ip)} was asked`,
      {
        objects,
        fix: 'let the process listen on 0.0.0.0 or ::',
      },
    ),
  ]
}

/** Some endpoints answer, this one never would: it is not one of them. */
function tooBroad({ all, asked, stop }: Failure, { pod, port, label }: Place): readonly Finding[] {
  if (!asked?.service.selector || !pod || pod.ports.some((one) => one.port === port) || stop?.onReply)
    return []
  if (!all.some(({ outcome }) => outcome.disposition === 'reached')) return []
  const { service } = asked
  const labels = Object.entries(service.selector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  return [
    finding(
      'selector-too-broad',
      `the selector ${labels} of Service ${service.name} also takes in ${label}, which does not listen on ${port}`,
      {
        objects: [inService(service, 'spec', 'selector'), inPod(pod, 'metadata', 'labels')],
        fix: 'give the pods that are meant a label of their own, and select that',
      },
    ),
  ]
}

function wrongTargetPort(
  { asked }: Failure,
  { pod, port, label, protocol, listeners }: Place,
): readonly Finding[] {
  if (!asked?.port || !pod || asked.by === 'name') return []
  const { service } = asked
  const offered = offeredPorts(listeners, protocol)
  const has = offered.length > 0 ? `it listens on ${offered.join(', ')}` : 'nothing listens there'
  const [only] = offered
  const byHand = !service.selector
  return [
    finding(
      'target-port-not-listening',
      `Service ${service.name} sends to port ${port} of ${label}; ${has}`,
      {
        objects: [
          byHand
            ? service.ref
            : inService(service, 'spec', 'ports', service.ports.indexOf(asked.port), 'targetPort'),
          inPod(pod, 'spec', 'containers'),
        ],
        fix:
          only === undefined
            ? `let the process listen on ${port}`
            : `set targetPort: ${offered.length === 1 ? only : `to one of ${offered.join(', ')}`}, or let the process listen on ${port}`,
      },
    ),
  ]
}

function offeredPorts(listeners: readonly Listener[], protocol: number): readonly number[] {
  const ports = listeners.flatMap((one) =>
    one.protocol === protocol && typeof one.port === 'number' && !isOwnLoopback(one) ? [one.port] : [],
  )
  return [...new Set(ports)].toSorted((a, b) => a - b)
}

function isOwnLoopback({ address }: Listener): boolean {
  return typeof address !== 'string' && isLoopback(address)
}

function nothingListens({ ip, port, protocol, label, pod, listeners }: Place): Finding {
  const offered = offeredPorts(listeners, protocol)
  const has = offered.length > 0 ? `; it listens on ${offered.join(', ')}` : ''
  return finding(
    'nothing-listens',
    `nothing listens on ${formatIp(ip)}:${port}/${protocolName(protocol)} of ${label}${has}`,
    {
      objects: pod ? [inPod(pod, 'spec', 'containers')] : [],
      fix:
        offered.length > 0
          ? 'ask for a port on which it listens, or start the process'
          : 'start the process that should listen there',
    },
  )
}
