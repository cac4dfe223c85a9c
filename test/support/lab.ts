import { formatIp } from '../../src/base/ip.ts'
import type { Packet } from '../../src/base/packet.ts'
import { ICMP, isIcmp, TCP, UDP } from '../../src/base/packet.ts'
import type { Connection } from '../../src/dataplane/conntrack.ts'
import { deleteConnections, listConnections } from '../../src/dataplane/conntrack-table.ts'
import { exchange } from '../../src/dataplane/exchange.ts'
import type { Outcome } from '../../src/dataplane/flight.ts'
import type { Load } from '../../src/dataplane/load.ts'
import { putOnWire } from '../../src/dataplane/single-packet.ts'
import type { DataplaneState } from '../../src/dataplane/state.ts'
import { emptyState, tableReplaced } from '../../src/dataplane/state.ts'
import type { Netns, Network } from '../../src/model/network.ts'
import type { Answer, Hop, PacketWalk, Step } from '../../src/model/trace.ts'
import type { TableName } from '../../src/netfilter/rule.ts'
import { tableOf } from '../../src/netfilter/rule.ts'
import type { LabOptions } from './lab-network.ts'
import { ip, labNetwork } from './lab-network.ts'
import type { Tables } from './lab-rules.ts'
import { ruleSetOf } from './lab-rules.ts'

/** The short names of the laboratory's namespaces. */
const spaces = {
  a: 'node/a',
  b: 'node/b',
  a1: 'pod/a1',
  a2: 'pod/a2',
  b1: 'pod/b1',
  c: 'host/c',
  f: 'host/f',
  gateway: 'router',
} as const

export type Space = keyof typeof spaces
export type Backend = 'nft' | 'legacy'

export interface Probe {
  readonly port?: number
  readonly protocol?: 'tcp' | 'udp' | 'icmp'
  readonly sport?: number
  readonly payload?: number
  readonly dontFragment?: boolean
  readonly ttl?: number
  readonly load?: Load
}

/** What came of one probe, in the words that the tests compare. */
export interface Went {
  readonly disposition: Outcome['disposition']
  /** Whose socket took the packet: `b1`, `a`. */
  readonly at: string | undefined
  /** The source that it saw. */
  readonly seen: string | undefined
  readonly seenPort: number | undefined
  /** `3/1 from 10.244.1.1`, or `rst from …`. */
  readonly answer: string | undefined
  readonly errno: string | undefined
  readonly stopped: string | undefined
  readonly mtu: number | undefined
  readonly walks: readonly PacketWalk[]
  readonly outcome: Outcome
}

const protocols = { tcp: TCP, udp: UDP, icmp: ICMP }

/** A small cluster whose state, clock and rule counters last from probe to probe. */
export class Lab {
  network: Network
  state: DataplaneState = emptyState
  /** The clock, in milliseconds. */
  now = 0
  #sport = 32768
  readonly #counters = new Map<string, number>()
  readonly #loaded = new Map<string, Tables>()

  constructor(rules: { readonly a?: Tables; readonly b?: Tables } = {}, options: LabOptions = {}) {
    this.network = labNetwork(options)
    if (rules.a) this.load('a', rules.a)
    if (rules.b) this.load('b', rules.b)
  }

  /** One exchange with the service's port 80 or another, which must have exactly one outcome. */
  go(from: Space, to: string, probe: Probe = {}): Went {
    const outcomes = this.ways(from, to, probe)
    const [outcome] = outcomes
    if (!outcome || outcomes.length !== 1) throw new Error(`${outcomes.length} outcomes instead of one`)
    this.state = outcome.state
    this.#countHits(outcome)
    return describe(outcome)
  }

  /** All outcomes of one exchange; nothing is remembered. */
  ways(from: Space, to: string, probe: Probe = {}): readonly Outcome[] {
    const { port = 80, protocol = 'tcp', sport, ...rest } = probe
    this.#sport += 1
    const connect = {
      from: spaces[from],
      protocol: protocols[protocol],
      dst: ip(to),
      dport: port,
      sport: sport ?? this.#sport,
      ...rest,
    }
    const { state, now } = this
    return exchange(this.network, connect, { state, now, close: true, everyPacket: true, recordMisses: true })
  }

