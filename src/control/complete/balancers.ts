import { formatIp, parseIpSloppy } from '../../base/ip.ts'
import { by } from '../../base/ordering.ts'
import type {
  ClusterEndpointSlice,
  ClusterNode,
  ClusterPod,
  ClusterService,
  LoadBalancerAddress,
  PendingBalancer,
  ServiceBalancer,
} from '../../model/cluster.ts'
import type { Environment } from '../../model/environment.ts'
import type { Located, Service } from '../../model/objects.ts'
import type { BalancerProfile, Surroundings } from '../load-balancer/profile.ts'
import { unknownProvider } from '../load-balancer/profile.ts'
import { proxyProtocolOf } from '../load-balancer/proxy-protocol.ts'
import { chooseProfile } from '../load-balancer/registry.ts'
import { addressesBehindNames } from './balancer-names.ts'
import type { Completion } from './completion.ts'
import { MetallbAllocator } from './metallb-addresses.ts'
import { serviceLbAddresses } from './service-lb.ts'

/** Who serves each Service of type LoadBalancer, and by which sign. */
export type BalancerChoices = ReadonlyMap<
  Located<Service>,
  { readonly profile: BalancerProfile; readonly sign: string }
>

/** Looks for the provider of each load balancer. */
export function chooseBalancers(
  { objects }: Completion,
  nodes: readonly ClusterNode[],
  environment: Environment,
): BalancerChoices {
  const surroundings: Surroundings = { nodes, objects, environment }
  const own = objects.Service.filter(({ object }) => object.spec?.type === 'LoadBalancer')
  return new Map(own.map((service) => [service, chooseProfile(service, surroundings)]))
}

/** What addresses depend on, beside the Services. */
export interface Balancing {
  readonly choices: BalancerChoices
  readonly nodes: readonly ClusterNode[]
  readonly pods: readonly ClusterPod[]
  readonly endpointSlices: readonly ClusterEndpointSlice[]
  readonly environment: Environment
}

/** An address that a provider gives, or why it gives none. */
export type Assigned =
  | { readonly addresses: readonly LoadBalancerAddress[] }
  | { readonly pending: PendingBalancer }

/**
 * Gives load balancers their addresses as far as the input lets it be told: MetalLB's are those of its pools, k3s's
 * are the nodes', and what nobody can know stays pending, with the reason. What the status states is kept.
 */
export function completeBalancers(
  completion: Completion,
  services: readonly ClusterService[],
  balancing: Balancing,
): readonly ClusterService[] {
  const { choices, nodes, environment } = balancing
  const surroundings: Surroundings = { nodes, objects: completion.objects, environment }
  const metallb = new MetallbAllocator(completion.objects, services)
  const made = new Map<ClusterService, ClusterService>()
  for (const service of services.toSorted(by(({ namespace, name }) => `${namespace}/${name}`))) {
    const choice = service.source && choices.get(service.source)
    if (!choice) continue
    const { profile, sign } = choice
    const assigned = assign(completion, service, profile, { balancing, metallb })
    const addresses = 'addresses' in assigned ? assigned.addresses : []
    const announcers = profile.announcers?.(
      surroundings,
      addresses.flatMap(({ ip }) => ip ?? []),
    )
    const proxyProtocol = proxyProtocolOf(service, profile.name)
    const balancer: ServiceBalancer = {
      profile: profile.name,
      chosenBy: sign,
      ...(announcers && { announcers }),
      ...(proxyProtocol && { proxyProtocol }),
      ...('pending' in assigned && { pending: assigned.pending }),
    }
    made.set(service, { ...service, loadBalancer: addresses, balancer })
    assumeBalancer(completion, service, balancer)
  }
  const complete = services.map((service) => made.get(service) ?? service)
  return addressesBehindNames(completion, complete, { nodes, environment })
}

