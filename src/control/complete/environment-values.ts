import { nearest } from '../../base/nearest.ts'
import type { ClusterNode, ClusterService } from '../../model/cluster.ts'
import type { Environment } from '../../model/environment.ts'
import { isKnownController } from '../load-balancer/registry.ts'
import type { Completion } from './completion.ts'
import { checkEnvironmentDns } from './environment-dns.ts'
import { checkHostRules } from './environment-host-rules.ts'
import { checkEnvironmentHttp } from './environment-http.ts'
import { tellOfEnvironment as tell } from './environment-place.ts'
import { isReadSetting } from './kernel-settings.ts'

/**
 * Values of the Environment that are read as if they were not there, or cannot be read: Service ports and announcers that do not exist,
 * sockets of nobody, kernel settings that no walk reads, addresses that are none. Nodes and pods are checkEnvironmentReferences' affair.
 */
export function checkEnvironmentValues(
  completion: Completion,
  environment: Environment,
  known: { readonly nodes: readonly ClusterNode[]; readonly services: readonly ClusterService[] },
): void {
  checkServicePorts(completion, environment, known.services)
  checkAnnouncer(completion, environment, known.nodes)
  for (const [index, entry] of (environment.listeners ?? []).entries()) {
    if (entry.pod !== undefined || entry.node !== undefined) continue
    const fix = 'write pod: namespace/name, or node: name'
    tell(completion, 'unknown-reference', ['listeners', index], 'says of no pod or node', { fix })
  }
  checkValues(completion, environment)
  checkEnvironmentDns(completion, environment)
  checkEnvironmentHttp(completion, environment)
  checkHostRules(completion, environment)
}

function checkServicePorts(
  completion: Completion,
  { kubeProxy }: Environment,
  services: readonly ClusterService[],
): void {
  const known = services.flatMap(portIds)
  for (const [node, { service }] of Object.entries(kubeProxy?.staleState ?? {})) {
    if (service === undefined || known.includes(service)) continue
    const path = ['kubeProxy', 'staleState', node, 'service']
    const near = nearest(service, known)
    tell(completion, 'unknown-reference', path, `names Service port ${service}, which does not exist`, {
      fix:
        near === undefined ? 'write namespace/name:port, with the name of the port' : `did you mean ${near}?`,
    })
  }
}

function checkAnnouncer(
  completion: Completion,
  { loadBalancerController }: Environment,
  nodes: readonly ClusterNode[],
): void {
  const type = loadBalancerController?.['type']
  if (typeof type === 'string' && !isKnownController(type)) {
    const text = `is "${type}", which is no load balancer that is modelled: it has no effect`
    tell(completion, 'field-not-modelled', ['loadBalancerController', 'type'], text)
  }
  const announcer = loadBalancerController?.['announcer']
  if (typeof announcer !== 'string' || nodes.some((node) => node.name === announcer)) return
  const path = ['loadBalancerController', 'announcer']
  tell(completion, 'unknown-reference', path, `names node ${announcer}, which does not exist`)
}

/** `namespace/name:port`, or `namespace/name` for a port without a name. */
function portIds({ namespace, name, ports }: ClusterService): readonly string[] {
  return ports.map((port) => `${namespace}/${name}${port.name === '' ? '' : `:${port.name}`}`)
}

/** Values that are read as if they were not there. */
function checkValues(completion: Completion, { nodes, kubeProxy }: Environment): void {
  for (const [node, { sysctl }] of Object.entries(nodes ?? {})) {
    for (const key of Object.keys(sysctl ?? {})) {
      if (isReadSetting(key)) continue
      const path = ['nodes', node, 'sysctl', key]
      tell(completion, 'field-not-modelled', path, `is a setting that no walk reads: it has no effect`)
    }
  }
  for (const [node, value] of Object.entries(kubeProxy?.rules ?? {})) {
    if (value === 'none') continue
    const path = ['kubeProxy', 'rules', node]
    tell(completion, 'field-not-modelled', path, `is "${value}", and only "none" is read: it has no effect`)
  }
}
