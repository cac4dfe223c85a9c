import { nearest } from '../../base/nearest.ts'
import type { ClusterPod, ClusterService } from '../../model/cluster.ts'
import type { Finding, Resolution } from '../../model/journey.ts'
import { serviceNamed } from '../resolve-target.ts'
import type { World } from '../world.ts'
import { endpointName, externalName, podWithoutService } from './endpoint-name.ts'
import { endpointCause } from './endpoints.ts'
import type { Failure, FindCause } from './failure.ts'
import { finding, fullName, inPod, inService, listNames } from './failure.ts'
import { balancerByName } from './load-balancer.ts'
import { knownElsewhere, notAsked, wronglyDenied } from './name-denied.ts'
import { askedElsewhere, differs } from './name-server.ts'
import { serverFails, serverSilent, serversDiffer } from './name-server-answer.ts'
import { caughtBySearchDomain } from './search-domain.ts'

/** The name stands for nothing, or for nothing that has an address. */
export const findName: FindCause = (failure) => {
  const { dial, world, resolution } = failure
  if (dial.type === 'no-endpoint') return withoutEndpoint(world, dial.service)
  if (dial.type !== 'no-name' || !resolution) return []
  const sender = failure.asker ?? failure.sender
  const { host } = dial
  if (failure.ending?.disposition === 'dns-wrong-answer') return [caughtBySearchDomain(failure, resolution)]
  if (failure.ending?.disposition === 'dns-servfail') return [serverFails(world, resolution)]
  const silent = serverSilent(failure, resolution)
  if (silent) return [silent]
  const differ = serversDiffer(failure, failure.all)
  if (differ) return [differ]
  const typed = withoutType(failure, resolution)
  if (typed) return [typed]
  const known = knownService(world, resolution) ?? balancerName(world, resolution)
  if (known) return known
  return [
    ...knownElsewhere(failure, resolution),
    ...notAsked(failure, resolution),
    ...hostNetwork(world, host, sender.pod, sender.netns),
    ...wronglyDenied(failure, resolution),
    ...otherDomain(world, host),
    ...otherNamespace(world, host, sender.pod),
    ...closedName(world, host, sender.pod),
    ...podWithoutService(world, host, sender.pod),
    ...resolverStops(world, resolution, sender.pod),
    ...elsewhere(world, resolution, sender.pod),
    ...unknown(world, host, sender.pod),
  ].slice(0, 1)
}

/** The name is there, and has other records than the ones that were asked for. */
function withoutType({ world, ending }: Failure, { queries, asked }: Resolution): Finding | undefined {
  const last = queries.findLast(({ rcode }) => rcode === 'NOERROR')
  const [type, ...others] = new Set(queries.map((query) => query.type))
  if (ending?.disposition !== 'dns-nodata' || !last || type === undefined || others.length > 0) {
    return undefined
  }
  const service = serviceNamed(world, last.name)
  const isAddress = type === 'A' || type === 'AAAA'
  const hasOthers = service && !service.families.includes(type === 'A' ? 4 : 6)
  if (isAddress && !hasOthers) return undefined
  const instead = type === 'AAAA' ? '-t A' : type === 'A' ? '-t AAAA' : '-t A, -t SRV, …'
  return finding('record-type-missing', `${last.name} exists, and has no records of type ${type}`, {
    objects: [service?.ref],
    fix: `ask for another type: kubewalk dns ${asked} ${instead}`,
  })
}

function withoutEndpoint(world: World, service: ClusterService): readonly Finding[] {
  return endpointCause(world, service, { port: undefined, family: service.families[0] ?? 4 })
}

