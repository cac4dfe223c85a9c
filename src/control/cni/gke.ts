import { sha256Hex } from '../../base/hash.ts'
import { parseCidr } from '../../base/ip.ts'
import type { ClusterPod } from '../../model/cluster.ts'
import type { CniFacts } from '../../model/cni-facts.ts'
import type { CniObjects } from '../../model/cni-objects.ts'
import { masqAgentConfig } from '../ip-masq-agent.ts'
import { readCiliumConfig } from './cilium/config.ts'
import { ciliumOf } from './cilium.ts'
import type { Cni, CniEvidence, CniInput, CniPlugin } from './cni.ts'
import { foundByAny, foundByDaemonSet } from './find.ts'
import { cloudRoutes } from './kubenet.ts'
import { approximated } from './parts/approximated.ts'
import { settingOf } from './parts/daemon.ts'
import { calicoAlone } from './parts/forward-policy.ts'
import { outsideMasquerade } from './parts/outside-masquerade.ts'
import { gatewayOf } from './parts/pod-block.ts'
import { readNumber, readWord } from './parts/read-setting.ts'
import { routedPlugin } from './parts/routed-plugin.ts'

const facts: CniFacts = {
  title: 'GKE',
  networkModel: 'Layer 3, the VPC',
  routeDistribution: 'Cloud',
  networkPolicies: 'Yes',
  mesh: 'No',
  externalDatastore: 'None',
  encryption: 'No',
  ingressEgressPolicies: 'Yes',
  commercialSupport: 'Yes',
  fidelity: 'model',
  remark:
    'the legacy dataplane (routed veth pairs, kube-proxy; policies by Calico, if enabled) or Dataplane V2, which is Cilium with native routes',
  encapsulation: 'none that a node sees',
  mtu: '1460, the VPC\u2019s',
  masquerade: 'the chain IP-MASQ or ip-masq-agent: what leaves the private address blocks',
  policyEngine: 'on the legacy dataplane Calico at FORWARD and INPUT, if enabled; Cilium on Dataplane V2',
  serviceProxy: 'kube-proxy, or Cilium on Dataplane V2',
  settings: [
    { name: 'dataplane', takes: 'legacy, v2', otherwise: 'v2 if anetd is in the input, else legacy' },
    { name: 'mtu', takes: 'a number', otherwise: '1460' },
    {
      name: 'policy',
      takes: 'none, calico: on the legacy dataplane',
      otherwise: 'calico if calico-node is in the input, else none',
    },
  ],
  notModelled: [
    'Calico\u2019s rules on the legacy dataplane: a program stands for them at their hooks',
    'the further reserved blocks that newer releases do not masquerade',
    'what Cilium leaves out, on Dataplane V2',
  ],
}

/** Google's own network: alias addresses of the nodes that the VPC routes to them. */
export const gke: CniPlugin = {
  name: 'gke',
  aliases: ['gke-cni', 'dataplane-v2'],
  facts,
  environmentFields: ['cni.backend', 'cni.dataplane', 'cni.mtu', 'cni.policy'],
  find: foundByAny(foundByDaemonSet(/^anetd$|^netd$/), foundByNodePools),
  configure: configureGke,
}

const poolLabel = 'cloud.google.com/gke-nodepool'

function foundByNodePools({ nodes }: CniObjects): CniEvidence | undefined {
  const found = nodes.find(({ object }) => object.metadata.labels?.[poolLabel] !== undefined)
  return found && { object: found.ref, at: found.locate(['metadata', 'labels', poolLabel]) }
}

function configureGke(input: CniInput): Cni {
  approximated(input, facts)
  const { report, objects } = input
  const anetd = objects.daemonSets.some(({ ref }) => ref.name === 'anetd')
  const dataplane = readWord(
    report,
    settingOf(input, 'dataplane'),
    ['legacy', 'v2'] as const,
    anetd ? 'v2' : 'legacy',
  )
  const mtu = readNumber(report, settingOf(input, 'mtu'), { otherwise: 1460, least: 576, most: 8896 })
  return dataplane === 'v2' ? dataplaneV2(input, mtu) : legacy(input, mtu)
}

/** Cilium with a route for each pod, without a tunnel, and with the VPC's routes between nodes. */
function dataplaneV2(input: CniInput, mtu: number): Cni {
  const config = {
    ...readCiliumConfig(input),
    routingMode: 'native' as const,
    ipam: 'kubernetes',
    endpointRoutes: true,
    kubeProxyReplacement: true,
    socketLb: true,
    bpfMasquerade: true,
    nativeRoutingCidrs: privateBlocks,
    mtu,
  }
  const made = ciliumOf(config, input)
  return {
    ...made,
    name: 'gke',
    configuration: { dataplane: 'v2', ...made.configuration },
    fabric: cloudRoutes,
  }
}

function legacy(input: CniInput, mtu: number): Cni {
  const policy = readWord(input.report, settingOf(input, 'policy'), ['none', 'calico'] as const, 'none')
  const kept = [...privateBlocks, ...blocks('169.254.0.0/16')]
  return {
    name: 'gke',
    configuration: { dataplane: 'legacy', mtu },
    ...routedPlugin(input, {
      network: 'gke-pod-network',
      portmap: true,
      podsOf: ({ node }) => ({
        component: 'GKE',
        mtu,
        deviceOf: gkeName,
        gatewayOf: (family) => gatewayOf(node, family),
      }),
      ownRules: ({ node }, family) =>
        masqAgentConfig(input.environment, input.objects)
          ? []
          : outsideMasquerade(node, { component: 'GKE', chain: 'IP-MASQ', kept }, family),
    }),
    ...(policy === 'calico' && calicoAlone(input)),
    fabric: cloudRoutes,
  }
}

function blocks(...texts: readonly string[]) {
  return texts.flatMap((text) => parseCidr(text) ?? [])
}

const privateBlocks = blocks('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16')

/** `gke` and eleven digits of a hash. */
function gkeName({ namespace, name }: Pick<ClusterPod, 'namespace' | 'name'>): string {
  return `gke${sha256Hex(`gke ${namespace}/${name}`).slice(0, 11)}`
}
