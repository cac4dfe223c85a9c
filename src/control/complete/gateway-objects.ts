import type { ObjectRef } from '../../base/source.ts'
import type { GatewayApiObjects } from '../../model/gateway-objects.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'

/** The objects of the Gateway API by what they are for. */
export function gatewayApiObjects(objects: ObjectsByKind): GatewayApiObjects {
  return {
    classes: objects.GatewayClass,
    gateways: objects.Gateway,
    listenerSets: [...objects.ListenerSet, ...objects.XListenerSet],
    httpRoutes: objects.HTTPRoute,
    grpcRoutes: objects.GRPCRoute,
    tlsRoutes: objects.TLSRoute,
    tcpRoutes: objects.TCPRoute,
    udpRoutes: objects.UDPRoute,
    grants: objects.ReferenceGrant,
    backendTlsPolicies: objects.BackendTLSPolicy,
  }
}

/** Those of them that lie in namespaces. */
export function gatewayApiRefs(objects: ObjectsByKind): readonly { readonly ref: ObjectRef }[] {
  const { classes, ...rest } = gatewayApiObjects(objects)
  return Object.values(rest).flat()
}