/** One of the names that were asked is that of a Service, and still has no address. */
function knownService(world: World, { queries }: Resolution): readonly Finding[] | undefined {
  for (const { name } of queries) {
    const service = serviceNamed(world, name)
    if (!service) continue
    const labels = name.slice(0, -`.svc.${world.cluster.settings.domain}.`.length).split('.')
    if (labels.length === 3) return [endpointName(world, service, labels[0] ?? '')]
    if (service.type === 'ExternalName') return [externalName(world, service)]
    if (labels.length === 2 && service.headless) return withoutEndpoint(world, service)
  }
  return undefined
}

/** A balancer is known by this name, and nothing says an address of the family that is asked for. */
function balancerName(world: World, { queries }: Resolution): readonly Finding[] | undefined {
  const asked = new Set(queries.map(({ name }) => name.replace(/\.$/, '').toLowerCase()))
  for (const service of world.cluster.services) {
    const named = service.loadBalancer.find(({ hostname }) => asked.has(hostname?.toLowerCase() ?? ''))
    if (named?.hostname !== undefined) return [balancerByName(service, named.hostname)]
  }
  return undefined
}

/** The search ended before the name that exists was asked for. */
function resolverStops(
  world: World,
  { asked, queries, resolver }: Resolution,
  pod: ClusterPod | undefined,
): readonly Finding[] {
  const last = queries.at(-1)
  const { service } = asService(world, asked, pod)
  const stopped = resolver === 'musl' && last?.rcode === 'NOERROR' && last.answers.length === 0
  if (stopped) {
    return [
      finding(
        'resolver-stops-at-empty-answer',
        `${last.name} exists without an address, and musl's resolver looks no further; glibc's would`,
        {
          objects: [pod && inPod(pod, 'spec')],
          fix: `ask for ${asked.replace(/\.$/, '')}. with a dot at its end, or use an image with glibc`,
        },
      ),
    ]
  }
  if (resolver !== 'as-is' || !service) return []
  const full = `${service.name}.${service.namespace}.svc.${world.cluster.settings.domain}`
  return [
    finding('resolver-without-search', `${asked} is asked for as it stands: no search domain is added`, {
      objects: [service.ref],
      fix: `ask for ${full}, or have the tool use the search list (dig +search)`,
    }),
  ]
}

/** `name[.namespace[.svc[.…]]]` as a Service. */
function asService(world: World, host: string, pod: ClusterPod | undefined) {
  const [name = '', namespace = pod?.namespace ?? 'default'] = host.replace(/\.$/, '').split('.')
  return { name, namespace, service: world.services.get(`${namespace}/${name}`) }
}

function hostNetwork(
  world: World,
  host: string,
  pod: ClusterPod | undefined,
  netns: string,
): readonly Finding[] {
  const { service } = asService(world, host, pod)
  if (!service) return []
  if (!pod && !netns.startsWith('node/')) {
    return [
      finding('name-asked-outside', `${host} is a name of the cluster's DNS, which nobody outside asks`, {
        objects: [service.ref],
        fix: "send to what the outside reaches: a node's port, a load balancer's address, an external IP",
      }),
    ]
  }
  if (!pod) {
    return [
      finding(
        'host-network-dns',
        `${netns.replace('/', ' ')} does not ask the cluster's DNS, which alone knows ${host}`,
        {
          objects: [service.ref],
          fix: 'ask for the address of the Service, or from a pod',
        },
      ),
    ]
  }
  const policy = pod.object.spec.dnsPolicy ?? 'ClusterFirst'
  if (!pod.hostNetwork && policy === 'ClusterFirst') return []
  const why = pod.hostNetwork
    ? `runs in the node's network with dnsPolicy ${policy}`
    : `has dnsPolicy ${policy}`
  return [
    finding(
      'host-network-dns',
      `pod ${pod.name} ${why}, so it asks the node's resolver, which knows no ${host}`,
      {
        objects: [inPod(pod, 'spec', pod.object.spec.dnsPolicy ? 'dnsPolicy' : 'hostNetwork'), service.ref],
        fix: pod.hostNetwork ? 'set dnsPolicy: ClusterFirstWithHostNet' : 'set dnsPolicy: ClusterFirst',
      },
    ),
  ]
}

