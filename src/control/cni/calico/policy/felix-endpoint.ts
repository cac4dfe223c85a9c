import type { Cidr } from '../../../../base/ip.ts'
import { hostCidr, parseCidrSloppy, parseIp } from '../../../../base/ip.ts'
import type { NetworkSet } from '../../../../model/calico-policy-objects.ts'
import type { Cluster } from '../../../../model/cluster.ts'
import type { Located } from '../../../../model/objects.ts'
import type { Endpoint, NamedPort } from '../../../../policy/endpoint.ts'
import type { Labels } from '../../../../policy/label-expression.ts'
import { endpointsOf } from '../../../policy/endpoints.ts'
import { labelsFrom, namespaceLabel, namespacePrefix, podLabels } from './label-names.ts'

/** What Felix puts into its ipsets: pods, and what else has labels and addresses. */
export interface FelixEndpoint {
  /** Its own, and those that it has of its namespace and of its service account. */
  readonly labels: Labels
  readonly nets: readonly Cidr[]
  readonly ports: readonly NamedPort[]
  /** Whether it is a pod; else it is known by its addresses alone. */
  readonly isPod: boolean
}

const known = new WeakMap<Cluster, readonly FelixEndpoint[]>()

/** Everything of the cluster that ipsets can hold; worked out once. */
export function felixEndpoints(cluster: Cluster): readonly FelixEndpoint[] {
  const made = known.get(cluster) ?? readEndpoints(cluster)
  known.set(cluster, made)
  return made
}

function readEndpoints(cluster: Cluster): readonly FelixEndpoint[] {
  const { networkSets, globalNetworkSets, hostEndpoints } = cluster.policies.calico
  const namespaces = new Map(cluster.namespaces.map((one) => [one.name, one.labels]))
  return [
    ...endpointsOf(cluster)
      .all.filter(({ type }) => type === 'pod')
      .map(podOf),
    ...networkSets.map((set) => {
      const { namespace = 'default' } = set.ref
      const inherited = labelsFrom(namespacePrefix, namespaces.get(namespace) ?? {}, namespace)
      return setOf(set, { ...inherited, ...set.object.metadata.labels, [namespaceLabel]: namespace })
    }),
    ...globalNetworkSets.map((set) => setOf(set, set.object.metadata.labels ?? {})),
    ...hostEndpoints.map(({ object }): FelixEndpoint => {
      const nets = (object.spec?.expectedIPs ?? []).flatMap((text) => netOf(text) ?? [])
      return { labels: object.metadata.labels ?? {}, nets, ports: [], isPod: false }
    }),
  ]
}

/** The labels that Felix knows a pod by. */
export function labelsOf({
  labels,
  namespace = 'default',
  namespaceLabels,
  serviceAccount = 'default',
  serviceAccountLabels = {},
}: Endpoint): Labels {
  return podLabels({ labels, namespace, namespaceLabels, serviceAccount, serviceAccountLabels })
}

function podOf(endpoint: Endpoint): FelixEndpoint {
  return {
    labels: labelsOf(endpoint),
    nets: endpoint.ips.map(hostCidr),
    ports: endpoint.ports,
    isPod: true,
  }
}

function setOf({ object }: Located<NetworkSet>, labels: Labels): FelixEndpoint {
  const nets = (object.spec?.nets ?? []).flatMap((text) => netOf(text) ?? [])
  return { labels, nets, ports: [], isPod: false }
}

/** A block, or an address alone. */
function netOf(text: string): Cidr | undefined {
  const ip = parseIp(text)
  return ip === undefined ? parseCidrSloppy(text) : hostCidr(ip)
}
