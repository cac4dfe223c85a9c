import type { Report } from '../../base/diagnostic.ts'
import type { Cidr } from '../../base/ip.ts'
import { familyOf, formatCidr, overlaps, parseCidr } from '../../base/ip.ts'
import type { ClusterSettings, KubeProxySettings, LocalDetector } from '../../model/cluster.ts'
import type { Environment } from '../../model/environment.ts'
import type { KubeProxyConfiguration, Located } from '../../model/objects.ts'
import type { Completion } from './completion.ts'

/** The releases whose kube-proxy is modelled. */
export const supportedMinors = { first: 28, last: 36 }

const defaultPodCidr = '10.244.0.0/16'
const defaultServiceCidr = '10.96.0.0/16'

/** Cluster-wide settings, from configuration objects, the Environment, and defaults like a kind cluster's. */
export function completeSettings(completion: Completion, environment: Environment): ClusterSettings {
  const minorVersion = chooseVersion(completion, environment)
  const podCidrs = choosePodCidrs(completion, environment)
  const serviceCidrs = chooseServiceCidrs(completion, environment)
  for (const pods of podCidrs) {
    for (const services of serviceCidrs) {
      if (!overlaps(pods, services)) continue
      completion.report(
        'overlapping-cidrs',
        `pod addresses ${formatCidr(pods)} and Service addresses ${formatCidr(services)} overlap`,
        { fix: 'choose blocks that do not share addresses' },
      )
    }
  }
  return {
    minorVersion,
    domain: chooseDomain(completion, environment),
    podCidrs,
    serviceCidrs,
    nodePorts: chooseNodePorts(completion, environment),
    kubeProxy: completeKubeProxy(completion, environment, podCidrs),
    cni: chooseCni(completion, environment),
  }
}

function chooseVersion(completion: Completion, environment: Environment): number {
  const { options, objects } = completion
  const stated =
    options.kubeVersion ??
    environment.kubeProxy?.version ??
    objects.ClusterConfiguration.map((one) => one.object.kubernetesVersion).find((one) => one !== undefined)
  if (stated === undefined) {
    const fromNodes = objects.Node.map((one) => one.object.status?.nodeInfo?.kubeletVersion).find(
      (one) => one,
    )
    if (fromNodes !== undefined) return readVersion(fromNodes, completion.report)
    completion.assume(`Kubernetes 1.${supportedMinors.last}`)
    return supportedMinors.last
  }
  return readVersion(stated, completion.report)
}

/** The minor release of a version text, moved to the nearest one whose kube-proxy is modelled. */
export function readVersion(text: string, report: Report): number {
  const found = /^v?1\.(\d+)(\.|$|[-+])/.exec(text.trim())
  if (!found) {
    report('invalid-version', `"${text}" is not a version of Kubernetes such as 1.33`)
    return supportedMinors.last
  }
  const minor = Number(found[1])
  const nearest = Math.min(supportedMinors.last, Math.max(supportedMinors.first, minor))
  if (nearest !== minor) {
    report(
      'version-not-modelled',
      `kube-proxy 1.${minor} is not modelled; its rules are those of 1.${nearest}`,
      {
        fix: `releases 1.${supportedMinors.first} to 1.${supportedMinors.last} are exact`,
      },
    )
  }
  return nearest
}

function readCidrs(completion: Completion, text: string, what: string): Cidr[] {
  return text
    .split(',')
    .filter((one) => one.trim() !== '')
    .flatMap((one) => {
      const cidr = parseCidr(one.trim())
      if (!cidr)
        completion.report('invalid-setting', `${what} "${one}" is not a block such as ${defaultPodCidr}`)
      return cidr ? [cidr] : []
    })
}

function choosePodCidrs(completion: Completion, environment: Environment): readonly Cidr[] {
  const { objects } = completion
  const network = environment.clusterNetwork
  const stated =
    [network?.podCIDR, network?.podCIDR6].filter((one) => one !== undefined).join(',') ||
    objects.ClusterConfiguration.map((one) => one.object.networking?.podSubnet).find((one) => one) ||
    objects.Cluster.map((one) => one.object.networking?.podSubnet).find((one) => one) ||
    objects.KubeProxyConfiguration.map((one) => one.object.clusterCIDR).find((one) => one)
  if (stated) return readCidrs(completion, stated, 'pod subnet')
  const chosen = byFamily(familiesOf(completion), defaultPodCidr, 'fd00:10:244::/56')
  completion.assume(`pod addresses from ${chosen}`)
  return readCidrs(completion, chosen, 'pod subnet')
}

