import { endpointsOf } from '../../../control/policy/endpoints.ts'
import { upstreamTiers } from '../../../control/policy/upstream-tiers.ts'
import type { Finding } from '../../../model/journey.ts'
import { plainEngine } from '../../../policy/engine.ts'
import { selects } from '../../../policy/match.ts'
import type { Policy } from '../../../policy/policy.ts'
import { endpointName } from '../../../policy/words.ts'
import type { RawResult } from '../../result.ts'
import type { World } from '../../world.ts'
import { finding, listNames } from '../failure.ts'

/** Policies that are about an end of the way, and that the cluster's network plugin does not enforce: accepted, and no more. */
export function notEnforcedFindings(world: World, results: readonly RawResult[]): readonly Finding[] {
  const { cluster, policies } = world
  const ignored = upstreamTiers(cluster, plainEngine)
    .flatMap((tier) => tier.policies)
    .filter(({ api }) => !policies?.engine.apis.includes(api))
  if (ignored.length === 0) return []
  const ends = endsOf(world, results)
  const about = ignored.filter(({ subject }) => ends.some((end) => selects(subject, end)))
  const [first] = about
  const end = first && ends.find((one) => selects(first.subject, one))
  if (!first || !end) return []
  const engine = policies
    ? `${policies.engine.name} does not enforce ${first.ref.kind}`
    : `${pluginName(world)} enforces no policies`
  return [
    finding(
      'policy-not-enforced',
      `${namesOf(about)} about ${endpointName(end)}: accepted by the API server, not enforced: ${engine}`,
      {
        severity: 'warning',
        objects: about.slice(0, 4).map(({ ref }) => ref),
        fix: policies
          ? `write it as one of the kinds that ${policies.engine.name} enforces: ${policies.engine.apis.join(', ')}`
          : 'install what enforces them, such as Calico or Canal, Cilium, kube-router or kube-network-policies',
      },
    ),
  ]
}

function namesOf(policies: readonly Policy[]): string {
  const verb = policies.length === 1 ? 'is' : 'are'
  return `${listNames(
    policies.map(({ ref }) => `${ref.kind} ${ref.name}`),
    3,
  )} ${verb}`
}

function pluginName({ cluster }: World): string {
  const { plugin } = cluster.settings.cni
  return cluster.environment.cni?.['enforcesNetworkPolicy'] === false
    ? `${plugin}, as the Environment has it,`
    : plugin
}

/** Who sent, and who was reached, as far as policies can be about them. */
function endsOf({ cluster }: World, results: readonly RawResult[]) {
  const { byId } = endpointsOf(cluster)
  const ids = results.flatMap(({ sender, asker, outcome }) => [
    (asker ?? sender).netns,
    ...(outcome.destination ? [outcome.destination.netns] : []),
  ])
  return [...new Set(ids)].flatMap((id) => byId(id) ?? [])
}
