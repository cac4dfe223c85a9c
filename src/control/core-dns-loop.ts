import type { Report } from '../base/diagnostic.ts'
import type { Ip } from '../base/ip.ts'
import { formatIp, isLoopback } from '../base/ip.ts'
import type { ObjectRef, SourceLocation } from '../base/source.ts'
import { formatLocation } from '../base/source.ts'
import type { CoreDns, ServerBlock } from '../dns/coredns/config.ts'
import type { Destination } from '../dns/coredns/forward/options.ts'
import { pluginOf } from '../dns/coredns/plugin-of.ts'
import { isSubdomain } from '../dns/name.ts'

/** A CoreDNS that starts, and the addresses by which its own queries would reach it. */
export interface StartingCoreDns extends Pick<CoreDns, 'blocks' | 'nameservers' | 'addresses'> {
  /** The addresses of the cluster's DNS Service. */
  readonly service: readonly Ip[]
  /** On its node's network it shares the loopback device with the node's own resolver. */
  readonly hostNetwork: boolean
}

/**
 * Reports what the plugin loop finds when CoreDNS starts: a query for a random name of the block's zone comes back
 * through forward, and the process ends. Mirrors the probe of plugin/loop. Replicas have one Corefile, of which each
 * place is told once.
 */
export function reportLoops(
  processes: readonly StartingCoreDns[],
  object: ObjectRef | undefined,
  report: Report,
): void {
  const told = new Set<string>()
  for (const process of processes) {
    for (const block of process.blocks) {
      const ends = pluginOf(block.plugins, 'loop') !== undefined
      const loop = ends ? ownUpstream(process, block) : undefined
      if (!loop || told.has(formatLocation(loop.at))) continue
      told.add(formatLocation(loop.at))
      report(
        'corefile-loop',
        `CoreDNS ends at its start: forward leads back to it by ${formatIp(loop.ip)}, which the plugin loop finds`,
        {
          at: loop.at,
          ...(object && { object }),
          fix: loop.fix,
        },
      )
    }
  }
}

interface Upstream {
  readonly ip: Ip
  readonly port: number
  /** What would have queries go elsewhere. */
  readonly fix: string
}

/** The way by which forward sends queries for names of its block back to the same server, and where it stands. */
export function ownUpstream(
  process: StartingCoreDns,
  block: ServerBlock,
): (Upstream & { readonly at: SourceLocation }) | undefined {
  const forward = pluginOf(block.plugins, 'forward')
  const taken = forward?.config.filter(({ from }) => block.zones.some(({ zone }) => isSubdomain(from, zone)))
  const upstreams = taken?.flatMap(({ to }) => to.flatMap((one) => upstreamsOf(one, process)))
  const own = upstreams?.find((one) => isOwn(one, process, block))
  return forward && own && { ...own, at: forward.at }
}

function upstreamsOf(to: Destination, { nameservers }: StartingCoreDns): readonly Upstream[] {
  if (to.type === 'host' || (to.type === 'address' && to.tls)) return []
  if (to.type === 'address') {
    return [{ ip: to.ip, port: to.port, fix: 'forward to a server outside the cluster' }]
  }
  const fix = 'give CoreDNS dnsPolicy: Default, and the node a resolv.conf with a server outside the cluster'
  return nameservers.map((ip) => ({ ip, port: 53, fix }))
}

function isOwn(
  { ip, port }: Upstream,
  { addresses, service, hostNetwork }: StartingCoreDns,
  { zones }: ServerBlock,
): boolean {
  if (service.includes(ip)) return port === 53
  const itself = addresses.includes(ip) || (isLoopback(ip) && !hostNetwork)
  return itself && zones.some((one) => one.port === port)
}
