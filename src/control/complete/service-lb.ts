import { fnv1a } from '../../base/hash.ts'
import { familyOf, formatIp } from '../../base/ip.ts'
import { byText } from '../../base/ordering.ts'
import type { ClusterNode, ClusterPod, ClusterService } from '../../model/cluster.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'
import type { DaemonSet, Located, Service } from '../../model/objects.ts'
import { isServiceLbPod, svcNameLabel, svcNamespaceLabel } from '../load-balancer/service-lb-pods.ts'
import type { Assigned, BalancerChoices, Balancing } from './balancers.ts'

const profile = 'k3s-servicelb'
const enableLabel = 'svccontroller.k3s.cattle.io/enablelb'
const poolLabel = 'svccontroller.k3s.cattle.io/lbpool'

/**
 * The objects with the DaemonSets that k3s makes for its load balancers, for Services whose own are not in the input
 * (servicelb.go, newDaemonSet).
 */
export function withServiceLb(
  objects: ObjectsByKind,
  choices: BalancerChoices,
  nodes: readonly ClusterNode[],
): ObjectsByKind {
  const own = [...choices].flatMap(([service, choice]) => (choice.profile.name === profile ? [service] : []))
  const names = own.map(({ ref }) => ref.name)
  const given = [...objects.DaemonSet, ...objects.Pod].map(({ ref }) => ref).filter(isServiceLbPod)
  const missing = own.filter(
    ({ ref, object }) =>
      object.metadata.uid === undefined && !given.some((one) => serviceNameIn(one.name, names) === ref.name),
  )
  if (missing.length === 0) return objects
  const labelled = nodes.some(({ labels }) => enableLabel in labels)
  return { ...objects, DaemonSet: [...objects.DaemonSet, ...missing.map((one) => daemonSet(one, labelled))] }
}

/** For which of the Services an svclb pod or DaemonSet is, by its name: the one with the longest name that fits. */
function serviceNameIn(name: string, services: readonly string[]): string | undefined {
  return services.filter((one) => name.startsWith(`svclb-${one}-`)).toSorted((a, b) => b.length - a.length)[0]
}

function daemonSet({ object, ref }: Located<Service>, labelled: boolean): Located<DaemonSet> {
  const { namespace = 'default', name } = ref
  // k3s takes the first eight characters of the Service's uid, which a manifest does not have.
  const suffix = fnv1a(`svclb ${namespace}/${name}`).toString(16).padStart(8, '0')
  const own = `svclb-${name.slice(0, 48)}-${suffix}`
  const pool = object.metadata.labels?.[poolLabel]
  const labels = { app: own, [svcNameLabel]: name, [svcNamespaceLabel]: namespace }
  const containers = (object.spec?.ports ?? []).map(({ port = 0, protocol = 'TCP' }) => {
    const called = `lb-${protocol.toLowerCase()}-${port}`
    const ports = [{ name: called, containerPort: port, hostPort: port, protocol }]
    return { name: called, image: 'rancher/klipper-lb', ports }
  })
  const nodeSelector = labelled
    ? { [enableLabel]: 'true', ...(pool !== undefined && { [poolLabel]: pool }) }
    : {}
  return {
    object: {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: {
        name: own,
        namespace: 'kube-system',
        labels: { [svcNameLabel]: name, [svcNamespaceLabel]: namespace },
      },
      spec: {
        selector: { matchLabels: { app: own } },
        template: { metadata: { labels }, spec: { containers, tolerations, nodeSelector } },
      },
    },
    ref: { kind: 'DaemonSet', namespace: 'kube-system', name: own, ...(ref.at && { at: ref.at }) },
    locate: () => ref.at ?? { file: '(assumed)', line: 1, column: 1 },
  }
}

const tolerations = [
  { key: 'node-role.kubernetes.io/master', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'CriticalAddonsOnly', operator: 'Exists' },
]

/**
 * Mirrors getStatus and podIPs: the ExternalIPs of the nodes with a ready svclb pod, or if none of them has one the
 * InternalIPs; under externalTrafficPolicy Local only of nodes with a ready endpoint, which is a pod.
 */
export function serviceLbAddresses(
  service: ClusterService,
  { choices, nodes, pods, endpointSlices }: Balancing,
): Assigned {
  const names = [...choices.keys()].map(({ ref }) => ref.name)
  const own = pods.filter((pod) => isServiceLbPod(pod) && isFor(pod, service, names))
  const local = new Set(
    endpointSlices
      .filter((slice) => slice.namespace === service.namespace && slice.service === service.name)
      .flatMap((slice) => slice.endpoints.filter(({ ready, target }) => ready && target?.kind === 'Pod'))
      .flatMap(({ nodeName }) => nodeName ?? []),
  )
  const ready = new Set(
    own.filter((pod) => pod.ready && pod.ips.length > 0).flatMap((pod) => pod.nodeName ?? []),
  )
  const able = nodes.filter(({ name }) => ready.has(name) && (!service.externalLocal || local.has(name)))
  const outside = able.flatMap((node) => node.externalAddresses)
  const ips = outside.length > 0 ? outside : able.flatMap((node) => node.addresses)
  const sorted = ips.toSorted((a, b) => byText(formatIp(a), formatIp(b)))
  const addresses = service.families.flatMap((family) => sorted.filter((ip) => familyOf(ip) === family))
  if (addresses.length > 0) return { addresses: addresses.map((ip) => ({ ip, mode: 'VIP' })) }
  return { pending: whyNone(service, own) }
}

function isFor(pod: ClusterPod, { namespace, name }: ClusterService, names: readonly string[]): boolean {
  const stated = pod.labels[svcNameLabel]
  if (stated !== undefined) return stated === name && pod.labels[svcNamespaceLabel] === namespace
  return serviceNameIn(pod.name, names) === name
}

function whyNone({ ports, externalLocal }: ClusterService, own: readonly ClusterPod[]) {
  const waiting = own.filter((pod) => pod.nodeName === undefined)
  if (own.length > 0 && waiting.length === own.length) {
    const asked = ports.map(({ port, protocol }) => `${port}/${protocol}`).join(', ')
    return {
      code: 'load-balancer-host-port-taken' as const,
      reason: `its svclb pods take ${asked} of the nodes, and find no node where that is free`,
      fix: 'use another port, or a load balancer with addresses of its own (MetalLB)',
      at: ['spec', 'ports'],
      objects: waiting.map((pod) => pod.ref),
    }
  }
  const local = externalLocal && own.some((pod) => pod.ready)
  return {
    code: 'load-balancer-pending' as const,
    reason: local
      ? 'externalTrafficPolicy is Local, and no node has a ready endpoint'
      : 'no svclb pod of it is ready on any node',
    fix: local ? 'get a pod of the Service ready' : 'look at the pods svclb-… in kube-system',
    at: ['spec', local ? 'externalTrafficPolicy' : 'type'],
    objects: own.map((pod) => pod.ref),
  }
}
