import { formatEndpoint, parseIp } from '../base/ip.ts'
import type { DumpedConnection } from '../model/node-dump.ts'
import type { DumpText } from './dump-text.ts'
import { clip, recollect, wholeNumber } from './dump-text.ts'
import type { Line } from './lines.ts'

const protocols: Readonly<Record<string, string>> = {
  tcp: 'TCP',
  udp: 'UDP',
  sctp: 'SCTP',
  icmp: 'ICMP',
  icmpv6: 'ICMPV6',
}

/** Protocols that conntrack follows and no walk asks for. */
const passedOver = new Set([
  'unknown',
  'gre',
  'dccp',
  'udplite',
  'igmp',
  'esp',
  'ah',
  'vrrp',
  'ospf',
  'ipencap',
])

const tcpStates = new Set(
  'NONE SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT LAST_ACK TIME_WAIT CLOSE SYN_SENT2 LISTEN'.split(
    ' ',
  ),
)

/** `conntrack -L`, also with `-o extended`, and the lines of /proc/net/nf_conntrack. */
export function readConnections(dump: DumpText, lines: readonly Line[]): readonly DumpedConnection[] {
  let zones = 0
  const connections = lines.flatMap((line) => {
    const entry = readLine(dump, line)
    if (entry !== 'zone') return entry ?? []
    zones++
    return []
  })
  if (zones > 0) {
    const message = `${zones} connections of other conntrack zones are left out: zones are not modelled`
    dump.problem('dump-not-modelled', 0, message)
  }
  return connections
}

function readLine(dump: DumpText, line: Line): DumpedConnection | 'zone' | undefined {
  const words = line.text.trim().split(/\s+/)
  // `ipv4 2 tcp 6 …` and `tcp 6 …`.
  if (words[0] === 'ipv4' || words[0] === 'ipv6') words.splice(0, 2)
  const [name = '', number = ''] = words
  if (!/^\d+$/.test(number) || !/^[a-z\d-]+$/.test(name)) {
    const message = `expected a connection such as "tcp 6 86399 ESTABLISHED src=…", found "${clip(line.text)}"`
    dump.problem('dump-syntax', line.offset, message, recollect)
    return undefined
  }
  const protocol = protocols[name]
  if (protocol === undefined) {
    if (!passedOver.has(name))
      dump.problem('dump-not-modelled', line.offset, `connections of ${name} are left out`)
    return undefined
  }
  const tuples = readTuples(words)
  const mark = words.find((word) => word.startsWith('mark='))?.slice(5)
  if (words.some((word) => /^zone=[1-9]/.test(word))) return 'zone'
  const orig = tuples[0] && endsOf(tuples[0], protocol)
  const reply = tuples[1] && endsOf(tuples[1], protocol)
  if (!orig || !reply) {
    const message = 'a connection needs two tuples of src, dst, sport and dport'
    dump.problem('dump-syntax', line.offset, message, 'the line seems cut off; collect it again')
    return undefined
  }
  const marked = wholeNumber(mark ?? '') ?? 0
  return { protocol, orig, reply, state: stateOf(words), ...(marked !== 0 && { mark: marked }) }
}

/** The TCP state, and whether a reply was seen and the entry is kept under pressure. */
function stateOf(words: readonly string[]): string {
  const tcp = words.find((word) => tcpStates.has(word))
  const seen = words.includes('[UNREPLIED]')
    ? 'UNREPLIED'
    : words.includes('[ASSURED]')
      ? 'ASSURED'
      : 'REPLIED'
  return tcp === undefined ? seen : `${tcp} ${seen}`
}

/** Each `src=` begins a tuple: the first is the original direction, the second the reply's. */
function readTuples(words: readonly string[]): readonly ReadonlyMap<string, string>[] {
  const tuples: Map<string, string>[] = []
  for (const word of words) {
    const equals = word.indexOf('=')
    if (equals < 0) continue
    const key = word.slice(0, equals)
    if (key === 'src') tuples.push(new Map())
    tuples.at(-1)?.set(key, word.slice(equals + 1))
  }
  return tuples
}

/** ICMP has an identifier for a port, and type and code for the other. */
function endsOf(tuple: ReadonlyMap<string, string>, protocol: string) {
  const src = parseIp(tuple.get('src') ?? '')
  const dst = parseIp(tuple.get('dst') ?? '')
  const isIcmp = protocol.startsWith('ICMP')
  const type = wholeNumber(tuple.get('type') ?? '')
  const code = wholeNumber(tuple.get('code') ?? '')
  const sport = wholeNumber(tuple.get(isIcmp ? 'id' : 'sport') ?? '')
  const dport = isIcmp ? (type ?? 0) * 256 + (code ?? 0) : wholeNumber(tuple.get('dport') ?? '')
  if (src === undefined || dst === undefined || sport === undefined || dport === undefined) return undefined
  return { src: formatEndpoint(src, sport), dst: formatEndpoint(dst, dport) }
}