  /** Puts one packet on a wire past all of the sender's own checks. */
  inject(from: Space, mac: string, packet: Packet, device = 'eth0'): Went {
    const { state, now } = this
    const end = { netns: spaces[from], device, mac }
    const [outcome, ...more] = putOnWire(this.network, end, packet, { state, now, recordMisses: true })
    if (!outcome || more.length > 0) throw new Error('one packet has more than one way')
    this.state = outcome.state
    this.#countHits(outcome)
    return describe(outcome)
  }

  /** How often the rules of a chain have matched, in their order; of the policy with `policy`. */
  count(node: 'a' | 'b', table: TableName, chain: string, backend: Backend = 'nft'): number[] {
    const tables = this.#loaded.get(`${node} ${backend}`) ?? {}
    const rules = tableOf(ruleSetOf(tables), table)?.chain(chain)?.rules.length ?? 0
    return Array.from({ length: rules }, (_, index) => this.#counted(node, table, chain, index + 1))
  }

  /** How many packets fell through to the policy of a base chain. */
  countPolicy(node: 'a' | 'b', table: TableName, chain: string): number {
    return this.#counted(node, table, chain, 0)
  }

  #counted(node: string, table: string, chain: string, number: number): number {
    return this.#counters.get(`node/${node} ${table} ${chain} ${number}`) ?? 0
  }

  #countHits(outcome: Outcome): void {
    for (const { netns, steps } of walksOf(outcome).flatMap((walk) => walk.hops)) {
      for (const step of steps) {
        if (step.type !== 'rule' || !step.matched) continue
        const key = `${netns} ${step.table} ${step.chain} ${step.number}`
        this.#counters.set(key, (this.#counters.get(key) ?? 0) + 1)
      }
    }
  }

  /** iptables-restore: replaces the tables that are given. What is loaded last stands last. */
  load(node: 'a' | 'b', tables: Tables, backend: Backend = 'nft'): void {
    const key = `${node} ${backend}`
    const merged = { ...this.#loaded.get(key), ...tables }
    this.#loaded.delete(key)
    this.#loaded.set(key, merged)
    this.#install(node)
    for (const table of Object.keys(tables)) {
      this.#forgetCounters(node, table)
      this.state = tableReplaced(this.state, `node/${node}`, table)
    }
  }

  /** iptables-restore --noflush: adds lines to tables. Legacy writes the whole table anew, nft only the lines. */
  append(node: 'a' | 'b', tables: Tables, backend: Backend = 'nft'): void {
    const key = `${node} ${backend}`
    const known = this.#loaded.get(key) ?? {}
    const added = Object.entries(tables).map(([name, lines]) => [
      name,
      [...(known[name as TableName] ?? []), ...(lines ?? [])],
    ])
    this.#loaded.set(key, { ...known, ...Object.fromEntries(added) })
    this.#install(node)
    if (backend === 'nft') return
    for (const table of Object.keys(tables)) this.state = tableReplaced(this.state, `node/${node}`, table)
  }

  #install(node: 'a' | 'b'): void {
    const ruleSets = [...this.#loaded]
      .filter(([key]) => key.startsWith(`${node} `))
      .map(([, tables]) => ruleSetOf(tables))
    this.edit(node, (netns) => ({ ...netns, ruleSets }))
  }

  #forgetCounters(node: string, table: string): void {
    for (const key of this.#counters.keys()) {
      if (key.startsWith(`node/${node} ${table} `)) this.#counters.delete(key)
    }
  }

  /** Changes one namespace from now on. */
  edit(space: Space, change: (netns: Netns) => Netns): void {
    const id = spaces[space]
    const namespaces = new Map<string, Netns>()
    for (const key of this.network.namespaces.keys()) {
      const netns = this.network.namespaces.get(key)
      if (netns) namespaces.set(key, key === id ? change(netns) : netns)
    }
    this.network = { ...this.network, namespaces }
  }

  sysctl(space: Space, settings: Readonly<Record<string, number>>): void {
    this.edit(space, (netns) => ({ ...netns, sysctls: { ...netns.sysctls, ...settings } }))
  }

  /** Lets time pass, in seconds. */
  sleep(seconds: number): void {
    this.now += seconds * 1000
  }

  /** `conntrack -L`, each entry as `udp 10.244.1.10:40000 > 10.96.0.1:80`. */
  flows(space: Space): string[] {
    return listConnections(this.state, spaces[space], this.now).map(flowText)
  }

  connections(space: Space): readonly Connection[] {
    return listConnections(this.state, spaces[space], this.now)
  }

  /** `conntrack -D`. */
  forget(space: Space, isAsked: (connection: Connection) => boolean): void {
    this.state = deleteConnections(this.state, spaces[space], this.now, isAsked)
  }
}