function otherDomain(world: World, host: string): readonly Finding[] {
  const { domain } = world.cluster.settings
  const [name, namespace, svc, ...rest] = host.replace(/\.$/, '').split('.')
  const asked = rest.join('.')
  const service = world.services.get(`${namespace}/${name}`)
  if (svc !== 'svc' || asked === '' || asked === domain || !service) return []
  return [
    finding('cluster-domain-differs', `the cluster's domain is ${domain}, not ${asked}`, {
      objects: [service.ref],
      fix: `ask for ${name}.${namespace}.svc.${domain}`,
    }),
  ]
}

function otherNamespace(world: World, host: string, pod: ClusterPod | undefined): readonly Finding[] {
  const { name, namespace } = asService(world, host, pod)
  const others = [...world.services.values()].filter(
    (one) => one.name === name && one.namespace !== namespace,
  )
  const [other] = others
  if (!other) return []
  const where = listNames(others.map((one) => one.namespace))
  const isThere = world.cluster.namespaces.some((one) => one.name === namespace)
  const what = isThere
    ? `namespace ${namespace} has no Service ${name}; there is one in ${where}`
    : `there is no namespace ${namespace}; Service ${name} is in ${where}`
  return [
    finding('name-in-other-namespace', what, {
      objects: [inService(other, 'metadata', 'namespace')],
      fix: `ask for ${other.name}.${other.namespace}`,
    }),
  ]
}

/** A name with a dot at its end is taken as it is; the search domains are not tried. */
function closedName(world: World, host: string, pod: ClusterPod | undefined): readonly Finding[] {
  const { service } = asService(world, host, pod)
  if (!service || !host.endsWith('.')) return []
  const full = `${service.name}.${service.namespace}.svc.${world.cluster.settings.domain}.`
  return [
    finding('name-unknown', `${host} ends in a dot, so that no search domain is added to it`, {
      objects: [service.ref],
      fix: `ask for ${host.slice(0, -1)} or ${full}`,
    }),
  ]
}

/** The Service is there, and who was asked for its name does not know the cluster. */
function elsewhere(world: World, resolution: Resolution, pod: ClusterPod | undefined): readonly Finding[] {
  const { service } = asService(world, resolution.asked, pod)
  const asked = service && askedElsewhere(world, resolution, pod)
  return asked !== undefined && pod ? [differs(world, asked, pod)] : []
}

function unknown(world: World, host: string, pod: ClusterPod | undefined): readonly Finding[] {
  const { name, namespace } = asService(world, host, pod)
  if (!world.cluster.namespaces.some((one) => one.name === namespace)) {
    return [unknownNamespace(host, namespace)]
  }
  const own = [...world.services.values()].filter((one) => one.namespace === namespace)
  const near = nearest(
    name,
    own.map((one) => one.name),
  )
  const service = own.find((one) => one.name === near)
  const known =
    own.length === 0
      ? `namespace ${namespace} has no Services`
      : `it has ${listNames(own.map((one) => one.name).toSorted())}`
  return [
    service
      ? finding(
          'name-unknown',
          `namespace ${namespace} has no Service ${name}, but one called ${service.name}`,
          {
            objects: [service.ref],
            fix: `ask for ${service.name}`,
          },
        )
      : finding('name-unknown', `there is no Service ${fullName({ namespace, name })}: ${known}`, {
          fix: 'ask for a name that exists, or create the Service',
        }),
  ]
}

/** A name of two labels and more whose second is no namespace, and which nobody outside knows either. */
function unknownNamespace(host: string, namespace: string): Finding {
  return finding(
    'name-unknown',
    `${host} is no name of the cluster, which has no namespace ${namespace}, and no name server outside knows it`,
    { fix: 'ask for a name that exists: SERVICE.NAMESPACE in the cluster, or a full name outside' },
  )
}
