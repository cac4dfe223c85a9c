import { formatIp } from '../../base/ip.ts'
import type { ClusterPod } from '../../model/cluster.ts'
import type { Finding } from '../../model/journey.ts'
import type { RawResult } from '../result.ts'
import { redirectLoop } from '../result.ts'
import type { World } from '../world.ts'
import { findAddress } from './address.ts'
import { findBgpSession } from './bgp-session.ts'
import { findContainerHost } from './container-host.ts'
import { findEndpoints } from './endpoints.ts'
import type { Failure, FindCause } from './failure.ts'
import { listNames, makeFailure } from './failure.ts'
import { findGatewayListener } from './gateway-listener.ts'
import { findPodHairpin } from './hairpin.ts'
import { anyHostFirewall, findHostFirewall } from './host-firewall.ts'
import { findHostPort } from './host-port.ts'
import { findHttp } from './http.ts'
import { findIngressAddress } from './ingress-address.ts'
import { findInsideOnly } from './inside-only.ts'
import { findKernel } from './kernel.ts'
import { findKubeProxy } from './kube-proxy.ts'
import { findListener, podAt } from './listener.ts'
import { findHairpin, findLoadBalancer } from './load-balancer.ts'
import { findLocalEndpoint } from './local-endpoint.ts'
import { findMasquerade } from './masquerade.ts'
import { findName } from './name.ts'
import { findNameServer } from './name-server.ts'
import { findNodeAddress } from './node-address.ts'
import { findNodePort } from './node-port.ts'
import { findNotModelled, policyWarning } from './not-modelled.ts'
import { findOverlap } from './overlap.ts'
import { findPathMtu } from './path-mtu.ts'
import { findPodBlocks } from './pod-blocks.ts'
import { findPodRoute } from './pod-route.ts'
import { alternativesFindings } from './policy/alternatives.ts'
import { findPolicy } from './policy/find-policy.ts'
import { notEnforcedFindings } from './policy/not-enforced.ts'
import { findProviderFirewall } from './provider-firewall.ts'
import { proxyProtocolFindings } from './proxy-protocol.ts'
import { findReplyPath } from './reply-path.ts'
import { findServicePort } from './service-port.ts'
import { findSourceRange } from './source-range.ts'
import { findStaleConntrack } from './stale-conntrack.ts'
import { findStatedRoute } from './stated-route.ts'
import { findTerminating } from './terminating.ts'
import { findTunnelEndpoint } from './tunnel-endpoint.ts'

/** In the order in which they are asked; the first that knows the cause of a failure has the word. */
const causes: readonly FindCause[] = [
  findIngressAddress,
  findNotModelled,
  findPolicy,
  findContainerHost,
  findProviderFirewall,
  findHostFirewall,
  findNodeAddress,
  findTunnelEndpoint,
  findPodBlocks,
  findPodHairpin,
  findOverlap,
  findHttp,
  findGatewayListener,
  findNameServer,
  findName,
  findLoadBalancer,
  findHairpin,
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
  findHostPort,
  findListener,
  findPathMtu,
  findBgpSession,
  findPodRoute,
  findStatedRoute,
  findMasquerade,
  findReplyPath,
  anyHostFirewall,
  findKernel,
]

/** The causes of every way that did not reach, the likeliest failure's first, each said once. */
export function findingsOf(world: World, results: readonly RawResult[]): readonly Finding[] {
  const failed = results.filter(isFailure).toSorted((a, b) => b.outcome.probability - a.outcome.probability)
  const found = new Map<string, Alike>()
  for (const result of failed) {
    const failure = makeFailure(world, result, results)
    const pod = podAt(failure) ?? result.sender.pod
    for (const one of firstOf(failure)) {
      const key = `${one.code} ${withoutPod(one.message, failure, pod)} ${one.fix}`
      const known = found.get(key)
      if (!known) found.set(key, { finding: one, pod: pod?.name, others: new Set(), objects: one.objects })
      else found.set(key, alsoFor(known, one, pod?.name))
    }
  }
  return [
    ...[...found.values()].map(together),
    ...proxyProtocolFindings(world, results),
    ...notEnforcedFindings(world, results),
    ...alternativesFindings(world, results),
    ...policyWarning(world),
  ]
}

/** Whether the person who asked did not get what they wanted. */
function isFailure({ outcome, ending, http, refusal }: RawResult): boolean {
  const disposition = ending?.disposition ?? outcome.disposition
  return disposition !== 'reached' || (http?.status ?? 0) >= 400 || refusal?.code === redirectLoop
}

/** What is said of one pod, and the other pods of which the same holds. */
interface Alike {
  readonly finding: Finding
  readonly pod: string | undefined
  readonly others: ReadonlySet<string>
  readonly objects: Finding['objects']
}

/** The sentence as it would be of any pod, so that pods of one workload are told together. */
function withoutPod(message: string, { outcome }: Failure, pod: ClusterPod | undefined): string {
  const ip = outcome.destination ? formatIp(outcome.destination.ip) : undefined
  const anyPod = pod ? message.replaceAll(pod.name, '*') : message
  return ip === undefined ? anyPod : anyPod.replaceAll(ip, '*')
}

function alsoFor(known: Alike, { objects }: Finding, pod: string | undefined): Alike {
  const isNew = pod !== undefined && pod !== known.pod
  return {
    ...known,
    others: isNew ? new Set([...known.others, pod]) : known.others,
    objects: [...known.objects, ...objects],
  }
}

/** Says what holds of several pods once; an object of which all are, such as their Deployment, stands once. */
function together({ finding, others, objects }: Alike): Finding {
  const places = new Map(objects.map((one) => [JSON.stringify(one), one]))
  const also = others.size > 0 ? `; so it is with ${listNames([...others])}` : ''
  return { ...finding, message: finding.message + also, objects: [...places.values()] }
}

function firstOf(failure: ReturnType<typeof makeFailure>): readonly Finding[] {
  for (const find of causes) {
    const found = find(failure)
    if (found.length > 0) return found
  }
  return []
}
