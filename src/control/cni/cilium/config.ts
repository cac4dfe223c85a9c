import type { Cidr } from '../../../base/ip.ts'
import { formatCidr, parseCidr } from '../../../base/ip.ts'
import type { ConfigMap, Located } from '../../../model/objects.ts'
import type { CiliumPolicyConfig } from '../../policy/cilium/enforcement.ts'
import type { CniInput } from '../cni.ts'
import { configMapNamed, entriesOf } from '../parts/config-entries.ts'
import type { Settings } from '../parts/daemon.ts'
import { readBlocks, readBoolean, readNumber, readWord } from '../parts/read-setting.ts'

/** Cilium's `cilium-config` with the defaults of its Helm chart (1.16 to 1.18) filled in. */
export interface CiliumConfig {
  readonly routingMode: 'tunnel' | 'native'
  readonly tunnelProtocol: 'vxlan' | 'geneve'
  readonly tunnelPort: number
  readonly ipam: string
  readonly pools: readonly Cidr[]
  readonly maskSizes: { readonly 4: number; readonly 6: number }
  readonly nativeRoutingCidrs: readonly Cidr[]
  readonly autoDirectNodeRoutes: boolean
  readonly masquerade: { readonly 4: boolean; readonly 6: boolean }
  readonly bpfMasquerade: boolean
  readonly kubeProxyReplacement: boolean
  readonly socketLb: boolean
  /** Socket load balancing for the host's processes alone; pods' packets are translated at their device. */
  readonly hostOnly: boolean
  readonly endpointRoutes: boolean
  readonly wireguard: boolean
  /** 0: found out. */
  readonly mtu: number
  readonly policy: CiliumPolicyConfig
}

const protocols = ['vxlan', 'geneve'] as const

/** Reads `cilium-config`; settings of the same names come before its entries. */
export function readCiliumConfig(input: CniInput): CiliumConfig {
  const { report } = input
  const map = configMapNamed(input.objects, /^cilium-config$/)
  const entry = entriesOf(input, map)
  const flag = (name: string, otherwise: boolean) => readBoolean(report, entry(name), otherwise)
  const tunnelProtocol = readTunnelProtocol(input, entry)
  const kubeProxyReplacement = readReplacement(input, entry, map !== undefined)
  return {
    routingMode: readRoutingMode(input, entry),
    tunnelProtocol,
    tunnelPort:
      readNumber(report, entry('tunnel-port'), { otherwise: 0, least: 0, most: 65535 }) ||
      defaultPort[tunnelProtocol],
    ...readPools(input, entry),
    nativeRoutingCidrs: [
      ...readBlocks(report, entry('ipv4-native-routing-cidr')),
      ...readBlocks(report, entry('ipv6-native-routing-cidr')),
    ],
    autoDirectNodeRoutes: flag('auto-direct-node-routes', false),
    masquerade: { 4: flag('enable-ipv4-masquerade', true), 6: flag('enable-ipv6-masquerade', true) },
    bpfMasquerade: flag('enable-bpf-masquerade', false),
    kubeProxyReplacement,
    socketLb: kubeProxyReplacement || flag('bpf-lb-sock', false),
    hostOnly: flag('bpf-lb-sock-hostns-only', false),
    endpointRoutes: flag('enable-endpoint-routes', false),
    wireguard: flag('enable-wireguard', false),
    mtu: readNumber(report, entry('mtu'), { otherwise: 0, least: 0, most: 65535 }),
    policy: readPolicy(input, entry, map),
  }
}

/** What is said of policies; GetPolicyEnabled, AlwaysAllowLocalhost and PolicyCIDRMatchesNodes of pkg/option. */
function readPolicy(
  { report }: CniInput,
  entry: Settings,
  map: Located<ConfigMap> | undefined,
): CiliumPolicyConfig {
  const flag = (name: string, otherwise: boolean) => readBoolean(report, entry(name), otherwise)
  const localhost = ['auto', 'always', 'policy'] as const
  return {
    mode: readWord(report, entry('enable-policy'), ['default', 'always', 'never'] as const, 'default'),
    cidrsMatchNodes: (entry('policy-cidr-match-mode')?.value ?? '').split(/[ ,]+/).includes('nodes'),
    ownNodePasses: readWord(report, entry('allow-localhost'), localhost, 'auto') !== 'policy',
    networkPolicies: flag('enable-k8s-networkpolicy', true),
    clusterNetworkPolicies: flag('enable-k8s-cluster-network-policy', false),
    nodeSelectors: flag('enable-node-selector-labels', false),
    clusterName: entry('cluster-name')?.value ?? 'default',
    source: map?.ref ?? { kind: 'ConfigMap', namespace: 'kube-system', name: 'cilium-config' },
  }
}

const defaultPort = { vxlan: 8472, geneve: 6081 } as const

