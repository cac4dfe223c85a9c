import type { Cidr, Family, Ip } from '../../base/ip.ts'
import {
  bitsOf,
  cidrOf,
  contains,
  covers,
  familyOf,
  formatCidr,
  offsetIp,
  overlaps,
  parseCidr,
} from '../../base/ip.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'
import type { Cni } from '../cni/cni.ts'
import type { Completion } from './completion.ts'
import { statedClusterIps } from './service-families.ts'
import type { Stated } from './stated.ts'
import { chooseStated, statedIn, statedInEnvironment } from './stated.ts'
import { dumpedPods, statedNodeIps, statedPodIps } from './stated-addresses.ts'

/** The ranges that the cluster's addresses come from, the primary family first. */
export interface AddressRanges {
  readonly podCidrs: readonly Cidr[]
  readonly serviceCidrs: readonly Cidr[]
}

/** kind's ranges, for an input that says nothing. */
const defaults = {
  pods: { 4: '10.244.0.0/16', 6: 'fd00:10:244::/56' },
  services: { 4: '10.96.0.0/16', 6: 'fd00:10:96::/112' },
} as const

/** The shortest prefix that is taken for a range of which only a part is known. */
const widest = { pods: { 4: 16, 6: 56 }, services: { 4: 16, 6: 112 } } as const

/** Ranges as configuration objects state them, else the network plugin's, else as the addresses of a dump tell, else kind's. */
export function chooseRanges(
  completion: Completion,
  plugin: Pick<Cni, 'podNetwork' | 'podsOnNodeNetwork'>,
): AddressRanges {
  const podCidrs = choosePodCidrs(completion, plugin)
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
  return { podCidrs, serviceCidrs }
}

/** Reads `10.244.0.0/16,fd00:10:244::/56`. */
export function readCidrs(completion: Completion, { value, from, at }: Stated<string>): Cidr[] {
  return value
    .split(',')
    .filter((one) => one.trim() !== '')
    .flatMap((one) => {
      const cidr = parseCidr(one.trim())
      if (!cidr) {
        completion.report('invalid-setting', `${from}: "${one}" is not a block such as ${defaults.pods[4]}`, {
          ...(at && { at }),
        })
      }
      return cidr ? [cidr] : []
    })
}

