import { bitsOf, familyOf, parseCidr } from '../../base/ip.ts'
import type {
  BGPConfiguration,
  BGPPeer,
  BlockAffinity,
  CalicoInstallation,
  FelixConfiguration,
  IPAMBlock,
  IPPool,
} from '../../model/calico-objects.ts'
import type { Examined, KindModule } from './kind.ts'
import { demand, refuse } from './kind.ts'

/** The groups of Calico's kinds: of its own API, and as its datastore in Kubernetes has them. */
export const calicoApiVersions = ['projectcalico.org/v3', 'crd.projectcalico.org/v1'] as const
const apiVersions = calicoApiVersions

const modes: readonly string[] = ['Always', 'CrossSubnet', 'Never']

/** Calico's pools. Mirrors validateIPPoolSpec of libcalico-go (validator/v3), as far as packets depend on it. */
export const ipPool: KindModule<IPPool> = {
  apiVersions,
  schema: 'IPPool',
  namespaced: false,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    const { cidr: text, ipipMode, vxlanMode } = located.object.spec ?? {}
    for (const [field, mode] of Object.entries({ ipipMode, vxlanMode })) {
      if (mode === undefined || mode === '' || modes.includes(mode)) continue
      refuse(located, report, ['spec', field], `${field} "${mode}" is none of ${modes.join(', ')}`)
    }
    if (text === undefined) {
      demand(located, report, ['spec', 'cidr'])
      return
    }
    const cidr = parseCidr(text)
    if (!cidr) {
      refuse(located, report, ['spec', 'cidr'], `"${text}" is no block such as 10.244.0.0/16`)
      return
    }
    const say = (path: string, message: string, fix: string) =>
      refuse(located, report, ['spec', path], message, fix)
    checkModes(located, familyOf(cidr.first), say)
    checkBlockSize(located, cidr, say)
  },
}

type Say = (field: string, message: string, fix: string) => void

/** A pool has one encapsulation, and IPIP carries IPv4 alone. */
function checkModes({ object }: Examined<IPPool>, family: 4 | 6, say: Say): void {
  const { ipipMode = '', vxlanMode = '' } = object.spec ?? {}
  const isOn = (mode: string) => mode !== '' && mode !== 'Never'
  if (isOn(ipipMode) && family === 6) {
    say('ipipMode', 'IPIP carries IPv4 alone, and the pool is one of IPv6', 'write ipipMode: Never')
  } else if (isOn(ipipMode) && isOn(vxlanMode)) {
    say(
      'vxlanMode',
      'a pool has one encapsulation, and both ipipMode and vxlanMode are on',
      'write Never for one of them',
    )
  }
}

/** Blocks are /20 to /32, for IPv6 /116 to /128, and fit into their pool. */
function checkBlockSize(
  { object }: Examined<IPPool>,
  cidr: NonNullable<ReturnType<typeof parseCidr>>,
  say: Say,
): void {
  const bits = bitsOf(familyOf(cidr.first))
  const { blockSize: stated } = object.spec ?? {}
  const blockSize = stated ?? bits - 6
  if (blockSize < bits - 12 || blockSize > bits) {
    const fix = `write a number from ${bits - 12} to ${bits}`
    say('blockSize', `blocks of /${blockSize} are not possible`, fix)
  } else if (cidr.bits > blockSize) {
    const fix = 'choose a larger pool, or smaller blocks'
    const field = stated === undefined ? 'cidr' : 'blockSize'
    say(field, `the pool ${object.spec?.cidr} is smaller than one block of /${blockSize}`, fix)
  }
}

/** The operator's own description of an installation. */
export const calicoInstallation: KindModule<CalicoInstallation> = {
  apiVersions: ['operator.tigera.io/v1'],
  schema: 'CalicoInstallation',
  namespaced: false,
  names: 'dns-name',
}

export const felixConfiguration: KindModule<FelixConfiguration> = {
  apiVersions,
  schema: 'FelixConfiguration',
  namespaced: false,
  names: 'dns-name',
}

export const bgpConfiguration: KindModule<BGPConfiguration> = {
  apiVersions,
  schema: 'BGPConfiguration',
  namespaced: false,
  names: 'dns-name',
}

export const bgpPeer: KindModule<BGPPeer> = {
  apiVersions,
  schema: 'BGPPeer',
  namespaced: false,
  names: 'dns-name',
}

export const blockAffinity: KindModule<BlockAffinity> = {
  apiVersions,
  schema: 'BlockAffinity',
  namespaced: false,
  names: 'dns-name',
}

export const ipamBlock: KindModule<IPAMBlock> = {
  apiVersions,
  schema: 'IPAMBlock',
  namespaced: false,
  names: 'dns-name',
}
