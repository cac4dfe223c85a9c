import type { Condition, LabelSelector, Located, ObjectMeta } from './objects.ts'

/** The objects of the Gateway API as they are written, with the fields that kubewalk reads. */
interface Typed {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

export interface GatewayClass extends Typed {
  readonly spec?: {
    readonly controllerName?: string
    readonly description?: string
    readonly parametersRef?: LocalObjectReference & { readonly namespace?: string }
  }
}

/** Names an object of one's own namespace. */
export interface LocalObjectReference {
  readonly group?: string
  readonly kind?: string
  readonly name?: string
}

/** Names a Secret, or something else that may lie in another namespace. */
export interface ObjectReference extends LocalObjectReference {
  readonly namespace?: string
}

export interface GatewayListener {
  readonly name?: string
  readonly port?: number
  readonly protocol?: string
  readonly hostname?: string
  readonly tls?: {
    readonly mode?: string
    readonly certificateRefs?: readonly ObjectReference[]
    readonly options?: Readonly<Record<string, string>>
  }
  readonly allowedRoutes?: {
    readonly namespaces?: NamespaceChoice
    readonly kinds?: readonly { readonly group?: string; readonly kind?: string }[]
  }
}

/** Which namespaces may attach something. */
export interface NamespaceChoice {
  /** `Same`, `All`, `Selector` or `None`. */
  readonly from?: string
  readonly selector?: LabelSelector
}

export interface GatewayAddress {
  readonly type?: string
  readonly value?: string
}

export interface Gateway extends Typed {
  readonly spec?: {
    readonly gatewayClassName?: string
    readonly listeners?: readonly GatewayListener[]
    readonly addresses?: readonly GatewayAddress[]
    readonly allowedListeners?: { readonly namespaces?: NamespaceChoice }
    readonly infrastructure?: {
      readonly labels?: Readonly<Record<string, string>>
      readonly annotations?: Readonly<Record<string, string>>
      readonly parametersRef?: LocalObjectReference
    }
    readonly tls?: GatewayTls
  }
  readonly status?: {
    readonly addresses?: readonly GatewayAddress[]
    readonly conditions?: readonly Condition[]
  }
}

/** What holds for all listeners: who the Gateway is to its backends, and which clients it believes. */
export interface GatewayTls {
  readonly backend?: { readonly clientCertificateRef?: ObjectReference }
  readonly frontend?: {
    readonly default?: { readonly validation?: ClientValidation }
    readonly perPort?: readonly {
      readonly port?: number
      readonly tls?: { readonly validation?: ClientValidation }
    }[]
  }
}

export interface ClientValidation {
  readonly caCertificateRefs?: readonly ObjectReference[]
  readonly mode?: string
}

/** Further listeners of a Gateway, in an object of their own. */
export interface ListenerSet extends Typed {
  readonly spec?: {
    readonly parentRef?: ObjectReference
    readonly listeners?: readonly GatewayListener[]
  }
}

export interface ParentReference extends ObjectReference {
  readonly sectionName?: string
  readonly port?: number
}

export interface BackendReference extends ObjectReference {
  readonly port?: number
  readonly weight?: number
  readonly filters?: readonly RouteFilter[]
}

export interface HeaderModifier {
  readonly set?: readonly { readonly name?: string; readonly value?: string }[]
  readonly add?: readonly { readonly name?: string; readonly value?: string }[]
  readonly remove?: readonly string[]
}

export interface PathModifier {
  readonly type?: string
  readonly replaceFullPath?: string
  readonly replacePrefixMatch?: string
}

export interface RouteFilter {
  readonly type?: string
  readonly requestHeaderModifier?: HeaderModifier
  readonly responseHeaderModifier?: HeaderModifier
  readonly requestMirror?: {
    readonly backendRef?: BackendReference
    readonly percent?: number
    readonly fraction?: { readonly numerator?: number; readonly denominator?: number }
  }
  readonly requestRedirect?: {
    readonly scheme?: string
    readonly hostname?: string
    readonly path?: PathModifier
    readonly port?: number
    readonly statusCode?: number
  }
  readonly urlRewrite?: { readonly hostname?: string; readonly path?: PathModifier }
  readonly cors?: {
    readonly allowOrigins?: readonly string[]
    readonly allowCredentials?: boolean
    readonly allowMethods?: readonly string[]
    readonly allowHeaders?: readonly string[]
    readonly exposeHeaders?: readonly string[]
    readonly maxAge?: number
  }
  readonly externalAuth?: { readonly protocol?: string; readonly backendRef?: BackendReference }
  readonly extensionRef?: LocalObjectReference
}

export interface NamedMatch {
  readonly type?: string
  readonly name?: string
  readonly value?: string
}

export interface HttpRouteMatch {
  readonly path?: { readonly type?: string; readonly value?: string }
  readonly method?: string
  readonly headers?: readonly NamedMatch[]
  readonly queryParams?: readonly NamedMatch[]
}

export interface GrpcRouteMatch {
  readonly method?: { readonly type?: string; readonly service?: string; readonly method?: string }
  readonly headers?: readonly NamedMatch[]
}

interface RuleBase<M> {
  readonly name?: string
  readonly matches?: readonly M[]
  readonly filters?: readonly RouteFilter[]
  readonly backendRefs?: readonly BackendReference[]
  readonly sessionPersistence?: { readonly type?: string }
}

export interface HttpRouteRule extends RuleBase<HttpRouteMatch> {
  readonly timeouts?: { readonly request?: string; readonly backendRequest?: string }
  readonly retry?: { readonly attempts?: number }
}

export type GrpcRouteRule = RuleBase<GrpcRouteMatch>

interface RouteSpec<R> {
  readonly parentRefs?: readonly ParentReference[]
  readonly hostnames?: readonly string[]
  readonly rules?: readonly R[]
}

export interface HttpRoute extends Typed {
  readonly spec?: RouteSpec<HttpRouteRule>
}

export interface GrpcRoute extends Typed {
  readonly spec?: RouteSpec<GrpcRouteRule>
}

export interface StreamRouteRule {
  readonly name?: string
  readonly backendRefs?: readonly BackendReference[]
}

/** A TLSRoute, a TCPRoute or a UDPRoute: only the first has host names. */
export interface StreamRouteObject extends Typed {
  readonly spec?: RouteSpec<StreamRouteRule>
}

export interface ReferenceGrant extends Typed {
  readonly spec?: {
    readonly from?: readonly {
      readonly group?: string
      readonly kind?: string
      readonly namespace?: string
    }[]
    readonly to?: readonly { readonly group?: string; readonly kind?: string; readonly name?: string }[]
  }
}

export interface BackendTlsPolicy extends Typed {
  readonly spec?: {
    readonly targetRefs?: readonly (LocalObjectReference & { readonly sectionName?: string })[]
    readonly validation?: {
      readonly hostname?: string
      readonly caCertificateRefs?: readonly LocalObjectReference[]
      readonly wellKnownCACertificates?: string
      readonly subjectAltNames?: readonly {
        readonly type?: string
        readonly hostname?: string
        readonly uri?: string
      }[]
    }
  }
}

/** Every kind of route. */
export type AnyRoute = HttpRoute | GrpcRoute | StreamRouteObject

/** All objects of the Gateway API that were read. */
export interface GatewayApiObjects {
  readonly classes: readonly Located<GatewayClass>[]
  readonly gateways: readonly Located<Gateway>[]
  /** Of both groups, in which the kind has been called ListenerSet and XListenerSet. */
  readonly listenerSets: readonly Located<ListenerSet>[]
  readonly httpRoutes: readonly Located<HttpRoute>[]
  readonly grpcRoutes: readonly Located<GrpcRoute>[]
  readonly tlsRoutes: readonly Located<StreamRouteObject>[]
  readonly tcpRoutes: readonly Located<StreamRouteObject>[]
  readonly udpRoutes: readonly Located<StreamRouteObject>[]
  readonly grants: readonly Located<ReferenceGrant>[]
  readonly backendTlsPolicies: readonly Located<BackendTlsPolicy>[]
}

/** The group of the Gateway API. */
export const gatewayGroup = 'gateway.networking.k8s.io'
