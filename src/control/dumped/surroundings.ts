import type { Cidr, Ip } from '../../base/ip.ts'
import { bitsOf, compareIp, contains, familyOf, formatIp, hostCidr } from '../../base/ip.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Netns, NetnsId, Network, Segment } from '../../model/network.ts'
import type { NodeDump } from '../../model/node-dump.ts'
import type { Applications } from '../applications.ts'
import type { CompiledNetwork } from '../compile.ts'
import { loopback, macOfName } from '../device-names.ts'
import { internetNetns } from '../hosts.ts'
import { listensOnEverything } from '../listeners.ts'
import { nameFilesOf } from '../name-files.ts'
import { everything, route } from '../routes.ts'
import { underlayOf } from '../underlay.ts'
import { withDevices } from './assumed-devices.ts'
import { attach, wayTo } from './attachments.ts'
import { deviceRoles } from './device-kinds.ts'
import type { Ends } from './devices.ts'
import { dumpedNode } from './dumped-node.ts'
import type { Home } from './home.ts'
import {
  addressesOf,
  assumedListeners,
  bareNode,
  behindId,
  behindNetns,
  farId,
  segmentOf,
  wire,
} from './home.ts'
import { mainRoute } from './main-table.ts'
import { farEnds } from './tunnel-ends.ts'

/** An address that a question is about, and the device of a node by which it is reached, if the question says so. */
export interface Wanted {
  readonly ip: Ip
  readonly device?: string
  /** Whether it asks: then its packets are taken to reach the node. */
  readonly asks?: boolean
}

/** What nodes of which only dumps are known are taken to be surrounded by. */
export interface Surroundings {
  /** The network, with hosts for the addresses that a question is about. */
  networkFor(wanted: readonly Wanted[]): CompiledNetwork
  readonly assumptions: readonly string[]
}

/** Thrown for an address that can be nowhere around the dumped nodes. */
export class NoPlaceError extends Error {
  override readonly name = 'NoPlaceError'
  readonly fix: string

  constructor(message: string, fix: string) {
    super(message)
    this.fix = fix
  }
}

/**
 * The network around dumped nodes: a wire leads to a network on which every address answers, the end of a veth pair
 * to a namespace with the addresses that routes, neighbours or rules show behind it. Nothing else is known.
 */
export function surroundings(
  cluster: Cluster,
  given: readonly NodeDump[],
  applications: Applications,
  extraDevices: readonly string[] = [],
): Surroundings {
  const assumptions: string[] = []
  const assume = (text: string) => assumptions.push(text)
  const homes = given.map((one) => homeOf(withDevices(one, extraDevices, assume), assume))
  for (const text of wireAssumptions(homes)) assume(text)
  const underlay = underlayOf(cluster)
  const nameFiles = nameFilesOf(cluster, [])
  const networkFor = (wanted: readonly Wanted[]): CompiledNetwork => {
    const build = new NetworkBuild(cluster, homes, applications)
    for (const one of wanted) build.place(one)
    const network = build.network()
    return {
      network,
      underlay,
      applications,
      nameFiles,
      hosts: build.hosts,
      givenRules: new Set(given.filter(({ ruleSets }) => ruleSets.length > 0).map(({ node }) => node)),
    }
  }
  return { networkFor, assumptions }
}

function homeOf(dump: NodeDump, assume: (text: string) => void): Home {
  const attached = attach(dump, knownBehind(dump))
  for (const [ip, { device, assumed }] of attached) {
    if (assumed) assume(`${formatIp(ip)} is behind ${device} of node ${dump.node}`)
  }
  return { id: `node/${dump.node}`, dump, roles: deviceRoles(dump.devices ?? []), attached }
}

/** Addresses that routes, neighbours, connections and translations of a node show to be behind its own devices. */
function knownBehind(dump: NodeDump): readonly Ip[] {
  const { routes = [], neighbors = [], devices = [] } = dump
  const own = new Set(devices.flatMap(({ addresses }) => addresses.map(({ ip }) => ip)))
  const byRoute = routes.flatMap(({ destination, type, nextHops }) => {
    const single = destination.bits === bitsOf(familyOf(destination.first))
    return single && type === 'unicast' && nextHops[0]?.via === undefined ? [destination.first] : []
  })
  const candidates = [...byRoute, ...neighbors.map(({ ip }) => ip), ...translatedTo(dump)]
  return [...new Set(candidates)].filter((ip) => !own.has(ip)).toSorted(compareIp)
}

/** The destinations of all DNAT rules: endpoints of Services, most of them. */
function translatedTo({ ruleSets }: NodeDump): readonly Ip[] {
  const found = new Set<Ip>()
  for (const { tables } of ruleSets) {
    for (const chain of tables.filter(({ name }) => name === 'nat').flatMap((table) => table.chains())) {
      for (const { target } of chain.rules) {
        if (target?.type === 'DNAT' && target.addresses) found.add(target.addresses.first)
      }
    }
  }
  return [...found]
}

