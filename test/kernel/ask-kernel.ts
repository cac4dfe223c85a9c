import type { Cidr } from '../../src/base/ip.ts'
import { contains, formatIp } from '../../src/base/ip.ts'
import { SCTP, UDP } from '../../src/base/packet.ts'
import type { LoadedCluster } from '../../src/index.ts'
import type { Listener, Netns } from '../../src/model/network.ts'
import type { Attempt, Counters, ListenSocket } from './agent-protocol.ts'
import type { Agent, AgentStarter } from './agents.ts'
import type { Backend } from './availability.ts'
import type { Expectation } from './expectation.ts'
import { answeredBy, errorNamed, silence } from './expectation.ts'
import type { Probe } from './probes.ts'
import { addressesAsked, portsAsked } from './probes.ts'
import type { Topology } from './topology.ts'
import { buildTopology } from './topology.ts'

/** What the kernel did with a probe. */
export interface Observation {
  /** Every way that was seen, and how often. */
  readonly ways: ReadonlyMap<string, number>
  readonly attempts: number
  /** Connections of one client that should have found the same endpoint and did not. */
  readonly forgotten: number
}

/** A probe and what is expected of it; the expectation decides how often and how patiently it is sent. */
export interface Question {
  readonly probe: Probe
  readonly expected: Expectation
  /** How often it is sent where one answer alone is expected; 12, if left out. */
  readonly attempts?: number
}

/** How the kernel is asked. */
export interface AskOptions {
  /**
   * The sockets tell the time to live with which they are reached. Each address has one note, so what reaches sockets is then
   * sent one after the other.
   */
  readonly withTtl?: boolean
}

/** Builds the cluster's network in the kernel, sends the probes, and takes everything away again. */
export async function askKernel(
  starter: AgentStarter,
  loaded: LoadedCluster,
  questions: readonly Question[],
  backend: Backend,
  { withTtl = false }: AskOptions = {},
): Promise<readonly Observation[]> {
  const topology = await startAgents(starter, loaded)
  try {
    await buildTopology(loaded.network, topology, backend)
    await listenEverywhere(loaded, topology.agents, questions)
    if (withTtl) {
      const ports = portsOf(loaded, questions)
      await Promise.all(
        [...topology.agents.values()].map((one) => one.ask({ op: 'note-ttl', backend, ports })),
      )
    }
    return await sendAll(topology.agents, questions, withTtl ? 1 : 4)
  } finally {
    for (const agent of [...topology.agents.values(), topology.fabric]) agent.stop()
  }
}

/** An agent for each namespace of the network, and one for the wires between them. */
export async function startAgents(starter: AgentStarter, { network }: LoadedCluster): Promise<Topology> {
  const agents = new Map([...network.namespaces.keys()].map((id) => [id, starter.start(id)] as const))
  const fabric = starter.start('fabric')
  // An agent that answers is in its own namespace already.
  await Promise.all([...agents.values(), fabric].map((agent) => agent.ask({ op: 'counters' })))
  return { agents, fabric }
}

function portsOf(loaded: LoadedCluster, questions: readonly Question[]): readonly number[] {
  return [...new Set([...portsAsked(loaded), ...questions.map(({ probe }) => probe.port)])]
}

async function listenEverywhere(
  loaded: LoadedCluster,
  agents: ReadonlyMap<string, Agent>,
  questions: readonly Question[],
): Promise<void> {
  const ports = portsOf(loaded, questions)
  const namespaces = [...agents.keys()].flatMap((id) => loaded.network.namespaces.get(id) ?? [])
  const owned = new Set(namespaces.flatMap((netns) => addressesOf(netns)))
  const swallowed = blackholesOf(namespaces)
  const asked = new Set([...addressesAsked(loaded), ...questions.map(({ probe }) => probe.ip)])
  const elsewhere = [...asked]
    .filter((ip) => !swallowed.some((cidr) => contains(cidr, ip)))
    .map(formatIp)
    .filter((ip) => !owned.has(ip) && !/^(127\.|::1$)/.test(ip))
  await Promise.all(
    namespaces.map(async (netns) => {
      const agent = agents.get(netns.id)
      const anywhere = netns.role === 'internet' ? elsewhere : []
      // The internet answers for every address; here it gets those that it may be asked for.
      const input = anywhere
        .map((ip) => `addr add ${ip} dev lo${ip.includes(':') ? ' nodad' : ''}\n`)
        .join('')
      await agent?.ask({ op: 'run', command: ['ip', '-batch', '-'], input })
      const addresses = [...addressesOf(netns), ...anywhere]
      const sockets = netns.listeners.flatMap((listener) => socketsOf(listener, addresses, ports))
      const unique = new Map(sockets.map((socket) => [JSON.stringify(socket), socket]))
      await agent?.ask({ op: 'listen', sockets: [...unique.values()] })
    }),
  )
}

