import { formatIp, parseIp } from '../../base/ip.ts'
import type { Gateway } from '../../model/gateway-objects.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'
import type { Deployment, Located, Service } from '../../model/objects.ts'
import { gatewayNameLabel } from '../gateway/gateway-pods.ts'
import { gatewayAddresses } from '../gateway/gateway-proxy.ts'
import { assumedObject } from './assumed-object.ts'

/** The first address for Gateways that state none (TEST-NET-2); each has the next one. */
const firstAddress = 0xc6336464

/**
 * A proxy for each Gateway of an input that has none: one pod and a load balancer before it, named and labelled as
 * implementations that run in the cluster do it (GEP-1762).
 */
export function withAssumedGateways(objects: ObjectsByKind): ObjectsByKind {
  const open = objects.Gateway.filter((gateway) => !hasProxy(objects, gateway))
  return {
    ...objects,
    Deployment: [...objects.Deployment, ...open.map(deploymentOf)],
    Service: [...objects.Service, ...open.map((gateway, index) => serviceOf(gateway, index))],
  }
}

function hasProxy(objects: ObjectsByKind, { ref }: Located<Gateway>): boolean {
  const labels = [
    ...objects.Pod.map(({ object }) => object.metadata.labels),
    ...objects.Deployment.map(({ object }) => object.spec.template?.metadata?.labels),
    ...objects.DaemonSet.map(({ object }) => object.spec.template?.metadata?.labels),
  ]
  return labels.some(
    (one) =>
      one?.[gatewayNameLabel] === ref.name || one?.['gateway.envoyproxy.io/owning-gateway-name'] === ref.name,
  )
}

/** `web-istio`: the Gateway's name and its class's. */
function nameOf({ object, ref }: Located<Gateway>): string {
  return `${ref.name}-${object.spec?.gatewayClassName ?? 'gateway'}`
}

/** The ports of its listeners, each once. */
function portsOf({ object }: Located<Gateway>) {
  const ports = new Map(
    (object.spec?.listeners ?? []).flatMap(({ port, protocol }) => {
      if (port === undefined) return []
      const transport = protocol === 'UDP' ? 'UDP' : 'TCP'
      const name = `${transport.toLowerCase()}-${port}`
      return [[name, { name, port, protocol: transport }] as const]
    }),
  )
  return [...ports.values()]
}

function deploymentOf(gateway: Located<Gateway>): Located<Deployment> {
  const namespace = gateway.ref.namespace ?? 'default'
  const name = nameOf(gateway)
  const labels = { [gatewayNameLabel]: gateway.ref.name }
  const ports = portsOf(gateway).map(({ name: port, port: containerPort, protocol }) => ({
    name: port,
    containerPort,
    protocol,
  }))
  return assumedObject<Deployment>('Deployment', namespace, name, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'proxy', image: 'proxy', ports }] } },
    },
  })
}

function serviceOf(gateway: Located<Gateway>, index: number): Located<Service> {
  const namespace = gateway.ref.namespace ?? 'default'
  const name = nameOf(gateway)
  const labels = { [gatewayNameLabel]: gateway.ref.name }
  const stated = gatewayAddresses(gateway).filter((one) => parseIp(one) !== undefined)
  const ips = stated.length > 0 ? stated : [formatIp(firstAddress + index)]
  return assumedObject<Service>('Service', namespace, name, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels },
    spec: {
      type: 'LoadBalancer',
      selector: labels,
      ports: portsOf(gateway).map(({ name: port, port: number, protocol }) => ({
        name: port,
        protocol,
        port: number,
        targetPort: number,
      })),
    },
    status: { loadBalancer: { ingress: ips.map((ip) => ({ ip })) } },
  })
}
