import { parseIp } from '../../src/base/ip.ts'
import type { Packet } from '../../src/base/packet.ts'
import { SCTP, TCP, UDP } from '../../src/base/packet.ts'
import { endpointsOf } from '../../src/control/policy/endpoints.ts'
import { decideFor } from '../../src/control/policy/judge.ts'
import type { EnforcedPolicies, PolicyEnforcement } from '../../src/control/policy/policy-set.ts'
import { policiesUnder } from '../../src/control/policy/policy-set.ts'
import type { LoadedCluster } from '../../src/index.ts'
import { plainEngine } from '../../src/policy/engine.ts'

/** A connection: `shop/web` is a pod, `ext` a machine of the Environment, an address itself; the port is `TCP/8080`. */
export interface Connection {
  readonly from: string
  readonly to: string
  readonly port: string
}

const protocols: Readonly<Record<string, number>> = { TCP, UDP, SCTP }

const plain: PolicyEnforcement = { engine: plainEngine }

/** What the policies of both ends say of the first packet, where nothing is translated on its way. */
export function decided(
  { cluster }: LoadedCluster,
  { from, to, port }: Connection,
  policies: EnforcedPolicies = policiesUnder(cluster, plain),
): string {
  const { all, party } = endpointsOf(cluster)
  const ipOf = (name: string) => {
    const pod = all.find(({ ref }) => ref.kind === 'Pod' && `${ref.namespace}/${ref.name}` === name)
    const host = cluster.environment.externalHosts?.find((one) => one.name === name)
    const ip = pod?.ips[0] ?? parseIp(host?.ip ?? name)
    if (ip === undefined) throw new Error(`nobody is called ${name}`)
    return ip
  }
  const [protocol = '', dport] = port.split('/')
  const packet: Packet = {
    src: ipOf(from),
    dst: ipOf(to),
    protocol: protocols[protocol] ?? 0,
    sport: 40000,
    dport: Number(dport),
    tcpFlags: 0,
    ttl: 64,
    length: 60,
    dontFragment: true,
    mark: 0,
  }
  const verdicts = (['egress', 'ingress'] as const).flatMap((direction) => {
    const { endpoint } = party(direction === 'egress' ? packet.src : packet.dst)
    return endpoint?.type === 'pod'
      ? [decideFor(cluster, policies, packet, { endpoint: endpoint.id, direction })?.verdict]
      : []
  })
  return verdicts.find((verdict) => verdict !== 'allowed') ?? 'allowed'
}

/** How the connection fares in a whole walk: `allowed` if it is answered, `denied` where policies stop it; else how it ends. */
export function walked(loaded: LoadedCluster, { from, to, port }: Connection): string {
  const [protocol = '', dport = ''] = port.split('/')
  const { outcomes } = loaded.trace({
    from: from.includes('/') ? `pod/${from}` : `external/${from}`,
    to: `${to.includes('/') ? `pod/${to}` : addressOf(loaded, to)}:${dport}`,
    protocol: protocolOf(protocol),
  })
  const ends = outcomes.map(({ disposition, policies = [] }) => {
    const stopped = policies.find(({ verdict }) => verdict !== 'allowed')
    if (disposition === 'reached' && !stopped) return 'allowed'
    return disposition === 'dropped' && stopped ? stopped.verdict : `${disposition} ${stopped?.verdict ?? ''}`
  })
  return [...new Set(ends)].join(', ')
}

function addressOf({ cluster }: LoadedCluster, name: string): string {
  return cluster.environment.externalHosts?.find((one) => one.name === name)?.ip ?? name
}

function protocolOf(name: string): 'tcp' | 'udp' | 'sctp' {
  if (name === 'UDP') return 'udp'
  return name === 'SCTP' ? 'sctp' : 'tcp'
}
