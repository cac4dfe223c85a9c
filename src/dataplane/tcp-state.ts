import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../base/packet.ts'

/** `enum tcp_conntrack`, by the names that `conntrack -L` prints. */
export type TcpState =
  | 'NONE'
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'ESTABLISHED'
  | 'FIN_WAIT'
  | 'CLOSE_WAIT'
  | 'LAST_ACK'
  | 'TIME_WAIT'
  | 'CLOSE'
  | 'SYN_SENT2'

type Transition = TcpState | 'INVALID' | 'IGNORE'

/** What of a segment's flags counts (get_conntrack_index). */
type Flag = 'syn' | 'synack' | 'fin' | 'ack' | 'rst'

const columns: readonly TcpState[] = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
]

const short: Readonly<Record<string, Transition>> = {
  no: 'NONE',
  ss: 'SYN_SENT',
  sr: 'SYN_RECV',
  es: 'ESTABLISHED',
  fw: 'FIN_WAIT',
  cw: 'CLOSE_WAIT',
  la: 'LAST_ACK',
  tw: 'TIME_WAIT',
  cl: 'CLOSE',
  s2: 'SYN_SENT2',
  iv: 'INVALID',
  ig: 'IGNORE',
}

/** The state machine of nf_conntrack_proto_tcp.c (tcp_conntracks): by direction, flag and present state. */
const table: Readonly<Record<'original' | 'reply', Readonly<Record<Flag, string>>>> = {
  original: {
    syn: 'ss ss ig ig ig ig ig ss ss s2',
    synack: 'iv iv sr iv iv iv iv iv iv sr',
    fin: 'iv iv fw fw la la la tw cl iv',
    ack: 'es iv es es cw cw tw tw cl iv',
    rst: 'iv cl cl cl cl cl cl cl cl cl',
  },
  reply: {
    syn: 'iv s2 iv iv iv iv iv ss iv s2',
    synack: 'iv sr ig ig ig ig ig ig ig sr',
    fin: 'iv iv fw fw la la la tw cl iv',
    ack: 'iv ig sr es cw cw tw tw cl ig',
    rst: 'iv cl cl cl cl cl cl cl cl cl',
  },
}

/** The rows of the table, by the present state. */
const rows = {
  original: readRows(table.original),
  reply: readRows(table.reply),
}

function readRows(
  lines: Readonly<Record<Flag, string>>,
): Readonly<Record<string, ReadonlyMap<TcpState, Transition>>> {
  return Object.fromEntries(
    Object.entries(lines).map(([flag, line]) => {
      const next = line.split(' ').map((name) => short[name] ?? 'INVALID')
      return [flag, new Map(columns.map((state, index) => [state, next[index] ?? 'INVALID']))]
    }),
  )
}

/** get_conntrack_index: which flag of a segment counts. */
function flagOf(flags: number): Flag | 'none' {
  if (flags & TCP_RST) return 'rst'
  if (flags & TCP_SYN) return flags & TCP_ACK ? 'synack' : 'syn'
  if (flags & TCP_FIN) return 'fin'
  return flags & TCP_ACK ? 'ack' : 'none'
}

/** The next state; INVALID if the segment does not fit, IGNORE if it passes without changing anything. */
export function nextTcpState(state: TcpState, direction: 'original' | 'reply', flags: number): Transition {
  return rows[direction][flagOf(flags)]?.get(state) ?? 'INVALID'
}