/** The families of kind's configuration, else those of the nodes' addresses. */
function familiesOf({ objects }: Completion): string {
  const stated = objects.Cluster[0]?.object.networking?.ipFamily
  if (stated) return stated
  const addresses = objects.Node.flatMap((node) => node.object.status?.addresses ?? [])
  const texts = addresses.filter((one) => one.type === 'InternalIP').map((one) => one.address ?? '')
  const has6 = texts.some((text) => text.includes(':'))
  const has4 = texts.some((text) => text.includes('.') && !text.includes(':'))
  return has6 ? (has4 ? 'dual' : 'ipv6') : 'ipv4'
}

function byFamily(family: string, v4: string, v6: string): string {
  if (family === 'ipv6') return v6
  return family === 'dual' ? `${v4},${v6}` : v4
}

function chooseServiceCidrs(completion: Completion, environment: Environment): readonly Cidr[] {
  const { objects } = completion
  const network = environment.clusterNetwork
  const stated =
    [network?.serviceCIDR, network?.serviceCIDR6].filter((one) => one !== undefined).join(',') ||
    objects.ClusterConfiguration.map((one) => one.object.networking?.serviceSubnet).find((one) => one) ||
    objects.Cluster.map((one) => one.object.networking?.serviceSubnet).find((one) => one)
  if (stated) return readCidrs(completion, stated, 'service subnet')
  const chosen = byFamily(familiesOf(completion), inferServiceCidr(completion), 'fd00:10:96::/112')
  completion.assume(`Service addresses from ${chosen}`)
  return readCidrs(completion, chosen, 'service subnet')
}

/** A dump tells its range by `default/kubernetes`, whose address is the range's first. */
function inferServiceCidr({ objects }: Completion): string {
  const kubernetes = objects.Service.find(
    (one) => one.ref.namespace === 'default' && one.ref.name === 'kubernetes',
  )
  const ip = kubernetes?.object.spec?.clusterIP
  const parts = ip && /^(\d+\.\d+)\.\d+\.1$/.exec(ip)
  return parts ? `${parts[1]}.0.0/16` : defaultServiceCidr
}

function chooseDomain({ objects }: Completion, environment: Environment): string {
  return (
    environment.clusterNetwork?.clusterDomain ??
    objects.ClusterConfiguration.map((one) => one.object.networking?.dnsDomain).find((one) => one) ??
    'cluster.local'
  )
}

function chooseNodePorts(completion: Completion, environment: Environment): ClusterSettings['nodePorts'] {
  const text = environment.apiServer?.serviceNodePortRange
  if (text === undefined) return { first: 30000, last: 32767 }
  const found = /^(\d+)-(\d+)$/.exec(text)
  if (found) return { first: Number(found[1]), last: Number(found[2]) }
  completion.report('invalid-setting', `serviceNodePortRange "${text}" is not a range such as 30000-32767`)
  return { first: 30000, last: 32767 }
}

/** Names of plugins whose network equals kindnet's where Services are concerned, or that are not modelled yet. */
function chooseCni(completion: Completion, environment: Environment): string {
  const plugin = environment.cni?.plugin
  if (plugin === undefined || plugin === 'kindnet') return 'kindnet'
  completion.report(
    'cni-not-modelled',
    `the network plugin ${plugin} is not modelled; pods are connected as by kindnet (routed veth pairs, routes between nodes)`,
  )
  return 'kindnet'
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
    mode: chooseMode(completion, config, environment),
    clusterCidrs: chooseClusterCidrs(completion, located, environment, podCidrs),
    localDetector: chooseDetector(completion, located),
    masqueradeAll: stated.masqueradeAll ?? config.iptables?.masqueradeAll ?? false,
    masqueradeBit: chooseMasqueradeBit(completion, located),
    localhostNodePorts: config.iptables?.localhostNodePorts ?? true,
    nodePortAddresses: stated.nodePortAddresses ?? config.nodePortAddresses ?? [],
    nfacct: stated.nfacct ?? false,
    randomFully: stated.masqueradeRandomFully ?? true,
  }
}

function chooseMode(
  completion: Completion,
  config: KubeProxyConfiguration,
  environment: Environment,
): string {
  const mode =
    environment.kubeProxy?.mode ??
    (config.mode || undefined) ??
    completion.objects.Cluster[0]?.object.networking?.kubeProxyMode
  return mode || 'iptables'
}

function chooseClusterCidrs(
  completion: Completion,
  located: Located<KubeProxyConfiguration> | undefined,
  environment: Environment,
  podCidrs: readonly Cidr[],
): readonly Cidr[] {
  const stated = environment.kubeProxy?.clusterCIDR
  if (stated === null) return []
  if (stated !== undefined) return readCidrs(completion, stated, 'clusterCIDR')
  if (located) return readCidrs(completion, located.object.clusterCIDR ?? '', 'clusterCIDR')
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
