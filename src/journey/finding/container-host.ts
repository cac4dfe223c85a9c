import type { Ip } from '../../base/ip.ts'
import { formatEndpoint, formatIp } from '../../base/ip.ts'
import type { ObjectRef } from '../../base/source.ts'
import type { PortMapping } from '../../control/container-host.ts'
import { containerEngine, containerHost, portMappings } from '../../control/container-host.ts'
import type { ClusterService, ClusterServicePort } from '../../model/cluster.ts'
import type { Finding } from '../../model/journey.ts'
import type { World } from '../world.ts'
import type { Failure, FindCause } from './failure.ts'
import { finding, inService, listNames, protocolName } from './failure.ts'

/** The nodes are containers of a machine: a port is not published there, is published for another one, or nobody has a way in. */
export const findContainerHost: FindCause = (failure) => {
  if (!failure.world.cluster.environment.environment || !failure.stop || failure.stop.onReply) return []
  return [...notPublished(failure), ...otherPort(failure), ...noWayIn(failure)].slice(0, 1)
}

/** Node ports are sockets of the nodes; the machine has those alone that its container engine publishes. */
function notPublished({ world, stop, sent }: Failure): readonly Finding[] {
  const declared = containerHost(world.cluster.environment)
  const name = declared?.name ?? declared?.ip
  if (stop?.reason !== 'no-listener' || stop.netns !== `host/${name}` || !sent) return []
  const protocol = protocolName(sent.protocol)
  const served = world.servicesByNodePort.get(`${protocol} ${sent.dport}`)
  const [node] = world.cluster.nodes
  if (!served || !node) return []
  const { service, port } = served
  const elsewhere = portMappings(world.cluster).find((one) => one.hostPort === sent.dport)
  if (elsewhere) return [publishedElsewhere(world, elsewhere, sent.dst)]
  const nodeIps = world.cluster.nodes.flatMap(({ addresses }) => addresses.slice(0, 1)).map(formatIp)
  return [
    finding(
      'port-not-published',
      `node port ${sent.dport} of Service ${service.name} is served on the nodes' own addresses (${listNames(nodeIps)}); the nodes are containers, and ${name} publishes no port ${sent.dport}`,
      {
        objects: [
          inEnvironment(world, 'nodeContainers', node.name, 'extraPortMappings'),
          nodePortPlace(service, port),
        ],
        fix: `create the cluster with extraPortMappings of containerPort ${sent.dport} and hostPort ${sent.dport}; for a test, ${forward(service, port)}`,
      },
    ),
  ]
}

/** The port is published on another address of the machine than was asked. */
function publishedElsewhere(
  world: World,
  { node, hostPort, listenIp = 0, protocol }: PortMapping,
  asked: Ip,
): Finding {
  const where = `${formatEndpoint(listenIp, hostPort)}/${protocol.toUpperCase()}`
  return finding(
    'port-not-published',
    `the container engine publishes ${where} alone, and ${formatEndpoint(asked, hostPort)} was asked`,
    {
      objects: [inEnvironment(world, 'nodeContainers', node, 'extraPortMappings')],
      fix: 'create the cluster with listenAddress 0.0.0.0 in its extraPortMappings, or ask from the machine itself',
    },
  )
}

/** The engine's port leads to a port of the node on which nothing is served. */
function otherPort({ world, stop, outcome, sent }: Failure): readonly Finding[] {
  const node = stop?.netns.startsWith('node/') ? stop.netns.slice(5) : undefined
  const { destination } = outcome
  if (stop?.reason !== 'no-listener' || node === undefined || !destination || !sent) return []
  const mapping = portMappings(world.cluster).find(
    (one) => one.node === node && one.containerPort === destination.port && one.hostPort === sent.dport,
  )
  if (!mapping || !outcome.leg.forward.some((hop) => hop.netns === 'router')) return []
  const protocol = protocolName(sent.protocol)
  const known = [...world.servicesByNodePort].filter(([key]) => key.startsWith(`${protocol} `))
  const ports = known.map(([, { service, port }]) => `${port.nodePort} (${service.name})`)
  return [
    finding(
      'port-not-published',
      `the container engine brings port ${mapping.hostPort} to ${formatEndpoint(mapping.nodeIp, mapping.containerPort)} of ${node}, where no Service has a node port`,
      {
        objects: [inEnvironment(world, 'nodeContainers', node, 'extraPortMappings')],
        fix:
          ports.length > 0
            ? `let containerPort be a node port: ${listNames(ports.toSorted())}`
            : 'give the Service type NodePort, and let containerPort be its node port',
      },
    ),
  ]
}

/** The nodes' network is within a virtual machine. */
function noWayIn({ world, stop, sent, asked, sender }: Failure): readonly Finding[] {
  if (stop?.by?.rule?.origin?.component !== containerEngine.component || !sent) return []
  const from = sender.network.namespaces.get(sender.netns)?.label ?? 'the sender'
  const { service, port } = asked ?? {}
  const type = world.cluster.environment.environment?.type
  const tunnel = type === 'minikube' ? `minikube service ${service?.name ?? 'NAME'}, or ` : ''
  return [
    finding(
      'node-network-inside-machine',
      `${formatIp(sent.dst)} is in the network of containers within a virtual machine: ${from} has no route to it, and sends by its default route to where nobody knows it`,
      {
        objects: [inEnvironment(world, 'hostCanRouteToNodeNetwork'), service && nodePortPlace(service, port)],
        fix: `${tunnel}${service ? forward(service, port) : 'kubectl port-forward'}; a port that is published when the cluster is created is reached on localhost`,
      },
    ),
  ]
}

function forward(service: ClusterService, port: ClusterServicePort | undefined): string {
  const number = port?.port ?? service.ports[0]?.port ?? 0
  return `kubectl port-forward -n ${service.namespace} svc/${service.name} ${number}`
}

function nodePortPlace(service: ClusterService, port: ClusterServicePort | undefined): ObjectRef {
  return inService(service, 'spec', 'ports', port ? service.ports.indexOf(port) : 0, 'nodePort')
}

function inEnvironment({ cluster }: World, ...path: readonly string[]): ObjectRef | undefined {
  const source = cluster.environmentSource
  return source && { ...source.ref, at: source.locate(['spec', 'environment', ...path]) }
}
