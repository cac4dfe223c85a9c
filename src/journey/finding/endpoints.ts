import { familyOf } from '../../base/ip.ts'
import { nearest } from '../../base/nearest.ts'
import { matchesLabels } from '../../control/complete/selectors.ts'
import type { ClusterPod, ClusterService, ClusterServicePort } from '../../model/cluster.ts'
import type { Finding } from '../../model/journey.ts'
import type { World } from '../world.ts'
import type { FindCause } from './failure.ts'
import { finding, inPod, inService, listNames } from './failure.ts'
import { withoutSelector } from './hand-made-endpoints.ts'

/** The chains in which kube-proxy rejects what is meant for a Service without endpoints. */
const rejecting: readonly string[] = ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES']

/** The Service has nothing to send to. */
export const findEndpoints: FindCause = ({ world, asked, sent, stop }) => {
  if (!asked?.port || !sent || stop?.by?.rule?.target?.type !== 'REJECT') return []
  if (!rejecting.includes(stop.by.chain)) return []
  return endpointCause(world, asked.service, { port: asked.port, family: familyOf(sent.dst) })
}

/** What of the Service is asked for. */
export interface Wanted {
  readonly port: ClusterServicePort | undefined
  readonly family: 4 | 6
}

/** Why a Service has no endpoint for a port (or for any), from its selector down to the pods' ports. */
export function endpointCause(
  world: World,
  service: ClusterService,
  { port, family }: Wanted,
): readonly Finding[] {
  if (!service.selector) return withoutSelector(world, service, { port, family })
  const pods = world.cluster.pods.filter(
    (pod) => pod.namespace === service.namespace && matchesLabels(service.selector, pod.labels),
  )
  if (pods.length === 0) return [unmatched(world, service)]
  const alive = pods.filter((pod) => pod.ready && !pod.terminating && isPlaced(pod))
  if (alive.length === 0) return [notReady(service, pods)]
  const addressed = alive.filter((pod) => pod.ips.some((ip) => familyOf(ip) === family))
  if (addressed.length === 0) return [familyMissing(service, alive, family)]
  if (port && typeof port.targetPort === 'string') return [portNameMissing(service, port, addressed)]
  const slices = world.slicesOf(service).map((slice) => slice.ref)
  return [
    finding(
      'endpoints-empty',
      `the EndpointSlices of Service ${service.name} hold no ready endpoint for it, although ${listNames(alive.map((pod) => pod.name))} would match`,
      {
        objects: slices.length > 0 ? slices : [service.ref],
        fix: 'find out why the EndpointSlice controller does not run, or take the dump anew',
      },
    ),
  ]
}

/** A workload of the namespace would make such pods, but makes none. */
function idleWorkload({ cluster }: World, service: ClusterService): Finding | undefined {
  const { selector = {}, namespace, name } = service
  const idle = cluster.idleWorkloads.find(
    ({ ref, labels }) => ref.namespace === namespace && matchesLabels(selector, labels),
  )
  if (!idle) return undefined
  const { ref, replicas, at } = idle
  const makes = replicas === 0 ? 'is scaled to 0' : 'has no pod on any node'
  return finding(
    'service-without-endpoints',
    `Service ${name} selects ${selectorText(selector)}; ${ref.kind} ${ref.name} makes such pods, but ${makes}`,
    {
      objects: [{ ...ref, ...(at && { at }) }, inService(service, 'spec', 'selector')],
      fix:
        replicas === 0
          ? `kubectl scale ${ref.kind.toLowerCase()}/${ref.name} --replicas=1`
          : `look at the nodeSelector, affinity and tolerations of ${ref.kind} ${ref.name}`,
    },
  )
}

function isPlaced(pod: ClusterPod): boolean {
  return pod.nodeName !== undefined && !hasEnded(pod)
}

function selectorText(selector: Readonly<Record<string, string>>): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

