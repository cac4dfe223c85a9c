import { fnv1a } from '../../base/hash.ts'
import { familyOf } from '../../base/ip.ts'
import { byText } from '../../base/ordering.ts'
import { announcedBy, announcedByAll, statedAnnouncer } from './announce.ts'
import type { BalancerContext, BalancerProfile, Surroundings } from './profile.ts'
import { asksForClass, controllerField, hasAnnotation, hasClass, hasController, hasImage } from './signs.ts'

const types: readonly string[] = ['kube-vip', 'kube-vip-bgp']

/**
 * kube-vip in ARP mode: the leader has the address on its device, so that it is one of the node's own, and everything
 * enters there. Who leads is not written in any object: a node by a hash, unless the Environment's announcer says. The
 * leader is not chosen by its endpoints: with externalTrafficPolicy Local a leader without one drops everything,
 * unless each Service has an election of its own (`svc_election`). In BGP mode every node announces the address.
 * (kube-vip documentation, "Services" and "Flags".)
 */
export const kubeVip: BalancerProfile = {
  name: 'kube-vip',
  types,
  claims: (service, surroundings) => {
    const byClass = hasClass(service, ['kube-vip.io/kube-vip-class'])
    if (byClass || asksForClass(service)) return byClass
    return (
      hasController(surroundings, types) ??
      hasAnnotation(service, ['kube-vip.io/']) ??
      hasImage(surroundings, 'kube-vip/kube-vip')
    )
  },
  announcers: (surroundings) =>
    setting(surroundings, 'svc_election') === 'true' ? surroundings.nodes.map(({ name }) => name) : undefined,
  balance: (context) => {
    const { loadBalancerController } = context.cluster.environment
    const isBgp =
      loadBalancerController?.['type'] === 'kube-vip-bgp' || loadBalancerController?.['mode'] === 'bgp'
    if (isBgp) return announcedByAll(context)
    return announcedBy(context, statedAnnouncer(context) ?? leader(context), { held: true })
  },
}

/** A variable of kube-vip's own container. */
function setting(surroundings: Surroundings, name: string): string | undefined {
  const stated = controllerField(surroundings, name)
  if (stated !== undefined) return stated
  const pods = [
    ...surroundings.objects.DaemonSet.map(({ object }) => object.spec.template?.spec),
    ...surroundings.objects.Pod.map(({ object }) => object.spec),
  ]
  const containers = pods.flatMap((spec) => spec?.containers ?? [])
  const own = containers.filter(({ image = '' }) => image.includes('kube-vip/kube-vip'))
  return own.flatMap(({ env = [] }) => env).find((one) => one.name === name)?.value
}

/** One leader for all Services; with an election for each Service, one of the nodes with an endpoint. */
function leader({ cluster, service, ip, nodes }: BalancerContext): string | undefined {
  const electing = service.balancer?.announcers !== undefined
  const able = cluster.nodes.filter(
    (node) => node.ready && node.addresses.some((one) => familyOf(one) === familyOf(ip)),
  )
  const candidates = (electing ? nodes : able).toSorted((a, b) => byText(a.name, b.name))
  const seed = electing ? `kube-vip ${service.namespace}/${service.name}` : 'kube-vip'
  return candidates[fnv1a(seed) % Math.max(candidates.length, 1)]?.name
}
