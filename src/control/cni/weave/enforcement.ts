import { parseCidr } from '../../../base/ip.ts'
import type { Cluster } from '../../../model/cluster.ts'
import type { Located } from '../../../model/objects.ts'
import type { NetworkPolicy } from '../../../model/policy-objects.ts'
import type { PolicyEngine } from '../../../policy/engine.ts'
import type { Policy, PolicyRule, Tier } from '../../../policy/policy.ts'
import { networkPolicyOf, policyTypes } from '../../policy/network-policy.ts'
import type { LeftOut, PolicyEnforcement } from '../../policy/policy-set.ts'
import { analysedPolicies } from './policy-rules.ts'

const ownNode: PolicyRule = { action: 'allow', path: [], peers: [{ path: [], entities: ['host'] }] }
const multicast = parseCidr('224.0.0.0/4')

const engine: PolicyEngine = {
  name: 'Weave NPC',
  apis: ['NetworkPolicy'],
  refusal: 'drop',
  blocksMatchEndpoints: true,
  namedPorts: false,
  endPorts: false,
  exempt: {
    ingress: [ownNode],
    egress: [
      ownNode,
      ...(multicast
        ? [
            {
              action: 'allow' as const,
              path: [],
              peers: [{ path: [], blocks: [{ cidr: multicast, except: [], path: [] }] }],
            },
          ]
        : []),
    ],
  },
}

/** Weave NPC, the container weave-npc of Weave Net. */
export const weavePolicies: PolicyEnforcement = { engine, tiers: weaveTiers, leavesOut }

/** Policies with names of ports are left out; rules for a direction that a policy does not list allow, and isolate nobody. */
function weaveTiers(cluster: Cluster): readonly Tier[] {
  const { accepted } = analysedPolicies(cluster)
  const unlisted = accepted.flatMap(unlistedRules)
  return [
    ...(unlisted.length > 0
      ? [{ name: 'rules for directions that are not listed', policies: unlisted, otherwise: 'pass' as const }]
      : []),
    { name: 'NetworkPolicy', policies: accepted.map(networkPolicyOf), otherwise: 'deny' },
  ]
}

function unlistedRules(located: Located<NetworkPolicy>): readonly Policy[] {
  const { spec = {} } = located.object
  const types = policyTypes(located.object)
  const unlisted = [
    ...(!types.includes('Ingress') && (spec.ingress ?? []).length > 0 ? ['Ingress'] : []),
    ...(!types.includes('Egress') && (spec.egress ?? []).length > 0 ? ['Egress'] : []),
  ]
  if (unlisted.length === 0) return []
  const object = { ...located.object, spec: { ...spec, policyTypes: unlisted } }
  return [networkPolicyOf({ ...located, object })]
}

function leavesOut(cluster: Cluster): readonly LeftOut[] {
  return analysedPolicies(cluster).refused.map(({ ref, locate, object: { spec = {} } }) => {
    const at = (['ingress', 'egress'] as const)
      .flatMap((direction) =>
        (spec[direction] ?? []).flatMap(({ ports = [] }, rule) =>
          ports.flatMap(({ port }, index) =>
            typeof port === 'string' ? [locate(['spec', direction, rule, 'ports', index, 'port'])] : [],
          ),
        ),
      )
      .find((one) => one !== undefined)
    return {
      ref,
      why: 'applies nothing of a policy that has a port by its name',
      ...(at && { at }),
      fix: 'write the number of the port',
    }
  })
}
