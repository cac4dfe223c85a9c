import type { Cidr, Ip } from '../../../base/ip.ts'
import { familyOf, formatCidr, parseInterfaceAddress, parseIp } from '../../../base/ip.ts'
import type { CniInput } from '../cni.ts'
import type { Settings } from '../parts/daemon.ts'
import { daemonOf, settingOf, variablesOf } from '../parts/daemon.ts'
import { readBlocks, readBoolean, readNumber, readWord } from '../parts/read-setting.ts'

/** A secondary interface as the Environment states it: `cni.enis.NODE.eth1`. */
export interface StatedEni {
  readonly device: string
  readonly address?: Ip
  readonly pods: readonly Ip[]
}

/** How many spare interfaces, prefixes and addresses ipamd keeps on a node. */
export interface WarmTargets {
  readonly enis: number
  readonly prefixes: number
  readonly ips?: number
  readonly minimumIps?: number
  readonly mostEnis: number
}

/** The plugin's settings with their defaults, by what they decide. */
export interface AwsVpcSettings {
  readonly externalSnat: boolean
  readonly nodePortSupport: boolean
  readonly randomize: 'prng' | 'hashrandom' | 'none'
  readonly excludeCidrs: readonly Cidr[]
  readonly externalServiceCidrs: readonly Cidr[]
  readonly vethPrefix: string
  readonly connmark: number
  readonly mtu: number
  readonly customNetworking: boolean
  readonly prefixDelegation: boolean
  readonly ipv6: boolean
  readonly ipv6Egress: boolean
  readonly warm: WarmTargets
  /** The VPC's blocks; the nodes' network, if they are not stated. */
  readonly vpcCidrs: readonly Cidr[]
  readonly enis: ReadonlyMap<string, readonly StatedEni[]>
  /** The VPC's check that what leaves an interface has one of its addresses. */
  readonly sourceDestCheck: boolean
}

/** Reads the variables of DaemonSet aws-node as ipamd does; `--cni` and the Environment come before them. */
export function readAwsVpcSettings(input: CniInput): AwsVpcSettings {
  const { report } = input
  const of = variablesOf(input, daemonOf(input.objects, /^aws-node$/, 'aws-node'))
  const boolean = (name: string, otherwise: boolean) => readBoolean(report, of(name), otherwise)
  const settings: AwsVpcSettings = {
    externalSnat: boolean('AWS_VPC_K8S_CNI_EXTERNALSNAT', false),
    nodePortSupport: boolean('AWS_VPC_CNI_NODE_PORT_SUPPORT', true),
    randomize: readWord(report, of('AWS_VPC_K8S_CNI_RANDOMIZESNAT'), ['prng', 'hashrandom', 'none'], 'prng'),
    excludeCidrs: ofIpv4(readBlocks(report, of('AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS'))),
    externalServiceCidrs: ofIpv4(readBlocks(report, of('AWS_EXTERNAL_SERVICE_CIDRS'))),
    vethPrefix: readVethPrefix(input, of),
    connmark: readNumber(report, of('AWS_VPC_K8S_CNI_CONNMARK'), {
      otherwise: 0x80,
      least: 1,
      most: 0xffffffff,
    }),
    mtu: readNumber(report, of('AWS_VPC_ENI_MTU'), { otherwise: 9001, least: 576, most: 9001 }),
    customNetworking: boolean('AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG', false),
    prefixDelegation: boolean('ENABLE_PREFIX_DELEGATION', false),
    ipv6: boolean('ENABLE_IPv6', false),
    ipv6Egress: boolean('ENABLE_V6_EGRESS', false),
    warm: readWarmTargets(input, of),
    vpcCidrs: ofIpv4(readBlocks(report, settingOf(input, 'vpcCIDRs'))),
    enis: withInterfaces(input, readEnis(input)),
    sourceDestCheck: readBoolean(report, settingOf(input, 'sourceDestCheck'), true),
  }
  reportConflicts(input, of, settings)
  return settings
}

function ofIpv4(cidrs: readonly Cidr[]): readonly Cidr[] {
  return cidrs.filter(({ first }) => familyOf(first) === 4)
}

/** Mirrors getVethPrefixFromEnv of ipamd: at most four characters, and none of the names that Linux uses. */
function readVethPrefix({ report }: CniInput, of: Settings): string {
  const setting = of('AWS_VPC_K8S_CNI_VETHPREFIX')
  if (!setting || setting.value === '') return 'eni'
  const { value, from, at } = setting
  if (value.length <= 4 && !['eth', 'vlan', 'lo'].includes(value)) return value
  report(
    'invalid-setting',
    `${from}: "${value}" is no prefix for the node's end of a pod's veth pair; eni counts`,
    {
      ...(at && { at }),
      severity: 'warning',
      fix: 'write at most four characters, and not eth, vlan or lo',
    },
  )
  return 'eni'
}

