import type { Ip } from '../base/ip.ts'
import { parseIpSloppy } from '../base/ip.ts'
import { ICMP, SCTP, TCP, UDP } from '../base/packet.ts'
import type { Connection } from '../dataplane/conntrack.ts'
import { connectionEntries, makeConnection } from '../dataplane/conntrack.ts'
import type { DataplaneState } from '../dataplane/state.ts'
import { stateOf } from '../dataplane/state.ts'
import type { TcpState } from '../dataplane/tcp-state.ts'
import type { Cluster } from '../model/cluster.ts'
import type { DumpedConnection, NodeDump } from '../model/node-dump.ts'
import type { Tuple } from '../netfilter/match/match.ts'

const protocolNumbers: Readonly<Record<string, number>> = { TCP, UDP, SCTP, ICMP, ICMPV6: 58 }

/** What the nodes remember before the first packet: the connections that the Environment and dumps of nodes state. */
export function initialState({ environment }: Cluster, dumps: readonly NodeDump[] = []): DataplaneState {
  const stated = [
    ...Object.entries(environment.conntrack ?? {}),
    ...dumps.map(({ node, connections = [] }) => [node, connections] as const),
  ]
  return stateOf(
    stated.flatMap(([node, entries]) =>
      entries.flatMap((entry) => {
        const connection = readConnection(entry)
        return connection ? connectionEntries(`node/${node}`, connection) : []
      }),
    ),
  )
}

/** Without `reply` an entry is untranslated. Its lifetime begins with the first packet. */
function readConnection({ protocol, orig, reply, state, mark }: DumpedConnection): Connection | undefined {
  const number = protocolNumbers[(protocol ?? 'UDP').toUpperCase()]
  const original = readTuple(number, orig)
  if (!original) return undefined
  const back = readTuple(number, reply)
  const seenReply = state !== undefined && !/UNREPLIED|SYN_SENT|NEW/i.test(state)
  const made = makeConnection(original, back, { now: 0, seenReply })
  const connection = mark === undefined ? made : { ...made, mark }
  const closed = /\b(?:FIN_WAIT|CLOSE_WAIT|LAST_ACK|TIME_WAIT|CLOSE)\b/.exec(state ?? '')?.[0]
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
