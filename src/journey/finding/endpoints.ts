import { familyOf } from '../../base/ip.ts'
import { nearest } from '../../base/nearest.ts'
import { matchesLabels } from '../../control/complete/selectors.ts'
import type { ClusterPod, ClusterService, ClusterServicePort } from '../../model/cluster.ts'
import type { Finding } from '../../model/journey.ts'
import type { World } from '../world.ts'
import type { FindCause } from './failure.ts'
import { finding, fullName, inPod, inService, listNames } from './failure.ts'

/** The chains in which kube-proxy rejects what is meant for a Service without endpoints. */
const rejecting: readonly string[] = ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES']

/** The Service has nothing to send to. */
export const findEndpoints: FindCause = ({ world, asked, sent, stop }) => {
  if (!asked?.port || !sent || stop?.by?.rule?.target?.type !== 'REJECT') return []
  if (!rejecting.includes(stop.by.chain)) return []
  return endpointCause(world, asked.service, asked.port, familyOf(sent.dst))
}

/** Why a Service has no endpoint for a port (or for any), from its selector down to the pods' ports. */
export function endpointCause(
  world: World,
  service: ClusterService,
  port: ClusterServicePort | undefined,
  family: 4 | 6,
): readonly Finding[] {
  if (!service.selector) return withoutSelector(world, service, port)
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

function isPlaced(pod: ClusterPod): boolean {
  return pod.nodeName !== undefined && pod.phase !== 'Succeeded' && pod.phase !== 'Failed'
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
      fix: 'mend the pods (kubectl describe pod shows their probes), or set publishNotReadyAddresses',
    },
  )
}

function stateOf(pod: ClusterPod): string {
  if (pod.terminating) return 'is shutting down'
  if (pod.unscheduled !== undefined) return `is on no node (${pod.unscheduled})`
  if (pod.nodeName === undefined) return 'is on no node'
  if (pod.phase === 'Succeeded' || pod.phase === 'Failed') return `has ended (${pod.phase})`
  const condition = pod.object.status?.conditions?.find((one) => one.type === 'Ready')
  const reason = condition?.reason ?? condition?.message
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
  const declared = pod?.ports.filter((one) => one.protocol === port.protocol) ?? []
  const has =
    declared
      .map((one) => (one.name ? `${one.name} (${one.port})` : `${one.port} without a name`))
      .join(', ') || 'none'
  return finding(
    'target-port-name-missing',
    `Service ${service.name} sends to the port called "${port.targetPort}"; pod ${pod?.name} has no ${port.protocol} port of that name: it has ${has}`,
    {
      objects: [pod && portPlace(pod), inService(service, 'spec', 'ports', index, 'targetPort')],
      fix: `name the container's port ${port.targetPort}${declared[0] ? `, or set targetPort: ${declared[0].port}` : ''}`,
    },
  )
}

function portPlace(pod: ClusterPod) {
  const containers = pod.object.spec.containers ?? []
  const index = containers.findIndex((one) => (one.ports ?? []).length > 0)
  return index < 0 ? inPod(pod, 'spec', 'containers') : inPod(pod, 'spec', 'containers', index, 'ports', 0)
}

function withoutSelector(
  world: World,
  service: ClusterService,
  port: ClusterServicePort | undefined,
): readonly Finding[] {
  const slices = world.slicesOf(service).filter((slice) => slice.endpoints.length > 0)
  const [slice] = slices
  if (slice && port) {
    const names = slice.ports.map((one) => (one.name === '' ? 'no name' : `the name ${one.name}`)).join(', ')
    const wants = port.name === '' ? 'has no name' : `is called ${port.name}`
    return [
      finding(
        'endpoints-port-name-differs',
        `port ${port.port} of Service ${service.name} ${wants}, but the ports of its ${slice.from === 'endpoints' ? 'Endpoints have' : 'EndpointSlice have'} ${names}`,
        {
          objects: [
            slice.from === 'endpoints' ? { ...slice.ref, kind: 'Endpoints', name: service.name } : slice.ref,
            inService(service, 'spec', 'ports', service.ports.indexOf(port)),
          ],
          fix: `give both the same name: ${port.name === '' ? 'none' : port.name}`,
        },
      ),
    ]
  }
  const orphan = nearestOrphan(world, service)
  if (orphan) {
    return [
      finding(
        'endpoints-name-differs',
        `Service ${service.name} has no selector and no Endpoints of its name; ${orphan.kind} ${orphan.name} belongs to no Service`,
        {
          objects: [orphan, service.ref],
          fix:
            orphan.kind === 'Endpoints'
              ? `call the Endpoints ${service.name}`
              : `label it kubernetes.io/service-name: ${service.name}`,
        },
      ),
    ]
  }
  return [
    finding(
      'service-without-selector',
      `Service ${fullName(service)} has no selector, and no Endpoints were given for it`,
      {
        objects: [inService(service, 'spec')],
        fix: 'add a selector, or Endpoints of the same name',
      },
    ),
  ]
}

/** Endpoints that belong to no Service: of those in the namespace the one with the nearest name. */
function nearestOrphan(world: World, service: ClusterService) {
  const own = world.cluster.orphanEndpoints.filter((one) => one.namespace === service.namespace)
  return own.find((one) => one.name.includes(service.name) || service.name.includes(one.name)) ?? own[0]
}
