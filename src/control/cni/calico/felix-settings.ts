import type { Ip } from '../../../base/ip.ts'
import { parseIp } from '../../../base/ip.ts'
import type { FelixConfiguration } from '../../../model/calico-objects.ts'
import type { Located } from '../../../model/objects.ts'

/** What Felix is told (felix/config, config_params.go), with its defaults. */
export interface FelixSettings {
  readonly interfacePrefix: string
  readonly chainInsertMode: 'insert' | 'append'
  /** What happens to a pod's packets to its own node that policy lets pass. */
  readonly endpointToHost: 'DROP' | 'RETURN' | 'ACCEPT'
  readonly filterAllow: 'ACCEPT' | 'RETURN'
  readonly mangleAllow: 'ACCEPT' | 'RETURN'
  readonly deny: 'DROP' | 'REJECT'
  readonly markMask: number
  /** What the kernel's log begins with for rules that log. */
  readonly logPrefix: string
  /** On by the pools, if left out. */
  readonly ipipEnabled?: boolean
  readonly vxlanEnabled?: boolean
  readonly vxlanPort: number
  readonly vxlanVni: number
  /** 0 for what the nodes' network leaves. */
  readonly ipipMtu: number
  readonly vxlanMtu: number
  readonly vxlanMtuV6: number
  readonly wireguardMtu: number
  readonly wireguardMtuV6: number
  readonly wireguard: { readonly 4: boolean; readonly 6: boolean }
  readonly wireguardPort: { readonly 4: number; readonly 6: number }
  readonly wireguardDevice: { readonly 4: string; readonly 6: string }
  readonly wireguardPriority: number
  readonly natOutgoingAddress?: Ip
  /** `IPPoolsAndHostIPs` spares the nodes' own addresses from the masquerading. */
  readonly natExcludesHosts: boolean
  readonly natPorts?: { readonly first: number; readonly last: number }
  readonly natDevice?: string
  readonly allowVxlanFromPods: boolean
  readonly allowIpipFromPods: boolean
  readonly serviceLoops: 'Drop' | 'Reject' | 'Disabled'
  readonly dropsInvalid: boolean
  readonly bpf: boolean
  readonly nftables: boolean
}

/** Names that differ between an environment variable, after `FELIX_`, and FelixConfiguration. */
const variables: Readonly<Record<string, string>> = {
  ipipMTU: 'IPINIPMTU',
  ipipEnabled: 'IPINIPENABLED',
  wireguardInterfaceName: 'WIREGUARDINTERFACENAME',
}

/** What the released manifests, and the operator, set by variables of the DaemonSet. */
const released: Readonly<Record<string, string>> = { defaultEndpointToHostAction: 'ACCEPT' }

/**
 * Felix's parameters: a variable `FELIX_…` of the DaemonSet comes before FelixConfiguration `default`. Where the input has
 * no DaemonSet, and so no variables, those of the released manifests stand last.
 */
export function readFelixSettings(
  env: ReadonlyMap<string, string> | undefined,
  configurations: readonly Located<FelixConfiguration>[],
): FelixSettings {
  const variablesByName = new Map([...(env ?? [])].map(([name, value]) => [name.toUpperCase(), value]))
  const spec = configurations.find(({ ref }) => ref.name === 'default')?.object.spec ?? {}
  const read: Read = (name) =>
    variablesByName.get(`FELIX_${variables[name] ?? name.toUpperCase()}`) ??
    spec[name] ??
    (env ? undefined : released[name])
  return { ...switches(read), ...numbers(read), ...masquerading(read), ...texts(read) }
}

type Read = (name: string) => unknown

