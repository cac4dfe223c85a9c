import type { Ip } from '../../base/ip.ts'
import { familyOf, formatEndpoint, formatIp, isLoopback } from '../../base/ip.ts'
import type { ObjectRef } from '../../base/source.ts'
import type { ClusterPod } from '../../model/cluster.ts'
import type { Finding } from '../../model/journey.ts'
import type { Listener } from '../../model/network.ts'
import type { World } from '../world.ts'
import type { AskedService, Failure, FindCause } from './failure.ts'
import { finding, fullName, inPod, inService, protocolName } from './failure.ts'
import { writtenBy } from './hand-made-endpoints.ts'

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
export const findListener: FindCause = (given) => {
  const place = placeOf(given)
  if (given.stop?.reason !== 'no-listener' || !place) return []
  const asked = given.asked ?? backendOf(given)
  const failure: Failure = { ...given, ...(asked && { asked }) }
  return [
    ...ownLocalhost(failure, place),
    ...otherSocket(place),
    ...headlessPort(failure, place),
    ...tooBroad(failure, place),
    ...wrongHandMadePort(failure, place),
    ...wrongTargetPort(failure, place),
    nothingListens(place),
  ].slice(0, 1)
}

/** The Service of whose endpoints a proxy took this one. */
function backendOf({ world, outcome, dial, sent }: Failure): AskedService | undefined {
  if (outcome.leg.purpose !== 'proxy' || !('service' in dial) || !dial.service || !sent) return undefined
  const { service } = dial
  const [name] = world
    .slicesOf(service)
    .flatMap((slice) => slice.ports.flatMap((one) => (one.port === sent.dport ? one.name : [])))
  const port = service.ports.find((one) => one.name === name)
  return { service, ...(port && { port }), by: 'cluster IP' }
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
  if (!isLoopback(ip) || !sender.pod) return []
  const { namespace } = sender.pod
  const found = serviceWithPort(world, namespace, port, protocolName(protocol))
  if (!found || sender.pod.ports.some((one) => one.port === port)) return []
  return [
    finding(
      'localhost-is-the-sender',
      `localhost is ${label} itself, which does not listen on ${port}; ${found.says}`,
      {
        objects: [sender.pod.ref, found.service.ref],
        fix: `ask for ${found.service.name}${found.service.namespace === namespace ? '' : `.${found.service.namespace}`}:${found.port}`,
      },
    ),
  ]
}

/** The Service that was meant: of the sender's namespace first, by its own port before that of its pods. */
function serviceWithPort(world: World, namespace: string, port: number, protocol: string) {
  const services = [...world.services.values()]
    .filter((one) => fullName(one) !== 'default/kubernetes')
    .toSorted((a, b) => Number(b.namespace === namespace) - Number(a.namespace === namespace))
  for (const key of ['port', 'targetPort'] as const) {
    for (const service of services) {
      const found = service.ports.find((one) => one[key] === port && one.protocol === protocol)
      if (!found) continue
      const says = key === 'port' ? `Service ${service.name} does` : `the pods of Service ${service.name} do`
      return { service, port: found.port, says }
    }
  }
  return undefined
}

/** A headless Service is a name and nothing more: who asks for its port gets it as it is. */
function headlessPort({ dial }: Failure, { pod, port, protocol, label }: Place): readonly Finding[] {
  const service = dial.type === 'dial' ? dial.service : undefined
  if (!service?.headless || !pod) return []
  const index = service.ports.findIndex((one) => one.port === port && one.protocol === protocolName(protocol))
  const { targetPort } = service.ports[index] ?? {}
  const target =
    typeof targetPort === 'string' ? pod.ports.find((one) => one.name === targetPort)?.port : targetPort
  if (target === undefined || target === port) return []
  return [
    finding(
      'headless-port-not-translated',
      `Service ${service.name} is headless: its name stands for ${label} itself, where ${port} is not translated to ${target}`,
      {
        objects: [
          inService(service, 'spec', 'ports', index, 'targetPort'),
          inService(service, 'spec', 'clusterIP'),
        ],
        fix: `ask for ${service.name}:${target}, or give the Service a cluster IP`,
      },
    ),
  ]
}

