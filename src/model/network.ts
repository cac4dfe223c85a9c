import type { Cidr, InterfaceAddress, Ip } from '../base/ip.ts'
import type { Packet } from '../base/packet.ts'
import type { Judged, ObjectRef, Origin } from '../base/source.ts'
import type { DnsServer } from '../dns/server.ts'
import type { HttpApplication, ProxyApplication } from '../http/application.ts'
import type { HookName, RuleSet } from '../netfilter/rule.ts'

/** Names a network namespace: `node/worker`, `pod/default/web-0`, `host/laptop`, `router`. */
export type NetnsId = string

/** Something looked up by key; a Map is one, and so is anything that makes its values when they are asked for. */
export interface Lookup<K, V> {
  get(key: K): V | undefined
  keys(): Iterable<K>
}

/**
 * What one would get by logging in to every machine and dumping its state: plain data, the seam between control
 * and dataplane. Namespaces may be made when they are looked up; the same key gives the same value.
 */
export interface Network {
  readonly namespaces: Lookup<NetnsId, Netns>
  readonly segments: Lookup<string, Segment>
}

/** What kind of thing a namespace is; it decides how it is drawn and spoken of, never how packets move. */
export type NetnsRole = 'node' | 'pod' | 'host' | 'router' | 'balancer' | 'internet'

/** One network namespace: a node, a pod, a host or a router. */
export interface Netns {
  readonly id: NetnsId
  readonly role: NetnsRole
  /** What messages call it: `worker`, `pod/web-0`. */
  readonly label: string
  readonly subject?: ObjectRef
  readonly devices: readonly Device[]
  /** All routes but those of the local table, which follow from the devices' addresses. */
  readonly routes: readonly Route[]
  /** `ip rule`; the three default rules, if left out. */
  readonly rules?: readonly RoutingRule[]
  readonly neighbors?: readonly Neighbor[]
  /** Kernel settings by their dotted names; what is not listed has the kernel's default. */
  readonly sysctls: Readonly<Record<string, number>>
  /** iptables rules by family and backend; of two for one family, the later one was loaded last. */
  readonly ruleSets: readonly RuleSet[]
  readonly listeners: readonly Listener[]
  /** A provider's virtual network: it forwards packets without counting down their time to live. */
  readonly keepsTtl?: boolean
  readonly sets?: readonly IpSet[]
  /** Programs that judge packets beside the rules. */
  readonly filters?: readonly PacketFilter[]
}

/**
 * A program that judges packets of new connections beside the rules: a daemon behind NFQUEUE, eBPF at a device, the
 * flows of a switch. Packets of connections that it has let pass are not judged again.
 */
export interface PacketFilter {
  readonly name: string
  readonly at: FilterPlace
  /**
   * Devices are those that the packet came in by and leaves by, as far as they are known at that place; `original` is its
   * destination before any translation that conntrack knows of.
   */
  judge(
    packet: Packet,
    devices: { readonly in?: string | undefined; readonly out?: string | undefined },
    original?: { readonly dst: Ip; readonly dport: number },
  ): FilterVerdict
}

/** A hook, by netfilter's priority there (lower ones are asked first), or a device, for what comes in by it or leaves. */
export type FilterPlace =
  | { readonly type: 'hook'; readonly hook: HookName; readonly priority: number }
  | { readonly type: 'device'; readonly device: string; readonly side: 'received' | 'sent' }

/** What a filter decides, and the endpoints whose policies it asked for that. */
export interface FilterVerdict {
  readonly action: 'accept' | 'drop' | 'unknown'
  readonly judged: readonly Judged[]
  /** Why it is not let pass. */
  readonly text?: string
}

interface DeviceBase {
  readonly name: string
  readonly mtu: number
  readonly mac: string
  /** In the order in which they were added: the first of a network is primary. */
  readonly addresses: readonly InterfaceAddress[]
  /** Whether it is administratively up; yes, if left out. */
  readonly down?: boolean
  /** The bridge that it is a port of. */
  readonly master?: string
  /** As a bridge port: frames may go back out of the port they came in by. */
  readonly hairpin?: boolean
  readonly origin?: Origin
}

/** A network device, by kind. */
export type Device =
  | (DeviceBase & { readonly type: 'loopback' })
  | (DeviceBase & { readonly type: 'dummy' })
  | (DeviceBase & {
      readonly type: 'bridge'
      /** An Open vSwitch datapath: it learns addresses as a bridge does, but its frames meet no iptables rule. */
      readonly openVswitch?: boolean
    })
  | (DeviceBase & {
      readonly type: 'veth'
      readonly peer: { readonly netns: NetnsId; readonly device: string }
    })
  | (DeviceBase & { readonly type: 'ethernet'; readonly segment: string })
  | (DeviceBase & {
      /** Frames in UDP datagrams. As a port of a bridge it carries the frames of that network (Weave, kopeio). */
      readonly type: 'vxlan' | 'geneve'
      readonly vni: number
      readonly local: Ip
      readonly port: number
      readonly forwarding: readonly ForwardingEntry[]
      /**
       * A program takes the VNI from the upper half of a mark that bears an identity (0xf00 below), and puts it into the mark
       * at the other end (Cilium).
       */
      readonly identities?: true
      /** The outer checksum of connections that the node masquerades is wrong (a kernel before 5.7 that leaves it to the device). */
      readonly checksumFault?: boolean
    })
  | (DeviceBase & {
      /** IP packets within IP packets, without ports: protocol 4 (IPIP), 41 (sit) or 47 (GRE). */
      readonly type: 'iptunnel'
      readonly protocol: number
      readonly local?: Ip
      /** Where everything goes; the next hop of the route, if left out (`tunl0`). */
      readonly remote?: Ip
      /** `pmtudisc`: the outer packet is never fragmented. As iproute2 makes them, if left out: yes with a `remote`. */
      readonly pathMtuDiscovery?: boolean
    })
  | (DeviceBase & {
      /** A device of a real node whose kind is not modelled: a walk that meets it is unknown. */
      readonly type: 'other'
      /** As `ip -d link` calls it: `macvlan`, `openvswitch`. */
      readonly kind: string
    })
  | (DeviceBase & {
      /** IP packets that a program or WireGuard carries in UDP datagrams to the peer whose block holds the destination. */
      readonly type: 'tun'
      readonly carrier: 'udp' | 'wireguard'
      readonly local: Ip
      readonly port: number
      /** WireGuard's `fwmark`, which its own datagrams carry; 0, if left out. */
      readonly mark?: number
      readonly peers: readonly TunnelPeer[]
    })

