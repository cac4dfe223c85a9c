import { parseCidr, parseIpSloppy } from '../../base/ip.ts'
import type { Namespace, Node } from '../../model/objects.ts'
import type { KindModule } from './kind.ts'
import { refuse } from './kind.ts'

export const node: KindModule<Node> = {
  apiVersions: ['v1'],
  schema: 'Node',
  namespaced: false,
  names: 'dns-name',
  validate: (located, report) => {
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
  names: 'dns-label',
}
