import type { Cidr, Ip } from '../base/ip.ts'
import type { ObjectRef } from '../base/source.ts'

/**
 * An HTTP proxy as plain data: what an Ingress controller or a Gateway has worked out of its objects. All of them
 * compile to this one form; what makes them differ is how they order their routes and what they put into them.
 */
export interface HttpProxy {
  /** The profile that compiled it: `ingress-nginx`, `traefik`, `gateway-api`. */
  readonly profile: string
  /** What people call it: `ingress-nginx/ingress-nginx-controller`. */
  readonly label: string
  readonly listeners: readonly ProxyListener[]
  readonly forwarding: ForwardedHeaders
  /** How many targets it tries for one request where connections fail; one, if left out. */
  readonly tries?: number
  /** How a path is settled before routes look at it; not at all, if left out. */
  readonly normalization?: PathNormalization
  /** Objects that it looked at and did not take, with the reason; for findings. */
  readonly ignored: readonly IgnoredObject[]
}

export interface IgnoredObject {
  readonly object: ObjectRef
  readonly reason: string
  /** A stable word for the reason: `class-differs`, `class-missing`, `not-accepted`, … */
  readonly code: string
  readonly fix?: string
  /** The host names that it would have served. */
  readonly hosts: readonly string[]
}

/** How the proxy treats headers that tell of the client. */
export interface ForwardedHeaders {
  /** Believes X-Forwarded-* of what is sent to it, if the peer lies in one of these blocks; `[]` for nobody. */
  readonly trusted: readonly Cidr[]
  /** Appends to X-Forwarded-For instead of replacing it. */
  readonly append: boolean
  /** Appends to what anybody sends. */
  readonly appendsForAnyone?: true
  /** Appended to X-Forwarded-For after the client: the proxy's own address, as Google's proxies write it. */
  readonly ownAddress?: Ip
  /** Believes X-Forwarded-Proto, -Host and -Port whoever sends them. */
  readonly believesScheme?: boolean
  /** Takes a request for https whose PROXY protocol header says that port 443 was asked for. */
  readonly believesProxiedPort?: boolean
  /** Whom `sources` are compared with: the other end of the connection, if left out what X-Forwarded-For tells. */
  readonly client?: 'peer' | 'forwarded'
  /** The headers that are set; X-Forwarded-For, -Host and -Proto, if left out. */
  readonly sets?: readonly ForwardedHeader[]
}

export type ForwardedHeader =
  | 'X-Forwarded-For'
  | 'X-Forwarded-Host'
  | 'X-Forwarded-Port'
  | 'X-Forwarded-Proto'
  | 'X-Forwarded-Scheme'
  | 'X-Original-Forwarded-For'
  | 'X-Real-IP'
  | 'X-Scheme'

/** What a proxy takes for the same path. */
export interface PathNormalization {
  /** Percent codes that are read as their characters: all, those of letters, digits and `-._~` alone, or none. */
  readonly decodes: 'all' | 'unreserved' | 'none'
  /** Resolves `.` and `..`. */
  readonly resolvesDots: boolean
  /** Answers 400 where `..` would lead above the root, which is else taken for the root. */
  readonly refusesAboveRoot?: boolean
  /** A percent sign without two hexadecimal digits behind it, or with two zeros, is answered 400. */
  readonly refusesBadCodes?: boolean
  /** Takes several slashes for one. */
  readonly mergesSlashes: boolean
  /** Sends the settled path on; otherwise that of the request line, unless a filter rewrites it. */
  readonly forwarded: boolean
}

/** One port on which the proxy waits. */
export interface ProxyListener {
  /** The port of the process itself (the container's), after any translation on the way. */
  readonly port: number
  readonly protocol: 'http' | 'https' | 'tls' | 'tcp' | 'udp'
  /** A PROXY protocol header must begin every connection. */
  readonly proxyProtocol: boolean
  /** For `https` and `tls`: chosen by SNI among all; the first whose names match best. */
  readonly certificates: readonly Certificate[]
  /** What is shown to a client whose server name no certificate has; the handshake fails without one. */
  readonly defaultCertificate?: Certificate
  /** Connections that are handed on by their server name, TLS and all, before anything else is looked at. */
  readonly passthrough: readonly StreamRoute[]
  /** Connections whose TLS is ended here and whose bytes are handed on by their server name. */
  readonly terminated?: readonly StreamRoute[]
  /** For `tcp` and `udp`, and `tls` that is ended here: everything goes this way. */
  readonly stream?: StreamRoute
  readonly hosts: readonly VirtualHost[]
  /** Answers when no host matches. */
  readonly fallback: RouteAction
  /** Answers 421 if the Host header would be served by another host of this port than the server name chose. */
  readonly checksMisdirected: boolean
}