/** What the internet swallows. */
function blackholesOf(namespaces: readonly Netns[]): readonly Cidr[] {
  return namespaces
    .filter(({ role }) => role === 'internet')
    .flatMap(({ routes }) =>
      routes.flatMap(({ type, destination }) => (type === 'blackhole' ? [destination] : [])),
    )
}

function addressesOf({ devices }: Netns): readonly string[] {
  return [...new Set(devices.flatMap(({ addresses }) => addresses.map(({ ip }) => formatIp(ip))))]
}

/** Datagrams are answered from the address that was asked, so each address has a socket of its own for them. */
function socketsOf(
  { protocol, address, port }: Listener,
  addresses: readonly string[],
  anyPort: readonly number[],
): readonly ListenSocket[] {
  if (protocol === SCTP) return []
  const name = protocol === UDP ? 'udp' : 'tcp'
  const all = name === 'udp' ? addresses : ['0.0.0.0', '::']
  const isSix = (text: string) => text.includes(':')
  const own =
    typeof address !== 'string'
      ? [formatIp(address)]
      : all.filter((text) => address === 'any' || isSix(text) === (address === 'any6'))
  const ports = port === 'any' ? anyPort : [port]
  return own.flatMap((text) => ports.map((number) => ({ protocol: name, address: text, port: number })))
}

/**
 * An endpoint that may be chosen is to be seen but for one run in a thousand million: that, over the ways of ten
 * thousand probes, is what each probe's attempts must keep.
 */
const missChance = 1e-9 / 10_000

/** How often a probe must be sent so that each of its ways is seen. */
function attemptsFor({ expected: { ways }, attempts = 12 }: Question): number {
  if (ways.size > 1) return Math.ceil(Math.log(missChance) / Math.log(1 - Math.min(...ways.values())))
  const [way = ''] = ways.keys()
  return way.startsWith('answered') ? attempts : 4
}

/**
 * Milliseconds after which no answer is silence: below one second, when TCP sends a second SYN. A TCP rejection is
 * waited for longer: where everything happens on one machine, the ICMP error can be back while connect(2) still holds
 * the socket's lock, and then TCP takes no notice of it until that second SYN.
 */
function patienceFor({ ways }: Expectation): number {
  const some = (start: string) => [...ways.keys()].some((way) => way.startsWith(start))
  if (some('rejected')) return 2500
  return some('answered') || some('refused') ? 900 : 500
}

async function sendAll(
  agents: ReadonlyMap<string, Agent>,
  questions: readonly Question[],
  atOnce: number,
): Promise<readonly Observation[]> {
  const observations = new Map<Question, Observation>()
  const quick: Question[] = []
  const slow: Question[] = []
  const remembered: Question[] = []
  for (const question of questions) {
    const { ways, remembers } = question.expected
    if (remembers) remembered.push(question)
    else if ([...ways.keys()].every((way) => /^(answered|refused)/.test(way))) quick.push(question)
    else slow.push(question)
  }
  const observe = async (question: Question) => {
    observations.set(question, await send(agents, question))
  }
  const observePairs = async (question: Question) => {
    observations.set(question, await sendInPairs(agents, question))
  }
  await inTurn(quick, atOnce, observe)
  await Promise.all(slow.map(observe))
  await inTurn(remembered, 1, observePairs)
  await inTurn(questions, 1, async (question) => {
    const again = question.expected.remembers ? observePairs : observe
    for (let times = 0; times < 5 && isOddSilence(question, observations.get(question)); times++) {
      await again(question)
    }
  })
  await inTurn(
    questions.filter((one) => observations.get(one)?.ways.has(turnedAway)),
    1,
    async (question) => {
      const seen = observations.get(question)
      if (seen) observations.set(question, await withWhoTurnedAway(agents, question, seen))
    },
  )
  return questions.map(
    (question) => observations.get(question) ?? { ways: new Map(), attempts: 0, forgotten: 0 },
  )
}

