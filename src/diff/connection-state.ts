import { formatIp } from '../base/ip.ts'
import type { ConnectionState } from '../model/cluster-diff.ts'
import type { Journey, JourneyOutcome, JourneyRequest } from '../model/journey.ts'
import type { Disposition } from '../model/trace.ts'
import type { Endings } from '../reach/endings.ts'
import { identitiesOf } from './identity.ts'
import type { DiffSide } from './side.ts'

/** How a connection goes, as a trace of it shows. */
export function connectionState(side: DiffSide, request: JourneyRequest): ConnectionState {
  return stateOf(side, side.trace(request))
}

function stateOf(side: DiffSide, { outcomes }: Journey): ConnectionState {
  return {
    disposition: worst(outcomes.map(({ disposition }) => disposition)),
    ways: [...new Set(outcomes.map(({ disposition }) => disposition))].toSorted(),
    backends: distinct(outcomes.map((one) => backendOf(side, one))),
    sources: distinct(outcomes.map(sourceOf)),
    paths: distinct(outcomes.map(pathOf)),
  }
}

/** What is known without a walk. */
export function stateFromEndings(endings: Endings): ConnectionState {
  const ways = [...new Set(endings.map(({ disposition }) => disposition))].toSorted()
  return { disposition: worst(ways), ways, backends: [], sources: [], paths: [] }
}

/** Of several, the first that is not what everybody wants. */
function worst(dispositions: readonly Disposition[]): Disposition {
  return dispositions.find((one) => one !== 'reached') ?? dispositions[0] ?? 'unknown'
}

function distinct(texts: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(texts.filter((text) => text !== undefined))].toSorted()
}

/** By its workload, where a pod's own name may change with every edit. */
function backendOf({ cluster }: DiffSide, { destination }: JourneyOutcome): string | undefined {
  if (!destination) return undefined
  const { kind, namespace, name, port } = destination
  if (namespace === undefined) return `${kind.toLowerCase()}/${name}:${port}`
  const identity = identitiesOf({ cluster }).of(`pod/${namespace}/${name}`)
  return `${identity.split(' ')[0]}:${port}`
}

/** The sender's own address is said by that word: it differs from pod to pod. */
function sourceOf({ seenSource, legs }: JourneyOutcome): string | undefined {
  if (!seenSource) return undefined
  const sent = legs.at(-1)?.forward[0]?.steps.find((step) => step.type === 'sent')
  const own = sent?.type === 'sent' ? sent.packet.src : undefined
  return own !== undefined && formatIp(own) === seenSource.ip ? 'its own address' : seenSource.ip
}

function pathOf({ legs }: JourneyOutcome): string | undefined {
  const hops = legs.at(-1)?.forward.slice(1) ?? []
  const between = hops.map(({ netns }) => netns).filter((one) => !one.startsWith('pod/'))
  return between.length === 0 ? undefined : between.join(' ')
}
