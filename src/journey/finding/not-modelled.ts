import type { Finding } from '../../model/journey.ts'
import type { World } from '../world.ts'
import type { FindCause } from './failure.ts'
import { finding } from './failure.ts'

/** The walk met something that is not modelled. */
export const findNotModelled: FindCause = ({ outcome, world, stop, dial }) => {
  if (outcome.disposition !== 'unknown' || dial.type === 'no-address') return []
  const { mode, configuredBy } = world.cluster.settings.kubeProxy
  if (outcome.leg.forward.length === 0 && mode !== 'iptables') {
    return [
      finding(
        'not-modelled',
        `kube-proxy runs in mode ${mode}, which is not modelled; traffic to Services is unknown`,
        {
          objects: [configuredBy],
          fix: 'trace with mode iptables, or ask for a pod instead of a Service',
        },
      ),
    ]
  }
  const [alternative] = outcome.alternatives ?? []
  const what =
    alternative?.assuming.replace(/: it (?:matches|does not match)$/, '') ?? stop?.text ?? 'a part of the way'
  return [finding('not-modelled', `it depends on what is not modelled: ${what}`, {})]
}

/** Kinds whose objects may forbid what the walk lets pass. */
const policyKind = /(NetworkPolicy|AuthorizationPolicy|GlobalNetworkSet)\./

/** Policies of kinds that are not read: an answer is only as good as their absence. */
export function policyWarning({ unreadKinds }: World): readonly Finding[] {
  const kinds = unreadKinds.filter((kind) => policyKind.test(kind)).map((kind) => kind.split('.')[0])
  if (kinds.length === 0) return []
  return [
    finding(
      'policies-not-modelled',
      `the input holds ${kinds.join(', ')}: these are not evaluated, and may forbid what is shown here`,
      {
        severity: 'warning',
      },
    ),
  ]
}