/** A socket has the port, and something else about it does not fit. */
function otherSocket(place: Place): readonly Finding[] {
  const { port, protocol, label, pod, listeners } = place
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
  return [boundElsewhere(bound, place, pod ? objects : [bound.owner])]
}

/** The socket is bound to an address that the packet does not have. */
function boundElsewhere(
  { address, owner }: Listener,
  { ip, port, label: place, pod }: Place,
  objects: readonly (ObjectRef | undefined)[],
): Finding {
  const label = !pod && owner?.kind === 'Pod' ? `pod ${owner.name}` : place
  const everywhere = { objects, fix: 'let the process listen on 0.0.0.0 or ::' }
  if (typeof address !== 'string' && isLoopback(address)) {
    return finding(
      'listens-on-loopback',
      `${label} listens on ${formatEndpoint(address, port)} only, where nobody outside ${pod && !pod.hostNetwork ? 'the pod' : 'the machine'} can reach it`,
      everywhere,
    )
  }
  if (typeof address === 'string' || familyOf(address) !== familyOf(ip)) {
    const family = address === 'any4' || typeof address === 'number' ? 4 : 6
    return finding('listens-on-other-family', `${label} listens on port ${port} for IPv${family} only`, {
      objects,
      fix: family === 4 ? 'let the process listen on ::' : 'let the process listen on 0.0.0.0',
    })
  }
  const text = formatEndpoint(address, port)
  return finding(
    'listens-on-other-address',
    `${label} listens on ${text}, and ${formatIp(ip)} was asked`,
    everywhere,
  )
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

/** The port of endpoints that were written by hand is that of the Endpoints; targetPort means nothing there. */
function wrongHandMadePort({ world, asked }: Failure, place: Place): readonly Finding[] {
  if (!asked?.port || asked.service.selector || asked.by === 'name') return []
  const { service } = asked
  const { ip, port, label, listeners, protocol } = place
  const slice = world
    .slicesOf(service)
    .find((one) => one.endpoints.some((endpoint) => endpoint.addresses.includes(ip)))
  if (!slice?.ports.some((one) => one.port === port)) return []
  const written = writtenBy(service, slice)
  const offered = offeredPorts(listeners, protocol)
  const has = offered.length > 0 ? `it listens on ${offered.join(', ')}` : 'nothing listens there'
  const instead =
    offered.length > 0 ? `set port: ${offered.join(' or ')} in ${written.kind} ${written.name}, or ` : ''
  return [
    finding(
      'target-port-not-listening',
      `${written.kind} ${written.name} of Service ${service.name} send to port ${port} of ${label}; ${has}`,
      { objects: [written, service.ref], fix: `${instead}let the process listen on ${port}` },
    ),
  ]
}

function wrongTargetPort(
  { asked, all }: Failure,
  { pod, port, label, protocol, listeners }: Place,
): readonly Finding[] {
  if (!asked?.port || !pod || asked.by === 'name') return []
  const { service } = asked
  const offered = offeredPorts(listeners, protocol)
  const has = offered.length > 0 ? `it listens on ${offered.join(', ')}` : 'nothing listens there'
  const isPodsFault = offered.length === 0 || all.some(({ outcome }) => outcome.disposition === 'reached')
  const field = inService(service, 'spec', 'ports', service.ports.indexOf(asked.port), 'targetPort')
  const socket = inPod(pod, 'spec', 'containers')
  const target = offered.length === 1 ? `: ${offered[0]}` : ` to one of ${offered.join(', ')}`
  return [
    finding(
      'target-port-not-listening',
      `Service ${service.name} sends to port ${port} of ${label}; ${has}`,
      {
        objects: isPodsFault ? [socket, field] : [field, socket],
        fix: isPodsFault
          ? `let the process of ${label} listen on ${port}`
          : `set targetPort${target}, or let the process listen on ${port}`,
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
    `nothing listens on ${formatEndpoint(ip, port)}/${protocolName(protocol)} of ${label}${has}`,
    {
      objects: pod ? [inPod(pod, 'spec', 'containers')] : [],
      fix:
        offered.length > 0
          ? 'ask for a port on which it listens, or start the process'
          : 'start the process that should listen there',
    },
  )
}