function flowText({ original }: Connection): string {
  const { protocol, src, dst, sport, dport } = original
  const name = protocol === TCP ? 'tcp' : protocol === UDP ? 'udp' : 'icmp'
  return `${name} ${formatIp(src)}:${sport} > ${formatIp(dst)}:${dport}`
}

function walksOf({ leg }: Outcome): readonly PacketWalk[] {
  const first = packetOf(leg.forward)
  const back = packetOf(leg.reply)
  return [
    ...(first ? [{ name: 'request', packet: first, hops: leg.forward }] : []),
    ...(back ? [{ name: 'reply', packet: back, hops: leg.reply }] : []),
    ...(leg.rest ?? []),
    ...(leg.later ?? []),
  ]
}

function packetOf(hops: readonly Hop[]): Packet | undefined {
  for (const step of hops.flatMap((hop) => hop.steps)) if (step.type === 'sent') return step.packet
  return undefined
}

function answerText(answer: Answer | undefined): string | undefined {
  if (!answer) return undefined
  const from = formatIp(answer.from)
  return answer.icmp ? `${answer.icmp.type}/${answer.icmp.code} from ${from}` : `rst from ${from}`
}

function describe(outcome: Outcome): Went {
  const { disposition, destination, seenSource, answer, errno, stoppedAt } = outcome
  return {
    disposition,
    at: destination?.netns.replace(/^.*\//, ''),
    seen: seenSource && formatIp(seenSource.ip),
    seenPort: seenSource?.port,
    answer: answerText(answer),
    errno,
    stopped: stoppedAt?.reason,
    mtu: answer?.icmp?.mtu,
    walks: walksOf(outcome),
    outcome,
  }
}

/** The steps that a walk has in one namespace. */
export function stepsIn(walk: PacketWalk | undefined, space: Space): readonly Step[] {
  return (walk?.hops ?? []).filter((hop) => hop.netns === spaces[space]).flatMap((hop) => hop.steps)
}

/** The tables that a walk's rules were looked at in, in one namespace: `nat/PREROUTING`. */
export function tablesSeen(walk: PacketWalk | undefined, space: Space): string[] {
  const seen = stepsIn(walk, space).flatMap((step) =>
    step.type === 'rule' ? [`${step.table}/${step.hook}`] : [],
  )
  return seen.filter((one, index) => one !== seen[index - 1])
}

/** What passes the wire of a namespace: each packet that it sends or receives, as `out 10.0.0.1 > 10.0.0.2`. */
export function onWire(went: Went, space: Space): string[] {
  return went.walks.flatMap((walk) =>
    stepsIn(walk, space).flatMap((step) => {
      if (step.type !== 'sent' && step.type !== 'received') return []
      const { src, dst } = step.packet
      return [`${step.type === 'sent' ? 'out' : 'in'} ${formatIp(src)} > ${formatIp(dst)}`]
    }),
  )
}

/** The packets that arrive at a namespace. */
export function arrivals(went: Went, space: Space): Packet[] {
  return went.walks.flatMap((walk) =>
    stepsIn(walk, space).flatMap((step) => (step.type === 'received' ? [step.packet] : [])),
  )
}

/** A packet of one's own making. */
export function packet(
  protocol: 'tcp' | 'udp',
  from: readonly [ip: string, port: number],
  to: readonly [ip: string, port: number],
  more: Partial<Packet> = {},
): Packet {
  return {
    src: ip(from[0]),
    dst: ip(to[0]),
    protocol: protocols[protocol],
    sport: from[1],
    dport: to[1],
    tcpFlags: 0,
    ttl: 64,
    length: isIcmp(protocols[protocol]) ? 84 : 60,
    dontFragment: protocol === 'tcp',
    mark: 0,
    ...more,
  }
}
