import type { Cidr, Ip } from '../../base/ip.ts'
import { contains, familyOf, formatIp, offsetIp } from '../../base/ip.ts'
import type {
  ClusterEndpointSlice,
  ClusterNode,
  ClusterService,
  ClusterSettings,
} from '../../model/cluster.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'
import type { Deployment, Located, Service } from '../../model/objects.ts'
import { withAssumedControllers } from './assumed-controllers.ts'
import { withAssumedGateways } from './assumed-gateways.ts'
import { assumedObject } from './assumed-object.ts'
import type { Completion } from './completion.ts'
import { slicesFromEndpoints } from './mirrored-slices.ts'
import { isControlPlaneNode } from './roles.ts'

/**
 * What every cluster has though no manifest says it: the API server's own Service and the cluster's DNS. They are
 * filled in only where the whole cluster is (no Node in the input); an input with Nodes describes all there is.
 */
export function withSystemObjects(objects: ObjectsByKind, settings: ClusterSettings): ObjectsByKind {
  const range = settings.serviceCidrs[0]
  if (objects.Node.length > 0 || !range) return objects
  const has = (namespace: string, name: string) =>
    objects.Service.some((one) => one.ref.namespace === namespace && one.ref.name === name)
  const services = [
    ...(has('default', 'kubernetes') ? [] : [kubernetesService(offsetIp(range.first, 1))]),
    ...(has('kube-system', 'kube-dns') ? [] : [dnsService(dnsAddress(range))]),
  ]
  const withDns: ObjectsByKind = {
    ...objects,
    Service: [...objects.Service, ...services],
    Deployment: hasDns(objects) ? objects.Deployment : [...objects.Deployment, dnsDeployment],
  }
  return withAssumedGateways(withAssumedControllers(withDns))
}

/** Says which objects the input lacks. */
export function assumeSystemObjects({ assume }: Completion, given: ObjectsByKind, all: ObjectsByKind): void {
  for (const { ref, object } of all.Service.slice(given.Service.length)) {
    const ip = object.spec?.clusterIP
    const outside = object.status?.loadBalancer?.ingress?.[0]?.ip
    const address = outside ? ` with load balancer address ${outside}` : ip ? ` with cluster IP ${ip}` : ''
    assume(`Service ${ref.namespace}/${ref.name}${address}`)
  }
  for (const { ref, object } of all.IngressClass.slice(given.IngressClass.length)) {
    assume(`IngressClass ${ref.name} of controller ${object.spec?.controller}`)
  }
  for (const { ref, object } of all.Deployment.slice(given.Deployment.length)) {
    assume(`Deployment ${ref.namespace}/${ref.name} with ${object.spec.replicas} pods`)
  }
}

/** kubeadm's: the tenth address of the range. A range too small for that gives any. */
function dnsAddress(range: Cidr): Ip | undefined {
  const ip = offsetIp(range.first, 10)
  return contains(range, ip) ? ip : undefined
}

function kubernetesService(clusterIp: Ip): Located<Service> {
  return assumedObject('Service', 'default', 'kubernetes', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: formatIp(clusterIp),
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }],
    },
  })
}

const dnsLabels = { 'k8s-app': 'kube-dns' }

function dnsService(clusterIp: Ip | undefined): Located<Service> {
  return assumedObject('Service', 'kube-system', 'kube-dns', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system', labels: dnsLabels },
    spec: {
      type: 'ClusterIP',
      ...(clusterIp !== undefined && { clusterIP: formatIp(clusterIp) }),
      selector: dnsLabels,
      ports: [
        { name: 'dns', protocol: 'UDP', port: 53, targetPort: 53 },
        { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 53 },
        { name: 'metrics', protocol: 'TCP', port: 9153, targetPort: 9153 },
      ],
    },
  })
}

function hasDns({ Pod: pods, Deployment: deployments }: ObjectsByKind): boolean {
  const isDns = (labels: Readonly<Record<string, string>> | undefined) => labels?.['k8s-app'] === 'kube-dns'
  return (
    pods.some((one) => isDns(one.object.metadata.labels)) ||
    deployments.some((one) => isDns(one.object.spec.template?.metadata?.labels))
  )
}

const dnsDeployment: Located<Deployment> = assumedObject('Deployment', 'kube-system', 'coredns', {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'coredns', namespace: 'kube-system', labels: dnsLabels },
  spec: {
    replicas: 2,
    selector: { matchLabels: dnsLabels },
    template: {
      metadata: { labels: dnsLabels },
      spec: {
        containers: [
          {
            name: 'coredns',
            image: 'registry.k8s.io/coredns/coredns',
            ports: [
              { name: 'dns', containerPort: 53, protocol: 'UDP' },
              { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
              { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
            ],
          },
        ],
        dnsPolicy: 'Default',
        tolerations: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
      },
    },
  },
})

/**
 * The API server writes the endpoints of `default/kubernetes` itself: one for each control plane. Its Endpoints
 * object asks not to be mirrored, but says what the slice says where a dump lacks that.
 */
export function kubernetesSlices(
  objects: ObjectsByKind,
  services: readonly ClusterService[],
  nodes: readonly ClusterNode[],
  slices: readonly ClusterEndpointSlice[],
): readonly ClusterEndpointSlice[] {
  const service = services.find((one) => one.namespace === 'default' && one.name === 'kubernetes')
  const known = slices.some(
    (one) => one.namespace === 'default' && one.service === 'kubernetes' && one.from !== 'pods',
  )
  if (!service || service.selector || known) return []
  const stated = objects.Endpoints.find(({ ref }) => ref.namespace === 'default' && ref.name === 'kubernetes')
  const dumped = stated ? slicesFromEndpoints(service, stated) : []
  if (dumped.length > 0) return dumped
  const family = service.families[0] ?? 4
  const addresses = nodes
    .filter(isControlPlaneNode)
    .flatMap((node) => node.addresses.filter((ip) => familyOf(ip) === family))
  if (addresses.length === 0) return []
  const target = service.ports[0]?.targetPort
  return [
    {
      namespace: 'default',
      name: 'kubernetes',
      ref: { kind: 'EndpointSlice', namespace: 'default', name: 'kubernetes' },
      service: 'kubernetes',
      family,
      ports: service.ports.map((port) => ({
        name: port.name,
        protocol: port.protocol,
        port: typeof target === 'number' ? target : 6443,
      })),
      endpoints: addresses.map((ip) => ({
        addresses: [ip],
        ready: true,
        serving: true,
        terminating: false,
        zoneHints: [],
        nodeHints: [],
      })),
      labels: { 'kubernetes.io/service-name': 'kubernetes' },
      from: 'endpoints',
    },
  ]
}
