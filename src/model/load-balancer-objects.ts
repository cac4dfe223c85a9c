import type { LabelSelector, Typed } from './objects.ts'

/** MetalLB's pool of addresses for load balancers. */
export interface IPAddressPool extends Typed {
  readonly spec?: {
    /** `192.0.2.0/24` or `192.0.2.10-192.0.2.20`. */
    readonly addresses?: readonly string[]
    readonly autoAssign?: boolean
    /** Leaves out IPv4 addresses that end in 0 or 255. */
    readonly avoidBuggyIPs?: boolean
    readonly serviceAllocation?: {
      readonly priority?: number
      readonly namespaces?: readonly string[]
      readonly namespaceSelectors?: readonly LabelSelector[]
      readonly serviceSelectors?: readonly LabelSelector[]
    }
  }
}

/** How MetalLB makes the addresses of pools known: of all pools, if none is named. */
export interface AddressAdvertisement extends Typed {
  readonly spec?: {
    readonly ipAddressPools?: readonly string[]
    readonly ipAddressPoolSelectors?: readonly LabelSelector[]
    readonly nodeSelectors?: readonly LabelSelector[]
  }
}