/** Whether two lists of blocks, as their texts give them, are the same. */
export function sameBlocks(a: string, b: string): boolean {
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

function choosePodCidrs(
  completion: Completion,
  { podNetwork = [], podsOnNodeNetwork }: Pick<Cni, 'podNetwork' | 'podsOnNodeNetwork'>,
): readonly Cidr[] {
  if (podsOnNodeNetwork) return []
  const { objects } = completion
  const [proxy] = statedIn(objects.KubeProxyConfiguration[0], ['clusterCIDR'], (one) => one.clusterCIDR)
  const stated = statedSubnets(completion, 'podSubnet', ['podCIDR', 'podCIDR6'])
  if (stated) {
    const blocks = readCidrs(completion, stated)
    if (proxy) compareClusterCidr(completion, stated, blocks, proxy)
    return blocks
  }
  // What is wrong with kube-proxy's own block is told where its settings are read.
  if (proxy) return proxy.value.split(',').flatMap((one) => parseCidr(one.trim()) ?? [])
  const blocks = objects.Node.flatMap((node) => statedPodCidrs(node.object.spec))
  if (podNetwork.length > 0 && blocks.every((block) => podNetwork.some((one) => covers(one, block))))
    return podNetwork
  const known = blocks.length > 0 ? blocks.map((block) => block.first) : podIpsOf(objects)
  return assumeRanges(completion, 'pods', known)
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

/** The blocks that a Node has. */
export function statedPodCidrs(
  spec: { readonly podCIDR?: string; readonly podCIDRs?: readonly string[] } = {},
): Cidr[] {
  const { podCIDR, podCIDRs } = spec
  const texts = podCIDRs?.length ? podCIDRs : podCIDR ? [podCIDR] : []
  return texts.map((text) => parseCidr(text)).filter((cidr) => cidr !== undefined)
}

function podIpsOf(objects: ObjectsByKind): readonly Ip[] {
  return dumpedPods(objects).flatMap(({ object }) => statedPodIps(object))
}

function chooseServiceCidrs(completion: Completion): readonly Cidr[] {
  const stated = statedSubnets(completion, 'serviceSubnet', ['serviceCIDR', 'serviceCIDR6'])
  if (stated) return readCidrs(completion, stated)
  const { objects } = completion
  const dumped = objects.Service.filter((one) => one.object.metadata.uid !== undefined)
  return assumeRanges(
    completion,
    'services',
    dumped.flatMap((one) => statedClusterIps(one.object)),
  )
}

/** kind's range of each family where it holds the known addresses; else the least that holds them. */
function assumeRanges(
  completion: Completion,
  what: 'pods' | 'services',
  known: readonly Ip[],
): readonly Cidr[] {
  const ranges = familiesOf(completion, known).flatMap((family) => {
    const own = known.filter((ip) => familyOf(ip) === family)
    const usual = parseCidr(defaults[what][family])
    if (usual && own.every((ip) => contains(usual, ip))) return [usual]
    const first = what === 'services' ? apiServerIp(completion.objects, family) : undefined
    return [enclosing(own, first, { family, bits: widest[what][family] })]
  })
  const words = what === 'pods' ? 'pod addresses' : 'Service addresses'
  completion.assume(`${words} from ${ranges.map(formatCidr).join(', ')}`)
  return ranges
}

/** `default/kubernetes` has the first address of the Service range. */
function apiServerIp({ Service: services }: ObjectsByKind, family: Family): Ip | undefined {
  const own = services.find(({ ref }) => ref.namespace === 'default' && ref.name === 'kubernetes')
  return own && statedClusterIps(own.object).find((ip) => familyOf(ip) === family)
}

/** The block that holds all addresses; it is `bits` long, or longer if it begins right before `first`. */
function enclosing(
  ips: readonly Ip[],
  first: Ip | undefined,
  { family, bits }: { readonly family: Family; readonly bits: number },
): Cidr {
  const base = first === undefined ? undefined : offsetIp(first, -1)
  let length = base === undefined ? bits : Math.max(bits, bitsOf(family) - trailingZeros(base, family))
  const start = base ?? ips[0] ?? (family === 4 ? 0 : 0n)
  while (length > 0 && !ips.every((ip) => contains(cidrOf(start, length), ip))) length--
  return cidrOf(start, length)
}

function trailingZeros(ip: Ip, family: Family): number {
  const value = BigInt(ip)
  let zeros = 0
  while (zeros < bitsOf(family) && (value >> BigInt(zeros)) % 2n === 0n) zeros++
  return zeros
}

/** The families of kind's configuration, else those that addresses tell, else those that Services ask for. */
function familiesOf({ objects }: Completion, known: readonly Ip[]): readonly Family[] {
  const stated = objects.Cluster[0]?.object.networking?.ipFamily
  if (stated) return stated === 'dual' ? [4, 6] : [stated === 'ipv6' ? 6 : 4]
  const nodes = objects.Node.flatMap((node) => statedNodeIps(node, 'InternalIP'))
  const told = new Set([...nodes, ...known].map(familyOf))
  if (told.size > 0) return ([4, 6] as const).filter((family) => told.has(family))
  return objects.Service.some(({ object }) => asksForIpv6(object.spec)) ? [4, 6] : [4]
}

function asksForIpv6(
  spec: { readonly ipFamilyPolicy?: string; readonly ipFamilies?: readonly string[] } = {},
): boolean {
  return spec.ipFamilyPolicy === 'RequireDualStack' || (spec.ipFamilies?.includes('IPv6') ?? false)
}
