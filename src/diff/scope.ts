import type { ObjectRef } from '../base/source.ts'
import { formatRef } from '../base/source.ts'
import { endpointsOf } from '../control/policy/endpoints.ts'
import { policiesOf } from '../control/policy/policies-of.ts'
import type { ObjectChange } from '../model/cluster-diff.ts'
import { selects } from '../policy/match.ts'
import type { Policy } from '../policy/policy.ts'
import { identitiesOf } from './identity.ts'
import type { Sides } from './side.ts'
import { both } from './side.ts'

/** The ends of a connection. */
export type End = 'sender' | 'destination'

/** What the changed objects can make a difference to; the rest need not be compared. */
export interface Scope {
  /** Every connection may be different. */
  readonly everything: boolean
  /** Only policies say something else: the network goes the same ways. */
  readonly policiesAlone: boolean
  /** The changed policies, where nothing else is changed: as they were and as they are. */
  readonly policyEdits?: readonly Policy[]
  /** Whether somebody, by the identity, may fare differently as one end of connections. */
  touchesPlace(identity: string, end: End): boolean
  /** `namespace/name`. */
  touchesService(name: string): boolean
  /** The changed objects that are about one of these ends, by their identities. */
  causes(identities: readonly string[], service?: string): readonly ObjectRef[]
}

/** Kinds whose effect on connections is in what else was compared: settings, pods, Services. */
const indirect = new Set(['ConfigMap', 'DaemonSet', 'Secret', 'Ingress', 'IngressClass'])

/** More changed policies than this are not looked into one by one. */
const manyPolicies = 200

/** What is gathered of the changes, one by one. */
interface Gathering {
  readonly places: Map<string, ObjectRef[]>
  /** Those whom changed policies are about, by the end at which they are asked. */
  readonly judged: Readonly<Record<End, Map<string, ObjectRef[]>>>
  readonly services: Map<string, ObjectRef[]>
  everything: boolean
  policiesAlone: boolean
}

/** Finds what the changes are about. */
export function scopeOf(sides: Sides, changes: readonly ObjectChange[]): Scope {
  const policies = changedPolicies(sides, changes)
  const policyRefs = new Set(policies.map(({ ref }) => formatRef(ref)))
  const others = changes
    .map(({ object }) => object)
    .filter((object) => !policyRefs.has(formatRef(object)) && !indirect.has(object.kind))
  const found = gathered(sides, policies, others)
  const settings = others.filter(({ kind }) => kind === 'Environment')
  return {
    everything: found.everything,
    policiesAlone: found.policiesAlone && !found.everything,
    ...(others.length === 0 && !found.everything && { policyEdits: policies }),
    touchesPlace: (id, end) => found.places.has(id) || found.judged[end].has(id),
    touchesService: (name) => found.services.has(name),
    causes: (ends, service) => {
      const own = ends.flatMap((id) => [
        ...(found.places.get(id) ?? []),
        ...(found.judged.sender.get(id) ?? []),
        ...(found.judged.destination.get(id) ?? []),
      ])
      const ofService = service === undefined ? [] : (found.services.get(service) ?? [])
      const all = told([...own, ...ofService])
      return [...new Map((all.length > 0 ? all : settings).map((ref) => [formatRef(ref), ref])).values()]
    },
  }
}

function gathered(sides: Sides, policies: readonly Policy[], others: readonly ObjectRef[]): Gathering {
  const everything = policies.length > manyPolicies
  const found: Gathering = {
    places: new Map(),
    judged: { sender: new Map(), destination: new Map() },
    services: new Map(),
    everything,
    policiesAlone: true,
  }
  const pods = podsByNamespace(sides)
  for (const object of others) {
    if (object.kind !== 'Namespace') gather(sides, object, found)
    else for (const id of pods.get(object.name) ?? []) add(found.places, id, object)
  }
  if (!found.everything) for (const policy of policies) gatherPolicy(sides, policy, found)
  return found
}

/** A policy is about its pods, at the end of a connection that it judges. */
function gatherPolicy(sides: Sides, policy: Policy, { judged }: Gathering): void {
  for (const id of subjectsOf(sides, policy)) {
    if (policy.ingress) add(judged.destination, id, policy.ref)
    if (policy.egress) add(judged.sender, id, policy.ref)
  }
}

/** EndpointSlices follow from Services and pods: they are told where nothing else is. */
function told(refs: readonly ObjectRef[]): readonly ObjectRef[] {
  const written = refs.filter(({ kind }) => kind !== 'EndpointSlice')
  return written.length > 0 ? written : refs
}

function add(to: Map<string, ObjectRef[]>, key: string, ref: ObjectRef): void {
  to.set(key, [...(to.get(key) ?? []), ref])
}

/** What a changed object that is no policy is about. */
function gather(sides: Sides, object: ObjectRef, found: Gathering): void {
  const { kind, namespace = 'default', name } = object
  found.policiesAlone = false
  if (kind === 'Pod') {
    for (const { cluster } of both(sides))
      add(found.places, identitiesOf({ cluster }).of(`pod/${namespace}/${name}`), object)
  } else if (kind === 'Service') add(found.services, `${namespace}/${name}`, object)
  else if (kind === 'EndpointSlice')
    for (const one of serviceOf(sides, object)) add(found.services, one, object)
  else found.everything = true
}

/** The changed policies, as they were and as they are. */
function changedPolicies(sides: Sides, changes: readonly ObjectChange[]): readonly Policy[] {
  const changed = new Set(changes.map(({ object }) => formatRef(object)))
  return both(sides).flatMap(({ cluster }) =>
    (policiesOf(cluster)?.set.tiers ?? []).flatMap(({ policies }) =>
      policies.filter(({ ref }) => changed.has(formatRef(ref))),
    ),
  )
}

function subjectsOf(sides: Sides, { subject }: Policy): readonly string[] {
  const ids = both(sides).flatMap(({ cluster }) =>
    endpointsOf(cluster)
      .all.filter((one) => selects(subject, one))
      .map(({ id }) => identitiesOf({ cluster }).of(id)),
  )
  return [...new Set(ids)]
}

function podsByNamespace(sides: Sides): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const { cluster } of both(sides))
    for (const { namespace, name } of cluster.pods) {
      const own = found.get(namespace) ?? new Set()
      found.set(namespace, own.add(identitiesOf({ cluster }).of(`pod/${namespace}/${name}`)))
    }
  return found
}

/** The Service that a slice belongs to. */
function serviceOf(sides: Sides, { namespace, name }: ObjectRef): readonly string[] {
  const names = both(sides).flatMap(({ cluster }) =>
    cluster.endpointSlices
      .filter((slice) => slice.namespace === namespace && slice.name === name)
      .map(({ service }) => `${namespace}/${service}`),
  )
  return [...new Set(names)]
}