/** A TLS certificate by what clients check. */
export interface Certificate {
  /** Its DNS names; `*.example.com` covers one label. Unknown where nothing says what is in the Secret. */
  readonly names: readonly string[] | 'unknown'
  /** `CN=Kubernetes Ingress Controller Fake Certificate`, or the Secret's name. */
  readonly label: string
  readonly object?: ObjectRef
  /** The server names that it is shown for; those that it has, if left out. */
  readonly servedFor?: readonly HostPattern[]
}

/** How a rule's host is compared with the request's, without regard to case and port. */
export type HostPattern =
  | { readonly type: 'exact'; readonly name: string }
  /** `*.example.com`: exactly one label in front, as Ingress has it. */
  | { readonly type: 'one-label'; readonly suffix: string }
  /** `*.example.com`: one label or more, as Gateway API has it. */
  | { readonly type: 'any-depth'; readonly suffix: string }
  | { readonly type: 'regex'; readonly pattern: string }
  | { readonly type: 'any' }

/** What is served under one host name: nginx's `server`. Of all that match, the most specific one alone is used. */
export interface VirtualHost {
  readonly pattern: HostPattern
  /** Hosts of one group are one to `checksMisdirected`: those of one listener of a Gateway. */
  readonly group?: string
  /** The first that matches is taken. */
  readonly routes: readonly Route[]
  /** Answers when none matches. */
  readonly fallback: RouteAction
}

/** One way of a virtual host. */
export interface Route {
  /** What people call it: `Ingress shop/web rule 1 path 2`. */
  readonly name: string
  readonly match: RouteMatch
  readonly filters: readonly Filter[]
  readonly action: RouteAction
  /** The object, at the line of the path or match. */
  readonly object: ObjectRef
  /** The match in words, as the manifest says it: `Prefix /foo`, `Exact /bar, method GET`. */
  readonly text: string
}

/** All of it must hold. */
export interface RouteMatch {
  /** One of them; for proxies that choose among the routes of all hosts at once. */
  readonly hosts?: readonly HostPattern[]
  /** The scheme by which the client came, as the proxy believes it. */
  readonly scheme?: 'http' | 'https'
  readonly path?: PathMatch
  readonly method?: string
  readonly headers?: readonly ValueMatch[]
  /** Of several parameters of one name the first counts. */
  readonly query?: readonly ValueMatch[]
  readonly cookies?: readonly ValueMatch[]
  /** The client's address as the proxy believes it. */
  readonly sources?: readonly Cidr[]
}

export type PathMatch =
  | { readonly type: 'exact'; readonly value: string }
  /** By whole elements; a slash at the end of either makes no difference. */
  | { readonly type: 'prefix'; readonly value: string }
  /** Letter by letter: `/foo` takes `/foobar`. */
  | { readonly type: 'string-prefix'; readonly value: string; readonly ignoreCase: boolean }
  /** Searched for; anchored by its own `^` and `$` alone. */
  | { readonly type: 'regex'; readonly pattern: string; readonly ignoreCase: boolean }
  /** `*` is any text and `?` one character. */
  | { readonly type: 'glob'; readonly value: string }

export interface ValueMatch {
  readonly name: string
  /** A regex is searched for; anchored by its own `^` and `$` alone. */
  readonly type: 'exact' | 'regex' | 'present' | 'absent'
  readonly value: string
}

