import type { Ip } from '../../base/ip.ts'
import type { IgnoredObject } from '../../http/proxy.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import { annotationsOf } from '../ingress/annotations.ts'
import { classAnnotation } from '../ingress/class.ts'
import type { Controller } from '../ingress/controller.ts'
import { controllersIn } from '../ingress/controllers-in.ts'
import { isInternal } from '../ingress/gce.ts'
import type { IngressProxy } from '../ingress/profile.ts'
import { classOf, ingressProxies } from '../ingress/registry.ts'
import { hostsOf } from '../ingress/rules.ts'
import { cloudAddresses } from './addresses.ts'
import type { CloudProxy, CloudProxyDraft } from './cloud-proxy.ts'
import { controllerNames } from './cloud-proxy.ts'

const known = new WeakMap<Cluster, readonly CloudProxy[]>()

/** The proxies of clouds that serve the cluster's Ingresses. */
export function cloudProxies(cluster: Cluster): readonly CloudProxy[] {
  const found = known.get(cluster)
  if (found) return found
  const drafts = [...gceDrafts(cluster), ...albDrafts(cluster)]
  const addresses = cloudAddresses(cluster, drafts)
  const made = drafts.map((draft): CloudProxy => {
    const own = addresses.get(draft.id) ?? []
    const refused = draft.refused ?? (own.length === 0 ? notAssigned(draft) : undefined)
    return { ...draft, addresses: own, ...(refused && { refused }) }
  })
  known.set(cluster, made)
  return made
}

/** The Ingress whose balancer has this address. */
export function cloudProxyAt(cluster: Cluster, ip: Ip): CloudProxy | undefined {
  return cloudProxies(cluster).find(({ addresses }) => addresses.some((one) => one.ip === ip))
}

/** What a balancer that could be made waits for: nothing but the cloud knows its address. */
function notAssigned({ ingresses: [first], ingresses, profile }: CloudProxyDraft) {
  const refused: IgnoredObject = {
    object: { ...first.ref, at: first.locate(['status']) },
    code: 'not-assigned',
    reason: `${controllerNames[profile]} gives one when the balancer is made, and the input does not say which`,
    fix: 'state the address in status.loadBalancer.ingress',
    hosts: ingresses.flatMap(hostsOf),
  }
  return refused
}

/** Whether the Environment lets a controller be: without a word of any, what the Ingresses say counts. */
function statedControllers({ environment }: Cluster, type: CloudProxy['profile']) {
  return environment.ingressControllers?.filter((one) => one.type === type)
}

/**
 * GKE serves the Ingresses that have its annotation and those without any class; elsewhere nobody is known to serve the
 * latter. One that a controller of the cluster takes as well is left to that. That it looks at no IngressClass is a frequent mistake, so those that name one of its own are told of.
 */
function gceDrafts(cluster: Cluster): readonly CloudProxyDraft[] {
  const stated = statedControllers(cluster, 'gce')
  if (stated?.length === 0) return []
  const onGke = stated !== undefined || hasProvider(cluster, 'gce')
  const running = controllersIn(cluster).filter(({ profile }) => profile !== 'alb' && profile !== 'gce')
  const isAnothers = (ingress: Located<Ingress>) =>
    running.some((controller) => classOf(controller.profile, ingress, { cluster, controller }).taken)
  const mine = cluster.ingresses.filter((ingress) => {
    const { object } = ingress
    const annotation = object.metadata.annotations?.[classAnnotation]
    const field = object.spec?.ingressClassName
    if (annotation !== undefined) return annotation.startsWith('gce')
    return field === undefined ? onGke && !isAnothers(ingress) : field.startsWith('gce')
  })
  const taken = ingressProxies('gce', { cluster: { ...cluster, ingresses: mine } })
  return [
    ...taken.flatMap((one) => draftOf('gce', one, one.ingresses.some(isInternal))),
    ...mine.flatMap((ingress) => notTaken(cluster, ingress)),
  ]
}

function notTaken(cluster: Cluster, ingress: Located<Ingress>): readonly CloudProxyDraft[] {
  const decision = classOf('gce', ingress, { cluster })
  if (decision.taken) return []
  const { code, reason, fix } = decision
  const object = { ...ingress.ref, at: ingress.locate(['spec', 'ingressClassName']) }
  const rejected = { object, code, reason, hosts: hostsOf(ingress), ...(fix !== undefined && { fix }) }
  return draftOf('gce', { ingresses: [ingress], rejected }, false)
}

/** The controller's settings are those of its pod, if the input has it. */
function albDrafts(cluster: Cluster): readonly CloudProxyDraft[] {
  const stated = statedControllers(cluster, 'alb')
  if (stated?.length === 0) return []
  const running = controllersIn(cluster).find(({ profile }) => profile === 'alb')
  const own = stated?.[0]?.class
  const controller: Controller = running ?? {
    label: 'aws-load-balancer-controller',
    namespace: 'kube-system',
    args: own === undefined ? [] : [`--ingress-class=${own}`],
  }
  return ingressProxies('alb', { cluster, controller }).flatMap((one) => {
    const schemes = one.ingresses.map((ingress) =>
      annotationsOf(ingress, ['alb.ingress.kubernetes.io/']).text('scheme'),
    )
    return draftOf('alb', one, !schemes.includes('internet-facing'))
  })
}

function draftOf(
  profile: CloudProxyDraft['profile'],
  { ingresses: [first, ...others], proxy, rejected }: IngressProxy,
  internal: boolean,
): readonly CloudProxyDraft[] {
  if (!first) return []
  const id = `cloud-proxy/${first.ref.namespace ?? 'default'}/${first.ref.name}`
  const made = { ...(proxy && { proxy }), ...(rejected && { refused: rejected }) }
  return [{ profile, id, ingresses: [first, ...others], isInternal: internal, ...made }]
}

function hasProvider({ nodes }: Cluster, scheme: string): boolean {
  return nodes.some(({ source }) => source?.object.spec?.providerID?.startsWith(`${scheme}://`))
}
