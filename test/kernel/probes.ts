import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { Ip } from '../../src/base/ip.ts'
import { familyOf, formatEndpoint, formatIp } from '../../src/base/ip.ts'
import { podId } from '../../src/control/pod-namespace.ts'
import type { LoadedCluster } from '../../src/index.ts'
import type { ClusterService, ClusterServicePort } from '../../src/model/cluster.ts'
import { outsideHosts } from './cluster-text.ts'

/** One question, for kubewalk and for the kernel. */
export interface Probe {
  /** The sender as kubewalk is asked for it, and its namespace. */
  readonly from: string
  readonly netns: string
  readonly protocol: 'tcp' | 'udp'
  readonly ip: Ip
  readonly port: number
  /** What sort of sender asks what sort of destination. */
  readonly sort: string
}

/** How a probe is written in messages: `pod/default/client-a -> 10.96.0.1:80/tcp`. */
export function probeText({ from, ip, port, protocol }: Probe): string {
  return `${from} -> ${formatEndpoint(ip, port)}/${protocol}`
}

interface Sender {
  readonly from: string
  readonly netns: string
  readonly sort: string
  readonly families: readonly (4 | 6)[]
}

interface Target {
  readonly ip: Ip
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  readonly sort: string
  /** Only these can be asked to send there: a loopback address means something else in each namespace. */
  readonly only?: string
}

/** As many different probes as are asked for, spread evenly over all sorts of sender and destination. */
export function chooseProbes(loaded: LoadedCluster, count: number): readonly Probe[] {
  const bySort = new Map<string, Probe[]>()
  for (const probe of shuffled(allProbes(loaded))) {
    const list = bySort.get(probe.sort)
    if (list) list.push(probe)
    else bySort.set(probe.sort, [probe])
  }
  const groups = shuffled([...bySort.keys()].toSorted()).map((sort) => bySort.get(sort) ?? [])
  const chosen: Probe[] = []
  for (let round = 0; chosen.length < count && groups.some((group) => group.length > round); round++) {
    chosen.push(...groups.flatMap((group) => group[round] ?? []))
  }
  return chosen.slice(0, count)
}

/** In an order that only looks random. */
function shuffled<T>(items: readonly T[]): T[] {
  const random = xoroshiro128plus(items.length + 7)
  const result = [...items]
  for (let at = result.length - 1; at > 0; at--) {
    const other = uniformInt(random, 0, at)
    const [a, b] = [result[at], result[other]]
    if (a !== undefined && b !== undefined) [result[at], result[other]] = [b, a]
  }
  return result
}

function allProbes(loaded: LoadedCluster): readonly Probe[] {
  const targets = targetsOf(loaded)
  return sendersOf(loaded).flatMap((sender) =>
    targets
      .filter(
        ({ ip, only }) => sender.families.includes(familyOf(ip)) && (only ?? sender.netns) === sender.netns,
      )
      .map(({ ip, port, protocol, sort }) => ({
        from: sender.from,
        netns: sender.netns,
        protocol,
        ip,
        port,
        sort: `${sender.sort} to ${sort} by ${protocol}`,
      })),
  )
}

function sendersOf({ cluster, network }: LoadedCluster): readonly Sender[] {
  const familiesOf = (ips: readonly Ip[]) => [...new Set(ips.map(familyOf))]
  const pods = cluster.pods
    .filter((pod) => !pod.hostNetwork && network.namespaces.get(podId(pod)))
    .map((pod): Sender => {
      const from = `pod/${pod.namespace}/${pod.name}`
      const sort = pod.name.startsWith('client-') ? 'a client pod' : 'a backend pod'
      return { from, netns: podId(pod), sort, families: familiesOf(pod.ips) }
    })
  const nodes = cluster.nodes.map(
    ({ name, addresses }): Sender => ({
      from: `node/${name}`,
      netns: `node/${name}`,
      sort: 'a node',
      families: familiesOf(addresses),
    }),
  )
  const outside = ([4, 6] as const).flatMap((family) =>
    outsideHosts[family]
      .filter(({ name }) => network.namespaces.get(`host/${name}`))
      .map(
        ({ name }): Sender => ({
          from: `external/${name}`,
          netns: `host/${name}`,
          sort: `host ${name}`,
          families: [family],
        }),
      ),
  )
  return [...pods, ...nodes, ...outside]
}

function targetsOf(loaded: LoadedCluster): readonly Target[] {
  const { cluster } = loaded
  const nodeAddresses = cluster.nodes.flatMap(({ name }) => addressesOf(loaded, `node/${name}`))
  const ofServices = cluster.services.flatMap((service) =>
    service.ports
      .filter((port) => port.protocol !== 'SCTP')
      .flatMap((port) => serviceTargets(loaded, service, port, nodeAddresses)),
  )
  const pod = cluster.pods.find((one) => !one.hostNetwork && one.ports.some((port) => port.port === 8080))
  const direct = (pod?.ips ?? []).flatMap((ip): Target[] => [
    { ip, port: 8080, protocol: 'tcp', sort: 'a pod' },
    { ip, port: 8099, protocol: 'tcp', sort: 'a closed port of a pod' },
    { ip, port: 8099, protocol: 'udp', sort: 'a closed port of a pod' },
  ])
  const closed = nodeAddresses
    .slice(0, 2)
    .map((ip): Target => ({ ip, port: 32766, protocol: 'tcp', sort: 'a closed port of a node' }))
  return [
    ...ofServices,
    ...direct,
    ...closed,
    ...nodeCacheTargets(loaded),
    ...hostPortTargets(loaded, nodeAddresses),
  ]
}

