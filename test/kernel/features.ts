import type { LoadedCluster } from '../../src/index.ts'
import type { ClusterService } from '../../src/model/cluster.ts'

/** A feature of the rules, found in a cluster and the rules made of it: nobody has to keep a list true. */
interface Feature {
  readonly name: string
  readonly holds: (cluster: LoadedCluster, rules: string) => boolean
}

const someService = (test: (service: ClusterService) => boolean) => (loaded: LoadedCluster) =>
  loaded.cluster.services.some(test)

const someEndpoint =
  (test: (one: LoadedCluster['cluster']['endpointSlices'][number]['endpoints'][number]) => boolean) =>
  (loaded: LoadedCluster) =>
    loaded.cluster.endpointSlices.some((slice) => slice.endpoints.some(test))

const inRules = (pattern: RegExp) => (_: LoadedCluster, rules: string) => pattern.test(rules)

const detector = (mode: string) => (loaded: LoadedCluster) =>
  loaded.cluster.settings.kubeProxy.localDetector.mode === mode

const version = (minor: number) => (loaded: LoadedCluster) => loaded.cluster.settings.minorVersion === minor

/** Everything that the rules of section "kube-proxy, iptables mode" have to know, and what others add to them. */
export const features: readonly Feature[] = [
  { name: 'ClusterIP', holds: inRules(/ cluster IP" .*-j KUBE-SVC-/) },
  { name: 'several endpoints', holds: inRules(/--mode random --probability 0\.\d+ -j KUBE-SEP-/) },
  { name: 'NodePort', holds: inRules(/^-A KUBE-NODEPORTS .*-j KUBE-EXT-/m) },
  {
    name: 'nodePortAddresses by block',
    holds: ({ cluster }) => cluster.settings.kubeProxy.nodePortAddresses.some((one) => one.includes('/')),
  },
  {
    name: 'nodePortAddresses primary',
    holds: ({ cluster }) => cluster.settings.kubeProxy.nodePortAddresses.includes('primary'),
  },
  { name: 'node ports on localhost', holds: inRules(/block incoming localnet connections/) },
  {
    name: 'no node ports on localhost',
    holds: inRules(/^-A KUBE-SERVICES ! -d 127\.0\.0\.0\/8 .*-j KUBE-NODEPORTS/m),
  },
  { name: 'LoadBalancer status IP', holds: inRules(/ loadbalancer IP" .*-j KUBE-EXT-/) },
  {
    name: 'LoadBalancer ipMode Proxy',
    holds: someService((one) => one.loadBalancer.some(({ mode }) => mode === 'Proxy')),
  },
  { name: 'source ranges', holds: inRules(/^-A KUBE-FW-\S+ -s .*-j KUBE-EXT-/m) },
  { name: 'source ranges drop the rest', holds: inRules(/traffic not accepted by KUBE-FW-.*-j DROP/) },
  {
    name: 'allocateLoadBalancerNodePorts: false',
    holds: someService(
      ({ type, ports }) => type === 'LoadBalancer' && ports.every(({ nodePort }) => nodePort === 0),
    ),
  },
  { name: 'externalIPs', holds: inRules(/ external IP" .*-j KUBE-EXT-/) },
  { name: 'external policy Local', holds: inRules(/^-A KUBE-EXT-\S+ -j KUBE-SVL-/m) },
  {
    name: 'external policy Local: pods short-cut',
    holds: inRules(/pod traffic for .* external destinations" -j KUBE-SVC-/),
  },
  {
    name: 'external policy Local: local short-cut',
    holds: inRules(
      /^-A KUBE-EXT-\S+ .*masquerade LOCAL traffic .*-j KUBE-MARK-MASQ\n-A KUBE-EXT-\S+ .*route LOCAL traffic .*-j KUBE-SVC-/m,
    ),
  },
  { name: 'internal policy Local', holds: inRules(/ cluster IP" .*-j KUBE-SVL-/) },
  {
    name: 'both policies Local',
    holds: someService(({ externalLocal, internalLocal }) => externalLocal && internalLocal),
  },
  {
    name: 'terminating endpoints stand in',
    holds: (loaded) =>
      loaded.cluster.endpointSlices.some(
        ({ endpoints }) =>
          endpoints.some((one) => one.serving && one.terminating) && !endpoints.some((one) => one.ready),
      ),
  },
  { name: 'zone hints', holds: someEndpoint(({ zoneHints }) => zoneHints.length > 0) },
  { name: 'node hints', holds: someEndpoint(({ nodeHints }) => nodeHints.length > 0) },
  { name: 'affinity of three hours', holds: inRules(/--rcheck --seconds 10800 --reap --name KUBE-SEP-/) },
  { name: 'affinity with a stated timeout', holds: inRules(/--rcheck --seconds 60 --reap --name KUBE-SEP-/) },
  { name: 'no endpoints: REJECT', holds: inRules(/ has no endpoints" .*-j REJECT/) },
  { name: 'no local endpoints: DROP', holds: inRules(/ has no local endpoints" .*-j DROP/) },
  { name: 'health-check node port', holds: inRules(/ health check node port" .*-j ACCEPT/) },
  { name: 'TCP', holds: inRules(/-p tcp .*--dport 80 -j KUBE-SVC-/) },
  { name: 'UDP', holds: inRules(/-p udp .*--dport 53 -j KUBE-SVC-/) },
  { name: 'SCTP', holds: inRules(/-p sctp .*--dport 3868 -j KUBE-SVC-/) },
  {
    name: 'named target ports',
    holds: someService(({ ports }) => ports.some((one) => typeof one.targetPort === 'string')),
  },
  { name: 'hairpin', holds: inRules(/^-A KUBE-SEP-\S+ -s \S+ .*-j KUBE-MARK-MASQ/m) },
  { name: 'masqueradeAll', holds: inRules(/^-A KUBE-SVC-\S+ -d \S+ .* cluster IP" .*-j KUBE-MARK-MASQ/m) },
  { name: 'another masquerade bit', holds: inRules(/--set-xmark 0x8000\/0x8000/) },
  { name: 'MASQUERADE without --random-fully', holds: inRules(/requiring SNAT" -j MASQUERADE$/m) },
  { name: 'detector ClusterCIDR', holds: detector('ClusterCIDR') },
  { name: 'detector NodeCIDR', holds: detector('NodeCIDR') },
  { name: 'detector BridgeInterface', holds: inRules(/! -i cni0 /) },
  { name: 'detector InterfaceNamePrefix', holds: inRules(/! -i veth\+ /) },
  {
    name: 'no detector',
    holds: (loaded, rules) =>
      detector('ClusterCIDR')(loaded) &&
      loaded.cluster.settings.kubeProxy.clusterCidrs.length === 0 &&
      rules !== '',
  },
  { name: 'large-cluster form', holds: inRules(/^-A KUBE-SEP-\S+ -s \S+ -j KUBE-MARK-MASQ/m) },
  {
    name: 'selectorless Service with EndpointSlices',
    holds: (loaded) => loaded.cluster.endpointSlices.some(({ from }) => from === 'input'),
  },
  { name: 'headless and ExternalName make no rules', holds: someService(({ headless }) => headless) },
  {
    name: 'host-network endpoints',
    holds: ({ cluster }) => cluster.pods.some(({ hostNetwork }) => hostNetwork),
  },
  { name: 'IPv4', holds: inRules(/--to-destination \d+\./) },
  { name: 'IPv6', holds: inRules(/--to-destination \[/) },
  { name: 'both families', holds: someService(({ clusterIps }) => clusterIps.length === 2) },
  { name: "kubelet's chains", holds: inRules(/^:KUBE-KUBELET-CANARY/m) },
  { name: 'host ports', holds: inRules(/^-A CNI-HOSTPORT-DNAT .*-j CNI-DN-/m) },
  { name: 'Docker', holds: inRules(/^:FORWARD DROP [\s\S]*^-A DOCKER-FORWARD /m) },
  { name: 'ufw', holds: inRules(/^-A ufw-before-input /m) },
  { name: 'ufw in IPv6', holds: inRules(/^-A ufw6-before-input -m rt /m) },
  { name: 'firewalld in iptables', holds: inRules(/^-A FORWARD_ZONES /m) },
  {
    name: 'a chain written by hand',
    holds: inRules(/^:INPUT DROP [\s\S]*^-A INPUT -p tcp -m tcp --dport 22 /m),
  },
  { name: 'NodeLocal DNSCache', holds: inRules(/NodeLocal DNS Cache: skip conntrack/) },
  ...Array.from(
    { length: 9 },
    (_, index): Feature => ({ name: `Kubernetes 1.${28 + index}`, holds: version(28 + index) }),
  ),
]

/** The names of the features that the cluster shows. */
export function featuresOf(loaded: LoadedCluster, rules: string): readonly string[] {
  return features.filter(({ holds }) => holds(loaded, rules)).map(({ name }) => name)
}
