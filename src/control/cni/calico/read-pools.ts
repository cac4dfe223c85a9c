import type { Cidr } from '../../../base/ip.ts'
import { familyOf, formatCidr, parseCidr } from '../../../base/ip.ts'
import type { InstallationPool, IPPool } from '../../../model/calico-objects.ts'
import type { CalicoPoolEntry } from '../../../model/environment.ts'
import type { Located } from '../../../model/objects.ts'
import type { CniInput } from '../cni.ts'
import { encapsulationModes, encapsulationNames } from './encapsulation.ts'
import { readBoolean } from './felix-settings.ts'
import type { CalicoPool, PoolSettings, TunnelMode } from './pool.ts'
import { plainPool } from './pool.ts'

/** The pools that are stated, and what those are that calico/node makes of the pods' network where none is. */
export interface CalicoPools {
  readonly stated: readonly CalicoPool[]
  readonly made?: { readonly 4: PoolSettings; readonly 6: PoolSettings }
}

/**
 * Pools of the Environment, else IPPool objects, else the operator's Installation, else what the DaemonSet's variables
 * have calico/node make. Settings (`encapsulation`, `natOutgoing`, `blockSize`) come before what the objects say.
 */
export function readPools(input: CniInput, env: ReadonlyMap<string, string> | undefined): CalicoPools {
  const { objects, environment } = input
  const change = settingsOf(input)
  const own = environmentPools(environment.calico?.ipPools ?? [], change)
  const all = [
    objects.calico.ipPools.flatMap(fromObject),
    (objects.calico.installations[0]?.object.spec?.calicoNetwork?.ipPools ?? []).flatMap((pool) =>
      fromInstallation(input, pool),
    ),
    fromVariables(env),
  ]
  const stated = all.find((pools) => pools.length > 0) ?? []
  const changed = stated.map((pool) => ({ ...pool, ...change(familyOf(pool.cidr.first)) }))
  return {
    stated: own.length > 0 ? own : changed,
    made: { 4: { ...madePool(4, env), ...change(4) }, 6: { ...madePool(6, env), ...change(6) } },
  }
}

function modeOf(text: string | undefined, otherwise: TunnelMode = 'Never'): TunnelMode {
  const modes = ['Always', 'CrossSubnet', 'Never'] as const
  const wanted = text?.toLowerCase()
  return modes.find((mode) => mode.toLowerCase() === wanted) ?? otherwise
}

/** The settings that a pool of either kind of entry states. */
function settingsFrom(spec: CalicoPoolEntry, family: 4 | 6): PoolSettings {
  const plain = plainPool(family)
  const vxlan = modeOf(spec.vxlanMode)
  return {
    ...plain,
    ipip: vxlan === 'Never' && family === 4 ? modeOf(spec.ipipMode) : 'Never',
    vxlan,
    natOutgoing: spec.natOutgoing ?? false,
    disabled: spec.disabled ?? false,
    blockSize: spec.blockSize ?? plain.blockSize,
    nodeSelector: spec.nodeSelector ?? '',
  }
}

function fromObject({ object, ref, locate }: Located<IPPool>): readonly CalicoPool[] {
  const { spec = {} } = object
  const cidr = parseCidr(spec.cidr ?? '')
  if (!cidr) return []
  const uses = spec.allowedUses ?? []
  return [
    {
      ...settingsFrom(spec, familyOf(cidr.first)),
      name: ref.name,
      cidr,
      exported: spec.disableBGPExport !== true,
      // A pool for tunnels or load balancers alone gives pods nothing.
      disabled: spec.disabled === true || (uses.length > 0 && !uses.includes('Workload')),
      ref,
      locate: (field) => locate(['spec', field]),
    },
  ]
}

/** What a pool of the Environment leaves out follows from the settings for all of them. */
function environmentPools(
  entries: readonly CalicoPoolEntry[],
  change: (family: 4 | 6) => Partial<PoolSettings>,
): readonly CalicoPool[] {
  return entries.flatMap((entry) => {
    const cidr = parseCidr(entry.cidr ?? '')
    if (!cidr) return []
    const { ipip, vxlan, natOutgoing } = change(familyOf(cidr.first))
    const modes = entry.ipipMode === undefined && entry.vxlanMode === undefined
    const settings = settingsFrom(entry, familyOf(cidr.first))
    return [
      {
        ...settings,
        ...(modes && ipip !== undefined && { ipip }),
        ...(modes && vxlan !== undefined && { vxlan }),
        ...(entry.natOutgoing === undefined && natOutgoing !== undefined && { natOutgoing }),
        name: formatCidr(cidr),
        cidr,
      },
    ]
  })
}