/** No pod of the namespace has the labels: which one comes nearest? */
function unmatched(world: World, service: ClusterService): Finding {
  const { selector = {}, namespace, name } = service
  const wants = `Service ${name} selects ${selectorText(selector)}`
  const elsewhere = world.cluster.pods.filter((pod) => matchesLabels(selector, pod.labels))
  const idle = idleWorkload(world, service)
  if (idle) return idle
  const near = nearestPod(
    world.cluster.pods.filter((pod) => pod.namespace === namespace),
    selector,
  )
  const here = inService(service, 'spec', 'selector')
  if (elsewhere.length > 0 && (near?.missing ?? 2) > 1) {
    const namespaces = [...new Set(elsewhere.map((pod) => pod.namespace))]
    return finding(
      'service-without-endpoints',
      `${wants}; pods with these labels are in namespace ${listNames(namespaces)} only, and a Service selects in its own (${namespace})`,
      {
        objects: [here, ...elsewhere.slice(0, 1).map((pod) => inPod(pod, 'metadata', 'namespace'))],
        fix: `create the Service in namespace ${namespaces[0]}`,
      },
    )
  }
  if (!near) {
    return finding('service-without-endpoints', `${wants}; no pod in namespace ${namespace} has that`, {
      objects: [here],
      fix: 'create pods with these labels, or make the selector that of the pods that are there',
    })
  }
  const { pod, key, value } = near
  const has = value === undefined ? (near.other ?? `no label ${key}`) : `${key}=${value}`
  return finding(
    'service-without-endpoints',
    `${wants}; no pod has that. Nearest: pod ${pod.name} has ${has}`,
    {
      objects: [here, podLabel(pod, value === undefined ? undefined : key)],
      fix:
        value === undefined && near.other === undefined
          ? `label the pod ${key}=${selector[key]}`
          : `make the two agree: ${key}=${selector[key]} on the pod, or ${has} in the selector`,
    },
  )
}

function podLabel(pod: ClusterPod, key: string | undefined) {
  if (pod.source && Object.keys(pod.labels).length === 0) return inPod(pod, 'metadata')
  return key === undefined ? inPod(pod, 'metadata', 'labels') : inPod(pod, 'metadata', 'labels', key)
}

interface Near {
  readonly pod: ClusterPod
  readonly missing: number
  /** The first label that does not agree. */
  readonly key: string
  readonly value: string | undefined
  /** A label of another key that has the value asked for. */
  readonly other: string | undefined
}

/** The pod that lacks the fewest labels; of these, one whose label differs by a typing error or by its key alone. */
function nearestPod(
  pods: readonly ClusterPod[],
  selector: Readonly<Record<string, string>>,
): Near | undefined {
  let best: (Near & { readonly score: number }) | undefined
  for (const pod of pods) {
    const wrong = Object.keys(selector).filter((key) => pod.labels[key] !== selector[key])
    const [key] = wrong
    if (key === undefined) continue
    const wanted = selector[key] ?? ''
    const value = pod.labels[key]
    const other = Object.entries(pod.labels).find(([, one]) => one === wanted)
    const likeness = likenessOf(wanted, value, other !== undefined, pod)
    const score = wrong.length * 10 - likeness
    if (likeness === 0 && wrong.length === Object.keys(selector).length) continue
    if (!best || score < best.score)
      best = { pod, missing: wrong.length, key, value, other: other && `${other[0]}=${other[1]}`, score }
  }
  return best
}

function likenessOf(wanted: string, value: string | undefined, hasOther: boolean, pod: ClusterPod): number {
  if (value !== undefined && nearest(wanted, [value]) !== undefined) return 4
  if (value !== undefined && value.toLowerCase() === wanted.toLowerCase()) return 4
  if (hasOther) return 3
  if (value !== undefined && (value.includes(wanted) || wanted.includes(value))) return 2
  return pod.name.startsWith(wanted) ? 1 : 0
}

function notReady(service: ClusterService, pods: readonly ClusterPod[]): Finding {
  const why = pods.slice(0, 3).map((pod) => `${pod.name} ${stateOf(pod)}`)
  const more = pods.length > 3 ? ` and ${pods.length - 3} more` : ''
  return finding(
    'endpoint-not-ready',
    `none of the pods of Service ${service.name} is ready: ${why.join(', ')}${more}`,
    {
      objects: [...pods.slice(0, 3).map((pod) => inPod(pod, 'status', 'conditions')), service.ref],
      fix: fixFor(pods),
    },
  )
}