/** One peer of a tunnel that chooses by destination: WireGuard's `allowed-ips` and `endpoint`. */
export interface TunnelPeer {
  readonly blocks: readonly Cidr[]
  readonly remote: Ip
}

/** One line of `bridge fdb`: frames to this MAC go to that tunnel end. */
export interface ForwardingEntry {
  readonly mac: string
  readonly remote: Ip
}

/** One permanent line of `ip neigh`. Everything else is found by ARP or neighbour discovery. */
export interface Neighbor {
  readonly ip: Ip
  readonly mac: string
  readonly device: string
}

export type RouteType = 'unicast' | 'local' | 'broadcast' | 'blackhole' | 'unreachable' | 'prohibit' | 'throw'

/** One way that a route offers. */
export interface NextHop {
  readonly via?: Ip
  readonly device: string
  readonly weight: number
  /** The gateway need not be on a connected network. */
  readonly onlink?: boolean
}

/** One line of `ip route show table all`. */
export interface Route {
  readonly destination: Cidr
  readonly type: RouteType
  /** Empty for types that lead nowhere; several for a multipath route. */
  readonly nextHops: readonly NextHop[]
  /** `src`: the source address for the namespace's own packets. */
  readonly source?: Ip
  readonly metric: number
  readonly table: number
  readonly scope: 'global' | 'link' | 'host'
  readonly protocol?: string
  readonly mtu?: number
  readonly origin?: Origin
}

/** The numbers of the tables that every namespace has. */
export const localTable = 255
export const mainTable = 254
export const defaultTable = 253

/** One line of `ip rule`. */
export interface RoutingRule {
  readonly priority: number
  readonly family: 4 | 6
  readonly from?: Cidr
  readonly to?: Cidr
  readonly mark?: { readonly value: number; readonly mask: number }
  readonly in?: string
  readonly out?: string
  readonly inverted?: boolean
  readonly action:
    | { readonly type: 'lookup'; readonly table: number }
    | { readonly type: 'blackhole' | 'unreachable' | 'prohibit' }
}

/** A socket that waits for packets. */
export interface Listener {
  readonly protocol: number
  /** A local address, or every one of a family or of both. */
  readonly address: Ip | 'any' | 'any4' | 'any6'
  /** `any` is a host that answers on every port. */
  readonly port: number | 'any'
  /** Who listens: a container of a pod, a daemon of a node. */
  readonly owner?: ObjectRef
  /** True if nothing stated this socket: it is taken for granted so that the walk can go on. */
  readonly assumed?: boolean
  /** The answering application does not speak; only for what is told about it. */
  readonly label?: string
  /** What answers, where the answer depends on the question. */
  readonly application?: Application
}

/** What waits behind a socket: a name server, an HTTP proxy, a web server. */
export type Application =
  | { readonly type: 'dns'; readonly server: DnsServer }
  | ProxyApplication
  | HttpApplication

/** An ipset. */
export interface IpSet {
  readonly name: string
  readonly type: string
  /** Entries as `ipset save` prints them after the set's name. */
  readonly entries: readonly string[]
  /** What it was made with beside its sizes, where its entries do not show it: `timeout 0`, `size 1024 comment`. */
  readonly options?: string
}

/** A network to which devices are attached, outside any namespace. */
export interface Segment {
  readonly id: string
  /**
   * `ethernet`: a broadcast domain, where neighbours are found by ARP. `routed`: a network that delivers each
   * packet to the port with the longest matching prefix, as the internet does.
   */
  readonly type: 'ethernet' | 'routed'
  readonly ports: readonly SegmentPort[]
  /** The largest packet that it carries, in bytes, where it is stated: what is longer is lost without a word. */
  readonly mtu?: number
}

export interface SegmentPort {
  readonly netns: NetnsId
  readonly device: string
  /** On a routed segment: the blocks that are delivered here. */
  readonly prefixes?: readonly Cidr[]
  /** On an ethernet: all addresses that are answered for here; the namespace is asked, if left out. */
  readonly addresses?: readonly Ip[]
  /** On an ethernet: the network takes from this device only packets with one of its ports' addresses as their source. */
  readonly checksSource?: boolean
}

/** The routes and devices by which a namespace is spoken of: its first address that is not loopback. */
export function primaryAddress(netns: Netns, family: 4 | 6): Ip | undefined {
  for (const device of netns.devices) {
    if (device.type === 'loopback') continue
    const address = device.addresses.find((one) => (typeof one.ip === 'number') === (family === 4))
    if (address) return address.ip
  }
  return undefined
}
