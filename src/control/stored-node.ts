import { formatCidr, formatIp } from '../base/ip.ts'
import type { ClusterNamespace, ClusterNode } from '../model/cluster.ts'
import type { Namespace, Node } from '../model/objects.ts'
import type { StoredNamespace } from '../model/stored.ts'

/** A Node as kubelet and the node controllers leave it. A Node of a dump is kept as it is. */
export function storedNode(node: ClusterNode): Node {
  const object = node.source?.object
  if (object?.metadata.uid !== undefined) return object
  const podCidrs = node.podCidrs.map(formatCidr)
  const cidrs = podCidrs[0] === undefined ? {} : { podCIDR: podCidrs[0], podCIDRs: podCidrs }
  return {
    ...object,
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node.name, ...object?.metadata, labels: node.labels },
    spec: { ...cidrs, ...(node.taints.length > 0 && { taints: node.taints }), ...object?.spec },
    status: statusOf(node, object?.status),
  }
}

function statusOf(node: ClusterNode, stated: Node['status']): NonNullable<Node['status']> {
  const version = `v1.${node.minorVersion}.0`
  const addresses = [
    ...node.addresses.map((ip) => ({ type: 'InternalIP', address: formatIp(ip) })),
    { type: 'Hostname', address: node.name },
  ]
  return {
    conditions: [{ type: 'Ready', status: node.ready ? 'True' : 'False' }],
    ...stated,
    addresses: stated?.addresses?.some((one) => one.type === 'InternalIP')
      ? stated.addresses
      : [...(stated?.addresses ?? []), ...addresses],
    nodeInfo: { kubeletVersion: version, ...stated?.nodeInfo },
  }
}

const namespaceFields = { spec: { finalizers: ['kubernetes'] } }

/** A Namespace, stated or there because something is in it. */
export function storedNamespace(namespace: ClusterNamespace, stated: Namespace | undefined): StoredNamespace {
  if (stated?.metadata.uid !== undefined) return stated
  const { name, labels } = namespace
  return {
    ...namespaceFields,
    status: { phase: 'Active' },
    ...stated,
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, ...stated?.metadata, labels },
  }
}
