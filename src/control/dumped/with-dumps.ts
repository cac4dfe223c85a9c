import type { Ip } from '../../base/ip.ts'
import { formatIp } from '../../base/ip.ts'
import type { Cluster, ClusterPod } from '../../model/cluster.ts'
import type { Device, Netns, NetnsId, Network, Segment } from '../../model/network.ts'
import type { NodeDump } from '../../model/node-dump.ts'
import type { CompiledNetwork } from '../compile.ts'
import { hasNamespace, podId } from '../pod-namespace.ts'
import { routerId } from '../underlay.ts'
import type { Attached } from './attachments.ts'
import { attach, attachmentAssumptions } from './attachments.ts'
import { deviceRoles } from './device-kinds.ts'
import type { Ends } from './devices.ts'
import { dumpedNode } from './dumped-node.ts'
import { defaultHop } from './main-table.ts'
import { tunnelMacs, withTunnelsTo } from './tunnel-macs.ts'
import { uplinkOf } from './uplink.ts'

/** A network of which some nodes are as they were dumped, and what had to be assumed for that. */
export interface NetworkWithDumps {
  readonly compiled: CompiledNetwork
  readonly assumptions: readonly string[]
}

/** A dumped node: its dump, its device on the nodes' network, and where its pods are attached. */
interface Plan {
  readonly dump: NodeDump
  readonly uplink: string | undefined
  /** By the ids of the pods' namespaces. */
  readonly pods: ReadonlyMap<NetnsId, Attached>
}

/** Puts dumped nodes in the place of those that the cluster would have. */
export function withDumps(
  compiled: CompiledNetwork,
  cluster: Cluster,
  dumps: readonly NodeDump[],
): NetworkWithDumps {
  if (dumps.length === 0) return { compiled, assumptions: [] }
  const assumptions: string[] = []
  const plans = new Map(
    dumps.map((dump) => [`node/${dump.node}`, planOf(cluster, dump, assumptions)] as const),
  )
  const base = compiled.network
  const made = new Map<NetnsId, Netns | undefined>()
  const get = (id: NetnsId): Netns | undefined => {
    if (!made.has(id)) made.set(id, replaced(base, plans, id))
    return made.get(id)
  }
  const segments = new Map(
    [...base.segments.keys()].flatMap((id) => {
      const segment = base.segments.get(id)
      return segment ? [[id, replugged(base, plans, segment)] as const] : []
    }),
  )
  for (const plan of plans.values()) {
    for (const id of ownSegments(plan)) segments.set(id, { id, type: 'ethernet', ports: [] })
  }
  const network: Network = { namespaces: { get, keys: () => base.namespaces.keys() }, segments }
  const givenRules = new Set([
    ...compiled.givenRules,
    ...dumps.filter(({ ruleSets }) => ruleSets.length > 0).map(({ node }) => node),
  ])
  return { compiled: { ...compiled, network, givenRules }, assumptions }
}

function planOf(cluster: Cluster, dump: NodeDump, assumptions: string[]): Plan {
  const node = cluster.nodes.find(({ name }) => name === dump.node)
  const own = cluster.pods.filter((pod) => pod.nodeName === dump.node && hasNamespace(pod))
  const byIp = new Map(own.flatMap((pod) => pod.ips.map((ip) => [ip, pod] as const)))
  const attached = dump.devices ? attach(dump, [...byIp.keys()]) : attachedByRoute(dump, [...byIp.keys()])
  const nameOf = (ip: Ip) => podName(byIp.get(ip)) ?? formatIp(ip)
  assumptions.push(...attachmentAssumptions(dump.node, attached, nameOf))
  const pods = new Map<NetnsId, Attached>()
  for (const [ip, one] of attached) {
    const pod = byIp.get(ip)
    if (pod && !pods.has(podId(pod))) pods.set(podId(pod), one)
  }
  return { dump, uplink: uplinkOf(dump, node?.addresses ?? []), pods }
}

function podName(pod: ClusterPod | undefined): string | undefined {
  return pod && `pod ${pod.namespace}/${pod.name}`
}

/** Without the devices of the node, its routes still name those of its pods. */
function attachedByRoute({ routes = [] }: NodeDump, ips: readonly Ip[]): ReadonlyMap<Ip, Attached> {
  return new Map(
    ips.flatMap((ip) => {
      const own = routes.find(({ destination }) => destination.first === ip && destination.last === ip)
      const [hop] = own?.nextHops ?? []
      return hop && hop.via === undefined ? [[ip, { device: hop.device }] as const] : []
    }),
  )
}

