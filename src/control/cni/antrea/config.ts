import type { CniInput } from '../cni.ts'
import { configMapNamed, topLevelValues } from '../parts/config-entries.ts'
import type { Settings } from '../parts/daemon.ts'
import { settingOf } from '../parts/daemon.ts'
import { readBoolean, readNumber, readWord } from '../parts/read-setting.ts'

/** `antrea-agent.conf` with its defaults filled in. */
export interface AntreaConfig {
  readonly encapMode: 'encap' | 'noEncap' | 'hybrid'
  readonly tunnelType: 'geneve' | 'vxlan' | 'gre'
  readonly tunnelPort: number
  readonly wireguard: boolean
  readonly noSnat: boolean
  /** 0: found out. */
  readonly mtu: number
}

const defaultPort = { geneve: 6081, vxlan: 4789, gre: 0 } as const

/** Reads `antrea-agent.conf` of the ConfigMap; settings of the same names come before it. */
export function readAntreaConfig(input: CniInput): AntreaConfig {
  const { report } = input
  const entry = agentValues(input)
  const encapModes = ['encap', 'noEncap', 'hybrid'] as const
  const tunnelType = readWord(report, entry('tunnelType'), ['geneve', 'vxlan', 'gre'] as const, 'geneve')
  const number = (name: string) => readNumber(report, entry(name), { otherwise: 0, least: 0, most: 65535 })
  return {
    encapMode: readWord(report, entry('trafficEncapMode'), encapModes, 'encap'),
    tunnelType,
    tunnelPort: number('tunnelPort') || defaultPort[tunnelType],
    wireguard:
      readWord(report, entry('trafficEncryptionMode'), ['none', 'wireGuard'] as const, 'none') ===
      'wireGuard',
    noSnat: readBoolean(report, entry('noSNAT'), false),
    mtu: number('defaultMTU'),
  }
}

function agentValues(input: CniInput): Settings {
  const map = configMapNamed(input.objects, /^antrea-config/)
  const file = 'antrea-agent.conf'
  const values = topLevelValues(map?.object.data?.[file] ?? '')
  return (name) => {
    const stated = settingOf(input, name)
    const value = values.get(name)
    if (stated || !map || value === undefined) return stated
    return { value, from: `${file}: ${name}`, at: map.locate(['data', file]) }
  }
}

/** Bytes that Antrea takes from the link's MTU for pods. */
export function antreaOverhead({ encapMode, tunnelType, wireguard }: AntreaConfig): number {
  if (wireguard) return 80
  if (encapMode === 'noEncap') return 0
  return tunnelType === 'gre' ? 42 : 50
}

/** What `kubewalk cni` prints. */
export function printedAntrea(config: AntreaConfig): Readonly<Record<string, unknown>> {
  return {
    trafficEncapMode: config.encapMode,
    ...(config.encapMode !== 'noEncap' && { tunnelType: config.tunnelType, tunnelPort: config.tunnelPort }),
    trafficEncryptionMode: config.wireguard ? 'wireGuard' : 'none',
    noSNAT: config.noSnat,
    defaultMTU: config.mtu === 0 ? 'found out' : config.mtu,
  }
}