function fromInstallation(input: CniInput, pool: InstallationPool): readonly CalicoPool[] {
  const cidr = parseCidr(pool.cidr ?? '')
  if (!cidr) return []
  const family = familyOf(cidr.first)
  const plain = plainPool(family)
  const text = pool.encapsulation ?? (family === 4 ? 'IPIP' : 'None')
  const modes = encapsulationModes(text)
  const [installation] = input.objects.calico.installations
  if (!modes) {
    input.report('invalid-setting', `the Installation's encapsulation "${text}" is not one that Calico has`, {
      ...(installation && { at: installation.locate(['spec', 'calicoNetwork', 'ipPools']) }),
      fix: 'write one of IPIP, IPIPCrossSubnet, VXLAN, VXLANCrossSubnet, None',
    })
  }
  return [
    {
      ...plain,
      ...(modes ?? { ipip: 'Never', vxlan: 'Never' }),
      name: formatCidr(cidr),
      cidr,
      natOutgoing: readBoolean(pool.natOutgoing) ?? true,
      blockSize: pool.blockSize ?? plain.blockSize,
      nodeSelector: pool.nodeSelector ?? '',
      ...(installation && { ref: installation.ref }),
    },
  ]
}

/** What calico/node's variables say of the pool that it makes (node/pkg/lifecycle/startup). */
function madePool(family: 4 | 6, env: ReadonlyMap<string, string> | undefined): PoolSettings {
  const plain = plainPool(family)
  const get = (name: string) => env?.get(`CALICO_IPV${family}POOL_${name}`)
  const vxlan = modeOf(get('VXLAN'))
  const ipip = vxlan === 'Never' && family === 4 ? modeOf(get('IPIP'), 'Always') : 'Never'
  return {
    ...plain,
    vxlan,
    ipip,
    natOutgoing: readBoolean(get('NAT_OUTGOING')) ?? family === 4,
    blockSize: Number(get('BLOCK_SIZE') ?? plain.blockSize),
    nodeSelector: get('NODE_SELECTOR') ?? '',
  }
}

function fromVariables(env: ReadonlyMap<string, string> | undefined): readonly CalicoPool[] {
  return ([4, 6] as const).flatMap((family) => {
    const cidr = parseCidr(env?.get(`CALICO_IPV${family}POOL_CIDR`) ?? '')
    return cidr ? [{ ...madePool(family, env), name: `default-ipv${family}-ippool`, cidr }] : []
  })
}

/** What the command line and the Environment set for all pools; IPIP is for IPv4 alone. */
function settingsOf({ settings, report }: CniInput): (family: 4 | 6) => Partial<PoolSettings> {
  const { encapsulation, natOutgoing, blockSize } = settings
  const modes = encapsulation === undefined ? undefined : encapsulationModes(String(encapsulation))
  if (encapsulation !== undefined && !modes) {
    report('invalid-setting', `Calico has no encapsulation "${String(encapsulation)}"`, {
      fix: `write one of ${encapsulationNames}`,
    })
  }
  const nat = readBoolean(natOutgoing)
  const size = Number(blockSize)
  return (family) => ({
    ...(modes && (family === 4 ? modes : { ipip: 'Never' as const, vxlan: modes.vxlan })),
    ...(nat !== undefined && { natOutgoing: nat }),
    ...(family === 4 && blockSize !== undefined && Number.isInteger(size) && { blockSize: size }),
  })
}

/** The cluster's pools: the stated ones, or one for each block of the pods' network. */
export function poolsFor({ stated, made }: CalicoPools, podCidrs: readonly Cidr[]): readonly CalicoPool[] {
  if (stated.length > 0 || !made) return stated
  return podCidrs.map((cidr) => {
    const family = familyOf(cidr.first)
    return { ...made[family], name: `default-ipv${family}-ippool`, cidr }
  })
}
