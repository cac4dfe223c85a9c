/**
 * The fields of the Gateway API's kinds, in the form of `kubernetesSchema`. Taken from the CRDs of the experimental
 * channel of release 1.6, which have all fields of the standard one.
 */
export const gatewaySchema = `
GatewayClass apiVersion:string kind:string metadata:ObjectMeta spec:GatewayClassSpec status:any
GatewayClassSpec controllerName:string description:string parametersRef:GatewayObjectReference
GatewayObjectReference group:string kind:string name:string namespace:string
Gateway apiVersion:string kind:string metadata:ObjectMeta spec:GatewaySpec status:GatewayStatus
GatewaySpec addresses:[]GatewayAddress allowedListeners:GatewayAllowedListeners defaultScope:string
  gatewayClassName:string infrastructure:GatewayInfrastructure listeners:[]GatewayListener tls:GatewayTLS
GatewayStatus addresses:[]GatewayAddress attachedListenerSets:integer conditions:any listeners:any
GatewayAddress type:string value:string
GatewayAllowedListeners namespaces:GatewayNamespaces
GatewayNamespaces from:string selector:LabelSelector
GatewayInfrastructure annotations:{}string labels:{}string parametersRef:GatewayObjectReference
GatewayListener allowedRoutes:GatewayAllowedRoutes hostname:string name:string port:integer
  protocol:string tls:GatewayListenerTLS
GatewayAllowedRoutes kinds:[]GatewayRouteKind namespaces:GatewayNamespaces
GatewayRouteKind group:string kind:string
GatewayListenerTLS certificateRefs:[]GatewayObjectReference frontendValidation:GatewayClientValidation
  mode:string options:{}string
GatewayTLS backend:GatewayBackendTLS frontend:GatewayFrontendTLS
GatewayBackendTLS clientCertificateRef:GatewayObjectReference
GatewayFrontendTLS default:GatewayFrontendDefault perPort:[]GatewayFrontendPort
GatewayFrontendDefault validation:GatewayClientValidation
GatewayFrontendPort port:integer tls:GatewayFrontendDefault
GatewayClientValidation caCertificateRefs:[]GatewayObjectReference mode:string
ListenerSet apiVersion:string kind:string metadata:ObjectMeta spec:ListenerSetSpec status:any
ListenerSetSpec listeners:[]GatewayListener parentRef:GatewayObjectReference
GatewayParentReference group:string kind:string name:string namespace:string port:integer
  sectionName:string
GatewayBackendReference filters:[]GatewayRouteFilter group:string kind:string name:string
  namespace:string port:integer weight:integer
GatewayRouteFilter cors:GatewayCORS extensionRef:GatewayObjectReference externalAuth:GatewayExternalAuth
  requestHeaderModifier:GatewayHeaderModifier requestMirror:GatewayRequestMirror
  requestRedirect:GatewayRequestRedirect responseHeaderModifier:GatewayHeaderModifier type:string
  urlRewrite:GatewayURLRewrite
GatewayCORS allowCredentials:boolean allowHeaders:[]string allowMethods:[]string allowOrigins:[]string
  exposeHeaders:[]string maxAge:integer
GatewayExternalAuth backendRef:GatewayBackendReference forwardBody:any grpc:any http:any protocol:string
GatewayHeaderModifier add:[]GatewayHeader remove:[]string set:[]GatewayHeader
GatewayHeader name:string value:string
GatewayRequestMirror backendRef:GatewayBackendReference fraction:GatewayFraction percent:integer
GatewayFraction denominator:integer numerator:integer
GatewayRequestRedirect hostname:string path:GatewayPathModifier port:integer scheme:string
  statusCode:integer
GatewayPathModifier replaceFullPath:string replacePrefixMatch:string type:string
GatewayURLRewrite hostname:string path:GatewayPathModifier
GatewayNamedMatch name:string type:string value:string
GatewaySessionPersistence absoluteTimeout:string cookie:GatewaySessionCookie header:GatewaySessionHeader
  idleTimeout:string sessionName:string type:string cookieConfig:any
GatewaySessionCookie lifetimeType:string name:string path:string
GatewaySessionHeader name:string
HTTPRoute apiVersion:string kind:string metadata:ObjectMeta spec:HTTPRouteSpec status:any
HTTPRouteSpec hostnames:[]string parentRefs:[]GatewayParentReference rules:[]HTTPRouteRule
  useDefaultGateways:string
HTTPRouteRule backendRefs:[]GatewayBackendReference filters:[]GatewayRouteFilter
  matches:[]HTTPRouteMatch name:string retry:GatewayRetry sessionPersistence:GatewaySessionPersistence
  timeouts:GatewayTimeouts
GatewayRetry attempts:integer backoff:string codes:[]integer
GatewayTimeouts backendRequest:string request:string
HTTPRouteMatch headers:[]GatewayNamedMatch method:string path:HTTPRoutePath
  queryParams:[]GatewayNamedMatch
HTTPRoutePath type:string value:string
GRPCRoute apiVersion:string kind:string metadata:ObjectMeta spec:GRPCRouteSpec status:any
GRPCRouteSpec hostnames:[]string parentRefs:[]GatewayParentReference rules:[]GRPCRouteRule
  useDefaultGateways:string
GRPCRouteRule backendRefs:[]GatewayBackendReference filters:[]GatewayRouteFilter
  matches:[]GRPCRouteMatch name:string sessionPersistence:GatewaySessionPersistence
GRPCRouteMatch headers:[]GatewayNamedMatch method:GRPCRouteMethod
GRPCRouteMethod method:string service:string type:string
TLSRoute apiVersion:string kind:string metadata:ObjectMeta spec:TLSRouteSpec status:any
TLSRouteSpec hostnames:[]string parentRefs:[]GatewayParentReference rules:[]GatewayStreamRule
  useDefaultGateways:string
TCPRoute apiVersion:string kind:string metadata:ObjectMeta spec:GatewayStreamRouteSpec status:any
UDPRoute apiVersion:string kind:string metadata:ObjectMeta spec:GatewayStreamRouteSpec status:any
GatewayStreamRouteSpec parentRefs:[]GatewayParentReference rules:[]GatewayStreamRule
  useDefaultGateways:string
GatewayStreamRule backendRefs:[]GatewayBackendReference name:string
ReferenceGrant apiVersion:string kind:string metadata:ObjectMeta spec:ReferenceGrantSpec
ReferenceGrantSpec from:[]ReferenceGrantFrom to:[]ReferenceGrantTo
ReferenceGrantFrom group:string kind:string namespace:string
ReferenceGrantTo group:string kind:string name:string
BackendTLSPolicy apiVersion:string kind:string metadata:ObjectMeta spec:BackendTLSPolicySpec status:any
BackendTLSPolicySpec options:{}string targetRefs:[]BackendTLSPolicyTarget
  validation:BackendTLSPolicyValidation
BackendTLSPolicyTarget group:string kind:string name:string sectionName:string
BackendTLSPolicyValidation caCertificateRefs:[]GatewayObjectReference hostname:string
  subjectAltNames:[]GatewaySubjectAltName wellKnownCACertificates:string
GatewaySubjectAltName hostname:string type:string uri:string
`
