import type { Report } from '../../base/diagnostic.ts'
import type { Environment } from '../../model/environment.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'

/** Fields of the Environment that are read; `*` stands for any name. What is not here is said to be not modelled. */
const readFields: readonly string[] = [
  'clusterNetwork.*',
  'kubeProxy.mode',
  'kubeProxy.version',
  'kubeProxy.clusterCIDR',
  'kubeProxy.masqueradeAll',
  'kubeProxy.masqueradeRandomFully',
  'kubeProxy.nodePortAddresses',
  'kubeProxy.nfacct',
  'kubeProxy.hostnameOverride',
  'kubeProxy.running',
  'kubeProxy.rules',
  'kubeProxy.staleState',
  'kubeProxy.note',
  'cni.plugin',
  'cni.enforcesNetworkPolicy',
  'cni.namedPortsResolved',
  'cniChain',
  'network',
  'cloudFirewall',
  'mtu.pod',
  'mtu.tunnel',
  'mtu.overhead',
  'mtu.nodes',
  'mtu.icmpFragNeededDelivered',
  'podRoutes',
  'ipMasqAgent.nonMasqueradeCIDRs',
  'ipMasqAgent.masqLinkLocal',
  'apiServer.serviceNodePortRange',
  'apiServer.address',
  'apiServer.enableAggregatorRouting',
  'nodes.*.sysctl',
  'nodes.*.interfaces.*.addresses',
  'nodes.*.interfaces.*.mtu',
  'nodes.*.interfaces.*.txChecksumOffload',
  'nodes.*.kernel',
  'nodes.*.listeners',
  'nodes.*.routes',
  'nodes.*.filter',
  'nodes.*.firewall',
  'nodes.*.nat',
  'nodes.*.iptables',
  'nodes.*.docker',
  'nodes.*.ufw',
  'nodes.*.firewalld',
  'environment.type',
  'environment.driver',
  'environment.hostOS',
  'environment.hostCanRouteToNodeNetwork',
  'environment.nodeContainers',
  'environment.note',
  'listeners',
  'externalHosts',
  'conntrack',
  'loadBalancerController.type',
  'loadBalancerController.mode',
  'loadBalancerController.announcer',
  'nodes.*.resolv',
  'resolver.libc',
  'resolver.tool',
  'resolver.useSearchList',
  'kubelet.*.clusterDNS',
  'kubelet.*.clusterDomain',
  'upstreamDNS',
  'httpApps',
  'certificates',
  'ingressControllers',
  'loadBalancerController.forwards',
  'loadBalancerController.assigns',
  'loadBalancerController.svc_election',
  'loadBalancerController.usesHostPorts',
]

/** The cluster's Environment. */
export function readEnvironment(objects: ObjectsByKind): Environment {
  return objects.Environment[0]?.object.spec ?? {}
}

/** Names fields that are not modelled yet and could change an answer; the network plugin says which it reads itself. */
export function reportUnreadFields(
  objects: ObjectsByKind,
  ofPlugin: readonly string[],
  report: Report,
): void {
  const located = objects.Environment[0]
  if (!located) return
  for (const path of unreadFields(located.object.spec ?? {}, [], [...readFields, ...ofPlugin])) {
    report(
      'field-not-modelled',
      `the Environment's ${path.join('.')} is not modelled yet; it has no effect`,
      {
        at: located.locate(['spec', ...path]),
      },
    )
  }
}

function unreadFields(
  value: unknown,
  path: readonly string[],
  fields: readonly string[],
): readonly (readonly string[])[] {
  if (value === null || value === undefined) return []
  const status = statusOf(path, fields)
  if (status === 'read') return []
  if (status === 'unread' || typeof value !== 'object' || Array.isArray(value)) return [path]
  return Object.entries(value).flatMap(([key, item]) => unreadFields(item, [...path, key], fields))
}

function statusOf(path: readonly string[], fields: readonly string[]): 'read' | 'partly' | 'unread' {
  if (path.length === 0) return 'partly'
  let status: 'read' | 'partly' | 'unread' = 'unread'
  for (const field of fields) {
    const steps = field.split('.')
    const common = Math.min(steps.length, path.length)
    const same = steps.slice(0, common).every((step, index) => step === '*' || step === path[index])
    if (!same) continue
    if (steps.length <= path.length) return 'read'
    status = 'partly'
  }
  return status
}
