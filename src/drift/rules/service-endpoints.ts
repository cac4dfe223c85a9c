import { byText } from '../../base/ordering.ts'
import type { ObjectIndex } from '../context.ts'
import { podAtEndpoint } from '../context.ts'
import { be, listed } from '../words.ts'
import type { Difference } from './difference.ts'
import type { DispatchRule } from './proxied.ts'
import { endpointsBehind } from './proxied.ts'
import { chainAfter, commentOf, servicePortOf } from './table-view.ts'

const nothing: ReadonlySet<string> = new Set()

/** How the endpoints that a Service has on the node differ from those that it should have. */
export interface EndpointChanges {
  readonly stale: readonly string[]
  readonly missing: readonly string[]
  /** How many are programmed and right. */
  readonly kept: number
  /** Service ports that are concerned. */
  readonly ports: ReadonlySet<string>
}

/** Compares the endpoints behind both sides' dispatch rules, port by port. */
export function endpointChanges(
  expected: readonly DispatchRule[],
  actual: readonly DispatchRule[],
): EndpointChanges {
  const [before, after] = [endpointsBehind(expected), endpointsBehind(actual)]
  const names = new Set([...before.keys(), ...after.keys()])
  const changes = { stale: [] as string[], missing: [] as string[], kept: 0, ports: new Set<string>() }
  for (const port of [...names].sort(byText)) {
    const [should, has] = [before.get(port) ?? nothing, after.get(port) ?? nothing]
    const stale = [...has].filter((one) => !should.has(one))
    const missing = [...should].filter((one) => !has.has(one))
    if (stale.length + missing.length > 0) changes.ports.add(port)
    changes.kept += has.size - stale.length
    changes.stale.push(...stale.toSorted(byText))
    changes.missing.push(...missing.toSorted(byText))
  }
  return changes
}

/** Whether a difference is but what other endpoints bring with them. */
export function followsFrom(one: Difference, { stale, missing, ports }: EndpointChanges): boolean {
  const { endpoint, rule, servicePort } = one
  if (endpoint !== undefined) return stale.includes(endpoint) || missing.includes(endpoint)
  if (!ports.has(servicePortOf(rule) ?? servicePort ?? '')) return false
  if (/ has no (?:local )?endpoints$/.test(commentOf(rule) ?? '')) return true
  return /^KUBE-(?:SVC|SVL|EXT|FW|XLB)-/.test(chainAfter(rule) ?? '')
}

/** The changes in words. */
export function endpointParts({ stale, missing, kept }: EndpointChanges, objects: ObjectIndex): string[] {
  const parts: string[] = []
  const noun = (list: readonly string[]) => (list.length === 1 ? 'endpoint' : 'endpoints')
  if (stale.length > 0) {
    const named = stale.map((one) => withPod(one, objects))
    parts.push(`${noun(stale)} ${listed(named)} ${be(stale)} programmed and no longer in its EndpointSlices`)
  }
  if (missing.length > 0) {
    const named = missing.map((one) => withPod(one, objects))
    const none = kept === 0 && stale.length === 0 ? ': the node knows of no endpoint' : ''
    const what = stale.length > 0 ? '' : `${noun(missing)} `
    parts.push(`${what}${listed(named)} ${be(missing)} missing${none}`)
  }
  return parts
}

function withPod(endpoint: string, objects: ObjectIndex): string {
  const pod = podAtEndpoint(endpoint, objects)
  return pod ? `${endpoint} (pod ${pod.name})` : endpoint
}

/** What the changes do to connections. */
export function endpointConsequence({ stale, missing, kept }: EndpointChanges): string | undefined {
  const used = stale.length + kept
  if (stale.length > 0) {
    return stale.length === used
      ? 'every connection to it from here goes to an address that is none of its endpoints'
      : `of its connections from here, ${stale.length} in ${used} go to an address that is none of its endpoints`
  }
  if (missing.length === 0) return undefined
  return kept > 0
    ? 'no connection from here goes to what is missing; the others get more'
    : 'connections to it from here are refused or dropped'
}
