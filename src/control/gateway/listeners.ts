import { byText } from '../../base/ordering.ts'
import type { ObjectRef } from '../../base/source.ts'
import type { Certificate } from '../../http/proxy.ts'
import type { Gateway, GatewayListener, ListenerSet } from '../../model/gateway-objects.ts'
import { gatewayGroup } from '../../model/gateway-objects.ts'
import type { Located } from '../../model/objects.ts'
import { resolveCertificate } from './certificates.ts'
import type { GatewayContext } from './context.ts'
import { namespaceOf } from './context.ts'
import type { GatewayCondition } from './status.ts'
import { fails, holds, isTrue } from './status.ts'

/** One listener of a Gateway or of a ListenerSet, with everything that decides what it serves. */
export interface ResolvedListener {
  readonly name: string
  readonly port: number
  readonly protocol: string
  /** In small letters; empty for every host. */
  readonly hostname: string
  readonly passthrough: boolean
  readonly owner: Located<Gateway | ListenerSet>
  /** The owner, at the line of the listener. */
  readonly object: ObjectRef
  readonly spec: GatewayListener
  /** Kinds of routes that it takes, by name. */
  readonly kinds: readonly string[]
  readonly certificates: readonly Certificate[]
  readonly conditions: readonly GatewayCondition[]
  /** Whether it waits for connections at all. */
  readonly programmed: boolean
}

/** The route kinds that go with each protocol. */
const kindsOf: Readonly<Record<string, readonly string[]>> = {
  HTTP: ['HTTPRoute', 'GRPCRoute'],
  HTTPS: ['HTTPRoute', 'GRPCRoute'],
  TLS: ['TLSRoute'],
  TCP: ['TCPRoute'],
  UDP: ['UDPRoute'],
}

interface Entry {
  readonly owner: Located<Gateway | ListenerSet>
  readonly spec: GatewayListener
  readonly index: number
}

/** The listeners of one object in the order in which they stand. */
export function entriesOf(owner: Located<Gateway | ListenerSet>): readonly Entry[] {
  return (owner.object.spec?.listeners ?? []).map((spec, index) => ({ owner, spec, index }))
}

/**
 * Resolves the listeners of a Gateway and its ListenerSets. Of those of one object that are not distinct none
 * serves; between objects the Gateway's win over all sets', and an older set's over a younger's.
 */
export function resolveListeners(
  gateway: Located<Gateway>,
  sets: readonly Located<ListenerSet>[],
  context: GatewayContext,
): readonly ResolvedListener[] {
  const taken: Entry[] = []
  const resolved: ResolvedListener[] = []
  for (const owner of [gateway, ...sets.toSorted(byAge)]) {
    const own = entriesOf(owner)
    // One that has lost to another object's listener is no rival of its own siblings any more.
    const lost = own.map((entry) => conflictAmong(entry, taken))
    const left = own.filter((_, index) => !lost[index])
    const conflicts = own.map(
      (entry, index) =>
        lost[index] ??
        conflictAmong(
          entry,
          left.filter((one) => one !== entry),
        ),
    )
    for (const [index, entry] of own.entries()) {
      const conflict = conflicts[index]
      resolved.push(resolveListener(entry, conflict, context))
      if (!conflict) taken.push(entry)
    }
  }
  return resolved
}

/** The oldest first, and those of one age by name. Mirrors the precedence that the specification gives to routes. */
export function byAge(a: Located<Dated>, b: Located<Dated>): number {
  const created = (one: Located<Dated>) => one.object.metadata.creationTimestamp ?? '~'
  const name = ({ ref }: Located<Dated>) => `${ref.namespace ?? ''}/${ref.name}`
  return byText(created(a), created(b)) || byText(name(a), name(b))
}

interface Dated {
  readonly metadata: { readonly creationTimestamp?: string }
}

interface Conflict {
  readonly reason: string
  readonly message: string
}

function conflictAmong(entry: Entry, others: readonly Entry[]): Conflict | undefined {
  for (const other of others) {
    const reason = conflictReason(entry.spec, other.spec)
    if (!reason) continue
    const { port, protocol, hostname } = other.spec
    const what = `${other.owner.ref.name}'s listener ${other.spec.name} has port ${port}, protocol ${protocol}`
    return { reason, message: `${what}${hostname ? ` and host name ${hostname}` : ''}` }
  }
  return undefined
}

/** Why two listeners cannot be told apart by a connection: the section "Distinct Listeners" of the specification. */
function conflictReason(a: GatewayListener, b: GatewayListener): string | undefined {
  if (a.port !== b.port || (a.protocol === 'UDP') !== (b.protocol === 'UDP')) return undefined
  const named = a.protocol === b.protocol ? namedProtocols : handshakeProtocols
  const compatible = [a, b].every(({ protocol = '' }) => named.includes(protocol))
  if (!compatible) return 'ProtocolConflict'
  const [one, other] = [a, b].map(({ hostname = '' }) => hostname.toLowerCase())
  return one === other ? 'HostnameConflict' : undefined
}

/** Protocols in which the client names the host that it wants. */
const namedProtocols = ['HTTP', 'HTTPS', 'TLS']

