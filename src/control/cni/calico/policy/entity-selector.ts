import type { CalicoSelector } from '../../../../base/calico-selector.ts'
import { mapSelector, prefixLabels } from '../selector.ts'
import { namespaceLabel, namespacePrefix } from './label-names.ts'

/** What is in this namespace. */
export function inNamespace(namespace: string): CalicoSelector {
  return { type: '==', label: namespaceLabel, value: namespace }
}

/**
 * A condition on namespaces, as one on what is in them: `all()` is what is in any namespace, `global()` what is in none.
 * Mirrors getEndpointSelector of libcalico-go/lib/backend/syncersv1/updateprocessors.
 */
export function namespaceSelector(selector: CalicoSelector): CalicoSelector {
  return mapSelector(prefixLabels(selector, namespacePrefix), (leaf) => {
    if (leaf.type === 'all') return { type: 'has', label: namespaceLabel }
    if (leaf.type === 'global') return { type: 'not', of: { type: 'has', label: namespaceLabel } }
    return leaf
  })
}