function wireAssumptions(homes: readonly Home[]): readonly string[] {
  return homes.flatMap(({ dump, roles }) =>
    [...roles].flatMap(([name, role]) =>
      role === 'ethernet' ? [`every address beyond ${name} of node ${dump.node} answers`] : [],
    ),
  )
}

/** Builds the network for one question. */
class NetworkBuild {
  readonly hosts = new Map<Ip, NetnsId>()
  readonly #homes: readonly Home[]
  readonly #applications: Applications
  readonly #cluster: Cluster
  readonly #namespaces = new Map<NetnsId, Netns>()
  readonly #ports = new Map<string, { readonly port: Segment['ports'][number] }[]>()
  /** Addresses behind ends of veth pairs: by the node and its device. */
  readonly #behind = new Map<string, Ip[]>()

  constructor(cluster: Cluster, homes: readonly Home[], applications: Applications) {
    this.#cluster = cluster
    this.#homes = homes
    this.#applications = applications
    for (const home of homes) {
      for (const { name, addresses } of home.dump.devices ?? []) {
        for (const { ip } of addresses) this.hosts.set(ip, home.id)
        if (home.roles.get(name) === 'veth') this.#behind.set(`${home.id} ${name}`, [])
      }
      for (const [ip, { device }] of home.attached) this.#addBehind(home, device, ip)
    }
  }

  /** Puts a host where the node looks for its address, or behind the device that is named. */
  place({ ip, device, asks }: Wanted): void {
    if (this.hosts.has(ip) && device === undefined) return
    const [home, way] = this.#homeFor(ip, device)
    if (!home || way === undefined) return
    const role = home.roles.get(way)
    if (role === 'ethernet') {
      if (asks) this.#addHost(home, way, ip)
    } else if (role === 'veth') this.#addBehind(home, way, ip)
    else if (role === 'bridge') this.#addBehind(home, this.#freePort(home, way, ip), ip)
    else if (role === 'vxlan' || role === 'geneve') this.#addBeyondTunnel(home, way, ip)
    else if (device !== undefined) {
      throw new NoPlaceError(
        `${formatIp(ip)} cannot be behind ${way} of node ${home.dump.node}: nobody is behind such a device`,
        'name a wire, a bridge, or the end of a veth pair',
      )
    }
  }

