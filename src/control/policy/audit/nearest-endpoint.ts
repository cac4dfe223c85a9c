import { nearest } from '../../../base/nearest.ts'
import type { Endpoint } from '../../../policy/endpoint.ts'
import type { LabelMiss, Labels } from '../../../policy/label-expression.ts'
import { missesOf } from '../../../policy/label-expression.ts'
import type { EndpointSelector } from '../../../policy/policy.ts'

/** The endpoint that a selector misses by the least, and by what; nothing if none is near. */
export interface NearestEndpoint {
  readonly endpoint: Endpoint
  /** `its label app is webb, not app=web`. */
  readonly text: string
}

/** The nearest endpoint of those that the selector does not take: one label away, and that by a slip. */
export function nearestEndpoint(
  selector: EndpointSelector,
  endpoints: readonly Endpoint[],
): NearestEndpoint | undefined {
  const types = selector.types ?? ['pod']
  let best: (NearestEndpoint & { readonly distance: number }) | undefined
  for (const endpoint of endpoints) {
    if (!types.includes(endpoint.type)) continue
    const [slip, ...others] = slips(selector, endpoint)
    if (!slip || others.length > 0 || slip.distance >= (best?.distance ?? tooFar)) continue
    best = { endpoint, ...slip }
    if (slip.distance === 0) return best
  }
  return best
}

/** How far off one label is: a typing error, the right value under another key, another value. */
interface Slip {
  readonly distance: number
  readonly text: string
}

const tooFar = 3

function slips({ namespace, labels }: EndpointSelector, endpoint: Endpoint): readonly Slip[] {
  const own = missesOf(labels, endpoint.labels).map((miss) => slipOf('its', miss, endpoint.labels))
  return [...namespaceSlips(namespace, endpoint), ...own]
}

function namespaceSlips(wanted: EndpointSelector['namespace'], endpoint: Endpoint): readonly Slip[] {
  if (wanted === undefined || wanted === endpoint.namespace) return []
  if (typeof wanted === 'string') return [{ distance: 1, text: `its namespace is ${endpoint.namespace}` }]
  const { namespaceLabels } = endpoint
  return missesOf(wanted, namespaceLabels).map((miss) =>
    slipOf(`its namespace ${endpoint.namespace}'s`, miss, namespaceLabels),
  )
}

function slipOf(whose: string, { key, is, wanted = '', condition }: LabelMiss, labels: Labels): Slip {
  const values = wanted.split(' or ')
  if (is !== undefined) {
    const distance = nearest(is, values) === undefined ? 2 : 0
    return { distance, text: `${whose} label ${key} is ${is}, not ${condition}` }
  }
  const other = Object.keys(labels).find((one) => values.includes(labels[one] ?? ''))
  if (other !== undefined)
    return { distance: 0, text: `${whose} label ${other} is ${labels[other]}, and ${key} is missing` }
  return { distance: tooFar, text: `${whose} label ${key} is missing` }
}
