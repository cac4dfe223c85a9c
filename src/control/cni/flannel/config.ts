import type { Cidr } from '../../../base/ip.ts'
import { familyOf, formatCidr, parseCidr } from '../../../base/ip.ts'
import { nearest } from '../../../base/nearest.ts'
import type { SourceLocation } from '../../../base/source.ts'
import type { ConfigMap, DaemonSet, Located } from '../../../model/objects.ts'
import type { CniContext, CniInput } from '../cni.ts'

/** How flannel brings packets from node to node. */
export type FlannelBackend = 'vxlan' | 'host-gw' | 'udp' | 'ipip' | 'wireguard'

/** flannel's `net-conf.json` with its defaults filled in, and flanneld's arguments. */
export interface FlannelConfig {
  readonly network: readonly Cidr[]
  readonly backend: FlannelBackend
  readonly vni: number
  readonly port: number
  readonly directRouting: boolean
  /** `MTU` of the backend: the link's, from which the overhead is taken. */
  readonly linkMtu?: number
  /** `--ip-masq`. */
  readonly ipMasq: boolean
  /** `--iptables-forward-rules`. */
  readonly forwardRules: boolean
  /** `ipMasq` of the plugin bridge; if it is not stated, it masquerades where flanneld does not. */
  readonly delegateIpMasq?: boolean
  readonly randomFully: boolean
  readonly hairpin: boolean
  readonly portmap: boolean
}

/** Backends that flannel has, or had, and that are not modelled. */
const unmodelled: readonly string[] = [
  'alloc',
  'ali-vpc',
  'aws-vpc',
  'extension',
  'gce',
  'ipsec',
  'tencent-vpc',
]

const backends: readonly FlannelBackend[] = ['vxlan', 'host-gw', 'udp', 'ipip', 'wireguard']

/** What the manifests of flannel 0.28 install. */
const defaults: FlannelConfig = {
  network: [],
  backend: 'vxlan',
  vni: 1,
  port: 8472,
  directRouting: false,
  ipMasq: true,
  forwardRules: true,
  randomFully: true,
  hairpin: true,
  portmap: true,
}

/** Reads `kube-flannel-cfg`, the DaemonSet's arguments, and what the command line and the Environment set. */
export function readFlannelConfig(input: CniInput): FlannelConfig {
  const { objects } = input
  const map = objects.configMaps.find(
    ({ ref }) => ref.name === 'kube-flannel-cfg' || ref.name === 'canal-config',
  )
  const daemon = objects.daemonSets.find(({ ref }) => /^(kube-flannel|canal)/.test(ref.name))
  const config = { ...defaults, ...fromArguments(daemon), ...fromPlugins(map), ...fromConfigMap(input, map) }
  return { ...config, ...fromSettings(input, config) }
}

type Fields = Readonly<Record<string, unknown>>

/** A place to report, and what the text there says. */
interface Told {
  readonly at?: SourceLocation
  readonly what: string
}

function fromConfigMap(input: CniInput, map: Located<ConfigMap> | undefined): Partial<FlannelConfig> {
  const text = map?.object.data?.['net-conf.json']
  if (!map || text === undefined) return {}
  const told = { at: map.locate(['data', 'net-conf.json']), what: 'net-conf.json of kube-flannel-cfg' }
  const parsed = parseJson(text)
  if (!parsed) {
    input.report('invalid-setting', `${told.what} is not JSON: flannel does not start with it`, {
      at: told.at,
      object: map.ref,
      fix: 'write {"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}',
    })
    return {}
  }
  const backend = isFields(parsed['Backend']) ? parsed['Backend'] : {}
  const texts = [
    parsed['EnableIPv4'] === false ? undefined : parsed['Network'],
    parsed['EnableIPv6'] === true ? parsed['IPv6Network'] : undefined,
  ]
  return {
    network: texts.flatMap((one) => readBlock(input, one, told)),
    ...backendOf(input, backend['Type'], told),
    ...numberOf(backend, 'VNI', 'vni'),
    ...numberOf(backend, 'Port', 'port'),
    ...numberOf(backend, 'MTU', 'linkMtu'),
    ...(typeof backend['DirectRouting'] === 'boolean' && { directRouting: backend['DirectRouting'] }),
  }
}

/** The plugin chain that flannel installs on each node. */
function fromPlugins(map: Located<ConfigMap> | undefined): Partial<FlannelConfig> {
  const parsed = parseJson(map?.object.data?.['cni-conf.json'] ?? '')
  const plugins = parsed?.['plugins']
  if (!Array.isArray(plugins)) return {}
  const all = plugins.filter(isFields)
  const delegate = all.find((one) => one['type'] === 'flannel')?.['delegate']
  const { hairpinMode: hairpin, ipMasq } = isFields(delegate) ? delegate : {}
  return {
    portmap: all.some((one) => one['type'] === 'portmap'),
    ...(typeof hairpin === 'boolean' && { hairpin }),
    ...(typeof ipMasq === 'boolean' && { delegateIpMasq: ipMasq }),
  }
}

