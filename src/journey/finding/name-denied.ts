import { parseIp } from '../../base/ip.ts'
import { corefileMap } from '../../control/core-dns.ts'
import type { ClusterPod, ClusterService } from '../../model/cluster.ts'
import type { Finding, NameQuery, Resolution } from '../../model/journey.ts'
import type { World } from '../world.ts'
import type { Failure } from './failure.ts'
import { finding, fullName, inPod } from './failure.ts'

const plain = (name: string) => name.replace(/\.$/, '').toLowerCase()

/** The Service or pod that the name as typed stands for, and its full name. */
function meantBy(world: World, asked: string, pod: ClusterPod | undefined) {
  const { domain } = world.cluster.settings
  const labels = plain(asked).split('.')
  const [name = '', namespace = pod?.namespace ?? 'default', svc] = labels
  const service = world.services.get(`${namespace}/${name}`)
  if (!service || (svc !== undefined && svc !== 'svc')) return undefined
  return { service, full: `${name}.${namespace}.svc.${domain}` }
}

const askedFor = (queries: readonly NameQuery[], full: string) =>
  queries.find(({ name }) => plain(name) === full)

/** A pod asks the cluster's DNS, and never for the full name: its search list or its ndots keeps it from it. */
export function notAsked(
  { world, asker, sender }: Failure,
  { asked, queries, resolver }: Resolution,
): readonly Finding[] {
  const { pod } = asker ?? sender
  const meant = meantBy(world, asked, pod)
  const isCluster = queries.some(({ answeredBy }) => answeredBy?.kind === 'Pod')
  if (!pod || !meant || !isCluster || asked.endsWith('.') || resolver === 'as-is') return []
  if (askedFor(queries, meant.full)) return []
  const last = queries.at(-1)
  if (last?.rcode === 'NOERROR' || pod.object.spec.dnsConfig === undefined) return []
  const { searches, options } = world.nameFiles({ ...sender, pod }).resolvConf
  const says = `search ${searches.join(' ') || '(none)'}; options ${options.join(' ') || '(none)'}`
  return [
    finding(
      'name-not-searched-for',
      `nobody asks for ${meant.full}, which ${asked} is meant for: the resolv.conf of pod ${pod.name} has ${says}`,
      {
        objects: [inPod(pod, 'spec', 'dnsConfig'), meant.service.ref],
        fix: `ask for ${meant.full}, or give the pod the search list of others: dnsPolicy: ClusterFirst without dnsConfig`,
      },
    ),
  ]
}

/** CoreDNS was asked for the full name of a Service that is there, and denies it. */
export function wronglyDenied(
  { world, asker, sender }: Failure,
  { asked, queries }: Resolution,
): readonly Finding[] {
  const map = corefileMap(world.cluster)
  const meant = meantBy(world, asked, (asker ?? sender).pod)
  const query = meant && askedFor(queries, meant.full)
  const denied = query ?? queries.findLast(({ rcode, name }) => rcode !== null && isOfPod(world, name))
  if (denied?.answeredBy?.kind !== 'Pod' || !map || (meant && isReady(meant.service) === false)) return []
  const last = denied.steps.at(-1) ?? ''
  const what = meant ? `Service ${fullName(meant.service)} is there` : 'a pod has this address'
  return [
    finding(
      'name-denied-by-corefile',
      `${what}, and CoreDNS answers ${denied.rcode} for ${denied.name}: ${last}`,
      { objects: [map.ref, meant?.service.ref], fix: corefileFix(last, world.cluster.settings.domain) },
    ),
  ]
}

function isReady({ type }: ClusterService): boolean {
  return type !== 'ExternalName'
}

/** `10-244-2-70.default.pod.cluster.local.`, and a pod has that address. */
function isOfPod({ cluster, podsByIp }: World, name: string): boolean {
  const [dashed = '', , pod, ...rest] = plain(name).split('.')
  const ip = parseIp(dashed.replaceAll('-', '.'))
  return pod === 'pod' && rest.join('.') === cluster.settings.domain && ip !== undefined && podsByIp.has(ip)
}

function corefileFix(last: string, domain: string): string {
  if (last.includes('no fallthrough')) return `write fallthrough into the block of ${last.split(':')[0]}`
  if (/\bpods?\b/.test(last)) return 'write pods insecure, or pods verified, into the block of kubernetes'
  return `look at what the Corefile says of it: the block of kubernetes must have the zone ${domain}, and leave out no namespace`
}

/** Another name server of which the Environment tells knows the name. */
export function knownElsewhere({ world }: Failure, { asked, queries }: Resolution): readonly Finding[] {
  const map = corefileMap(world.cluster)
  const byCluster = queries.some(({ answeredBy }) => answeredBy?.kind === 'Pod')
  for (const [server, names] of Object.entries(world.cluster.environment.upstreamDNS ?? {})) {
    const known = Object.entries(names).find(([name]) => plain(name) === plain(asked))?.[1]
    if (server === 'default' || !map || !byCluster || (known?.['A'] ?? known?.['AAAA']) === undefined)
      continue
    const [, ...domain] = plain(asked).split('.')
    return [
      finding(
        'name-servers-differ',
        `${server} knows ${asked}, and CoreDNS asks other servers for it, which do not`,
        {
          objects: [map.ref, world.cluster.environmentSource?.ref],
          fix: `write a server block for ${domain.join('.')} into the Corefile, with forward . ${server}`,
        },
      ),
    ]
  }
  return []
}