function texts(read: Read) {
  const prefix = String(read('interfacePrefix') ?? 'cali').split(',')[0]
  return {
    interfacePrefix: prefix === undefined || prefix === '' ? 'cali' : prefix,
    chainInsertMode: oneOf(read('chainInsertMode'), ['insert', 'append'] as const),
    endpointToHost: oneOf(read('defaultEndpointToHostAction'), ['DROP', 'RETURN', 'ACCEPT'] as const),
    filterAllow: oneOf(read('iptablesFilterAllowAction'), ['ACCEPT', 'RETURN'] as const),
    mangleAllow: oneOf(read('iptablesMangleAllowAction'), ['ACCEPT', 'RETURN'] as const),
    deny: oneOf(read('iptablesFilterDenyAction'), ['DROP', 'REJECT'] as const),
    logPrefix: String(read('logPrefix') ?? 'calico-packet'),
    serviceLoops: oneOf(read('serviceLoopPrevention'), ['Drop', 'Reject', 'Disabled'] as const),
    wireguardDevice: {
      4: String(read('wireguardInterfaceName') ?? 'wireguard.cali'),
      6: String(read('wireguardInterfaceNameV6') ?? 'wg-v6.cali'),
    },
  }
}

/** Felix compares such words without regard to case; the first is the default. */
function oneOf<T extends string>(value: unknown, words: readonly [T, ...T[]]): T {
  const text = String(value ?? '').toLowerCase()
  return words.find((word) => word.toLowerCase() === text) ?? words[0]
}

function numbers(read: Read) {
  const number = (name: string, otherwise: number) => readNumber(read(name)) ?? otherwise
  return {
    markMask: number('iptablesMarkMask', 0xffff0000),
    vxlanPort: number('vxlanPort', 4789),
    vxlanVni: number('vxlanVNI', 4096),
    ipipMtu: number('ipipMTU', 0),
    vxlanMtu: number('vxlanMTU', 0),
    vxlanMtuV6: number('vxlanMTUV6', 0),
    wireguardMtu: number('wireguardMTU', 0),
    wireguardMtuV6: number('wireguardMTUV6', 0),
    wireguardPort: {
      4: number('wireguardListeningPort', 51820),
      6: number('wireguardListeningPortV6', 51821),
    },
    wireguardPriority: number('wireguardRoutingRulePriority', 99),
  }
}

function readNumber(value: unknown): number | undefined {
  if (value === undefined || value === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

function switches(read: Read) {
  const on = (name: string) => readBoolean(read(name)) ?? false
  const ipipEnabled = readBoolean(read('ipipEnabled'))
  const vxlanEnabled = readBoolean(read('vxlanEnabled'))
  return {
    ...(ipipEnabled !== undefined && { ipipEnabled }),
    ...(vxlanEnabled !== undefined && { vxlanEnabled }),
    wireguard: { 4: on('wireguardEnabled'), 6: on('wireguardEnabledV6') },
    allowVxlanFromPods: on('allowVXLANPacketsFromWorkloads'),
    allowIpipFromPods: on('allowIPIPPacketsFromWorkloads'),
    dropsInvalid: !on('disableConntrackInvalidCheck'),
    bpf: on('bpfEnabled'),
    nftables: /^enabled$/i.test(String(read('nftablesMode') ?? '')),
  }
}

/** Felix takes more words for a boolean than Go does. */
export function readBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  const text = String(value ?? '').toLowerCase()
  if (['true', '1', 'yes', 'y', 't', 'enabled'].includes(text)) return true
  return ['false', '0', 'no', 'n', 'f', 'disabled'].includes(text) ? false : undefined
}

function masquerading(read: Read) {
  const natOutgoingAddress = parseIp(String(read('natOutgoingAddress') ?? ''))
  const [first, last = first] = String(read('natPortRange') ?? '')
    .split(':')
    .map((text) => readNumber(text))
  const natDevice = String(read('iptablesNATOutgoingInterfaceFilter') ?? '')
  return {
    natExcludesHosts: read('natOutgoingExclusions') === 'IPPoolsAndHostIPs',
    ...(natOutgoingAddress !== undefined && { natOutgoingAddress }),
    ...(first !== undefined && last !== undefined && { natPorts: { first, last } }),
    ...(natDevice !== '' && { natDevice }),
  }
}
