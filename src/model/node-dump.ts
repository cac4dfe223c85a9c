import type { InterfaceAddress, Ip } from '../base/ip.ts'
import type { RuleSet } from '../netfilter/rule.ts'
import type { ConntrackEntry } from './environment.ts'
import type { IpSet, Neighbor, Route, RoutingRule } from './network.ts'

/**
 * What was collected on one real node. Each part is there if its file was: what is missing is taken from what the
 * cluster would give the node. A dump is the word of a stranger: it is bounded when it is read.
 */
export interface NodeDump {
  readonly node: string
  /** `ip addr` and `ip -d link` together, in the order of their indexes. */
  readonly devices?: readonly DumpedDevice[]
  /** `ip route show table all`, without the local table where that follows from the addresses. */
  readonly routes?: readonly Route[]
  /** `ip rule`. */
  readonly rules?: readonly RoutingRule[]
  /** `ip neigh`: entries that have a frame address; those that are not permanent were learnt. */
  readonly neighbors?: readonly DumpedNeighbor[]
  /** `sysctl -a`, by dotted names: those that are numbers. */
  readonly sysctls?: Readonly<Record<string, number>>
  /** `iptables-save` and `ip6tables-save`, by both backends where both were collected. */
  readonly ruleSets: readonly RuleSet[]
  readonly sets?: readonly IpSet[]
  /** `conntrack -L`. */
  readonly connections?: readonly DumpedConnection[]
}

/** One line of `ip neigh`. */
export interface DumpedNeighbor extends Neighbor {
  readonly permanent?: boolean
}

/** One line of `conntrack -L`. */
export interface DumpedConnection extends ConntrackEntry {
  readonly mark?: number
}

/** One network device as `ip -d link` and `ip addr` tell of it. */
export interface DumpedDevice {
  readonly index: number
  readonly name: string
  /** `info_kind`: `veth`, `bridge`, `vxlan`, `ipip`, `dummy`, `wireguard`, …; absent for a physical device. */
  readonly kind?: string
  readonly mtu: number
  readonly mac?: string
  readonly up: boolean
  readonly addresses: readonly InterfaceAddress[]
  /** The bridge or bond that it is a port of. */
  readonly master?: string
  readonly hairpin?: boolean
  /** The index of the other end of a veth pair, which is in another namespace if `peerNetns` is there. */
  readonly peerIndex?: number
  /** Its id or its name; `unknown` where neither is told. */
  readonly peerNetns?: string
  /** The device in the same namespace that it is linked to: a VLAN's parent, the other end of a veth pair. */
  readonly link?: string
  readonly tunnel?: {
    readonly vni?: number
    readonly local?: Ip
    readonly remote?: Ip
    readonly port?: number
    readonly link?: string
    /** The tunnel's end is said by each route or program, and not by the device. */
    readonly external?: boolean
  }
  /** `bridge fdb` of a bridge port: the frame addresses behind it. */
  readonly learned?: readonly string[]
  /** `bridge fdb` of the device: which tunnel end has which frame address. */
  readonly forwarding?: readonly { readonly mac: string; readonly remote: Ip }[]
}
