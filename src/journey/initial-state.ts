import type { Ip } from '../base/ip.ts'
import { parseIpSloppy } from '../base/ip.ts'
import { ICMP, SCTP, TCP, UDP } from '../base/packet.ts'
import type { Connection } from '../dataplane/conntrack.ts'
import { makeConnection, storeConnection } from '../dataplane/conntrack.ts'
import type { DataplaneState } from '../dataplane/state.ts'
import { emptyState } from '../dataplane/state.ts'
import type { TcpState } from '../dataplane/tcp-state.ts'
import type { Cluster } from '../model/cluster.ts'
import type { ConntrackEntry } from '../model/environment.ts'
import type { Tuple } from '../netfilter/match/match.ts'

const protocolNumbers: Readonly<Record<string, number>> = { TCP, UDP, SCTP, ICMP }

/** What the nodes remember before the first packet: the connections that the Environment states. */
export function initialState({ environment }: Cluster): DataplaneState {
  let state = emptyState
  for (const [node, entries] of Object.entries(environment.conntrack ?? {})) {
    for (const entry of entries) {
      const connection = readConnection(entry)
      if (connection) state = storeConnection(state, `node/${node}`, connection)
    }
  }
  return state
}

/** Without `reply` an entry is untranslated. Its lifetime begins with the first packet. */
function readConnection({ protocol, orig, reply, state }: ConntrackEntry): Connection | undefined {
  const number = protocolNumbers[(protocol ?? 'UDP').toUpperCase()]
  const original = readTuple(number, orig)
  if (!original) return undefined
  const back = readTuple(number, reply)
  const seenReply = state !== undefined && !/UNREPLIED|SYN_SENT|NEW/i.test(state)
  const connection = makeConnection(original, back, { now: 0, seenReply })
  const closed = /TIME_WAIT|CLOSE$/.exec(state ?? '')?.[0]
  return closed && connection.tcp !== undefined ? { ...connection, tcp: closed as TcpState } : connection
}

function readTuple(
  protocol: number | undefined,
  ends: { readonly src?: string; readonly dst?: string } | undefined,
): Tuple | undefined {
  const src = readSocket(ends?.src)
  const dst = readSocket(ends?.dst)
  if (protocol === undefined || !src || !dst) return undefined
  return { src: src.ip, dst: dst.ip, protocol, sport: src.port, dport: dst.port }
}

function readSocket(text: string | undefined): { readonly ip: Ip; readonly port: number } | undefined {
  const found = /^\[?([^\]]+?)\]?:(\d+)$/.exec(text ?? '')
  const ip = parseIpSloppy(found?.[1] ?? '')
  return ip === undefined ? undefined : { ip, port: Number(found?.[2]) }
}
