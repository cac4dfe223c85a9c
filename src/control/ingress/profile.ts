import type { HttpProxy, IgnoredObject } from '../../http/proxy.ts'
import type { Cluster } from '../../model/cluster.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { Controller } from './controller.ts'

/** The names of the controllers that are modelled. */
export type IngressProfileName =
  | 'ingress-nginx'
  | 'traefik'
  | 'haproxy-ingress'
  | 'haproxytech'
  | 'gce'
  | 'alb'
  | 'specification'

/** What a profile works with. */
export interface IngressContext {
  readonly cluster: Cluster
  readonly controller: Controller
}

/** Whether a controller takes an Ingress, and if not why. */
export type ClassDecision =
  | { readonly taken: true; readonly because: string }
  | {
      readonly taken: false
      readonly code: ClassReason
      readonly reason: string
      readonly fix?: string
    }

/** Why an Ingress is not taken. */
export type ClassReason =
  /** It names none, and the controller wants one. */
  | 'class-not-named'
  /** The IngressClass that it names does not exist. */
  | 'class-missing'
  /** Its IngressClass belongs to another controller. */
  | 'class-differs'
  /** Its annotation names another class. */
  | 'annotation-differs'
  /** The controller does not watch its namespace. */
  | 'namespace-not-watched'
  /** The controller takes no Ingress with a default backend. */
  | 'catch-all-refused'

/** One controller: how it chooses its Ingresses, and what it makes of them. */
export interface IngressProfile {
  readonly name: IngressProfileName
  /** `spec.controller` of the IngressClasses that are its own, where no flag says otherwise. */
  readonly controllers: readonly string[]
  classOf(ingress: Located<Ingress>, context: IngressContext): ClassDecision
  /** Those Ingresses alone that it takes. */
  compile(ingresses: readonly Located<Ingress>[], context: IngressContext): CompiledIngresses
}

export interface CompiledIngresses {
  /** One for a controller that is a proxy itself, and one an Ingress or group for a cloud's. */
  readonly proxies: readonly IngressProxy[]
}

/** A proxy that a controller has made, or that it could not make. */
export interface IngressProxy {
  /** Absent if it is rejected. */
  readonly proxy?: HttpProxy
  /** The Ingresses that it serves. */
  readonly ingresses: readonly Located<Ingress>[]
  /** Why there is none: the Ingress gets no address. */
  readonly rejected?: IgnoredObject
}
