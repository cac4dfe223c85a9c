import type { Ip } from '../../base/ip.ts'
import type { Cluster, ClusterNode, ClusterPod } from '../../model/cluster.ts'
import type { NetnsId } from '../../model/network.ts'
import type { Endpoint, NamedPort, Party } from '../../policy/endpoint.ts'
import type { Labels } from '../../policy/label-expression.ts'
import { podLabels } from '../cni/calico/policy/label-names.ts'
import { hasNamespace, podId } from '../pod-namespace.ts'
import { protocolOf } from './network-policy.ts'

/** Who has which address, as policy engines know it. */
export interface EndpointDirectory {
  /** Pods with a network of their own, in the cluster's order, then nodes. */
  readonly all: readonly Endpoint[]
  /** By the id of the network namespace. */
  byId(id: NetnsId): Endpoint | undefined
  /** The end of a packet with this address. */
  party(ip: Ip): Party
}

const directories = new WeakMap<Cluster, EndpointDirectory>()

/** The cluster's endpoints; made once for a cluster. */
export function endpointsOf(cluster: Cluster): EndpointDirectory {
  const known = directories.get(cluster)
  if (known) return known
  const namespaces = new Map(cluster.namespaces.map((one) => [one.name, one.labels]))
  const accounts = new Map(
    cluster.policies.serviceAccounts.map(({ ref, object }) => [
      `${ref.namespace}/${ref.name}`,
      object.metadata.labels ?? {},
    ]),
  )
  const { networkPolicies, globalNetworkPolicies } = cluster.policies.calico
  const hasCalico = networkPolicies.length > 0 || globalNetworkPolicies.length > 0
  const pods = cluster.pods.filter(hasNamespace).map((pod) => {
    const endpoint = podEndpoint(pod, namespaces, accounts)
    return hasCalico ? withCalicoLabels(pod, endpoint) : endpoint
  })
  const all = [...pods, ...cluster.nodes.map(nodeEndpoint)]
  const byId = new Map(all.map((one) => [one.id, one]))
  const byIp = new Map(all.flatMap((one) => one.ips.map((ip) => [ip, one] as const)))
  const apiServers = apiServersOf(cluster)
  const directory: EndpointDirectory = {
    all,
    byId: (id) => byId.get(id),
    party: (ip) => {
      const endpoint = byIp.get(ip)
      return { ip, ...(endpoint && { endpoint }), ...(apiServers.has(ip) && { apiServer: true }) }
    },
  }
  directories.set(cluster, directory)
  return directory
}

/** Where the API server answers: what is behind the Service `kubernetes`, else the control plane's nodes. */
function apiServersOf({ endpointSlices, nodes }: Cluster): ReadonlySet<Ip> {
  const stated = endpointSlices.filter(
    ({ namespace, service }) => namespace === 'default' && service === 'kubernetes',
  )
  if (stated.length > 0) {
    return new Set(stated.flatMap(({ endpoints }) => endpoints.flatMap((one) => one.addresses)))
  }
  const isControlPlane = (labels: Labels) =>
    controlPlaneLabels.some((label) => labels[`node-role.kubernetes.io/${label}`] !== undefined)
  return new Set(nodes.filter(({ labels }) => isControlPlane(labels)).flatMap(({ addresses }) => addresses))
}

const controlPlaneLabels = ['control-plane', 'master'] as const

function podEndpoint(
  pod: ClusterPod,
  namespaces: ReadonlyMap<string, Labels>,
  accounts: ReadonlyMap<string, Labels>,
): Endpoint {
  const { namespace, labels, ips, ref, nodeName, object } = pod
  const serviceAccount = object.spec.serviceAccountName ?? 'default'
  return {
    type: 'pod',
    id: podId(pod),
    ref,
    namespace,
    labels,
    namespaceLabels: namespaces.get(namespace) ?? {},
    serviceAccount,
    serviceAccountLabels: accounts.get(`${namespace}/${serviceAccount}`) ?? {},
    ips,
    ports: namedPorts(pod),
    ...(nodeName !== undefined && { node: nodeName }),
  }
}

/** Calico's policies may ask for labels that it gives pods itself. */
function withCalicoLabels({ namespace }: ClusterPod, endpoint: Endpoint): Endpoint {
  const { labels, namespaceLabels, serviceAccount = 'default', serviceAccountLabels = {} } = endpoint
  const given = { labels, namespace, namespaceLabels, serviceAccount, serviceAccountLabels }
  return { ...endpoint, labels: podLabels(given) }
}

/** Ports of containers that run, by their names; init containers that have ended have none. */
function namedPorts({ ports }: ClusterPod): readonly NamedPort[] {
  return ports.flatMap(({ name, protocol, port, running }) => {
    const number = protocolOf(protocol)
    return name !== undefined && number !== undefined && running ? [{ name, protocol: number, port }] : []
  })
}

function nodeEndpoint({ name, ref, labels, addresses, externalAddresses }: ClusterNode): Endpoint {
  const ips = [...addresses, ...externalAddresses]
  return { type: 'node', id: `node/${name}`, ref, labels, namespaceLabels: {}, ips, ports: [], node: name }
}