function replaced(base: Network, plans: ReadonlyMap<NetnsId, Plan>, id: NetnsId): Netns | undefined {
  const netns = base.namespaces.get(id)
  if (!netns) return undefined
  const plan = plans.get(id)
  if (plan) return asDumped(netns, plan)
  if (netns.role === 'node') {
    return withTunnelsTo(
      netns,
      [...plans].flatMap(([node, one]) => tunnelMacs(base.namespaces.get(node), one.dump)),
    )
  }
  const [home, attached] = homeOf(netns, plans)
  return home && attached ? behind(netns, home, attached) : netns
}

/** The dumped node that a pod is wired to, and by which device. */
function homeOf(netns: Netns, plans: ReadonlyMap<NetnsId, Plan>) {
  for (const [node, plan] of plans) {
    const attached = plan.pods.get(netns.id)
    if (attached) return [node, attached] as const
  }
  return [undefined, undefined] as const
}

/** The pod's namespace, its wire plugged into the dump's device. */
function behind(netns: Netns, node: NetnsId, { device: name, mac }: Attached): Netns {
  const devices = netns.devices.map((device): Device => {
    if (device.type !== 'veth' || device.peer.netns !== node) return device
    return { ...device, peer: { netns: node, device: name }, ...(mac !== undefined && { mac }) }
  })
  return { ...netns, devices }
}

function asDumped(netns: Netns, { dump, uplink, pods }: Plan): Netns {
  const generated = netns.devices.find(({ type }) => type === 'ethernet')
  const byDevice = new Map([...pods].map(([id, { device }]) => [device, id]))
  const renames = new Map<string, string>()
  if (generated && uplink !== undefined) renames.set(generated.name, uplink)
  for (const device of netns.devices) {
    const claimed = device.type === 'veth' ? pods.get(device.peer.netns) : undefined
    if (claimed) renames.set(device.name, claimed.device)
  }
  const ends: Ends = {
    netns: netns.id,
    peerOf: (device) => ({ netns: byDevice.get(device) ?? `nothing/${dump.node}/${device}`, device: 'eth0' }),
    segmentOf: (device) =>
      device === uplink && generated?.type === 'ethernet' ? generated.segment : ownSegment(dump, device),
    local: generated?.addresses[0]?.ip ?? 0,
    forwardingOf: (name) => {
      const own = netns.devices.find((one) => one.name === name)
      return own?.type === 'vxlan' || own?.type === 'geneve' ? own.forwarding : []
    },
  }
  return dumpedNode(netns, dump, ends, renames)
}

function ownSegment(dump: NodeDump, device: string): string {
  return `${dump.node}/${device}`
}

/** The networks of a dumped node's other wires, on which nobody is known. */
function ownSegments({ dump, uplink }: Plan): readonly string[] {
  return [...deviceRoles(dump.devices ?? [])].flatMap(([name, role]) =>
    role === 'ethernet' && name !== uplink ? [ownSegment(dump, name)] : [],
  )
}

/** The nodes' network with the dumped devices in it; its router answers for the gateways that the dumps name. */
function replugged(base: Network, plans: ReadonlyMap<NetnsId, Plan>, segment: Segment): Segment {
  const gateways = [...plans.values()].flatMap(({ dump, uplink }) =>
    ([4, 6] as const).flatMap((family) => {
      const hop = defaultHop(dump.routes ?? [], family)
      return hop?.via !== undefined && hop.device === uplink ? [hop.via] : []
    }),
  )
  const taken = new Set(segment.ports.flatMap(({ addresses = [] }) => addresses))
  return {
    ...segment,
    ports: segment.ports.map((port) => {
      if (port.netns === routerId && port.addresses) {
        return { ...port, addresses: [...port.addresses, ...gateways.filter((ip) => !taken.has(ip))] }
      }
      const plan = plans.get(port.netns)
      if (plan?.uplink === undefined) return port
      const device = plan.dump.devices?.find(({ name }) => name === plan.uplink)
      const own = device?.addresses.map(({ ip }) => ip) ?? []
      const addresses = port.addresses && [
        ...new Set([...announced(base, port.netns, port.addresses), ...own]),
      ]
      return { ...port, device: plan.uplink, ...(addresses && { addresses }) }
    }),
  }
}

/** Addresses that a node answers for on behalf of a load balancer: the dump does not show who announces. */
function announced(base: Network, node: NetnsId, addresses: readonly Ip[]): readonly Ip[] {
  const held = new Set(base.namespaces.get(node)?.devices.flatMap((one) => one.addresses.map(({ ip }) => ip)))
  return addresses.filter((ip) => !held.has(ip))
}
