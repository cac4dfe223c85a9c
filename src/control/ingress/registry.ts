import type { HttpProxy, IgnoredObject } from '../../http/proxy.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import { alb } from './alb.ts'
import type { Controller } from './controller.ts'
import { gce } from './gce.ts'
import { haproxyIngress } from './haproxy-ingress.ts'
import { haproxytech } from './haproxytech.ts'
import { ingressNginx } from './ingress-nginx.ts'
import type {
  ClassDecision,
  IngressContext,
  IngressProfile,
  IngressProfileName,
  IngressProxy,
} from './profile.ts'
import { hostsOf } from './rules.ts'
import { specification } from './specification.ts'
import { traefik } from './traefik.ts'

/** The controllers that are modelled. */
export const ingressProfiles: { readonly [K in IngressProfileName]: IngressProfile } = {
  'ingress-nginx': ingressNginx,
  traefik,
  'haproxy-ingress': haproxyIngress,
  haproxytech,
  gce,
  alb,
  specification,
}

/** What is asked of a profile: a cluster, and the controller as it runs there; with its defaults, if left out. */
export interface IngressRequest {
  readonly cluster: Cluster
  readonly controller?: Controller
}

/** Whether a controller takes an Ingress, and if not why. */
export function classOf(
  name: IngressProfileName,
  ingress: Located<Ingress>,
  request: IngressRequest,
): ClassDecision {
  return ingressProfiles[name].classOf(ingress, contextOf(name, request))
}

/**
 * The proxies that a controller makes of a cluster's Ingresses: itself, or for a cloud's one an Ingress. Those that it
 * does not take stand in `ignored` of the first, with the reason.
 */
export function ingressProxies(name: IngressProfileName, request: IngressRequest): readonly IngressProxy[] {
  const profile = ingressProfiles[name]
  const context = contextOf(name, request)
  const decided = request.cluster.ingresses.map((ingress) => ({
    ingress,
    decision: profile.classOf(ingress, context),
  }))
  const taken = decided.filter(({ decision }) => decision.taken).map(({ ingress }) => ingress)
  const ignored = decided.flatMap(({ ingress, decision }) => ignoredObject(ingress, decision))
  const { proxies } = profile.compile(taken, context)
  return proxies.map((one, index) =>
    index === 0 && one.proxy ? { ...one, proxy: withIgnored(one.proxy, ignored) } : one,
  )
}

/** The proxy of a controller that runs in the cluster. For one whose proxies are a cloud's, the first of them. */
export function ingressProxy(name: IngressProfileName, request: IngressRequest): HttpProxy | undefined {
  return ingressProxies(name, request)[0]?.proxy
}

function withIgnored(proxy: HttpProxy, ignored: readonly IgnoredObject[]): HttpProxy {
  return { ...proxy, ignored: [...ignored, ...proxy.ignored] }
}

function ignoredObject(ingress: Located<Ingress>, decision: ClassDecision): readonly IgnoredObject[] {
  if (decision.taken) return []
  const { code, reason, fix } = decision
  return [{ object: ingress.ref, code, reason, hosts: hostsOf(ingress), ...(fix !== undefined && { fix }) }]
}

function contextOf(name: IngressProfileName, { cluster, controller }: IngressRequest): IngressContext {
  return { cluster, controller: controller ?? { label: name, namespace: name, args: [] } }
}
