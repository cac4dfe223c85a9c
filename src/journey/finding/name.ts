import { nearest } from '../../base/nearest.ts'
import type { ClusterPod } from '../../model/cluster.ts'
import type { Finding } from '../../model/journey.ts'
import type { World } from '../world.ts'
import { endpointName, externalName } from './endpoint-name.ts'
import { endpointCause } from './endpoints.ts'
import type { FindCause } from './failure.ts'
import { finding, fullName, inPod, inService, listNames } from './failure.ts'

/** The name stands for nothing. */
export const findName: FindCause = ({ dial, world, sender }) => {
  if (dial.type !== 'nxdomain') return []
  const { host, service, hostname, alias } = dial
  if (service && hostname !== undefined) return [endpointName(world, service, hostname)]
  if (service) return endpointCause(world, service, { port: undefined, family: service.families[0] ?? 4 })
  if (alias) return [externalName(world, alias)]
  return [
    ...hostNetwork(world, host, sender.pod, sender.netns),
    ...otherDomain(world, host),
    ...otherNamespace(world, host, sender.pod),
    ...closedName(world, host, sender.pod),
    ...unknown(world, host, sender.pod),
  ].slice(0, 1)
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
  return [
    finding(
      'name-in-other-namespace',
      `namespace ${namespace} has no Service ${name}; there is one in ${where}`,
      {
        objects: [inService(other, 'metadata', 'namespace')],
        fix: `ask for ${other.name}.${other.namespace}`,
      },
    ),
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

function unknown(world: World, host: string, pod: ClusterPod | undefined): readonly Finding[] {
  const { name, namespace } = asService(world, host, pod)
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
