import { nearest } from '../../base/nearest.ts'
import { protocolNumber } from '../../netfilter/save-format/protocols.ts'
import { RuleSyntaxError } from '../../netfilter/save-format/tokens.ts'
import { wellKnownService } from './well-known-services.ts'

/** The hook in whose chain an entry stands: it decides which side of a packet a lone address or device is about. */
export type EntryHook = 'INPUT' | 'FORWARD' | 'OUTPUT'

/** What an entry says of packets. */
export interface ShortForm {
  /** The chain of a component in which the entry is said to stand, such as `FLANNEL-FWD`. */
  readonly chain?: string
  /** Matches in iptables' words; each makes a rule, and any of them suffices. None: the entry names a chain alone. */
  readonly alternatives: readonly string[]
}

interface ReadOptions {
  readonly hook: EntryHook
  /** In ufw's grammar a port that follows `from` is the source's. */
  readonly portAfterFrom?: 'source'
}

/** The parts of an entry, each with its alternatives, in the order in which iptables-save prints them. */
interface Parts {
  readonly source: string[]
  readonly destination: string[]
  readonly either: string[]
  readonly input: string[]
  readonly output: string[]
  readonly device: string[]
  readonly protocols: string[]
  readonly icmpTypes: string[]
  readonly dport: string[]
  readonly sport: string[]
  readonly matches: string[]
}

/**
 * Reads the short form in which people write down what a firewall lets in: `tcp dport 22`, `22/tcp`,
 * `udp dport 8472 from 10.0.0.0/24`, `ctstate ESTABLISHED,RELATED`, `in cni0`, `src or dst 10.244.0.0/16`, `docker0`,
 * `KUBE-FORWARD: mark 0x4000`. Throws a RuleSyntaxError for words that it does not know.
 */
export function readShortForm(text: string, options: ReadOptions): ShortForm {
  const prefixed = /^([A-Za-z][\w-]*):\s*(.*)$/.exec(text.trim())
  const chain = prefixed?.[1]
  const rest = prefixed?.[2] ?? text.trim()
  if (chain === undefined && isChainName(rest)) return { chain: rest, alternatives: [] }
  if (rest.startsWith('-') || rest.startsWith('! -')) return { ...(chain && { chain }), alternatives: [rest] }
  const reader = new EntryReader(rest, options)
  return { ...(chain !== undefined && { chain }), alternatives: reader.read() }
}

/** A name as components give it to their chains: `KUBE-FORWARD`, `DOCKER`, `cali-FORWARD`. */
function isChainName(text: string): boolean {
  return /^(?:[A-Z][A-Z0-9]*(?:[-_][A-Za-z0-9_-]+)+|DOCKER|WEAVE|(?:cali|ufw)-[\w-]+)$/.test(text)
}

const anywhere: readonly string[] = [
  'any',
  'all',
  'anywhere',
  'everything',
  'everywhere',
  '0.0.0.0/0',
  '::/0',
]
const stateNames = /^(?:(?:NEW|ESTABLISHED|RELATED|INVALID|UNTRACKED|SNAT|DNAT),?)+$/i
const portList = /^\d+(?:[-:]\d+)?(?:,\d+(?:[-:]\d+)?)*$/
const address = /^(?:\d+\.\d+\.\d+\.\d+|[0-9a-fA-F]*:[0-9a-fA-F:.]*)(?:\/[\d.]+)?$/
const deviceName = /^[A-Za-z][\w.@-]{0,14}\+?$/

type Word = (reader: EntryReader, inverted: string) => void