/** Ports of nodes that are mapped to pods, on every node and on localhost. */
function hostPortTargets({ cluster }: LoadedCluster, nodeAddresses: readonly Ip[]): readonly Target[] {
  const ports = new Set(
    cluster.pods.flatMap(({ hostNetwork, ports: declared }) =>
      declared.flatMap(({ hostPort, protocol }) =>
        hostNetwork || hostPort === undefined || protocol === 'SCTP' ? [] : `${protocol} ${hostPort}`,
      ),
    ),
  )
  return [...ports].flatMap((text) => {
    const [name, number] = text.split(' ')
    const protocol = name === 'UDP' ? 'udp' : 'tcp'
    const at = (ip: Ip, sort: string): Target => ({ ip, port: Number(number), protocol, sort })
    return [
      ...nodeAddresses.map((ip) => at(ip, `a host port (${number})`)),
      ...cluster.nodes.map((node) => ({
        ...at(0x7f000001, `a host port on localhost (${number})`),
        only: `node/${node.name}`,
      })),
    ]
  })
}

/** The addresses of NodeLocal DNSCache, which are those of a dummy device of each node. */
function nodeCacheTargets({ cluster, network }: LoadedCluster): readonly Target[] {
  const devices = cluster.nodes.flatMap(({ name }) => network.namespaces.get(`node/${name}`)?.devices ?? [])
  const addresses = devices.flatMap((one) => (one.type === 'dummy' ? one.addresses.map(({ ip }) => ip) : []))
  return [...new Set(addresses)].flatMap((ip) =>
    (['tcp', 'udp'] as const).flatMap((protocol): Target[] => [
      { ip, port: 53, protocol, sort: 'NodeLocal DNSCache' },
      { ip, port: 54, protocol, sort: 'another port of NodeLocal DNSCache' },
    ]),
  )
}

function addressesOf({ network }: LoadedCluster, netns: string): readonly Ip[] {
  const devices = network.namespaces.get(netns)?.devices ?? []
  return devices.flatMap(({ type, addresses }) => (type === 'ethernet' ? addresses.map(({ ip }) => ip) : []))
}

function serviceTargets(
  { cluster }: LoadedCluster,
  service: ClusterService,
  { protocol: name, port, nodePort }: ClusterServicePort,
  nodeAddresses: readonly Ip[],
): readonly Target[] {
  const protocol = name === 'UDP' ? 'udp' : 'tcp'
  const families = new Set(service.clusterIps.map(familyOf))
  const traits = [
    service.externalLocal ? 'external Local' : '',
    service.internalLocal ? 'internal Local' : '',
    service.affinitySeconds > 0 ? 'affinity' : '',
    service.sourceRanges.length > 0 ? 'source ranges' : '',
    `of ${service.name}`,
  ]
  const trait = traits.filter((one) => one !== '').join(', ')
  const at = (ips: readonly Ip[], sort: string, number = port): Target[] =>
    ips.map((ip) => ({ ip, port: number, protocol, sort: `${sort} (${trait})` }))
  const virtual = [...service.externalIps, ...service.loadBalancer.flatMap(({ ip }) => ip ?? [])]
  const onNodes = nodeAddresses.filter((ip) => families.has(familyOf(ip)))
  const localhost = cluster.nodes.flatMap((node) =>
    [0x7f000001, 1n]
      .filter((ip) => families.has(familyOf(ip)))
      .map(
        (ip): Target => ({
          ip,
          port: nodePort,
          protocol,
          sort: 'a node port on localhost',
          only: `node/${node.name}`,
        }),
      ),
  )
  return [
    ...at(service.clusterIps, 'a cluster IP'),
    ...at(service.clusterIps.slice(0, 1), 'another port of a cluster IP', 81),
    ...at(service.externalIps, 'an external IP'),
    ...at(
      service.loadBalancer.flatMap(({ ip }) => ip ?? []),
      'a load balancer',
    ),
    ...at(virtual.slice(0, 1), 'another port of an outside address', 81),
    ...(nodePort === 0 ? [] : [...at(onNodes, 'a node port', nodePort), ...localhost]),
    ...(service.healthCheckNodePort === 0 ? [] : at(onNodes, 'a health check', service.healthCheckNodePort)),
  ]
}

/** All addresses that anybody outside may be asked for, so that the internet can have them. */
export function addressesAsked(loaded: LoadedCluster): readonly Ip[] {
  const endpoints = loaded.cluster.endpointSlices.flatMap((slice) =>
    slice.endpoints.slice(0, 20).flatMap(({ addresses }) => addresses),
  )
  return [...new Set([...allProbes(loaded).map(({ ip }) => ip), ...endpoints])].filter(
    (ip) => !formatIp(ip).startsWith('127.') && ip !== 1n,
  )
}

/** All ports that anybody may be asked for, for hosts that answer on every port. */
export function portsAsked(loaded: LoadedCluster): readonly number[] {
  const endpoints = loaded.cluster.endpointSlices.flatMap(({ ports }) =>
    ports.flatMap(({ port }) => port ?? []),
  )
  return [...new Set([...allProbes(loaded).map(({ port }) => port), ...endpoints])]
}
