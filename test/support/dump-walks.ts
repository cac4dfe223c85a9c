import { familyOf, formatIp } from '../../src/base/ip.ts'
import { ICMP, ICMPV6, TCP, UDP } from '../../src/base/packet.ts'
import { exchange } from '../../src/dataplane/exchange.ts'
import type { Outcome } from '../../src/dataplane/flight.ts'
import { emptyState } from '../../src/dataplane/state.ts'
import type { Network } from '../../src/model/network.ts'
import { dumpedNode, hostId } from './dump-network.ts'
import type { DumpWalk } from './dumps.ts'
import { ipOf, listOf, socketText, targetOf } from './dumps.ts'

/** What is compared of a walk: as it was expected, or as it went. */
export interface WalkResult {
  readonly expect: string
  readonly at: readonly string[]
  readonly seen: readonly string[]
  readonly by: string
}

/** What a walk of about.yaml says; what it leaves out is not asked. */
export function expectedOf({ expect, at = [], seen = [], by = '' }: DumpWalk): WalkResult {
  return { expect, at: listOf(at).toSorted(), seen: listOf(seen).toSorted(), by }
}

/** Sends the packet through the dataplane; the result has the parts that the expectation asks for. */
export function walkThrough(network: Network, walk: DumpWalk): WalkResult {
  const outcomes = outcomesOf(network, walk)
  const dispositions = [...new Set(outcomes.map(({ disposition }) => disposition))].toSorted()
  const { at, seen, by } = expectedOf(walk)
  return {
    expect: dispositions.join(', '),
    at: at.length > 0 ? unique(outcomes.map(takenAt)) : [],
    seen:
      seen.length > 0
        ? unique(outcomes.map(({ seenSource }) => (seenSource ? formatIp(seenSource.ip) : 'nobody')))
        : [],
    by: by === '' ? '' : unique(outcomes.map(stoppedBy)).join(', '),
  }
}

/** Every way that the walk's exchange may go. */
export function outcomesOf(network: Network, walk: DumpWalk): readonly Outcome[] {
  const { ip, port, protocol } = targetOf(walk.to)
  const icmp = familyOf(ip) === 4 ? ICMP : ICMPV6
  return exchange(
    network,
    {
      from: walk.in === 'local' ? dumpedNode : hostId(ipOf(walk.from ?? '')),
      protocol: protocol === 'icmp' ? icmp : protocol === 'tcp' ? TCP : UDP,
      dst: ip,
      dport: port,
      sport: 40000,
      ...(walk.from !== undefined && { src: ipOf(walk.from) }),
    },
    { state: emptyState, now: 0, close: true },
  )
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted()
}

function takenAt({ destination }: Outcome): string {
  return destination ? socketText(destination.ip, destination.port) : 'nobody'
}

function stoppedBy({ stoppedAt }: Outcome): string {
  if (!stoppedAt) return 'nothing'
  const { table, chain, rule, reason } = stoppedAt
  return chain === undefined ? reason : `${table} ${chain} ${rule === 0 ? 'policy' : rule}`
}