/** Both begin with a TLS handshake, in which the server name tells them apart. */
const handshakeProtocols = ['HTTPS', 'TLS']

function resolveListener(
  { owner, spec, index }: Entry,
  conflict: Conflict | undefined,
  context: GatewayContext,
): ResolvedListener {
  const { name = '', port = 0, protocol = '', hostname = '', tls } = spec
  const object = { ...owner.ref, at: owner.locate(['spec', 'listeners', index]) }
  const accepted = acceptedCondition(protocol, conflict, object)
  const kinds = resolveKinds(spec, object)
  const passthrough = protocol === 'TLS' && tls?.mode === 'Passthrough'
  const secrets = resolveSecrets({ owner, spec, index }, passthrough, context)
  const isAccepted = accepted.status === 'True'
  const programmed = isAccepted && secrets.usable && kinds.names.length > 0
  const failure = secrets.failure ?? kinds.failure
  const conditions = [
    accepted,
    conflict
      ? { ...holds('Conflicted', conflict.reason), message: conflict.message }
      : fails('Conflicted', 'NoConflicts', ''),
    failure ?? holds('ResolvedRefs', 'ResolvedRefs'),
    programmed ? holds('Programmed', 'Programmed') : fails('Programmed', conflict?.reason ?? 'Invalid', ''),
  ]
  return {
    name,
    port,
    protocol,
    hostname: hostname.toLowerCase(),
    passthrough,
    owner,
    object,
    spec,
    kinds: kinds.names,
    certificates: secrets.certificates,
    conditions,
    programmed,
  }
}

function acceptedCondition(
  protocol: string,
  conflict: Conflict | undefined,
  object: ObjectRef,
): GatewayCondition {
  if (conflict) {
    const fix = 'give each listener a port of its own, or a host name of its own'
    return fails('Accepted', conflict.reason, conflict.message, { fix, object })
  }
  if (!kindsOf[protocol]) {
    const message = `protocol ${protocol} is not one of ${Object.keys(kindsOf).join(', ')}`
    return fails('Accepted', 'UnsupportedProtocol', message, { object })
  }
  return holds('Accepted', 'Accepted')
}

function resolveKinds(
  { protocol = '', allowedRoutes }: GatewayListener,
  object: ObjectRef,
): { readonly names: readonly string[]; readonly failure?: GatewayCondition } {
  const possible = kindsOf[protocol] ?? []
  const wanted = allowedRoutes?.kinds ?? []
  if (wanted.length === 0) return { names: possible }
  const fits = ({ group = gatewayGroup, kind = '' }: (typeof wanted)[number]) =>
    group === gatewayGroup && possible.includes(kind)
  const names = possible.filter((name) => wanted.some((one) => one.kind === name && fits(one)))
  const wrong = wanted.find((one) => !fits(one))
  if (!wrong) return { names }
  const message = `a listener of protocol ${protocol} does not take routes of kind ${wrong.kind}`
  return { names, failure: fails('ResolvedRefs', 'InvalidRouteKinds', message, { object }) }
}

interface ResolvedSecrets {
  readonly certificates: readonly Certificate[]
  readonly failure?: GatewayCondition
  /** Whether the listener can work with them. */
  readonly usable: boolean
}

function resolveSecrets(
  { owner, spec, index }: Entry,
  passthrough: boolean,
  context: GatewayContext,
): ResolvedSecrets {
  const secure = spec.protocol === 'HTTPS' || spec.protocol === 'TLS'
  if (!secure || passthrough) return { certificates: [], usable: true }
  const references = spec.tls?.certificateRefs ?? []
  const from = { group: groupOf(owner), kind: owner.ref.kind, namespace: namespaceOf(owner) }
  const results = references.map((one, number) => {
    const at = owner.locate(['spec', 'listeners', index, 'tls', 'certificateRefs', number])
    return resolveCertificate(one, from, { ...owner.ref, at }, context)
  })
  const certificates = results.flatMap((one) => ('certificate' in one ? [one.certificate] : []))
  const [failure] = results.flatMap((one) => ('failure' in one ? [one.failure] : []))
  if (failure) return { certificates, failure, usable: certificates.length > 0 }
  if (references.length > 0) return { certificates, usable: true }
  // Without references the certificate comes by options of the controller's own, if at all.
  if (Object.keys(spec.tls?.options ?? {}).length > 0) {
    return { certificates: [{ names: 'unknown', label: 'from tls.options' }], usable: true }
  }
  const object = { ...owner.ref, at: owner.locate(['spec', 'listeners', index]) }
  const message = `listener ${spec.name} ends TLS and names no certificate`
  return {
    certificates: [],
    failure: fails('ResolvedRefs', 'InvalidCertificateRef', message, {
      object,
      fix: 'name a Secret in tls.certificateRefs',
    }),
    usable: false,
  }
}

/** The API group of an object. */
export function groupOf({ object }: Located<{ readonly apiVersion?: string }>): string {
  return object.apiVersion?.split('/')[0] ?? gatewayGroup
}

/** Whether it could be taken at all, as far as it alone decides. */
export function isAccepted({ conditions }: ResolvedListener): boolean {
  return isTrue(conditions, 'Accepted')
}
