import type { Finding } from '../../../model/journey.ts'
import { matchesPeer } from '../../../policy/match.ts'
import type { Path, Peer } from '../../../policy/policy.ts'
import { endpointName, pathWords } from '../../../policy/words.ts'
import type { JudgedPlace } from '../../policy-checks.ts'
import { explainPlace, judgedPlaces } from '../../policy-checks.ts'
import type { RawResult } from '../../result.ts'
import type { World } from '../../world.ts'
import { finding } from '../failure.ts'
import { inPolicy, policyName } from './denial.ts'

/**
 * Connections that pass because a rule names a namespace and, as another entry of its list, pods: entries are
 * alternatives, and both were likely meant at once.
 */
export function alternativesFindings(world: World, results: readonly RawResult[]): readonly Finding[] {
  if (!world.policies) return []
  const found = results.flatMap(({ outcome, before }) =>
    judgedPlaces(world, [...before, outcome.leg]).flatMap(findingAt),
  )
  const [first] = found
  return first ? [first] : []
}

function findingAt(place: JudgedPlace): readonly Finding[] {
  const { decision, flow } = place
  const { policy, rule } = decision
  const { endpoint } = flow.peer
  if (decision.verdict !== 'allowed' || policy?.api !== 'NetworkPolicy' || !rule?.peers || !endpoint)
    return []
  const { peer } = explainPlace(place).matched
  const whole = rule.peers.find(({ path }) => path === peer)
  const pods = rule.peers.find(isPodsAlone)
  if (!whole || !isNamespaceAlone(whole) || !pods || joinedMatch(whole, pods, place)) return []
  const list = pathWords(parentOf(whole.path))
  return [
    finding(
      'policy-peers-are-alternatives',
      `${endpointName(endpoint)} passes by the namespaceSelector of ${policyName(policy)} alone: the entries of ${list} are alternatives, and its podSelector, another entry, is not asked`,
      {
        severity: 'info',
        objects: [inPolicy(policy, whole.path), inPolicy(policy, pods.path)],
        fix: 'if both were meant at once, write the two selectors into one entry',
      },
    ),
  ]
}

function parentOf(path: Path): Path {
  return path.slice(0, -1)
}

function isNamespaceAlone({ endpoints }: Peer): boolean {
  return endpoints?.namespacePath !== undefined && endpoints.labelsPath === undefined
}

function isPodsAlone({ endpoints }: Peer): boolean {
  return endpoints?.labelsPath !== undefined && endpoints.namespacePath === undefined
}

/** Whether the peer would match one entry with both selectors too: then nothing depends on it. */
function joinedMatch(whole: Peer, pods: Peer, { flow, policies }: JudgedPlace): boolean {
  if (!whole.endpoints || !pods.endpoints) return false
  const endpoints = { ...whole.endpoints, labels: pods.endpoints.labels }
  return matchesPeer({ path: whole.path, endpoints }, flow.peer, flow.self, policies.engine)
}