function fixFor(pods: readonly ClusterPod[]): string {
  if (pods.every((pod) => pod.terminating)) return 'wait for the new pods, or start some'
  if (pods.every(hasEnded)) return 'run the pods under a Deployment, which starts them anew'
  if (pods.every(isUnscheduled)) {
    return 'let the pods fit a node: look at their nodeSelector, affinity, tolerations and requests'
  }
  return 'mend the pods (kubectl describe pod shows their probes), or set publishNotReadyAddresses'
}

function isUnscheduled(pod: ClusterPod): boolean {
  return pod.nodeName === undefined || unscheduledCondition(pod) !== undefined
}

function unscheduledCondition({ object }: ClusterPod) {
  return object.status?.conditions?.find((one) => one.type === 'PodScheduled' && one.status === 'False')
}

function hasEnded({ phase }: ClusterPod): boolean {
  return phase === 'Succeeded' || phase === 'Failed'
}

/** Why a container of the pod does not run: CrashLoopBackOff, ImagePullBackOff. */
function waitingReason({ object }: ClusterPod): string | undefined {
  for (const { state } of object.status?.containerStatuses ?? []) {
    const reason = state?.waiting?.reason ?? state?.terminated?.reason
    if (reason !== undefined) return reason
  }
  return undefined
}

/** What keeps a pod from being an endpoint, as a clause after its name. */
export function stateOf(pod: ClusterPod): string {
  if (pod.terminating) return 'is shutting down'
  if (pod.unscheduled !== undefined) return `is on no node (${pod.unscheduled})`
  if (pod.nodeName === undefined) return 'is on no node'
  if (hasEnded(pod)) return `has ended (${pod.phase})`
  const conditions = pod.object.status?.conditions ?? []
  const scheduled = unscheduledCondition(pod)
  if (scheduled) return `is on no node (${scheduled.message ?? scheduled.reason ?? 'Unschedulable'})`
  const condition = conditions.find((one) => one.type === 'Ready')
  const reason = waitingReason(pod) ?? condition?.reason ?? condition?.message
  return reason ? `is not ready (${reason})` : `is not ready (phase ${pod.phase})`
}

function familyMissing(service: ClusterService, pods: readonly ClusterPod[], family: 4 | 6): Finding {
  return finding(
    'endpoint-family-missing',
    `the pods of Service ${service.name} have no IPv${family} address`,
    {
      objects: [
        inService(service, 'spec', 'ipFamilies'),
        ...pods.slice(0, 1).map((pod) => inPod(pod, 'status', 'podIPs')),
      ],
      fix: `ask for the Service's IPv${family === 4 ? 6 : 4} address, or give the cluster dual-stack pods`,
    },
  )
}

function portNameMissing(
  service: ClusterService,
  port: ClusterServicePort,
  pods: readonly ClusterPod[],
): Finding {
  const index = service.ports.indexOf(port)
  const [pod] = pods
  const running = pod?.ports.filter((one) => one.running) ?? []
  const declared = running.filter((one) => one.protocol === port.protocol)
  const otherwise = running.find((one) => one.name === port.targetPort)
  const has =
    declared
      .map((one) => (one.name ? `${one.name} (${one.port})` : `${one.port} without a name`))
      .join(', ') || (otherwise ? `${otherwise.name} for ${otherwise.protocol}` : 'none')
  const named = nearest(
    String(port.targetPort),
    declared.flatMap((one) => one.name ?? []),
  )
  const instead = named ?? declared[0]?.port
  return finding(
    'target-port-name-missing',
    `Service ${service.name} sends to the port called "${port.targetPort}"; pod ${pod?.name} has no ${port.protocol} port of that name: it has ${has}`,
    {
      objects: [pod && portPlace(pod), inService(service, 'spec', 'ports', index, 'targetPort')],
      fix: otherwise
        ? `set protocol: ${otherwise.protocol} on the Service's port, or protocol: ${port.protocol} on the container's`
        : `name the container's port ${port.targetPort}${instead === undefined ? '' : `, or set targetPort: ${instead}`}`,
    },
  )
}

function portPlace(pod: ClusterPod) {
  const containers = pod.object.spec.containers ?? []
  const index = containers.findIndex((one) => (one.ports ?? []).length > 0)
  return index < 0 ? inPod(pod, 'spec', 'containers') : inPod(pod, 'spec', 'containers', index, 'ports', 0)
}
