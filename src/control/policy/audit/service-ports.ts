import { protocolName } from '../../../base/packet.ts'
import type { ClusterPod, ClusterService } from '../../../model/cluster.ts'
import type { Endpoint } from '../../../policy/endpoint.ts'
import { selects } from '../../../policy/match.ts'
import type { PortMatch } from '../../../policy/policy.ts'
import { podId } from '../../pod-namespace.ts'
import { endpointsFor } from './endpoints-for.ts'
import type { Audit, PlacedRule } from './rules.ts'
import { allRules, placeIn, policyName, ruleName } from './rules.ts'

/**
 * Rules that name a Service's port where pods' ports count: no pod that the rule leads to declares it, and a Service in
 * front of them has it, with another target port.
 */
export function auditServicePorts(audit: Audit): void {
  const pods = new Map(audit.cluster.pods.map((pod) => [podId(pod), pod]))
  for (const placed of allRules(audit.policies)) {
    const numbers = (placed.rule.ports ?? []).filter(
      (one) => one.port !== undefined && one.endPort === undefined,
    )
    if (numbers.length === 0) continue
    const destinations = destinationsOf(audit, placed).flatMap(({ id }) => pods.get(id) ?? [])
    for (const port of numbers) auditPort(audit, placed, port, destinations)
  }
}

/** The pods that packets of the rule go to, where selectors say which; no rule is taken to be about all pods there are. */
function destinationsOf({ cluster }: Audit, { policy, rule, direction }: PlacedRule): readonly Endpoint[] {
  const selectors =
    direction === 'ingress'
      ? [policy.subject]
      : (rule.peers ?? []).flatMap(({ endpoints }) => endpoints ?? [])
  return selectors.flatMap((one) => endpointsFor(cluster, one).filter((endpoint) => selects(one, endpoint)))
}

function auditPort(
  { cluster, report }: Audit,
  placed: PlacedRule,
  { port = 0, protocol, path }: PortMatch,
  pods: readonly ClusterPod[],
): void {
  const name = protocol === undefined ? undefined : protocolName(protocol).toUpperCase()
  const isMeant = (one: { readonly port: number; readonly protocol: string }) =>
    one.port === port && (name === undefined || one.protocol === name)
  if (pods.length === 0 || pods.some((pod) => pod.ports.length === 0 || pod.ports.some(isMeant))) return
  const found = cluster.services.flatMap((service) => {
    const own = service.ports.find((one) => isMeant(one) && one.targetPort !== port)
    return own && pods.some((pod) => isBehind(service, pod)) ? [{ service, target: own.targetPort }] : []
  })[0]
  if (!found) return
  const { service, target } = found
  report(
    'policy-service-port',
    `${policyName(placed.policy)}: ${ruleName(placed)} allows port ${port}, which is the port of Service ${service.namespace}/${service.name}; its pods listen on ${target}, and that is what policies see`,
    { ...placeIn(placed.policy, [...path, 'port']), fix: `write port: ${target}` },
  )
}

function isBehind({ namespace, selector }: ClusterService, pod: ClusterPod): boolean {
  const wanted = Object.entries(selector ?? {})
  return (
    pod.namespace === namespace &&
    wanted.length > 0 &&
    wanted.every(([key, value]) => pod.labels[key] === value)
  )
}
