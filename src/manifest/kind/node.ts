import { parseCidr, parseIpSloppy } from '../../base/ip.ts'
import type { Namespace, Node } from '../../model/objects.ts'
import type { KindModule } from './kind.ts'
import { isDnsLabel, isDnsName, refuse } from './kind.ts'

export const node: KindModule<Node> = {
  apiVersions: ['v1'],
  schema: 'Node',
  namespaced: false,
  validate: (located, report) => {
    if (!isDnsName(located.ref.name)) {
      refuse(located, report, ['metadata', 'name'], `"${located.ref.name}" is not a DNS name`)
    }
    const { podCIDR, podCIDRs = [] } = located.object.spec ?? {}
    if (podCIDR && !parseCidr(podCIDR)) {
      refuse(located, report, ['spec', 'podCIDR'], `"${podCIDR}" is not a block such as 10.244.1.0/24`)
    }
    for (const [index, block] of podCIDRs.entries()) {
      if (!parseCidr(block)) {
        refuse(
          located,
          report,
          ['spec', 'podCIDRs', index],
          `"${block}" is not a block such as 10.244.1.0/24`,
        )
      }
    }
    for (const [index, { type, address = '' }] of (located.object.status?.addresses ?? []).entries()) {
      if ((type === 'InternalIP' || type === 'ExternalIP') && parseIpSloppy(address) === undefined) {
        refuse(
          located,
          report,
          ['status', 'addresses', index, 'address'],
          `"${address}" is not an IP address`,
        )
      }
    }
  },
}

export const namespace: KindModule<Namespace> = {
  apiVersions: ['v1'],
  schema: 'Namespace',
  namespaced: false,
  validate: (located, report) => {
    if (!isDnsLabel(located.ref.name)) {
      refuse(located, report, ['metadata', 'name'], `"${located.ref.name}" is not a DNS label`)
    }
  },
}
