import type { Cidr } from '../../../base/ip.ts'
import { familyOf, formatCidr } from '../../../base/ip.ts'
import type { CniInput } from '../cni.ts'
import type { Daemon, Settings } from '../parts/daemon.ts'
import { daemonOf, settingOf, variablesOf } from '../parts/daemon.ts'
import { readBlocks, readBoolean, readNumber, readWord } from '../parts/read-setting.ts'

/** Weave Net's settings, as its launch script takes them from the environment of the container. */
export interface WeaveSettings {
  /** IPALLOC_RANGE, if it is stated. */
  readonly range?: Cidr
  /** `fastdp`: VXLAN in the kernel's Open vSwitch datapath; `sleeve`: UDP datagrams of the weave process itself. */
  readonly backend: 'fastdp' | 'sleeve'
  readonly mtu: number
  /** Traffic that comes in for pods of the node itself keeps its source. */
  readonly noMasqLocal: boolean
  readonly expectNpc: boolean
  /** Whether the policy controller runs. Where it is expected and does not, nothing reaches a pod. */
  readonly npc: boolean
  /** Whether there is a password: ESP around fastdp, NaCl boxes within sleeve. */
  readonly encrypted: boolean
  readonly hairpin: boolean
}

/** Weave's own MTU for fastdp, which fits every cloud, and for sleeve, which cuts packets up by itself. */
const mtus = { fastdp: 1376, sleeve: 65535 } as const

export const defaultRange = '10.32.0.0/12'

/** Reads DaemonSet weave-net; `--cni` and the Environment come before it. */
export function readWeaveSettings(input: CniInput): WeaveSettings {
  const { report } = input
  const daemon = daemonOf(input.objects, /^weave-net$/, 'weave')
  const of = variablesOf(input, daemon)
  const [range] = readBlocks(report, of('IPALLOC_RANGE')).filter(({ first }) => familyOf(first) === 4)
  const unfast = of('WEAVE_NO_FASTDP')?.value ? 'sleeve' : 'fastdp'
  const backend = readWord(report, settingOf(input, 'backend'), ['fastdp', 'sleeve'], unfast)
  const expectNpc = of('EXPECT_NPC')?.value !== '0'
  const settings: WeaveSettings = {
    ...(range && { range }),
    backend,
    mtu: readNumber(report, of('WEAVE_MTU'), { otherwise: mtus[backend], least: 576, most: 65535 }),
    noMasqLocal: readNoMasqLocal(of, daemon),
    expectNpc,
    npc: expectNpc && hasController(daemon),
    encrypted: isEncrypted(input, daemon),
    hairpin: readBoolean(report, of('HAIRPIN_MODE'), true),
  }
  reportConflicts(input, daemon, settings)
  return settings
}

/** The launch script of Weave Net 2.6 and later asks for it unless told not to; the weave process itself does not. */
function readNoMasqLocal(of: Settings, daemon: Daemon | undefined): boolean {
  const stated = of('NO_MASQ_LOCAL')?.value
  if (stated !== undefined && stated !== '') return stated !== '0' && stated !== 'false'
  const image = daemon?.container.image ?? ''
  return daemon !== undefined && !/:v?(1\.|2\.[0-5]\.)/.test(image)
}

function hasController(daemon: Daemon | undefined): boolean {
  const containers = daemon?.source.object.spec.template?.spec?.containers
  return containers === undefined || containers.some((one) => one.name === 'weave-npc')
}

function isEncrypted(input: CniInput, daemon: Daemon | undefined): boolean {
  const stated = settingOf(input, 'encryption')
  if (stated) return readBoolean(input.report, stated, false)
  return daemon?.container.env?.some((one) => one.name === 'WEAVE_PASSWORD') ?? false
}

function reportConflicts(
  { report }: CniInput,
  daemon: Daemon | undefined,
  { expectNpc, npc, backend, mtu, encrypted }: WeaveSettings,
): void {
  if (expectNpc && !npc && daemon) {
    report(
      'configuration-conflict',
      'DaemonSet weave-net expects the policy controller (EXPECT_NPC is not 0), but has no container weave-npc: what comes for pods is dropped',
      { object: daemon.source.ref, fix: 'add the container weave-npc, or set EXPECT_NPC=0' },
    )
  }
  const room = 1500 - (encrypted ? 84 : 50)
  if (backend === 'fastdp' && mtu > room && mtu !== mtus.fastdp) {
    report(
      'configuration-conflict',
      `WEAVE_MTU=${mtu} leaves no room for the ${encrypted ? '84 bytes of VXLAN and ESP' : '50 bytes of VXLAN'} on a network of 1500`,
      {
        ...(daemon && { object: daemon.source.ref }),
        severity: 'info',
        fix: `write at most ${room}, unless the nodes' network takes more`,
      },
    )
  }
}

/** The settings as they are printed. */
export function printedWeave({ range, ...settings }: WeaveSettings): Readonly<Record<string, unknown>> {
  return { range: range ? formatCidr(range) : defaultRange, ...settings }
}
