import { formatIp } from '../base/ip.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Gateway, GatewayClass } from '../model/gateway-objects.ts'
import type { Ingress } from '../model/ingress-objects.ts'
import type { Located, Secret } from '../model/objects.ts'
import type { StoredGatewayClass, StoredSecret } from '../model/stored.ts'
import { cloudProxies } from './cloud-proxy/cloud-proxies.ts'
import { gatewayPods } from './gateway/gateway-pods.ts'
import { gatewayAddresses } from './gateway/gateway-proxy.ts'
import { controllerAddresses } from './http-proxies.ts'
import { controllersIn } from './ingress/controllers-in.ts'
import { ingressProxies } from './ingress/registry.ts'

/** Why a controller takes nothing of an Ingress; for other reasons it leaves out a path. */
const wholly: ReadonlySet<string> = new Set([
  'annotation-differs',
  'class-differs',
  'class-missing',
  'class-not-named',
  'namespace-not-watched',
  'not-accepted',
])

/** An Ingress with the addresses that its controller would write into its status; none, if nobody takes it. */
export function storedIngress(cluster: Cluster): (ingress: Located<Ingress>) => Ingress {
  const addresses = new Map<string, readonly string[]>(cloudAddresses(cluster))
  for (const controller of controllersIn(cluster)) {
    if (controller.profile === 'alb' || controller.profile === 'gce') continue
    const [made] = ingressProxies(controller.profile, { cluster, controller })
    const refused = (made?.proxy?.ignored ?? []).filter(({ code }) => wholly.has(code))
    const ignored = new Set(refused.map(({ object }) => keyOf(object)))
    const ips = controllerAddresses(cluster, [controller.pod]).map(formatIp)
    for (const { ref } of cluster.ingresses) {
      if (!ignored.has(keyOf(ref)) && !addresses.has(keyOf(ref))) addresses.set(keyOf(ref), ips)
    }
  }
  return ({ ref, object }) => {
    const ips = addresses.get(keyOf(ref)) ?? []
    const stored = { ...object, apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' }
    if (object.status || ips.length === 0) return stored
    return { ...stored, status: { loadBalancer: { ingress: ips.map((ip) => ({ ip })) } } }
  }
}

/** The addresses of load balancers that clouds have made; none of one that is refused. */
function cloudAddresses(cluster: Cluster): readonly (readonly [string, readonly string[]])[] {
  return cloudProxies(cluster).flatMap(({ ingresses, addresses }) =>
    ingresses.map(({ ref }) => [keyOf(ref), addresses.map(({ ip }) => formatIp(ip))] as const),
  )
}

function keyOf({ namespace = 'default', name }: { readonly namespace?: string; readonly name: string }) {
  return `${namespace}/${name}`
}

/** A Gateway with the addresses by which it is reached. */
export function storedGateway(cluster: Cluster, gateway: Located<Gateway>): Gateway {
  const { object } = gateway
  if (object.status) return object
  const { pods } = gatewayPods(cluster, gateway)
  const written = gatewayAddresses(gateway)
  const values = written.length > 0 ? written : controllerAddresses(cluster, pods).map(formatIp)
  if (pods.length === 0) return object
  return {
    ...object,
    status: {
      addresses: values.map((value) => ({ type: 'IPAddress', value })),
      conditions: ['Accepted', 'Programmed'].map((type) => ({ type, status: 'True', reason: type })),
    },
  }
}

/** Every class is taken to be one that a controller serves. */
export function storedGatewayClass(object: GatewayClass): StoredGatewayClass {
  const status = { conditions: [{ type: 'Accepted', status: 'True', reason: 'Accepted' }] }
  return { status, ...object }
}

/** What a Secret keeps is not kept here: the names of its entries alone. */
export function storedSecret({ keys, certificateNames: _, ...rest }: Secret): StoredSecret {
  return { ...rest, data: Object.fromEntries(keys.map((key) => [key, ''])) }
}
