import type { Report } from '../../base/diagnostic.ts'
import type { Cidr } from '../../base/ip.ts'
import { covers, familyOf, formatCidr, overlaps, parseCidr } from '../../base/ip.ts'
import type { SourceLocation } from '../../base/source.ts'
import type { ClusterSettings, KubeProxySettings, LocalDetector } from '../../model/cluster.ts'
import type { Environment } from '../../model/environment.ts'
import type { ClusterConfiguration, KubeProxyConfiguration, Located } from '../../model/objects.ts'
import type { Completion } from './completion.ts'
import type { Stated } from './stated.ts'
import { chooseStated, statedIn, statedInEnvironment } from './stated.ts'

/** The releases whose kube-proxy is modelled. */
export const supportedMinors = { first: 28, last: 36 }

const defaultPodCidr = '10.244.0.0/16'
const defaultServiceCidr = '10.96.0.0/16'

/** Cluster-wide settings, from configuration objects, the Environment, and defaults like a kind cluster's. */
export function completeSettings(completion: Completion, environment: Environment): ClusterSettings {
  const minorVersion = chooseVersion(completion)
  const podCidrs = choosePodCidrs(completion)
  const serviceCidrs = chooseServiceCidrs(completion)
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
    domain: chooseDomain(completion),
    podCidrs,
    serviceCidrs,
    nodePorts: chooseNodePorts(completion),
    kubeProxy: completeKubeProxy(completion, environment, podCidrs),
    cni: chooseCni(completion, environment),
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
    report('invalid-version', `"${text}" is not a version of Kubernetes such as 1.33`, { ...(at && { at }) })
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

function readCidrs(completion: Completion, { value, from, at }: Stated<string>): Cidr[] {
  return value
    .split(',')
    .filter((one) => one.trim() !== '')
    .flatMap((one) => {
      const cidr = parseCidr(one.trim())
      if (!cidr) {
        completion.report('invalid-setting', `${from}: "${one}" is not a block such as ${defaultPodCidr}`, {
          ...(at && { at }),
        })
      }
      return cidr ? [cidr] : []
    })
}

/** Whether two lists of blocks, as their texts give them, are the same. */
function sameBlocks(a: string, b: string): boolean {
  const blocks = (text: string) =>
    text
      .split(',')
      .map((one) => parseCidr(one.trim()))
      .map((one) => (one ? formatCidr(one) : ''))
      .toSorted()
      .join(',')
  return blocks(a) === blocks(b)
}

/** kubeadm and kind configure the same ranges; what they say counts before the Environment. */
function statedSubnets(
  completion: Completion,
  field: 'podSubnet' | 'serviceSubnet',
  environmentFields: readonly ['podCIDR', 'podCIDR6'] | readonly ['serviceCIDR', 'serviceCIDR6'],
): Stated<string> | undefined {
  const { objects } = completion
  const [v4, v6] = environmentFields
  return chooseStated(
    completion,
    [
      ...statedIn(objects.ClusterConfiguration[0], ['networking', field], (one) => one.networking?.[field]),
      ...statedIn(objects.Cluster[0], ['networking', field], (one) => one.networking?.[field]),
      ...statedInEnvironment(completion, ['clusterNetwork', v4], ({ clusterNetwork: network }) =>
        [network?.[v4], network?.[v6]].filter((one) => one !== undefined).join(','),
      ),
    ],
    sameBlocks,
  )
}

function choosePodCidrs(completion: Completion): readonly Cidr[] {
  const [proxy] = statedIn(
    completion.objects.KubeProxyConfiguration[0],
    ['clusterCIDR'],
    (one) => one.clusterCIDR,
  )
  const stated = statedSubnets(completion, 'podSubnet', ['podCIDR', 'podCIDR6'])
  if (stated) {
    const blocks = readCidrs(completion, stated)
    if (proxy) compareClusterCidr(completion, stated, blocks, proxy)
    return blocks
  }
  // What is wrong with kube-proxy's own block is told where its settings are read.
  if (proxy) return proxy.value.split(',').flatMap((one) => parseCidr(one.trim()) ?? [])
  const chosen = byFamily(familiesOf(completion), defaultPodCidr, 'fd00:10:244::/56')
  completion.assume(`pod addresses from ${chosen}`)
  return readCidrs(completion, { value: chosen, from: 'pod subnet' })
}

/** kube-proxy may be told another block than pods have: then it masquerades what it should not, and that is walked. */
function compareClusterCidr(
  { report }: Completion,
  stated: Stated<string>,
  blocks: readonly Cidr[],
  proxy: Stated<string>,
): void {
  const own = proxy.value.split(',').flatMap((one) => parseCidr(one.trim()) ?? [])
  if (own.length === 0 || blocks.every((block) => own.some((one) => covers(one, block)))) return
  report(
    'configuration-conflict',
    `${proxy.from} is ${proxy.value}, but ${stated.from} is ${stated.value}: pods have the latter, and kube-proxy takes the former for theirs`,
    { ...(proxy.at && { at: proxy.at }), fix: 'make the two agree' },
  )
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

function chooseServiceCidrs(completion: Completion): readonly Cidr[] {
  const stated = statedSubnets(completion, 'serviceSubnet', ['serviceCIDR', 'serviceCIDR6'])
  if (stated) return readCidrs(completion, stated)
  const chosen = byFamily(familiesOf(completion), inferServiceCidr(completion), 'fd00:10:96::/112')
  completion.assume(`Service addresses from ${chosen}`)
  return readCidrs(completion, { value: chosen, from: 'service subnet' })
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
  if (stated === undefined) return { first: 30000, last: 32767 }
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
    mode: chooseMode(completion),
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

function chooseMode(completion: Completion): string {
  const { objects } = completion
  const stated = chooseStated(completion, [
    ...statedIn(objects.KubeProxyConfiguration[0], ['mode'], (one) => one.mode),
    ...statedIn(objects.Cluster[0], ['networking', 'kubeProxyMode'], (one) => one.networking?.kubeProxyMode),
    ...statedInEnvironment(completion, ['kubeProxy', 'mode'], (one) => one.kubeProxy?.mode),
  ])
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
