import type { Cidr, Ip } from '../base/ip.ts'
import { contains, familyOf, hostCidr, isLoopback, parseIpSloppy } from '../base/ip.ts'
import type { Origin } from '../base/source.ts'
import type { Cluster } from '../model/cluster.ts'
import type { ExternalHost, PlaceEnvironment, PortMappingEntry } from '../model/environment.ts'
import type { Netns } from '../model/network.ts'
import type { Rule, RuleSet, Table, Target } from '../netfilter/rule.ts'
import { makeTable } from '../netfilter/table.ts'
import {
  accept,
  addressType,
  drop,
  host,
  onProtocol,
  rule,
  states,
  transport,
} from './proxy/iptables-rules.ts'
import type { Underlay } from './underlay.ts'

/**
 * Nodes that are containers of a machine, as kind's and minikube's are. Where the machine is no Linux the containers are in a
 * virtual machine, whose network nobody outside it has a route to; the engine brings the ports that were published when the
 * containers were made from the machine to them. The virtual machine is the router of the nodes' network.
 */

/** One published port. */
export interface PortMapping {
  readonly node: string
  readonly nodeIp: Ip
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  /** The address of the machine on which the port is published; all of its own, if left out. */
  readonly listenIp?: Ip
}

/** The component that findings know its rules by. */
export const containerEngine: Origin = { component: 'container engine' }

/** The addresses that Docker Desktop gives to its virtual machine, and to the machine itself towards containers. */
export const virtualMachineIp = 0xc0a84103
const towardsContainers = 0xc0a841fe

/** Whether the machine, and everything beyond it, has a way to the nodes' network. */
export function reachesNodeNetwork({ environment: place }: Cluster['environment']): boolean {
  if (!place) return true
  return place.hostCanRouteToNodeNetwork ?? (isLinux(place) || !usesContainers(place))
}

function isLinux({ hostOS }: PlaceEnvironment): boolean {
  return hostOS === undefined || hostOS.toLowerCase() === 'linux'
}

/** kind's and k3d's nodes are containers; minikube's with these drivers, and with others virtual machines with a route. */
function usesContainers({ type, driver }: PlaceEnvironment): boolean {
  if (driver === undefined) return type !== undefined
  return ['docker', 'podman'].includes(driver)
}

/** The machine on which the nodes are containers: the outside host with a loopback address, one that is called so, or the only one. */
export function containerHost({
  externalHosts = [],
  environment,
}: Cluster['environment']): ExternalHost | undefined {
  if (!environment) return undefined
  const atLoopback = externalHosts.find(({ ip }) => isLoopback(parseIpSloppy(ip ?? '') ?? 0))
  const called = externalHosts.find(({ name = '' }) =>
    /laptop|desktop|workstation|host|mac|windows|pc/i.test(name),
  )
  return atLoopback ?? called ?? externalHosts[0]
}

/** The ports that are published for the nodes. */
export function portMappings({ environment, nodes }: Cluster): readonly PortMapping[] {
  const containers = environment.environment?.nodeContainers ?? {}
  return nodes.flatMap(({ name, addresses }) => {
    const nodeIp = addresses.find((ip) => familyOf(ip) === 4)
    if (nodeIp === undefined) return []
    return (containers[name]?.extraPortMappings ?? []).flatMap((entry) => mappingOf(entry, name, nodeIp))
  })
}

function mappingOf(entry: PortMappingEntry, node: string, nodeIp: Ip): readonly PortMapping[] {
  const { containerPort, hostPort, protocol = 'TCP', listenAddress = '0.0.0.0' } = entry
  const name = protocol.toLowerCase()
  if (containerPort === undefined || hostPort === undefined) return []
  if (name !== 'tcp' && name !== 'udp' && name !== 'sctp') return []
  const ip = parseIpSloppy(listenAddress)
  const listenIp = ip === undefined || ip === 0 ? {} : { listenIp: ip }
  return [{ node, nodeIp, hostPort, containerPort, protocol: name, ...listenIp }]
}

/** The address that the machine has in its network: never 127.0.0.1, by which cases like to speak of it. */
export function containerHostIp(ip: Ip): Ip {
  return isLoopback(ip) ? towardsContainers : ip
}

