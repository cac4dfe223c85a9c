import type { Finding } from '../../model/journey.ts'
import type { World } from '../world.ts'
import { findAddress } from './address.ts'
import { findEndpoints } from './endpoints.ts'
import type { FindCause, RawResult } from './failure.ts'
import { makeFailure } from './failure.ts'
import { findInsideOnly } from './inside-only.ts'
import { findKernel } from './kernel.ts'
import { findKubeProxy } from './kube-proxy.ts'
import { findListener } from './listener.ts'
import { findLoadBalancer } from './load-balancer.ts'
import { findLocalEndpoint } from './local-endpoint.ts'
import { findName } from './name.ts'
import { findNodePort } from './node-port.ts'
import { findNotModelled, policyWarning } from './not-modelled.ts'
import { findReplyPath } from './reply-path.ts'
import { findServicePort } from './service-port.ts'
import { findSourceRange } from './source-range.ts'
import { findStaleConntrack } from './stale-conntrack.ts'
import { findTerminating } from './terminating.ts'

/** In the order in which they are asked; the first that knows the cause of a failure has the word. */
const causes: readonly FindCause[] = [
  findNotModelled,
  findName,
  findLoadBalancer,
  findInsideOnly,
  findTerminating,
  findKubeProxy,
  findStaleConntrack,
  findServicePort,
  findEndpoints,
  findLocalEndpoint,
  findSourceRange,
  findNodePort,
  findAddress,
  findListener,
  findReplyPath,
  findKernel,
]

/** The causes of every way that did not reach, the likeliest failure's first, each said once. */
export function findingsOf(world: World, results: readonly RawResult[]): readonly Finding[] {
  const failed = results
    .filter(({ outcome }) => outcome.disposition !== 'reached')
    .toSorted((a, b) => b.outcome.probability - a.outcome.probability)
  const found = new Map<string, Finding>()
  for (const result of failed) {
    const failure = makeFailure(world, result, results)
    for (const one of firstOf(failure)) {
      const key = `${one.code} ${one.message}`
      if (!found.has(key)) found.set(key, one)
    }
  }
  return [...found.values(), ...policyWarning(world)]
}

function firstOf(failure: ReturnType<typeof makeFailure>): readonly Finding[] {
  for (const find of causes) {
    const found = find(failure)
    if (found.length > 0) return found
  }
  return []
}
