import type { Report } from '../../base/diagnostic.ts'
import type { Cidr } from '../../base/ip.ts'
import { familyOf, formatCidr } from '../../base/ip.ts'
import type { SourceLocation } from '../../base/source.ts'
import type { ClusterSettings, KubeProxySettings, LocalDetector } from '../../model/cluster.ts'
import type { ClusterConfiguration, KubeProxyConfiguration } from '../../model/configuration-objects.ts'
import type { Environment } from '../../model/environment.ts'
import type { Located } from '../../model/objects.ts'
import { chooseRanges, readCidrs, sameBlocks } from './address-ranges.ts'
import type { ChosenCni } from './cni.ts'
import type { Completion } from './completion.ts'
import { offersNodePorts } from './node-ports.ts'
import { chooseStated, statedIn, statedInEnvironment } from './stated.ts'

/** The releases whose kube-proxy is modelled. */
export const supportedMinors = { first: 28, last: 36 }

/** Cluster-wide settings, from configuration objects, the Environment, and defaults like a kind cluster's. */
export function completeSettings(
  completion: Completion,
  environment: Environment,
  cni: ChosenCni,
): ClusterSettings {
  const minorVersion = chooseVersion(completion)
  const { podCidrs, serviceCidrs } = chooseRanges(completion, cni.cni)
  return {
    minorVersion,
    domain: chooseDomain(completion),
    podCidrs,
    serviceCidrs,
    nodePorts: chooseNodePorts(completion),
    kubeProxy: completeKubeProxy(completion, environment, cni.cni.podsOnNodeNetwork ? [] : podCidrs),
    cni: cni.settings,
  }
}

function chooseVersion(completion: Completion): number {
  const { options, objects } = completion
  const stated = chooseStated(
    completion,
    [
      ...(options.kubeVersion === undefined ? [] : [{ value: options.kubeVersion, from: '--kube-version' }]),
      ...statedInEnvironment(completion, ['kubeProxy', 'version'], (one) => one.kubeProxy?.version),
      ...statedIn(objects.ClusterConfiguration[0], ['kubernetesVersion'], (one) => one.kubernetesVersion),
    ],
    (a, b) => minorOf(a) === minorOf(b),
  )
  if (stated === undefined) {
    const fromNodes = objects.Node.map((one) => one.object.status?.nodeInfo?.kubeletVersion).find(
      (one) => one,
    )
    if (fromNodes !== undefined) return readVersion(fromNodes, completion.report)
    completion.assume(`Kubernetes 1.${supportedMinors.last}`)
    return supportedMinors.last
  }
  return readVersion(stated.value, completion.report, stated.at)
}

function minorOf(text: string): string | undefined {
  return /^v?1\.(\d+)(\.|$|[-+])/.exec(text.trim())?.[1]
}

/** The minor release of a version text, moved to the nearest one whose kube-proxy is modelled. */
export function readVersion(text: string, report: Report, at?: SourceLocation): number {
  const found = minorOf(text)
  if (found === undefined) {
    report('invalid-version', `"${text}" is not a version of Kubernetes such as 1.33`, {
      ...(at && { at }),
      fix: `write one from 1.${supportedMinors.first} to 1.${supportedMinors.last}`,
    })
    return supportedMinors.last
  }
  const minor = Number(found)
  const nearest = Math.min(supportedMinors.last, Math.max(supportedMinors.first, minor))
  if (nearest !== minor) {
    report(
      'version-not-modelled',
      `kube-proxy 1.${minor} is not modelled; its rules are those of 1.${nearest}`,
      {
        ...(at && { at }),
        fix: `releases 1.${supportedMinors.first} to 1.${supportedMinors.last} are exact`,
      },
    )
  }
  return nearest
}

function chooseDomain(completion: Completion): string {
  const stated = chooseStated(completion, [
    ...statedIn(
      completion.objects.ClusterConfiguration[0],
      ['networking', 'dnsDomain'],
      (one) => one.networking?.dnsDomain,
    ),
    ...statedInEnvironment(
      completion,
      ['clusterNetwork', 'clusterDomain'],
      (one) => one.clusterNetwork?.clusterDomain,
    ),
  ])
  if (!stated) completion.assume("the cluster's DNS domain is cluster.local")
  return stated?.value ?? 'cluster.local'
}

function chooseNodePorts(completion: Completion): ClusterSettings['nodePorts'] {
  const stated = chooseStated(completion, [
    ...statedIn(completion.objects.ClusterConfiguration[0], ['apiServer', 'extraArgs'], nodePortArgument),
    ...statedInEnvironment(
      completion,
      ['apiServer', 'serviceNodePortRange'],
      (one) => one.apiServer?.serviceNodePortRange,
    ),
  ])
  if (stated === undefined) {
    if (completion.objects.Service.some(({ object }) => offersNodePorts(object))) {
      completion.assume('node ports from 30000 to 32767')
    }
    return { first: 30000, last: 32767 }
  }
  const found = /^(\d+)-(\d+)$/.exec(stated.value)
  const [first, last] = [Number(found?.[1]), Number(found?.[2])]
  if (found && first >= 1 && first <= last && last <= 65535) return { first, last }
  completion.report(
    'invalid-setting',
    `${stated.from}: "${stated.value}" is not a range of ports such as 30000-32767`,
    { ...(stated.at && { at: stated.at }) },
  )
  return { first: 30000, last: 32767 }
}

