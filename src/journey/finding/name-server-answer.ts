import { formatIp, parseIp } from '../../base/ip.ts'
import type { ObjectRef } from '../../base/source.ts'
import { corefileMap } from '../../control/core-dns.ts'
import type { ClusterPod } from '../../model/cluster.ts'
import type { Finding, NameQuery, Resolution } from '../../model/journey.ts'
import type { World } from '../world.ts'
import { forwardsToItself } from './dns-loop.ts'
import type { Failure } from './failure.ts'
import { finding, listNames } from './failure.ts'

/** The pod that answered, or should have. */
function serverPod(world: World, { answeredBy }: NameQuery): ClusterPod | undefined {
  return answeredBy && world.pods.get(`${answeredBy.namespace}/${answeredBy.name}`)
}

/** The name server says that it cannot answer, with what it did to find out. */
export function serverFails(world: World, { queries, asked }: Resolution): Finding {
  const last = queries.findLast(({ rcode }) => rcode !== null && rcode !== 'NOERROR' && rcode !== 'NXDOMAIN')
  if (!last) return finding('name-server-fails', `no name server answers for ${asked}`, {})
  const { name, rcode, server, steps } = last
  const pod = serverPod(world, last)
  const who = pod ? `pod ${pod.name}` : server
  const loop = pod && forwardsToItself(world, pod, name)
  if (loop) return loop
  const did = steps.at(-1)
  return finding('name-server-fails', `${who} answers ${rcode} for ${name}${did ? `: ${did}` : ''}`, {
    objects: [pod && corefileMap(world.cluster)?.ref, pod?.ref],
    fix: pod ? fixFor(steps) : 'ask another name server, or mend this one',
  })
}

function fixFor(steps: readonly string[]): string {
  if (steps.some((step) => step.includes('no server block'))) {
    return 'give the Corefile a server block for it, such as .:53 with forward . /etc/resolv.conf'
  }
  const [plugin] = steps.at(-1)?.split(':') ?? []
  if (steps.at(-1)?.endsWith('there is no fallthrough'))
    return `write fallthrough into the block of ${plugin}`
  return 'see to it that the server to which it forwards answers, or forward to another one'
}

/** The name server got the question and says nothing in time, since it waits for others. */
export function serverSilent(
  { world, ending, asker, sender }: Failure,
  { queries }: Resolution,
): Finding | undefined {
  const last = queries.findLast(({ rcode }) => rcode === null)
  const pod = last && serverPod(world, last)
  if (ending?.disposition !== 'dns-timeout' || !pod || last.disposition !== 'reached') return undefined
  const upstreams = [
    ...new Set(last.steps.flatMap((step) => / to (\S+) port .*: no answer$/.exec(step)?.[1] ?? [])),
  ]
  if (upstreams.length === 0) return undefined
  const asks = (asker ?? sender).pod
  const loop = forwardsToItself(world, pod, last.name)
  if (loop) return loop
  return finding(
    'name-server-fails',
    `pod ${pod.name} hands ${last.name} on to ${listNames(upstreams)}, from where no answer comes; ${asks ? `pod ${asks.name}` : 'who asks'} waits no longer than five seconds`,
    {
      objects: places(world, pod),
      fix: 'see to it that the server to which it forwards answers, or forward to another one',
    },
  )
}

/** The Corefile, and whatever states the resolv.conf that it refers to. */
function places(world: World, pod: ClusterPod): readonly (ObjectRef | undefined)[] {
  const { cluster, nodes } = world
  const stated = cluster.environment.nodes?.[pod.nodeName ?? '']?.resolv
    ? cluster.environmentSource?.ref
    : undefined
  return [corefileMap(cluster)?.ref, stated, nodes.get(pod.nodeName ?? '')?.ref, pod.ref]
}

/** One of several name servers knew the name and another one did not: which is asked is chance. */
export function serversDiffer({ world, resolution }: Failure, all: Failure['all']): Finding | undefined {
  const denied = resolution?.queries.findLast(({ rcode }) => rcode === 'NXDOMAIN' || rcode === 'NOERROR')
  const pod = denied && serverPod(world, denied)
  const isKnown = all.some(
    (one) => one.outcome.disposition === 'reached' && (one.resolution?.addresses.length ?? 0) > 0,
  )
  const upstream = denied && / to (\S+) port/.exec(denied.steps.at(-1) ?? '')?.[1]
  if (!pod || !isKnown || upstream === undefined || parseIp(upstream) === undefined) return undefined
  const ip = parseIp(upstream)
  return finding(
    'name-servers-differ',
    `pod ${pod.name} asks one of several name servers, as chance has it, and ${ip === undefined ? upstream : formatIp(ip)} does not know ${denied.name}, which another one does`,
    {
      objects: places(world, pod),
      fix: 'forward to servers that all know the same names, or give the domain a server block of its own',
    },
  )
}
