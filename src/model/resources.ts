import type { KindName } from './kinds.ts'

/** Kinds of an API server that can be listed; the others are configuration files, or are only read. */
export type StoredKind = Exclude<
  KindName,
  | 'BGPAdvertisement'
  | 'Cluster'
  | 'ClusterConfiguration'
  | 'Environment'
  | 'IPAddressPool'
  | 'KubeProxyConfiguration'
  | 'L2Advertisement'
  | CalicoKind
  | GatewayApiKind
  | PolicyKind
>

/** Kinds that are read and not listed yet. */
type GatewayApiKind =
  | 'BackendTLSPolicy'
  | 'GRPCRoute'
  | 'ListenerSet'
  | 'ReferenceGrant'
  | 'TCPRoute'
  | 'TLSRoute'
  | 'UDPRoute'
  | 'XListenerSet'

type PolicyKind =
  | 'CiliumCIDRGroup'
  | 'CiliumClusterwideNetworkPolicy'
  | 'CiliumNetworkPolicy'
  | 'ServiceAccount'

type CalicoKind =
  | 'BGPConfiguration'
  | 'BGPPeer'
  | 'BlockAffinity'
  | 'CalicoNetworkPolicy'
  | 'FelixConfiguration'
  | 'GlobalNetworkPolicy'
  | 'GlobalNetworkSet'
  | 'HostEndpoint'
  | 'Installation'
  | 'IPAMBlock'
  | 'IPPool'
  | 'NetworkSet'
  | 'StagedGlobalNetworkPolicy'
  | 'StagedKubernetesNetworkPolicy'
  | 'StagedNetworkPolicy'
  | 'Tier'

/** A kind as API discovery describes it. */
export interface ApiResource {
  readonly kind: StoredKind
  /** The plural that stands in paths and after `kubectl get`. */
  readonly name: string
  readonly shortNames: readonly string[]
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly namespaced: boolean
  /** Whether `kubectl get all` shows it. */
  readonly inAll: boolean
}

function resource(
  kind: StoredKind,
  name: string,
  shortNames: readonly string[],
  groupVersion: string,
  flags: 'all' | 'cluster' | '' = '',
): ApiResource {
  const slash = groupVersion.indexOf('/')
  return {
    kind,
    name,
    shortNames,
    group: slash < 0 ? '' : groupVersion.slice(0, slash),
    version: groupVersion.slice(slash + 1),
    namespaced: flags !== 'cluster',
    inAll: flags === 'all',
  }
}

const policyGroup = 'policy.networking.k8s.io'

/** Every kind that is held, in the order of an API server's discovery, which is that of `kubectl get all`. */
export const apiResources: readonly ApiResource[] = [
  resource('ConfigMap', 'configmaps', ['cm'], 'v1'),
  resource('Endpoints', 'endpoints', ['ep'], 'v1'),
  resource('Namespace', 'namespaces', ['ns'], 'v1', 'cluster'),
  resource('Node', 'nodes', ['no'], 'v1', 'cluster'),
  resource('Pod', 'pods', ['po'], 'v1', 'all'),
  resource('ReplicationController', 'replicationcontrollers', ['rc'], 'v1', 'all'),
  resource('Secret', 'secrets', [], 'v1'),
  resource('Service', 'services', ['svc'], 'v1', 'all'),
  resource('DaemonSet', 'daemonsets', ['ds'], 'apps/v1', 'all'),
  resource('Deployment', 'deployments', ['deploy'], 'apps/v1', 'all'),
  resource('ReplicaSet', 'replicasets', ['rs'], 'apps/v1', 'all'),
  resource('StatefulSet', 'statefulsets', ['sts'], 'apps/v1', 'all'),
  resource('CronJob', 'cronjobs', ['cj'], 'batch/v1', 'all'),
  resource('Job', 'jobs', [], 'batch/v1', 'all'),
  resource('EndpointSlice', 'endpointslices', [], 'discovery.k8s.io/v1'),
  resource('GatewayClass', 'gatewayclasses', ['gc'], 'gateway.networking.k8s.io/v1', 'cluster'),
  resource('Gateway', 'gateways', ['gtw'], 'gateway.networking.k8s.io/v1'),
  resource('HTTPRoute', 'httproutes', [], 'gateway.networking.k8s.io/v1'),
  resource('IngressClass', 'ingressclasses', [], 'networking.k8s.io/v1', 'cluster'),
  resource('Ingress', 'ingresses', ['ing'], 'networking.k8s.io/v1'),
  resource('NetworkPolicy', 'networkpolicies', ['netpol'], 'networking.k8s.io/v1'),
  resource('AdminNetworkPolicy', 'adminnetworkpolicies', ['anp'], `${policyGroup}/v1alpha1`, 'cluster'),
  resource(
    'BaselineAdminNetworkPolicy',
    'baselineadminnetworkpolicies',
    ['banp'],
    `${policyGroup}/v1alpha1`,
    'cluster',
  ),
  resource('ClusterNetworkPolicy', 'clusternetworkpolicies', ['cnp'], `${policyGroup}/v1alpha2`, 'cluster'),
]

/** All that a resource answers to: plural, singular, short names, and each of the first two with its group. */
export function namesOf({ kind, name, shortNames, group, version }: ApiResource): readonly string[] {
  const plain = [name, kind.toLowerCase()]
  const qualified =
    group === '' ? [] : plain.flatMap((one) => [`${one}.${group}`, `${one}.${version}.${group}`])
  return [...plain, ...shortNames, ...qualified]
}

/** The resource that a word of the command line names, in any case; `undefined` if there is none. */
export function findResource(word: string): ApiResource | undefined {
  const wanted = word.toLowerCase()
  return apiResources.find((one) => namesOf(one).includes(wanted))
}

/** `group/version`, as it stands after `apiVersion:`. */
export function apiVersionOf({ group, version }: ApiResource): string {
  return group === '' ? version : `${group}/${version}`
}

/** `kind.group` in lower case, as kubectl writes it before a name. */
export function kindPrefix({ kind, group }: ApiResource): string {
  return group === '' ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`
}