/** The machine itself: published ports go to the virtual machine, from the machine and from its network alike. */
export function withPublishedPorts(netns: Netns, cluster: Cluster): Netns {
  const mappings = portMappings(cluster)
  const published = mappings.map(({ protocol, hostPort, listenIp }) =>
    rule(
      containerEngine,
      { ...onProtocol(protocol), ...(listenIp !== undefined && { destination: host(listenIp) }) },
      [addressType('destination'), transport(protocol, hostPort)],
      toAddress(virtualMachineIp),
    ),
  )
  const leaving = rule(containerEngine, { destination: host(virtualMachineIp) }, [], masquerade)
  const nat = natTable({ PREROUTING: published, OUTPUT: published, POSTROUTING: [leaving] })
  return {
    ...netns,
    sysctls: { ...netns.sysctls, 'net.ipv4.ip_forward': 1, 'net.ipv4.conf.all.route_localnet': 1 },
    ruleSets: mappings.length === 0 ? [] : [{ family: 4, tables: [nat], conntrack: true }],
  }
}

/** What the router of the nodes' network takes over: published ports, and that nobody else gets in. */
export interface VirtualMachine {
  /** Addresses towards the machine. */
  readonly addresses: readonly Ip[]
  readonly forward: readonly Rule[]
  readonly ruleSets: readonly RuleSet[]
}

export function virtualMachine(cluster: Cluster, underlay: Underlay): VirtualMachine | undefined {
  if (!cluster.environment.environment) return undefined
  const mappings = portMappings(cluster)
  const shut = !reachesNodeNetwork(cluster.environment)
  const fromOutside = { in: { name: 'wan0', inverted: false } }
  const published = rule(containerEngine, fromOutside, [states('DNAT')], accept)
  const nobody = rule(containerEngine, fromOutside, [states('NEW')], drop)
  return {
    addresses: mappings.length > 0 ? [virtualMachineIp] : [],
    forward: shut ? [published, nobody] : [],
    ruleSets: mappings.length > 0 ? [{ family: 4, tables: [deliveries(mappings, underlay)] }] : [],
  }
}

function deliveries(mappings: readonly PortMapping[], { networks }: Underlay): Table {
  const inwards = mappings.map(({ protocol, hostPort, nodeIp, containerPort }) =>
    rule(
      containerEngine,
      { destination: host(virtualMachineIp), ...onProtocol(protocol) },
      [transport(protocol, hostPort)],
      toAddress(nodeIp, containerPort),
    ),
  )
  const devices = new Set(
    networks.filter(({ cidr }) => holdsNode(cidr, mappings)).map(({ device }) => device),
  )
  const outwards = [...devices].map((name) =>
    rule(containerEngine, { out: { name, inverted: false } }, [states('DNAT')], masquerade),
  )
  return natTable({ PREROUTING: inwards, OUTPUT: [], POSTROUTING: outwards })
}

function holdsNode(cidr: Cidr, mappings: readonly PortMapping[]): boolean {
  return mappings.some(({ nodeIp }) => contains(cidr, nodeIp))
}

/** The blocks of the router's port on the outside: its own address. */
export function virtualMachinePrefixes(cluster: Cluster): readonly Cidr[] {
  return portMappings(cluster).length > 0 ? [hostCidr(virtualMachineIp)] : []
}

const masquerade: Target = { type: 'MASQUERADE', random: false, fullyRandom: false }

function toAddress(ip: Ip, port?: number): Target {
  const addresses = { first: ip, last: ip }
  const ports = port === undefined ? {} : { ports: { first: port, last: port } }
  return { type: 'DNAT', addresses, ...ports, random: false, persistent: false }
}

function natTable(rules: Readonly<Record<'PREROUTING' | 'OUTPUT' | 'POSTROUTING', readonly Rule[]>>): Table {
  return makeTable('nat', [
    { name: 'PREROUTING', policy: 'ACCEPT', rules: rules.PREROUTING },
    { name: 'INPUT', policy: 'ACCEPT', rules: [] },
    { name: 'OUTPUT', policy: 'ACCEPT', rules: rules.OUTPUT },
    { name: 'POSTROUTING', policy: 'ACCEPT', rules: rules.POSTROUTING },
  ])
}