/**
 * On a busy machine an answer can be late. What was not to be silence is tried again with nothing else going on; a way
 * that really ends in silence would show each time, since the attempts are enough to see every way.
 */
function isOddSilence({ expected }: Question, observed: Observation | undefined): boolean {
  return observed?.ways.has(silence) === true && !expected.ways.has(silence)
}

/** So many at once, in order. */
async function inTurn<T>(
  items: readonly T[],
  atOnce: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values()
  const worker = async () => {
    for (const item of waiting) await act(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** A socket's ECONNREFUSED: a reset or an ICMP error, from whomever. */
const turnedAway = 'turned away'

function wayOf(attempt: Attempt): string {
  switch (attempt.type) {
    case 'answered':
      return answeredBy(attempt.by, attempt.seen, attempt.ttl)
    case 'silence':
      return silence
    case 'error':
      return attempt.errno === 'ECONNREFUSED' ? turnedAway : errorNamed(attempt.errno)
    default:
      return attempt satisfies never
  }
}

function count(attempts: readonly Attempt[], forgotten = 0): Observation {
  const ways = new Map<string, number>()
  for (const way of attempts.map(wayOf)) ways.set(way, (ways.get(way) ?? 0) + 1)
  return { ways, attempts: attempts.length, forgotten }
}

async function dial(
  agents: ReadonlyMap<string, Agent>,
  { netns, protocol, ip, port }: Probe,
  how: { readonly count: number; readonly atOnce: number; readonly timeout: number },
): Promise<readonly Attempt[]> {
  const attempts = await agents
    .get(netns)
    ?.ask({ op: 'dial', dial: { protocol, address: formatIp(ip), port, ...how } })
  return attempts ?? []
}

async function send(agents: ReadonlyMap<string, Agent>, question: Question): Promise<Observation> {
  const how = { count: attemptsFor(question), atOnce: 16, timeout: patienceFor(question.expected) }
  return count(await dial(agents, question.probe, how))
}

/** With a memory of clients: forget, connect twice, and see whether the second finds what the first found. */
async function sendInPairs(agents: ReadonlyMap<string, Agent>, question: Question): Promise<Observation> {
  const { probe, expected } = question
  const all: Attempt[] = []
  let forgotten = 0
  for (let round = attemptsFor(question); round > 0; round--) {
    await Promise.all(
      [...agents].flatMap(([id, agent]) =>
        id.startsWith('node/') ? agent.ask({ op: 'forget-affinity' }) : [],
      ),
    )
    const pair = await dial(agents, probe, { count: 2, atOnce: 1, timeout: patienceFor(expected) })
    all.push(...pair)
    if (!expected.spread && new Set(pair.map(wayOf)).size > 1) forgotten++
  }
  return count(all, forgotten)
}

/**
 * Who turned the probe away, told by what each namespace's own counters say: a reset or a datagram for which nobody
 * listens is the far stack's refusal; an ICMP error without either is a filter's.
 */
async function withWhoTurnedAway(
  agents: ReadonlyMap<string, Agent>,
  question: Question,
  seen: Observation,
): Promise<Observation> {
  const { probe, expected } = question
  const times = seen.ways.size === 1 && expected.ways.size === 1 ? 1 : attemptsFor(question)
  const before = await countersOf(agents)
  await dial(agents, probe, { count: times, atOnce: times, timeout: patienceFor(expected) })
  const who = whoTurnedAway(before, await countersOf(agents))
  const ways = new Map(seen.ways)
  ways.delete(turnedAway)
  for (const way of who) ways.set(way, (seen.ways.get(turnedAway) ?? 0) / who.length)
  return { ...seen, ways }
}

type CountersById = ReadonlyMap<string, Counters>

async function countersOf(agents: ReadonlyMap<string, Agent>): Promise<CountersById> {
  return new Map(
    await Promise.all(
      [...agents].map(async ([id, agent]) => [id, await agent.ask({ op: 'counters' })] as const),
    ),
  )
}

function whoTurnedAway(before: CountersById, after: CountersById): readonly string[] {
  return [...after].flatMap(([id, now]) => {
    const grew = (name: keyof Counters) => now[name] > (before.get(id)?.[name] ?? 0)
    if (grew('resets') || grew('noPorts')) return [`refused by ${id}`]
    return grew('unreachables') ? [`rejected by ${id}`] : []
  })
}
