import { nearest } from '../../base/nearest.ts'
import type { ClusterService } from '../../model/cluster.ts'
import type { ObjectsByKind } from '../../model/kinds.ts'
import type { EndpointSlice, Located } from '../../model/objects.ts'
import type { Completion } from './completion.ts'

const serviceNameLabel = 'kubernetes.io/service-name'

/**
 * Names that lead nowhere, as warnings: the API server lets all of them pass. A namespace or an owner is missed
 * only where the input seems to hold all of its kind, or a name that is nearly the same.
 */
export function checkReferences(completion: Completion, services: readonly ClusterService[]): void {
  checkSlices(completion, services)
  checkNamespaces(completion)
  checkOwners(completion)
}

function checkSlices({ objects, report }: Completion, services: readonly ClusterService[]): void {
  const names = new Map<string, string[]>()
  for (const { namespace, name } of services) {
    const list = names.get(namespace)
    if (list) list.push(name)
    else names.set(namespace, [name])
  }
  const known = new Set(services.map(({ namespace, name }) => `${namespace}/${name}`))
  const nodes = new Set(objects.Node.map((one) => one.ref.name))
  for (const slice of objects.EndpointSlice) {
    const { ref, object, locate } = slice
    if (nodes.size > 0) checkNodeNames(slice, nodes, report)
    const service = object.metadata.labels?.[serviceNameLabel]
    if (service === undefined) {
      report('unknown-reference', `EndpointSlice ${ref.name} names no Service: nothing uses it`, {
        at: locate(['metadata', 'labels']),
        object: ref,
        severity: 'warning',
        fix: `give it the label ${serviceNameLabel}`,
      })
    } else if (!known.has(`${ref.namespace}/${service}`)) {
      const near = nearest(service, names.get(ref.namespace ?? '') ?? [])
      report(
        'unknown-reference',
        `EndpointSlice ${ref.name} belongs to Service ${service}, which is not in namespace ${ref.namespace}`,
        {
          at: locate(['metadata', 'labels', serviceNameLabel]),
          object: ref,
          severity: 'warning',
          ...(near !== undefined && { fix: `did you mean ${near}?` }),
        },
      )
    }
  }
}

/** kube-proxy takes an endpoint whose node is another than its own for one that is not local. */
function checkNodeNames(
  { object, ref, locate }: Located<EndpointSlice>,
  nodes: ReadonlySet<string>,
  report: Completion['report'],
): void {
  const index = (object.endpoints ?? []).findIndex(({ nodeName }) => nodeName && !nodes.has(nodeName))
  const nodeName = object.endpoints?.[index]?.nodeName
  if (nodeName === undefined) return
  const near = nearest(nodeName, nodes)
  report(
    'unknown-reference',
    `EndpointSlice ${ref.name} has an endpoint on node ${nodeName}, which does not exist`,
    {
      at: locate(['endpoints', index, 'nodeName']),
      object: ref,
      severity: 'warning',
      ...(near !== undefined && { fix: `did you mean ${near}?` }),
    },
  )
}

/** Objects of the input that live in a namespace. */
function namespaced(objects: ObjectsByKind): readonly Located<unknown>[] {
  return Object.values(objects)
    .flat()
    .filter((one) => one.ref.namespace !== undefined && one.ref.at !== undefined)
}

function checkNamespaces({ objects, report }: Completion): void {
  const stated = new Set(objects.Namespace.map((one) => one.ref.name))
  if (stated.size === 0) return
  const holdsAll = stated.has('kube-system') && stated.has('default')
  const told = new Set<string>(['default', 'kube-system', ...stated])
  for (const { ref, locate } of namespaced(objects)) {
    const name = ref.namespace ?? ''
    if (told.has(name)) continue
    told.add(name)
    const near = nearest(name, stated)
    if (!holdsAll && near === undefined) continue
    report('unknown-reference', `namespace ${name} of ${ref.kind} ${ref.name} is not in the input`, {
      at: locate(['metadata', 'namespace']),
      object: ref,
      severity: 'warning',
      fix: near === undefined ? 'add the Namespace' : `did you mean ${near}?`,
    })
  }
}

const ownerKinds = [
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'ReplicationController',
  'Job',
] as const

/** Of owners only those are missed of whose kind and namespace a server's dump holds others. */
function checkOwners({ objects, report }: Completion): void {
  const owners = ownerKinds.flatMap(
    (kind): readonly Located<{ readonly metadata: { readonly uid?: string } }>[] => objects[kind],
  )
  const known = new Set(owners.map(({ ref }) => `${ref.kind}/${ref.namespace}/${ref.name}`))
  const dumped = new Set(
    owners
      .filter(({ object }) => object.metadata.uid !== undefined)
      .map(({ ref }) => `${ref.kind}/${ref.namespace}`),
  )
  for (const { object, ref, locate } of [...objects.Pod, ...objects.ReplicaSet]) {
    for (const [index, owner] of (object.metadata.ownerReferences ?? []).entries()) {
      const place = `${owner.kind}/${ref.namespace}`
      if (!dumped.has(place) || known.has(`${place}/${owner.name}`)) continue
      report(
        'unknown-reference',
        `${ref.kind} ${ref.name} belongs to ${owner.kind} ${owner.name}, which is not in the input: the garbage collector would delete it`,
        { at: locate(['metadata', 'ownerReferences', index, 'name']), object: ref, severity: 'warning' },
      )
    }
  }
}
