import type { LoadBalancerIngress, Typed } from './objects.ts'

export interface IngressBackend {
  readonly service?: {
    readonly name?: string
    readonly port?: { readonly name?: string; readonly number?: number }
  }
  readonly resource?: { readonly apiGroup?: string; readonly kind?: string; readonly name?: string }
}

export interface IngressPath {
  readonly path?: string
  readonly pathType?: string
  readonly backend?: IngressBackend
}

export interface IngressRule {
  readonly host?: string
  readonly http?: { readonly paths?: readonly IngressPath[] }
}

/** Of every version in the form of `networking.k8s.io/v1`. */
export interface Ingress extends Typed {
  readonly spec?: {
    readonly ingressClassName?: string
    readonly defaultBackend?: IngressBackend
    readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[]
    readonly rules?: readonly IngressRule[]
  }
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerIngress[] } }
}

export interface IngressClass extends Typed {
  readonly spec?: {
    readonly controller?: string
    readonly parameters?: {
      readonly apiGroup?: string
      readonly kind?: string
      readonly name?: string
      readonly namespace?: string
      readonly scope?: string
    }
  }
}