function readWarmTargets({ report }: CniInput, of: Settings): WarmTargets {
  const count = (name: string, otherwise: number, least = 0) =>
    readNumber(report, of(name), { otherwise, least, most: 65535 })
  const given = (name: string) => (of(name)?.value ? count(name, 0) : undefined)
  const [ips, minimumIps] = [given('WARM_IP_TARGET'), given('MINIMUM_IP_TARGET')]
  return {
    enis: count('WARM_ENI_TARGET', 1),
    prefixes: count('WARM_PREFIX_TARGET', 1),
    ...(ips !== undefined && { ips }),
    ...(minimumIps !== undefined && { minimumIps }),
    mostEnis: count('MAX_ENI', 65535, 1),
  }
}

/** `{node-a: {eth1: {address: 10.0.0.31, pods: [10.0.0.121]}}}`. */
function readEnis({ settings, report }: CniInput): AwsVpcSettings['enis'] {
  const nodes = fieldsOf(settings['enis'])
  return new Map(
    nodes.map(([node, devices]) => [
      node,
      fieldsOf(devices).map(([device, stated]): StatedEni => {
        const fields = new Map(fieldsOf(stated))
        const read = (text: unknown): readonly Ip[] => {
          const ip = parseIp(String(text))
          if (ip === undefined) {
            report('invalid-setting', `cni.enis.${node}.${device}: "${String(text)}" is not an address`, {
              fix: 'write {address: IP, pods: [IP, …]}',
            })
          }
          return ip === undefined ? [] : [ip]
        }
        const [address] = fields.has('address') ? read(fields.get('address')) : []
        const pods = fields.get('pods')
        return {
          device,
          ...(address !== undefined && { address }),
          pods: (Array.isArray(pods) ? pods : []).flatMap(read),
        }
      }),
    ]),
  )
}

/** Secondary interfaces that the Environment gives to nodes (`nodes.NODE.interfaces.eth1`), where `cni.enis` is silent. */
function withInterfaces({ environment }: CniInput, stated: AwsVpcSettings['enis']): AwsVpcSettings['enis'] {
  const made = new Map(stated)
  for (const [node, { interfaces = {} }] of Object.entries(environment.nodes ?? {})) {
    const own = stated.get(node) ?? []
    const further = Object.entries(interfaces).flatMap(([device, { addresses = [] }]): StatedEni[] => {
      const address = parseInterfaceAddress(addresses[0] ?? '')
      const isKnown = own.some((one) => one.device === device)
      if (isKnown || !address || !/^eth[1-9]\d*$/.test(device)) return []
      return [{ device, address: address.ip, pods: [] }]
    })
    if (further.length > 0) made.set(node, [...own, ...further])
  }
  return made
}

function fieldsOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

/** Settings of which one takes away what the other asks for, and what is not modelled. */
function reportConflicts({ report }: CniInput, of: Settings, settings: AwsVpcSettings): void {
  const place = (name: string) => {
    const at = of(name)?.at
    return at ? { at } : {}
  }
  if (settings.externalSnat && settings.excludeCidrs.length > 0) {
    report(
      'configuration-conflict',
      'AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS excepts blocks from a translation that AWS_VPC_K8S_CNI_EXTERNALSNAT=true takes away',
      { ...place('AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS'), fix: 'take one of the two away' },
    )
  }
  if (settings.ipv6 && !settings.prefixDelegation) {
    report(
      'configuration-conflict',
      'ENABLE_IPv6 works with prefixes alone: aws-node does not start while ENABLE_PREFIX_DELEGATION is not true',
      { ...place('ENABLE_IPv6'), fix: 'set ENABLE_PREFIX_DELEGATION=true' },
    )
  }
  const unmodelled = [
    ['ENABLE_POD_ENI', 'security groups for pods (branch interfaces, devices vlan.eth.N)'],
    ['ENABLE_MULTI_NIC', 'pods with several network cards'],
  ] as const
  for (const [name, what] of unmodelled) {
    if (!readBoolean(report, of(name), false)) continue
    report('cni-not-modelled', `${name}: ${what} are not modelled; each pod has one address of an ENI`, {
      ...place(name),
      fix: 'nothing is wrong with the cluster; read traces of such pods with care',
    })
  }
}

/** The settings as they are printed. */
export function printedSettings(settings: AwsVpcSettings): Readonly<Record<string, unknown>> {
  const { warm, enis, vpcCidrs, connmark, excludeCidrs, externalServiceCidrs, ...plain } = settings
  return {
    ...plain,
    connmark: `0x${connmark.toString(16)}`,
    excludeCidrs: excludeCidrs.map(formatCidr),
    externalServiceCidrs: externalServiceCidrs.map(formatCidr),
    warm,
    ...(vpcCidrs.length > 0 && { vpcCidrs: vpcCidrs.map(formatCidr) }),
  }
}