/** What happens to a request on its way through. */
export type Filter =
  | {
      readonly type: 'header'
      readonly on: 'request' | 'response'
      readonly action: 'set' | 'add' | 'remove'
      readonly name: string
      readonly value: string
    }
  | { readonly type: 'rewrite-path'; readonly rewrite: PathRewrite }
  | { readonly type: 'rewrite-host'; readonly host: string }
  /** Everybody else gets the status, or those alone who are in the blocks (`deny`). */
  | {
      readonly type: 'sources'
      readonly mode: 'allow' | 'deny'
      readonly blocks: readonly Cidr[]
      readonly status: number
      readonly object: ObjectRef
    }
  | { readonly type: 'mirror'; readonly backend: Backend; readonly share: number }
  /** A field or annotation that may change the answer and is not modelled. */
  | { readonly type: 'not-modelled'; readonly what: string; readonly object: ObjectRef }

export type PathRewrite =
  | { readonly type: 'full'; readonly path: string }
  | { readonly type: 'prefix'; readonly matched: string; readonly replacement: string }
  /** A slash that ends the whole request target, query and all, is left out. */
  | { readonly type: 'drop-last-slash' }
  /**
   * The whole path is replaced where the pattern matches; `$1` is a group. What follows a `?` in the replacement
   * stands before the query.
   */
  | {
      readonly type: 'regex'
      readonly pattern: string
      readonly ignoreCase: boolean
      readonly replacement: string
    }

/** Where whole connections go. */
export interface StreamRoute {
  /** The server names that it is for; every one, if left out. */
  readonly names?: readonly HostPattern[]
  readonly name: string
  readonly action: RouteAction
  readonly object: ObjectRef
}

export type RouteAction =
  | ForwardAction
  | RedirectAction
  | {
      readonly type: 'respond'
      readonly status: number
      /** Who answers and why: `the default backend: no rule for this host`. */
      readonly reason: string
      /** A stable word: `no-route`, `service-missing`, `port-missing`, `invalid-backend`, `no-backends`, … */
      readonly code: string
      readonly objects: readonly ObjectRef[]
      readonly fix?: string
    }

export interface ForwardAction {
  readonly type: 'forward'
  /** By weight; those of weight 0 get nothing. */
  readonly backends: readonly WeightedBackend[]
  /** Keeps a client with its backend; the first request is spread as ever. */
  readonly affinity?: string
}

export interface RedirectAction {
  readonly type: 'redirect'
  readonly status: number
  /** The whole Location, as it stands; the rest then says nothing. */
  readonly location?: string
  /** What is left out stays as it was asked. */
  readonly scheme?: 'http' | 'https'
  readonly host?: string
  /** `keep`: the port of the request; otherwise this one, left out of the text where it is the scheme's own. */
  readonly port: number | 'keep' | 'scheme'
  readonly path?: PathRewrite
  readonly reason: string
}

export interface WeightedBackend {
  readonly weight: number
  readonly backend: Backend
  /** What happens to the requests of this share alone. */
  readonly filters?: readonly Filter[]
}

/** Where requests go on to. */
export interface Backend {
  /** `shop/web:80`. */
  readonly name: string
  /** The Service, if there is one. */
  readonly service?: ObjectRef
  readonly protocol: 'http' | 'https' | 'h2c' | 'grpc' | 'grpcs' | 'fastcgi' | 'tcp' | 'udp'
  /** By which way the proxy reaches it. */
  readonly via: 'endpoints' | 'cluster-ip' | 'node-port' | 'name'
  /** Equal shares; empty if `problem` says why. */
  readonly targets: readonly BackendTarget[]
  /** For `name`: what the proxy resolves when a request comes, and the port. */
  readonly dnsName?: { readonly name: string; readonly port: number }
  /** Why nothing can be sent to it, and the status that the client gets for that. */
  readonly problem?: BackendProblem
}

export interface BackendTarget {
  readonly ip: Ip
  readonly port: number
  /** The pod, or the node. */
  readonly object?: ObjectRef
}

export interface BackendProblem {
  /** `service-missing`, `port-missing`, `no-ready-endpoints`, `external-name-refused`, `kind-unknown`, `not-permitted`, … */
  readonly code: string
  readonly status: number
  readonly text: string
  readonly objects: readonly ObjectRef[]
  readonly fix?: string
}