/** `tunnel: disabled`, up to 1.14, says what `routing-mode: native` does. */
function readRoutingMode({ report }: CniInput, entry: Settings): CiliumConfig['routingMode'] {
  const old = entry('tunnel')?.value === 'disabled' ? 'native' : 'tunnel'
  return readWord(report, entry('routing-mode'), ['tunnel', 'native'] as const, old)
}

function readTunnelProtocol({ report }: CniInput, entry: Settings): CiliumConfig['tunnelProtocol'] {
  const old = protocols.find((one) => one === entry('tunnel')?.value) ?? 'vxlan'
  return readWord(report, entry('tunnel-protocol'), protocols, old)
}

function readPools(
  { report }: CniInput,
  entry: Settings,
): Pick<CiliumConfig, 'ipam' | 'pools' | 'maskSizes'> {
  const ipam = entry('ipam')?.value ?? 'cluster-pool'
  const v4 = readBlocks(report, entry('cluster-pool-ipv4-cidr'))
  const v6 = readBlocks(report, entry('cluster-pool-ipv6-cidr'))
  const withV6 = readBoolean(report, entry('enable-ipv6'), false)
  const pools = [
    ...(v4.length > 0 ? v4 : blockOf('10.0.0.0/8')),
    ...(withV6 ? (v6.length > 0 ? v6 : blockOf('fd00::/104')) : []),
  ]
  const mask = (family: 4 | 6, otherwise: number, most: number) =>
    readNumber(report, entry(`cluster-pool-ipv${family}-mask-size`), { otherwise, least: 1, most })
  return { ipam, pools, maskSizes: { 4: mask(4, 24, 30), 6: mask(6, 120, 126) } }
}

function blockOf(text: string): readonly Cidr[] {
  const cidr = parseCidr(text)
  return cidr ? [cidr] : []
}

/** `strict`, up to 1.13, is `true` since; `partial` and `probe` replaced a part, and are taken for it. */
const replacing: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['strict', true],
  ['partial', true],
  ['probe', true],
  ['false', false],
  ['disabled', false],
])

/**
 * Whether Cilium answers for Services in place of kube-proxy: as its configuration says, which is no if it leaves it out.
 * With no configuration at all it is taken to, unless a kube-proxy is installed.
 */
function readReplacement({ objects, assume, report }: CniInput, entry: Settings, stated: boolean): boolean {
  const setting = entry('kube-proxy-replacement')
  const known = setting && replacing.get(setting.value.toLowerCase())
  if (known !== undefined) return known
  if (setting) {
    report('invalid-setting', `${setting.from}: "${setting.value}" is not true or false; false counts`, {
      ...(setting.at && { at: setting.at, severity: 'warning' as const }),
      fix: 'write true or false',
    })
    return false
  }
  const installed = objects.daemonSets.some(({ ref }) => ref.name === 'kube-proxy')
  if (stated || installed) return false
  assume('Cilium replaces kube-proxy (kube-proxy-replacement: true)')
  return true
}

/** What `kubewalk cni` prints, by the names of `cilium-config`. */
export function printedCilium(config: CiliumConfig): Readonly<Record<string, unknown>> {
  const tunnelled = config.routingMode === 'tunnel'
  return {
    'routing-mode': config.routingMode,
    ...(tunnelled && { 'tunnel-protocol': config.tunnelProtocol, 'tunnel-port': config.tunnelPort }),
    ipam: config.ipam,
    ...(config.ipam === 'cluster-pool' && {
      'cluster-pool-cidrs': config.pools.map(formatCidr),
      'cluster-pool-mask-sizes': config.pools.map(
        ({ first }) => config.maskSizes[typeof first === 'number' ? 4 : 6],
      ),
    }),
    'native-routing-cidrs': config.nativeRoutingCidrs.map(formatCidr),
    'auto-direct-node-routes': config.autoDirectNodeRoutes,
    'enable-ipv4-masquerade': config.masquerade[4],
    'enable-ipv6-masquerade': config.masquerade[6],
    'enable-bpf-masquerade': config.bpfMasquerade,
    'kube-proxy-replacement': config.kubeProxyReplacement,
    'bpf-lb-sock': config.socketLb,
    'bpf-lb-sock-hostns-only': config.hostOnly,
    'enable-endpoint-routes': config.endpointRoutes,
    'enable-wireguard': config.wireguard,
    mtu: config.mtu === 0 ? 'found out' : config.mtu,
    'enable-policy': config.policy.mode,
    'policy-cidr-match-mode': config.policy.cidrsMatchNodes ? 'nodes' : '',
    'allow-localhost': config.policy.ownNodePasses ? 'always' : 'policy',
    'enable-k8s-networkpolicy': config.policy.networkPolicies,
    'enable-k8s-cluster-network-policy': config.policy.clusterNetworkPolicies,
    'enable-node-selector-labels': config.policy.nodeSelectors,
  }
}
