import type { Cidr } from '../../../base/ip.ts'
import type { CniInput } from '../cni.ts'
import type { Settings } from '../parts/daemon.ts'
import { daemonOf, flagsOf, settingOf } from '../parts/daemon.ts'
import { readBlocks, readBoolean, readNumber, readWord } from '../parts/read-setting.ts'

/** kube-router's flags with their defaults (pkg/options), as far as they decide where packets go. */
export interface KubeRouterSettings {
  readonly runFirewall: boolean
  readonly enableOverlay: boolean
  readonly overlayType: 'subnet' | 'full'
  readonly overlayEncap: 'ipip' | 'fou'
  readonly overlayEncapPort: number
  readonly enablePodEgress: boolean
  readonly enableIbgp: boolean
  readonly nodesFullMesh: boolean
  /** Routers outside the cluster that the nodes tell their pods' blocks. */
  readonly peerRouters: readonly string[]
  readonly advertisePodCidr: boolean
  readonly nodePortRange: string
  /** `--service-cluster-ip-range`; the cluster's own range, if it is not stated. */
  readonly serviceRanges: readonly Cidr[]
  readonly mtu?: number
  readonly hairpin: boolean
  readonly portmap: boolean
}

/** Reads the arguments of DaemonSet kube-router and the plugin chain of kube-router-cfg; `--cni` and the Environment come first. */
export function readKubeRouterSettings(input: CniInput): KubeRouterSettings {
  const { report } = input
  const daemon = daemonOf(input.objects, /^kube-router$/, 'kube-router')
  const of = flagsOf(input, daemon)
  const boolean = (name: string, otherwise: boolean) => readBoolean(report, of(name), otherwise)
  reportServiceProxy(input, of, daemon !== undefined)
  const settings: KubeRouterSettings = {
    runFirewall: boolean('run-firewall', true),
    enableOverlay: boolean('enable-overlay', true),
    overlayType: readWord(report, of('overlay-type'), ['subnet', 'full'], 'subnet'),
    overlayEncap: readWord(report, of('overlay-encap'), ['ipip', 'fou'], 'ipip'),
    overlayEncapPort: readNumber(report, of('overlay-encap-port'), {
      otherwise: 5555,
      least: 1024,
      most: 65535,
    }),
    enablePodEgress: boolean('enable-pod-egress', true),
    enableIbgp: boolean('enable-ibgp', true),
    nodesFullMesh: boolean('nodes-full-mesh', true),
    peerRouters: (of('peer-router-ips')?.value ?? '').split(',').filter((one) => one !== ''),
    advertisePodCidr: boolean('advertise-pod-cidr', true),
    nodePortRange: (of('service-node-port-range')?.value || '30000-32767').replace('-', ':'),
    serviceRanges: readBlocks(report, of('service-cluster-ip-range')),
    ...readMtu(input, of),
    ...readPlugins(input),
  }
  reportConflicts(input, of, settings)
  return settings
}

/** Without `--auto-mtu` it is what the plugin chain says, or the kernel's 1500. */
function readMtu(input: CniInput, of: Settings): { readonly mtu?: number } {
  const stated = settingOf(input, 'mtu')
  if (stated) return { mtu: readNumber(input.report, stated, { otherwise: 1500, least: 576, most: 65535 }) }
  if (readBoolean(input.report, of('auto-mtu'), true)) return {}
  return { mtu: Number(pluginsOf(input).find((one) => one['type'] === 'bridge')?.['mtu'] ?? 1500) }
}

type Fields = Readonly<Record<string, unknown>>

/** The plugins that `cni-conf.json` chains. */
function pluginsOf({ objects }: CniInput): readonly Fields[] {
  const map = objects.configMaps.find(({ ref }) => ref.name === 'kube-router-cfg')
  try {
    const parsed: unknown = JSON.parse(map?.object.data?.['cni-conf.json'] ?? '')
    if (!isFields(parsed)) return []
    const { plugins } = parsed
    return (Array.isArray(plugins) ? plugins : [parsed]).filter(isFields)
  } catch {
    return []
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Where no plugin chain is given, pods may come back to themselves, and nobody maps host ports. */
function readPlugins(input: CniInput): Pick<KubeRouterSettings, 'hairpin' | 'portmap'> {
  const plugins = pluginsOf(input)
  const bridge = plugins.find((one) => one['type'] === 'bridge')
  const stated = settingOf(input, 'hairpinMode')
  const chained = bridge ? bridge['hairpinMode'] === true : true
  return {
    hairpin: readBoolean(input.report, stated, chained),
    portmap: plugins.some((one) => one['type'] === 'portmap'),
  }
}

/** kube-router proxies Services by IPVS unless it is told not to. */
function reportServiceProxy({ report }: CniInput, of: Settings, deployed: boolean): void {
  const flag = of('run-service-proxy')
  if (!readBoolean(report, flag, deployed)) return
  report(
    'proxy-mode-not-modelled',
    "kube-router's own service proxy (IPVS) is not modelled; kube-proxy's iptables rules stand for it",
    {
      ...(flag?.at && { at: flag.at }),
      fix: 'the same Services answer; read sources and rules with care, or run kube-router with --run-service-proxy=false',
    },
  )
}

function reportConflicts({ report }: CniInput, of: Settings, settings: KubeRouterSettings): void {
  const place = (name: string) => {
    const at = of(name)?.at
    return at ? { at } : {}
  }
  if (!settings.enableOverlay && settings.overlayType === 'full') {
    report(
      'configuration-conflict',
      '--overlay-type=full asks for tunnels everywhere, and --enable-overlay=false for none: there are none',
      { ...place('overlay-type'), fix: 'take one of the two away' },
    )
  }
  if (!settings.enableIbgp && settings.peerRouters.length === 0) {
    report(
      'configuration-conflict',
      '--enable-ibgp=false without --peer-router-ips: no node learns of the pods of another',
      { ...place('enable-ibgp'), fix: 'name a router in --peer-router-ips, or let the nodes peer' },
    )
  }
}
