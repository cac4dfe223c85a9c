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
  'cni.backend',
  'cni.enforcesNetworkPolicy',
  'cniChain',
  'apiServer.serviceNodePortRange',
  'nodes.*.sysctl',
  'nodes.*.interfaces.*.addresses',
  'nodes.*.listeners',
  'nodes.*.routes',
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

/** The cluster's Environment; fields that are not modelled yet and could change an answer are named. */
export function readEnvironment(objects: ObjectsByKind, report: Report): Environment {
  const located = objects.Environment[0]
  const spec = located?.object.spec ?? {}
  if (located) {
    for (const path of unreadFields(spec, [])) {
      report(
        'field-not-modelled',
        `the Environment's ${path.join('.')} is not modelled yet; it has no effect`,
        {
          at: located.locate(['spec', ...path]),
        },
      )
    }
  }
  return spec
}

function unreadFields(value: unknown, path: readonly string[]): readonly (readonly string[])[] {
  if (value === null || value === undefined) return []
  const status = statusOf(path)
  if (status === 'read') return []
  if (status === 'unread' || typeof value !== 'object' || Array.isArray(value)) return [path]
  return Object.entries(value).flatMap(([key, item]) => unreadFields(item, [...path, key]))
}

function statusOf(path: readonly string[]): 'read' | 'partly' | 'unread' {
  if (path.length === 0) return 'partly'
  let status: 'read' | 'partly' | 'unread' = 'unread'
  for (const field of readFields) {
    const steps = field.split('.')
    const common = Math.min(steps.length, path.length)
    const same = steps.slice(0, common).every((step, index) => step === '*' || step === path[index])
    if (!same) continue
    if (steps.length <= path.length) return 'read'
    status = 'partly'
  }
  return status
}
