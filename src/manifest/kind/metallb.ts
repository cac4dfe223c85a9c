import { parseIpBlock } from '../../base/ip-block.ts'
import type { AddressAdvertisement, IPAddressPool } from '../../model/load-balancer-objects.ts'

import type { KindModule } from './kind.ts'
import { demand, refuse } from './kind.ts'

const apiVersions = ['metallb.io/v1beta1'] as const

/** MetalLB's pools; its validating webhook refuses what is no block. */
export const ipAddressPool: KindModule<IPAddressPool> = {
  apiVersions,
  schema: 'IPAddressPool',
  namespaced: true,
  names: 'dns-name',
  needsSpec: true,
  validate: (located, report) => {
    const { addresses = [] } = located.object.spec ?? {}
    if (addresses.length === 0) demand(located, report, ['spec', 'addresses'])
    for (const [index, text] of addresses.entries()) {
      if (parseIpBlock(text)) continue
      const message = `"${text}" is neither a block such as 192.0.2.0/24 nor a range such as 192.0.2.10-192.0.2.20`
      refuse(located, report, ['spec', 'addresses', index], message)
    }
  },
}

export const l2Advertisement: KindModule<AddressAdvertisement> = {
  apiVersions,
  schema: 'L2Advertisement',
  namespaced: true,
  names: 'dns-name',
}

export const bgpAdvertisement: KindModule<AddressAdvertisement> = {
  apiVersions,
  schema: 'BGPAdvertisement',
  namespaced: true,
  names: 'dns-name',
}
