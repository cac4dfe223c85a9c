import type {
  AdminNetworkPolicy,
  BaselineAdminNetworkPolicy,
  ClusterNetworkPolicy,
} from '../../model/cluster-policy-objects.ts'
import type { NetworkPolicy } from '../../model/policy-objects.ts'
import { ageOf } from './age.ts'
import { selectorCell } from './selector-text.ts'
import type { KindPrinter } from './table.ts'
import { columns } from './table.ts'

/** Mirrors printNetworkPolicy. */
export const networkPolicyPrinter: KindPrinter<NetworkPolicy> = {
  columns: columns('NAME,POD-SELECTOR,AGE'),
  cells: ({ metadata, spec = {} }, { now }) => [
    metadata.name ?? '',
    selectorCell(spec.podSelector),
    ageOf(metadata.creationTimestamp, now),
  ],
}

/** The columns of the CRD. */
export const clusterNetworkPolicyPrinter: KindPrinter<ClusterNetworkPolicy> = {
  columns: columns('NAME,TIER,PRIORITY,AGE'),
  cells: ({ metadata, spec = {} }, { now }) => [
    metadata.name ?? '',
    spec.tier ?? '',
    String(spec.priority ?? ''),
    ageOf(metadata.creationTimestamp, now),
  ],
}

/** The columns of the CRD. */
export const adminNetworkPolicyPrinter: KindPrinter<AdminNetworkPolicy> = {
  columns: columns('NAME,PRIORITY,AGE'),
  cells: ({ metadata, spec = {} }, { now }) => [
    metadata.name ?? '',
    String(spec.priority ?? ''),
    ageOf(metadata.creationTimestamp, now),
  ],
}

/** The columns of the CRD. */
export const baselineAdminNetworkPolicyPrinter: KindPrinter<BaselineAdminNetworkPolicy> = {
  columns: columns('NAME,AGE'),
  cells: ({ metadata }, { now }) => [metadata.name ?? '', ageOf(metadata.creationTimestamp, now)],
}