function fromArguments(daemon: Located<DaemonSet> | undefined): Partial<FlannelConfig> {
  const containers = daemon?.object.spec.template?.spec?.containers ?? []
  const words = containers.flatMap(({ command = [], args = [] }) => [...command, ...args])
  if (!words.some((one) => one.includes('flanneld') || one.startsWith('--'))) return {}
  const has = (name: string) =>
    words.some((one) => one === `-${name}` || one === `--${name}` || one === `--${name}=true`)
  const off = (name: string) => words.some((one) => one === `--${name}=false` || one === `-${name}=false`)
  return { ipMasq: has('ip-masq'), forwardRules: !off('iptables-forward-rules') }
}

/** `--cni flannel:backend=host-gw`, and `cni` of the Environment. */
function fromSettings(input: CniInput, config: FlannelConfig): Partial<FlannelConfig> {
  const { settings } = input
  const told = { what: 'the setting backend of flannel' }
  const { backend, network, vxlanPort, port, vni, mtu, directRouting, ipMasq } = settings
  const chosen = backend === undefined || backend === null ? {} : backendOf(input, backend, told)
  const blocks = network === undefined ? undefined : String(network).split(',')
  return {
    ...chosen,
    ...(blocks && {
      network: blocks.flatMap((one) => readBlock(input, one, { what: 'the setting network of flannel' })),
    }),
    ...numbered({ port: vxlanPort ?? port, vni, linkMtu: mtu }),
    ...(directRouting !== undefined && { directRouting: isOn(directRouting) }),
    ...(ipMasq !== undefined && { ipMasq: isOn(ipMasq) }),
    ...(config.backend === 'udp' && { port: 8285 }),
  }
}

function isOn(value: unknown): boolean {
  return value === true || value === 'true'
}

function numbered(values: Readonly<Record<string, unknown>>): Partial<FlannelConfig> {
  const entries = Object.entries(values).filter(
    ([, value]) => value !== undefined && Number.isFinite(Number(value)),
  )
  return Object.fromEntries(entries.map(([key, value]) => [key, Number(value)]))
}

function numberOf(fields: Fields, key: string, name: string): Partial<FlannelConfig> {
  return typeof fields[key] === 'number' ? { [name]: fields[key] } : {}
}

/** The backend, with its own port. Types that flannel has for single clouds, and IPsec, are not modelled. */
function backendOf(input: CniInput, type: unknown, { at, what }: Told): Partial<FlannelConfig> {
  const name = String(type ?? 'udp').toLowerCase()
  const found = backends.find((one) => one === name)
  if (found)
    return {
      backend: found,
      ...(found === 'udp' && { port: 8285 }),
      ...(found === 'wireguard' && { port: 51820 }),
    }
  if (!unmodelled.includes(name)) {
    const near = nearest(name, backends)
    input.report('invalid-setting', `${what}: flannel has no backend "${String(type)}"`, {
      ...(at && { at }),
      fix: near === undefined ? `write one of ${backends.join(', ')}` : `did you mean ${near}?`,
    })
    return {}
  }
  input.report(
    'cni-not-modelled',
    `${what}: flannel's backend ${String(type)} is not modelled; vxlan stands for it`,
    {
      ...(at && { at }),
      fix: `write one of ${backends.join(', ')}`,
    },
  )
  return {}
}

function readBlock(input: CniInput, value: unknown, { at, what }: Told): readonly Cidr[] {
  if (value === undefined) return []
  const cidr = parseCidr(String(value).trim())
  if (cidr) return [cidr]
  input.report('invalid-setting', `${what}: "${String(value)}" is not a block such as 10.244.0.0/16`, {
    ...(at && { at }),
  })
  return []
}

function parseJson(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The configuration as it is printed. */
export function printedConfig(config: FlannelConfig): Readonly<Record<string, unknown>> {
  const { network, linkMtu, ...rest } = config
  const ofVxlan = config.backend === 'vxlan'
  return {
    network: network.map(formatCidr),
    ...rest,
    ...(linkMtu !== undefined && { mtu: linkMtu }),
    vni: ofVxlan ? rest.vni : undefined,
    port: config.backend === 'host-gw' || config.backend === 'ipip' ? undefined : rest.port,
  }
}

/** flannel's network of a family. */
export function networkOfFamily({ network }: FlannelConfig, family: 4 | 6): Cidr | undefined {
  return network.find((one) => familyOf(one.first) === family)
}

/** Where no configuration says flannel's network it is taken for the cluster's. */
export function withNetwork(config: FlannelConfig, { cluster }: Pick<CniContext, 'cluster'>): FlannelConfig {
  return config.network.length > 0 ? config : { ...config, network: cluster.settings.podCidrs }
}