function assumeBalancer(
  { assume }: Completion,
  { namespace, name, ref, loadBalancer }: ClusterService,
  { profile, chosenBy }: ServiceBalancer,
): void {
  const whose = `the load balancer of ${namespace}/${name}`
  if (profile !== unknownProvider) assume(`${whose} is ${profile}: ${chosenBy}`, ref)
  else if (loadBalancer.length > 0) {
    assume(`${whose} passes packets on as they are: ${chosenBy}`, ref)
  }
}

function assign(
  completion: Completion,
  service: ClusterService,
  profile: BalancerProfile,
  { balancing, metallb }: { readonly balancing: Balancing; readonly metallb: MetallbAllocator },
): Assigned {
  if (service.loadBalancer.length > 0) return { addresses: service.loadBalancer }
  const given = statedAssignment(balancing.environment)
  if (profile.name.startsWith('metallb-')) {
    const made = metallb.assign(service)
    // Without its pools in the input, only the Environment knows what it gives.
    return told(completion, service, given && 'pending' in made ? { addresses: [given] } : made)
  }
  if (profile.name === 'k3s-servicelb') {
    return told(completion, service, serviceLbAddresses(service, balancing))
  }
  const wished = wishedAddress(completion, service, profile)
  if (wished) return { addresses: [wished] }
  if (given) return told(completion, service, { addresses: [given] })
  return { pending: nobodyGives(service, profile) }
}

function told(
  { assume }: Completion,
  { namespace, name, ref }: ClusterService,
  assigned: Assigned,
): Assigned {
  if ('addresses' in assigned) {
    const texts = assigned.addresses.flatMap(({ ip }) => (ip === undefined ? [] : [formatIp(ip)]))
    assume(`the load balancer of ${namespace}/${name} has address ${texts.join(', ')}`, ref)
  }
  return assigned
}

/** The address that the Environment's controller gives. */
function statedAssignment({ loadBalancerController }: Environment): LoadBalancerAddress | undefined {
  const text = loadBalancerController?.['assigns']
  const ip = typeof text === 'string' ? parseIpSloppy(text) : undefined
  return ip === undefined ? undefined : { ip, mode: 'VIP' }
}

/** A wish in `loadBalancerIP`, or in kube-vip's annotation, is taken for granted. */
function wishedAddress(
  { assume }: Completion,
  { object, ref, namespace, name, annotations }: ClusterService,
  profile: BalancerProfile,
): LoadBalancerAddress | undefined {
  const annotated = profile.name === 'kube-vip' ? annotations['kube-vip.io/loadbalancerIPs'] : undefined
  const text = annotated?.split(',')[0]?.trim() ?? object.spec?.loadBalancerIP
  const ip = text ? parseIpSloppy(text) : undefined
  if (ip === undefined) return undefined
  assume(`the load balancer of ${namespace}/${name} got the address it asks for, ${formatIp(ip)}`, ref)
  return { ip, mode: profile.name === 'kind-cloud-provider' ? 'Proxy' : 'VIP' }
}

/** Nobody hands out addresses, nobody serves the class, or a cloud does it that says nothing here. */
function nobodyGives({ object }: ClusterService, profile: BalancerProfile): PendingBalancer {
  const asked = object.spec?.loadBalancerClass
  if (profile.name === unknownProvider && asked) {
    return {
      code: 'load-balancer-class-unserved',
      reason: `it asks for loadBalancerClass ${asked}, which nothing in this cluster serves`,
      fix: 'run the controller of that class, or leave loadBalancerClass out',
      at: ['spec', 'loadBalancerClass'],
      objects: [],
    }
  }
  const known = profile.name !== unknownProvider
  return {
    code: 'load-balancer-pending',
    reason: known
      ? `${profile.name} gives one when the balancer is made, and the input does not say which`
      : 'nothing in this cluster hands out load balancer addresses',
    fix: known
      ? 'state the address in status.loadBalancer.ingress'
      : 'run a load balancer controller, or state the address in status.loadBalancer.ingress',
    at: ['spec', 'type'],
    objects: [],
  }
}
