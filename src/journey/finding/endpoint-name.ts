import { parseIp } from '../../base/ip.ts'
import { matchesLabels } from '../../control/complete/selectors.ts'
import type { ClusterPod, ClusterService } from '../../model/cluster.ts'
import type { Finding } from '../../model/journey.ts'
import type { World } from '../world.ts'
import { stateOf } from './endpoints.ts'
import { finding, inPod, inService, listNames } from './failure.ts'

/** `web-1.web` stands for nothing: the pod of this name is not ready, is not of this Service, or is not there. */
export function endpointName(world: World, service: ClusterService, hostname: string): Finding {
  const pods = world.cluster.pods.filter((pod) => pod.namespace === service.namespace)
  const pod = pods.find((one) => one.name === hostname || one.hostname === hostname)
  if (!pod) return noSuchPod(service, hostname, pods)
  const { selector } = service
  if (selector && !matchesLabels(selector, pod.labels)) {
    return finding(
      'pod-name-unknown',
      `the selector of Service ${service.name} does not take in ${pod.name}`,
      {
        objects: [inService(service, 'spec', 'selector'), inPod(pod, 'metadata', 'labels')],
        fix: 'make the labels of the pod and the selector agree',
      },
    )
  }
  if (pod.hostname === undefined || pod.subdomain !== service.name) return otherSubdomain(service, pod)
  return finding(
    'endpoint-not-ready',
    `pod ${pod.name} ${stateOf(pod)}; the name of a pod of Service ${service.name} is in DNS only while the pod is ready`,
    {
      objects: [inPod(pod, 'status', 'conditions'), inService(service, 'spec')],
      fix: 'mend the pod, or set publishNotReadyAddresses: true on the Service',
    },
  )
}

function noSuchPod(service: ClusterService, hostname: string, pods: readonly ClusterPod[]): Finding {
  const own = pods.filter((pod) => pod.hostname !== undefined && pod.subdomain === service.name)
  const has = own.length > 0 ? `; it has ${listNames(own.map((pod) => pod.hostname ?? pod.name))}` : ''
  return finding('pod-name-unknown', `Service ${service.name} has no pod called ${hostname}${has}`, {
    objects: [service.ref],
    fix: own.length > 0 ? 'ask for one of these' : `ask for ${service.name} itself`,
  })
}

/** Only a pod whose hostname and subdomain are set has a name of its own, in the Service of that subdomain. */
function otherSubdomain(service: ClusterService, pod: ClusterPod): Finding {
  const { subdomain, hostname, owner } = pod
  const isSet = owner?.kind === 'StatefulSet'
  const says = subdomain === undefined ? 'no subdomain' : `the subdomain ${subdomain}`
  const message =
    hostname === undefined
      ? `pod ${pod.name} has no name of its own in DNS: its hostname and subdomain are not set`
      : `pod ${pod.name} has ${says}, and is asked for under ${service.name}`
  return finding('pod-name-unknown', message, {
    objects: [inPod(pod, 'spec', 'subdomain'), service.ref],
    fix: isSet
      ? `set serviceName: ${service.name} on StatefulSet ${owner.name}${subdomain === undefined ? '' : `, or ask for ${pod.name}.${subdomain}`}`
      : `ask for ${service.name} itself, or set hostname and subdomain: ${service.name} on the pod`,
  })
}

/** `db-0.db`, where a pod has that hostname and subdomain and no Service gives them a place in DNS. */
export function podWithoutService(
  world: World,
  host: string,
  asker: ClusterPod | undefined,
): readonly Finding[] {
  const [hostname, subdomain, namespace = asker?.namespace ?? 'default'] = host.replace(/\.$/, '').split('.')
  const pod = world.cluster.pods.find(
    (one) =>
      one.namespace === namespace && (one.hostname ?? one.name) === hostname && one.subdomain === subdomain,
  )
  if (!pod || subdomain === undefined || world.services.has(`${namespace}/${subdomain}`)) return []
  const message = `pod ${pod.name} has the subdomain ${subdomain}, and namespace ${namespace} has no Service of that name, without which the pod has no name in DNS`
  return [
    finding('pod-name-unknown', message, {
      objects: [inPod(pod, 'spec', 'subdomain')],
      fix: `create a headless Service ${subdomain} that selects the pod`,
    }),
  ]
}

/** An ExternalName Service whose target is no name, or one that nobody has. */
export function externalName(world: World, service: ClusterService): Finding {
  const target = service.externalName ?? ''
  const [name, namespace = service.namespace] = target.split('.')
  const known = world.services.get(`${namespace}/${name}`)
  const why =
    parseIp(target) === undefined ? 'which does not exist' : 'which is an address, and DNS gives names only'
  const { domain } = world.cluster.settings
  return finding('external-name-unknown', `Service ${service.name} stands for ${target}, ${why}`, {
    objects: [inService(service, 'spec', 'externalName'), known?.ref],
    fix: fixFor(),
  })

  function fixFor(): string {
    if (parseIp(target) !== undefined) {
      return 'use a Service without a selector, and Endpoints with that address'
    }
    return known
      ? `set externalName: ${known.name}.${known.namespace}.svc.${domain}`
      : 'set externalName to a full name that exists'
  }
}