  /** The node, and the device, by which an address is reached; the first node that has a way of its own to it. */
  #homeFor(ip: Ip, device: string | undefined): readonly [Home | undefined, string | undefined] {
    if (device !== undefined) {
      const home = this.#homes.find(({ roles }) => roles.has(device))
      if (home) return [home, device]
      const known = this.#homes.flatMap(({ roles }) => [...roles.keys()]).filter((name) => name !== 'lo')
      throw new NoPlaceError(
        `no dumped node has a device ${device}`,
        `devices: ${known.slice(0, 12).join(', ')}`,
      )
    }
    const ways = this.#homes.flatMap((home) => {
      const found = mainRoute(home.dump.routes ?? [], ip)
      const name = found?.nextHops[0]?.device ?? wayTo(home.dump, ip)
      return name === undefined ? [] : [{ home, name, bits: found?.destination.bits ?? 1 }]
    })
    const best = ways.toSorted((a, b) => b.bits - a.bits)[0]
    return [best?.home, best?.name]
  }

  #addBehind(home: Home, device: string, ip: Ip): void {
    this.#behind.get(`${home.id} ${device}`)?.push(ip)
    this.hosts.set(ip, behindId(home, device))
  }

  #freePort(home: Home, bridge: string, ip: Ip): string {
    const ports = (home.dump.devices ?? []).filter(
      ({ name, master }) => master === bridge && home.roles.get(name) === 'veth',
    )
    const free = ports.find(({ name }) => this.#behind.get(`${home.id} ${name}`)?.length === 0)
    if (free) return free.name
    throw new NoPlaceError(
      `nobody can be at ${formatIp(ip)}: each of the ${ports.length} ports of ${bridge} on node ${home.dump.node} has another address behind it`,
      `name an address that is there: ${[...this.hosts.keys()].slice(0, 8).map(formatIp).join(', ')}`,
    )
  }

  /** A host on the network behind a wire, which sends what is not for it to the node. */
  #addHost(home: Home, device: string, ip: Ip): void {
    const own = addressesOf(home, device).find((one) => familyOf(one.ip) === familyOf(ip))
    if (!own) {
      throw new NoPlaceError(
        `${formatIp(ip)} is reached by ${device} of node ${home.dump.node}, which has no address of its family`,
        'name another device with --in',
      )
    }
    const id = `host/${formatIp(ip)}`
    const segment = segmentOf(home, device)
    this.#namespaces.set(id, {
      id,
      role: 'host',
      label: formatIp(ip),
      subject: { kind: 'Host', name: formatIp(ip) },
      devices: [loopback, wire('eth0', segment, [{ ip, bits: bitsOf(familyOf(ip)) }], id)],
      routes: [route(everything(familyOf(ip)), 'eth0', { via: own.ip, onlink: true })],
      sysctls: {},
      ruleSets: [],
      listeners: listensOnEverything({ kind: 'Host', name: formatIp(ip) }),
    })
    this.#plug(segment, { netns: id, device: 'eth0', prefixes: [hostCidr(ip)] })
    this.hosts.set(ip, id)
  }

  #addBeyondTunnel(home: Home, device: string, ip: Ip): void {
    const end = farEnds(home.dump).find(
      (one) => one.device === device && one.blocks.some((block) => contains(block, ip)),
    )
    if (end) this.hosts.set(ip, farId(end.remote))
  }

  #plug(segment: string, port: Segment['ports'][number]): void {
    const list = this.#ports.get(segment) ?? []
    this.#ports.set(segment, list)
    list.push({ port })
  }

  network(): Network {
    for (const home of this.#homes) {
      this.#namespaces.set(home.id, this.#node(home))
      for (const [key, ips] of this.#behind) {
        const [id, device = ''] = key.split(' ')
        if (id === home.id) this.#namespaces.set(behindId(home, device), behindNetns(home, device, ips))
      }
      this.#tunnels(home)
    }
    return { namespaces: this.#namespaces, segments: this.#segments() }
  }

  #node(home: Home): Netns {
    const { dump, id, roles } = home
    for (const [device, role] of roles) {
      if (role !== 'ethernet') continue
      const prefixes = addressesOf(home, device).map(({ ip }) => hostCidr(ip))
      this.#plug(segmentOf(home, device), { netns: id, device, prefixes })
    }
    const ends: Ends = {
      netns: id,
      peerOf: (device) => ({ netns: behindId(home, device), device: 'eth0' }),
      segmentOf: (device) => segmentOf(home, device),
      local: this.#cluster.nodes.find(({ name }) => name === dump.node)?.addresses[0] ?? 0,
      forwardingOf: () => [],
    }
    return dumpedNode(bareNode(home), dump, ends, new Map())
  }

  /** The other ends of tunnels, as far as routes and forwarding entries show them. */
  #tunnels(home: Home): void {
    for (const end of farEnds(home.dump)) {
      const id = farId(end.remote)
      if (this.hosts.get(end.remote)?.startsWith('node/') || this.#namespaces.get(id)?.role === 'node')
        continue
      const way = mainRoute(home.dump.routes ?? [], end.remote)?.nextHops[0]?.device
      if (way === undefined || home.roles.get(way) !== 'ethernet') continue
      const segment = segmentOf(home, way)
      this.#namespaces.set(id, {
        ...end.netns(segment, id),
        listeners: assumedListeners(formatIp(end.remote)),
      })
      this.#plug(segment, { netns: id, device: 'eth0', prefixes: [hostCidr(end.remote)] })
    }
  }

  #segments(): ReadonlyMap<string, Segment> {
    const segments = new Map<string, Segment>()
    for (const [id, ports] of this.#ports) {
      const beyond = `beyond/${id}`
      const port = { netns: beyond, device: 'eth0', prefixes: [everything(4), everything(6)] }
      this.#namespaces.set(
        beyond,
        this.#beyond(
          beyond,
          id,
          ports.flatMap((one) => one.port.prefixes ?? []),
        ),
      )
      segments.set(id, { id, type: 'routed', ports: [...ports.map((one) => one.port), port] })
    }
    return segments
  }

  /** The network beyond a wire: one namespace that answers for every address, as the internet does. */
  #beyond(id: NetnsId, segment: string, others: readonly Cidr[]): Netns {
    const made = internetNetns(underlayOf(this.#cluster), [])
    // Its table of what comes from outside: what is another's on the same network goes on to that one.
    const table = made.routes[0]?.table ?? 0
    return {
      ...made,
      id,
      role: 'host',
      label: `beyond ${segment.replace(/^wire\//, '')}`,
      routes: [...made.routes, ...others.map((block) => ({ ...route(block, 'eth0'), table }))],
      sysctls: { ...made.sysctls, 'net.ipv4.conf.all.send_redirects': 0 },
      devices: made.devices.map((one) =>
        one.type === 'ethernet' ? { ...one, segment, mac: macOfName(id) } : one,
      ),
      listeners: [...this.#applications.nameServer(undefined), ...assumedListeners(`beyond ${segment}`)],
    }
  }
}