/** kubeadm's extra arguments: a map up to v1beta3, a list of names and values since. */
function nodePortArgument({ apiServer }: ClusterConfiguration): string | undefined {
  const given = apiServer?.extraArgs
  const name = 'service-node-port-range'
  if (typeof given !== 'object' || given === null) return undefined
  const entries: readonly (readonly [unknown, unknown])[] = Array.isArray(given)
    ? given.map((one) => [one?.name, one?.value] as const)
    : Object.entries(given)
  const value = entries.find(([key]) => key === name)?.[1]
  return value === undefined ? undefined : String(value)
}

function completeKubeProxy(
  completion: Completion,
  environment: Environment,
  podCidrs: readonly Cidr[],
): KubeProxySettings {
  const located = completion.objects.KubeProxyConfiguration[0]
  const config: KubeProxyConfiguration = located?.object ?? {}
  const stated = environment.kubeProxy ?? {}
  const configuredBy = environment.kubeProxy ? completion.objects.Environment[0]?.ref : located?.ref
  return {
    ...(configuredBy && { configuredBy }),
    mode: chooseMode(completion),
    clusterCidrs: chooseClusterCidrs(completion, located, environment, podCidrs),
    localDetector: chooseDetector(completion, located),
    masqueradeAll: stated.masqueradeAll ?? config.iptables?.masqueradeAll ?? false,
    masqueradeBit: chooseMasqueradeBit(completion, located),
    localhostNodePorts: config.iptables?.localhostNodePorts ?? true,
    liberalConntrack: config.conntrack?.tcpBeLiberal ?? false,
    nodePortAddresses: stated.nodePortAddresses ?? config.nodePortAddresses ?? [],
    nfacct: stated.nfacct ?? false,
    randomFully: stated.masqueradeRandomFully ?? true,
  }
}

function chooseMode(completion: Completion): string {
  const { objects } = completion
  const stated = chooseStated(completion, [
    ...statedIn(objects.KubeProxyConfiguration[0], ['mode'], (one) => one.mode),
    ...statedIn(objects.Cluster[0], ['networking', 'kubeProxyMode'], (one) => one.networking?.kubeProxyMode),
    ...statedInEnvironment(completion, ['kubeProxy', 'mode'], (one) => one.kubeProxy?.mode),
  ])
  if (!stated) completion.assume('kube-proxy is in iptables mode')
  return stated?.value ?? 'iptables'
}

function chooseClusterCidrs(
  completion: Completion,
  located: Located<KubeProxyConfiguration> | undefined,
  environment: Environment,
  podCidrs: readonly Cidr[],
): readonly Cidr[] {
  if (environment.kubeProxy?.clusterCIDR === null) return []
  const stated = chooseStated(
    completion,
    [
      ...statedIn(located, ['clusterCIDR'], (one) => one.clusterCIDR),
      ...statedInEnvironment(completion, ['kubeProxy', 'clusterCIDR'], (one) => one.kubeProxy?.clusterCIDR),
    ],
    sameBlocks,
  )
  if (stated) return readCidrs(completion, stated)
  if (located) return []
  if (podCidrs.length === 0) {
    completion.assume('kube-proxy has no clusterCIDR')
    return []
  }
  completion.assume(`kube-proxy's clusterCIDR is ${podCidrs.map(formatCidr).join(',')}`)
  return podCidrs
}

function chooseDetector(
  completion: Completion,
  located: Located<KubeProxyConfiguration> | undefined,
): LocalDetector {
  const { detectLocalMode, detectLocal } = located?.object ?? {}
  switch (detectLocalMode || 'ClusterCIDR') {
    case 'ClusterCIDR':
      return { mode: 'ClusterCIDR' }
    case 'NodeCIDR':
      return { mode: 'NodeCIDR' }
    case 'BridgeInterface':
      return { mode: 'BridgeInterface', device: detectLocal?.bridgeInterface ?? '' }
    case 'InterfaceNamePrefix':
      return { mode: 'InterfaceNamePrefix', device: detectLocal?.interfaceNamePrefix ?? '' }
    default:
      completion.report(
        'invalid-setting',
        `detectLocalMode "${detectLocalMode}" is not one of ClusterCIDR, NodeCIDR, BridgeInterface, InterfaceNamePrefix`,
        located && { at: located.locate(['detectLocalMode']) },
      )
      return { mode: 'ClusterCIDR' }
  }
}

function chooseMasqueradeBit(
  completion: Completion,
  located: Located<KubeProxyConfiguration> | undefined,
): number {
  const bit = located?.object.iptables?.masqueradeBit ?? 14
  if (bit >= 0 && bit <= 31) return bit
  completion.report(
    'invalid-setting',
    `masqueradeBit ${bit} is not from 0 to 31`,
    located && { at: located.locate(['iptables', 'masqueradeBit']) },
  )
  return 14
}

/** The first block of a family. */
export function cidrOfFamily(cidrs: readonly Cidr[], family: 4 | 6): Cidr | undefined {
  return cidrs.find((cidr) => familyOf(cidr.first) === family)
}
