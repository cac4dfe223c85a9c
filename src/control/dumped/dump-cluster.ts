import { formatIp } from '../../base/ip.ts'
import type { Cluster, ClusterNode } from '../../model/cluster.ts'
import type { NodeDump } from '../../model/node-dump.ts'
import { withDevices } from './assumed-devices.ts'
import { nodeAddressesOf } from './uplink.ts'

/**
 * The cluster of which nothing is known but dumps of nodes: those nodes, and no objects. Blocks of pods and Services
 * are not known either: every address may be anybody's.
 */
export function dumpCluster(empty: Cluster, dumps: readonly NodeDump[]): Cluster {
  const { settings } = empty
  const nodes = dumps.map((dump) =>
    nodeOf(
      withDevices(dump, [], () => undefined),
      settings.minorVersion,
    ),
  )
  const assumptions = nodes.map(({ name, addresses }) => ({
    text: `node ${name} has address ${addresses.map(formatIp).join(', ') || 'that is not known'}, by its devices and its default route`,
  }))
  return {
    ...empty,
    settings: { ...settings, podCidrs: [], serviceCidrs: [] },
    namespaces: [],
    nodes,
    pods: [],
    services: [],
    endpointSlices: [],
    ingresses: [],
    ingressClasses: [],
    secrets: [],
    configMaps: [],
    orphanEndpoints: [],
    idleWorkloads: [],
    assumptions,
  }
}

function nodeOf(dump: NodeDump, minorVersion: number): ClusterNode {
  return {
    name: dump.node,
    ref: { kind: 'Node', name: dump.node },
    labels: {},
    taints: [],
    unschedulable: false,
    ready: true,
    addresses: nodeAddressesOf(dump),
    externalAddresses: [],
    podCidrs: [],
    podBlocks: [],
    minorVersion,
  }
}
