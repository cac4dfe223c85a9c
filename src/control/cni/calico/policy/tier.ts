import type { CalicoTier } from '../../../../model/calico-policy-objects.ts'
import type { Located } from '../../../../model/objects.ts'

/** A tier as Felix knows it. */
export interface TierInfo {
  readonly name: string
  /** The last ones, if left out. */
  readonly order?: number
  readonly otherwise: 'deny' | 'pass'
}

/** Before this release there is one tier. */
const hasTiers = 29

/** Tiers that Calico makes itself (api/pkg/apis/projectcalico/v3, tier.go), by the release that they came with. */
const ownTiers: readonly (TierInfo & { readonly since: number; readonly before?: number })[] = [
  { name: 'default', order: 1_000_000, otherwise: 'deny', since: 0 },
  { name: 'adminnetworkpolicy', order: 1_000, otherwise: 'pass', since: 29, before: 32 },
  { name: 'baselineadminnetworkpolicy', order: 10_000_000, otherwise: 'pass', since: 30, before: 32 },
  { name: 'kube-admin', order: 1_000, otherwise: 'pass', since: 32 },
  { name: 'kube-baseline', order: 10_000_000, otherwise: 'pass', since: 32 },
]

/** The tiers of a cluster in their order: those of the input, and Calico's own. Mirrors TierLess of felix/calc. */
export function tiersOfCluster(stated: readonly Located<CalicoTier>[], release: number): readonly TierInfo[] {
  const own = ownTiers.filter(
    ({ since, before = Number.POSITIVE_INFINITY }) => release >= since && release < before,
  )
  const others = stated.flatMap(({ ref, object }): readonly TierInfo[] => {
    if (release < hasTiers || own.some(({ name }) => name === ref.name)) return []
    const { order, defaultAction } = object.spec ?? {}
    const otherwise = defaultAction === 'Pass' ? 'pass' : 'deny'
    return [{ name: ref.name, ...(order !== undefined && { order }), otherwise }]
  })
  const orderOf = ({ order = Number.POSITIVE_INFINITY }: TierInfo) => order
  return [...own, ...others].toSorted((a, b) => {
    if (orderOf(a) !== orderOf(b)) return orderOf(a) - orderOf(b)
    return a.name < b.name ? -1 : 1
  })
}
