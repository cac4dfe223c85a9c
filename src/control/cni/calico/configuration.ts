import type { Cidr, Family } from '../../../base/ip.ts'
import { familyOf, formatCidr } from '../../../base/ip.ts'
import type { DaemonSet, Located } from '../../../model/objects.ts'
import type { CniInput } from '../cni.ts'
import type { BgpSettings } from './bgp.ts'
import { readBgp } from './bgp.ts'
import { containerOf, environmentOf } from './container-env.ts'
import { encapsulationOf } from './encapsulation.ts'
import type { FelixSettings } from './felix-settings.ts'
import { readFelixSettings } from './felix-settings.ts'
import type { CalicoPool, PoolSettings } from './pool.ts'
import { poolsOfFamily } from './pool.ts'
import type { CalicoPools } from './read-pools.ts'
import { poolsFor, readPools } from './read-pools.ts'

/** Calico as a cluster has it, with its defaults filled in. */
export interface CalicoConfiguration {
  /** The minor release of Calico 3. Rules and who writes routes differ from one to the next. */
  readonly release: number
  readonly pools: CalicoPools
  readonly felix: FelixSettings
  /** Who brings routes to other nodes: BIRD by BGP, Felix alone (VXLAN), or nobody. */
  readonly backend: 'bird' | 'vxlan' | 'none'
  readonly bgp: BgpSettings
  /** `veth_mtu`; else sizes follow from the nodes' network. */
  readonly podMtu?: number
  /** Whether portmap is chained behind the plugin. */
  readonly portmap: boolean
}

/** The newest release whose rules and routes are made here exactly. */
const newestRelease = 32

/** Reads all of Calico's configuration. */
export function readConfiguration(input: CniInput): CalicoConfiguration {
  const { objects, settings } = input
  const daemon = objects.daemonSets.find(({ ref }) => ref.name === 'calico-node' || ref.name === 'canal')
  const env =
    daemon && environmentOf(containerOf(daemon, 'calico-node'), daemon.ref.namespace, objects.configMaps)
  const network = objects.calico.installations[0]?.object.spec?.calicoNetwork
  const plugins = objects.configMaps.find(({ ref }) => /^(calico|canal)-config$/.test(ref.name))
  const chain = plugins?.object.data?.['cni_network_config']
  const stated = positive(settings['mtu']) ?? positive(plugins?.object.data?.['veth_mtu'])
  const podMtu = stated ?? positive(network?.mtu)
  return {
    release: releaseOf(daemon, settings['version']),
    pools: readPools(input, env),
    felix: readFelixSettings(env, objects.calico.felixConfigurations),
    backend: backendOf(settings['backend'] ?? env?.get('CALICO_NETWORKING_BACKEND'), network?.bgp),
    bgp: readBgp(objects.calico),
    ...(podMtu !== undefined && { podMtu }),
    portmap: network?.hostPorts !== 'Disabled' && (chain === undefined || /"type":\s*"portmap"/.test(chain)),
  }
}

function positive(value: unknown): number | undefined {
  const number = Number(value)
  return Number.isInteger(number) && number > 0 ? number : undefined
}

function backendOf(variable: unknown, bgp: string | undefined): CalicoConfiguration['backend'] {
  if (variable === 'vxlan' || variable === 'none') return variable
  return bgp === 'Disabled' ? 'vxlan' : 'bird'
}

/** By what is set, or by the image: `quay.io/calico/node:v3.28.1`. */
function releaseOf(daemon: Located<DaemonSet> | undefined, version: unknown): number {
  const image = containerOf(daemon, 'calico-node')?.image ?? ''
  const minor = /(?:^|:)v?3\.(\d+)/.exec(version === undefined ? image : String(version))?.[1]
  return minor === undefined ? newestRelease : Number(minor)
}

/** What follows from the configuration and the pods' network together. */
export interface Encapsulations {
  readonly ipip: boolean
  readonly vxlan: { readonly 4: boolean; readonly 6: boolean }
  readonly pools: readonly CalicoPool[]
}

/** Which tunnels Felix keeps: those that a pool asks for, unless FelixConfiguration says otherwise. */
export function encapsulations(
  { pools: all, felix }: CalicoConfiguration,
  podCidrs: readonly Cidr[],
): Encapsulations {
  const pools = poolsFor(all, podCidrs)
  const asked = (family: Family, mode: 'ipip' | 'vxlan') =>
    poolsOfFamily(pools, family).some((pool) => pool[mode] !== 'Never')
  return {
    pools,
    ipip: felix.ipipEnabled ?? asked(4, 'ipip'),
    vxlan: { 4: felix.vxlanEnabled ?? asked(4, 'vxlan'), 6: asked(6, 'vxlan') },
  }
}

/** The configuration as it is printed. */
export function printedConfiguration(configuration: CalicoConfiguration): Readonly<Record<string, unknown>> {
  const { release, pools, backend, bgp, felix, podMtu } = configuration
  const printed = ({ ipip, vxlan, natOutgoing, blockSize, disabled }: PoolSettings) => ({
    encapsulation: encapsulationOf({ ipip, vxlan }),
    natOutgoing,
    blockSize,
    ...(disabled && { disabled }),
  })
  const made = pools.made?.[4]
  return {
    version: `v3.${release}`,
    backend,
    pools:
      pools.stated.length > 0
        ? pools.stated.map((pool) => ({ cidr: formatCidr(pool.cidr), ...printed(pool) }))
        : made && [printed(made)],
    nodeToNodeMesh: bgp.mesh,
    ...(felix.wireguard[4] && { wireguard: true }),
    ...(podMtu !== undefined && { podMtu }),
  }
}

/** The pods' network as the pools state it; a disabled pool gives out nothing. */
export function statedNetwork({ pools }: CalicoConfiguration): readonly Cidr[] {
  const enabled = pools.stated.filter((pool) => !pool.disabled).map(({ cidr }) => cidr)
  return enabled.toSorted((a, b) => familyOf(a.first) - familyOf(b.first))
}