/** Reads one entry word by word. */
class EntryReader {
  readonly #words: readonly string[]
  readonly #options: ReadOptions
  readonly #parts: Parts = {
    ...{ source: [], destination: [], either: [], input: [], output: [], device: [] },
    ...{ protocols: [], icmpTypes: [], dport: [], sport: [], matches: [] },
  }
  #at = 0
  #afterFrom = false

  constructor(text: string, options: ReadOptions) {
    // A list may be written with blanks after its commas.
    this.#words = text
      .replace(/,\s+/g, ',')
      .split(/\s+/)
      .filter((word) => word !== '')
    this.#options = options
  }

  read(): readonly string[] {
    if (this.#words.length === 0) throw new RuleSyntaxError('the entry is empty')
    while (this.#at < this.#words.length) {
      const word = this.#take()
      const inverted = word === 'not' || word === '!'
      this.#readWord(inverted ? this.#take() : word, inverted ? '! ' : '')
    }
    return alternativesOf(this.#parts, this.#options.hook)
  }

  #take(): string {
    return this.#words[this.#at++] ?? ''
  }

  /** The word that a keyword needs after it. */
  value(keyword: string): string {
    const found = this.#words[this.#at++]
    if (found === undefined) throw new RuleSyntaxError(`"${keyword}" needs a value`)
    return found
  }

  /** Takes the next word if it is this one. */
  skip(...words: readonly string[]): boolean {
    const next = this.#words[this.#at]?.toLowerCase()
    if (next === undefined || !words.includes(next)) return false
    this.#at++
    return true
  }

  #readWord(word: string, inverted: string): void {
    const lower = word.toLowerCase()
    const keyword = Object.hasOwn(keywords, lower) ? keywords[lower] : undefined
    if (keyword) keyword(this, inverted)
    else if (!this.#readValue(word, lower, inverted)) this.#unknown(word)
  }

  /** A word that says by its form what it is: a protocol, a port, a state, an address, a device. */
  #readValue(word: string, lower: string, inverted: string): boolean {
    const service = this.#words.length === 1 ? wellKnownService(lower) : undefined
    const portOf = /^([\d:,-]+)\/([a-z]+(?:[,/][a-z]+)*)$/.exec(lower)
    if (anywhere.includes(lower)) return true
    if (isProtocol(lower)) this.protocol(lower)
    else if (portOf) {
      this.port('dport', portOf[1] ?? '', inverted)
      this.protocol(portOf[2] ?? '')
    } else if (portList.test(word)) this.port('dport', word, inverted)
    else if (stateNames.test(word)) this.states(word, inverted)
    else if (address.test(word)) this.address(loneSide[this.#options.hook], word, inverted)
    else if (service) for (const one of service.ports) this.#readWord(one, inverted)
    else if (this.#words.length === 1 && deviceName.test(word)) this.#parts.device.push(`${inverted}${word}`)
    else return false
    return true
  }

  #unknown(word: string): never {
    const near = nearest(word.toLowerCase(), [...Object.keys(keywords), 'tcp', 'udp', 'icmp', 'established'])
    const hint =
      near === undefined
        ? 'expected words such as tcp dport 22 from 10.0.0.0/24 in eth0'
        : `did you mean ${near}?`
    throw new RuleSyntaxError(`"${word}" says nothing of a packet; ${hint}`)
  }

  protocol(text: string): void {
    for (const name of text.split(/[,/]/)) {
      const known = protocolAliases[name] ?? name
      if (known !== 'all' && known !== 'any') {
        protocolNumber(known)
        this.#parts.protocols.push(known)
      }
    }
  }

  address(side: 'source' | 'destination' | 'either', text: string, inverted: string): void {
    if (side === 'source') this.#afterFrom = true
    if (side === 'destination') this.#afterFrom = false
    if (anywhere.includes(text.toLowerCase())) return
    for (const one of text.split(',')) {
      if (!address.test(one)) throw new RuleSyntaxError(`"${one}" is no address and no block of addresses`)
      this.#parts[side].push(`${inverted}${one}`)
    }
  }

  device(side: 'input' | 'output' | 'device', text: string, inverted: string): void {
    if (!deviceName.test(text)) throw new RuleSyntaxError(`"${text}" is no name of a device`)
    this.#parts[side].push(`${inverted}${text}`)
  }

  port(side: 'dport' | 'sport' | 'port', text: string, inverted: string): void {
    const [ports = '', protocol] = text.split('/')
    const bySide = this.#afterFrom && this.#options.portAfterFrom ? 'sport' : 'dport'
    const target = side === 'port' ? bySide : side
    this.#parts[target].push(`${inverted}${ports.replaceAll('-', ':')}`)
    if (protocol !== undefined) this.protocol(protocol.toLowerCase())
  }

  states(text: string, inverted: string): void {
    const names = text.toUpperCase()
    if (!stateNames.test(names)) throw new RuleSyntaxError(`"${text}" is no state of a connection`)
    this.#parts.matches.push(`-m conntrack ${inverted}--ctstate ${names}`)
  }

  match(text: string): void {
    this.#parts.matches.push(text)
  }

  icmpType(text: string): void {
    this.#parts.icmpTypes.push(text)
  }
}

/** Which side a lone address is about. */
const loneSide = { INPUT: 'source', FORWARD: 'either', OUTPUT: 'destination' } as const

const from: Word = (reader, inverted) => {
  const either = reader.skip('or', 'and', '/') && reader.skip('to', 'dst', 'destination', 'daddr')
  reader.address(either ? 'either' : 'source', reader.value('from'), inverted)
}
const to: Word = (reader, inverted) => reader.address('destination', reader.value('to'), inverted)
const into: Word = (reader, inverted) => {
  const either = reader.skip('or') && reader.skip('out', 'oif')
  reader.skip('on')
  reader.device(either ? 'device' : 'input', reader.value('in'), inverted)
}
const out: Word = (reader, inverted) => {
  reader.skip('on')
  reader.device('output', reader.value('out'), inverted)
}
const device: Word = (reader, inverted) => reader.device('device', reader.value('interface'), inverted)
const protocol: Word = (reader) => reader.protocol(reader.value('protocol').toLowerCase())
const state: Word = (reader, inverted) => reader.states(reader.value('ctstate'), inverted)
const dport: Word = (reader, inverted) => reader.port('dport', reader.value('dport'), inverted)
const sport: Word = (reader, inverted) => reader.port('sport', reader.value('sport'), inverted)

const keywords: Readonly<Record<string, Word>> = {
  ...{ from, src: from, source: from, saddr: from },
  ...{ to, dst: to, destination: to, daddr: to },
  ...{ in: into, iif: into, iifname: into, out, oif: out, oifname: out },
  ...{ interface: device, dev: device, device, on: device },
  ...{ proto: protocol, protocol },
  ...{ ctstate: state, state, states: state, 'conntrack-state': state },
  ...{ dport, dports: dport, sport, sports: sport },
  port: (reader, inverted) => reader.port('port', reader.value('port'), inverted),
  ports: (reader, inverted) => reader.port('port', reader.value('ports'), inverted),
  mark: (reader, inverted) => reader.match(`-m mark ${inverted}--mark ${reader.value('mark')}`),
  'icmp-type': (reader) => reader.icmpType(reader.value('icmp-type')),
  type: (reader) => reader.icmpType(reader.value('type')),
  with: () => undefined,
  and: () => undefined,
}

/** How people call protocols that iptables knows by another name. */
const protocolAliases: Readonly<Record<string, string>> = {
  ipip: 'ipencap',
  'ip-in-ip': 'ipencap',
  icmpv6: 'ipv6-icmp',
}

function isProtocol(word: string): boolean {
  const names = word.split(/[,/]/)
  return names.every((name) =>
    /^(?:tcp|udp|sctp|icmp|icmpv6|ipv6-icmp|esp|ah|gre|ipip|ip-in-ip|ipencap|vrrp|igmp|udplite|dccp)$/.test(
      name,
    ),
  )
}

/** Every combination of the parts' alternatives, as matches in iptables' words. */
function alternativesOf(parts: Parts, hook: EntryHook): readonly string[] {
  const transports = transportParts(parts)
  const dimensions: readonly (readonly string[])[] = [
    parts.source.map((one) => option('-s', one)),
    parts.destination.map((one) => option('-d', one)),
    parts.either.flatMap((one) => [option('-s', one), option('-d', one)]),
    parts.input.map((one) => option('-i', one)),
    parts.output.map((one) => option('-o', one)),
    parts.device.flatMap((one) => deviceSides[hook].map((side) => option(side, one))),
    transports,
    [parts.matches.join(' ')],
  ]
  return dimensions.reduce<readonly string[]>(
    (made, dimension) =>
      dimension.length === 0
        ? made
        : made.flatMap((before) =>
            dimension.map((one) => [before, one].filter((text) => text !== '').join(' ')),
          ),
    [''],
  )
}

const deviceSides = { INPUT: ['-i'], FORWARD: ['-i', '-o'], OUTPUT: ['-o'] } as const

/** `-s 10.0.0.1`, `! -s 10.0.0.1`. */
function option(name: string, value: string): string {
  return value.startsWith('! ') ? `! ${name} ${value.slice(2)}` : `${name} ${value}`
}

/** The protocol with its ports; ports without a protocol are both TCP's and UDP's. */
function transportParts({ protocols, dport, sport, icmpTypes }: Parts): readonly string[] {
  const hasPorts = dport.length + sport.length > 0
  const names = protocols.length === 0 && hasPorts ? ['tcp', 'udp'] : [...new Set(protocols)]
  return names.map((name) => {
    const types = icmpTypes.map((one) => `--icmp-type ${one}`)
    if (!hasPorts) return [`-p ${name}`, ...(name === 'icmp' ? types : [])].join(' ')
    return [`-p ${name}`, portMatch(name, 'dport', dport), portMatch(name, 'sport', sport)]
      .filter((text) => text !== '')
      .join(' ')
  })
}

/** `--dport 22` of one port or range, `-m multiport --dports 80,443` of several. */
function portMatch(protocolName: string, side: 'dport' | 'sport', ports: readonly string[]): string {
  if (ports.length === 0) return ''
  const inverted = ports.some((one) => one.startsWith('! ')) ? '! ' : ''
  const list = ports.map((one) => one.replace('! ', '')).join(',')
  return list.includes(',')
    ? `-m multiport ${inverted}--${side}s ${list}`
    : `-m ${protocolName} ${inverted}--${side} ${list}`
}
