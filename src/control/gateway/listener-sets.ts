import type { Gateway, ListenerSet } from '../../model/gateway-objects.ts'
import { gatewayGroup } from '../../model/gateway-objects.ts'
import type { Located } from '../../model/objects.ts'
import type { GatewayContext } from './context.ts'
import { namespaceOf } from './context.ts'
import type { ResolvedListener } from './listeners.ts'
import { admitsNamespace } from './namespaces.ts'
import type { GatewayCondition } from './status.ts'
import { fails, holds } from './status.ts'

/** Whether a ListenerSet means this Gateway. */
export function isMember(set: Located<ListenerSet>, gateway: Located<Gateway>): boolean {
  const {
    group = gatewayGroup,
    kind = 'Gateway',
    name,
    namespace = namespaceOf(set),
  } = set.object.spec?.parentRef ?? {}
  return (
    group === gatewayGroup &&
    kind === 'Gateway' &&
    name === gateway.ref.name &&
    namespace === namespaceOf(gateway)
  )
}

/** Whether the Gateway lets a set of that namespace add listeners; none may, if it says nothing. */
export function admitsSet(
  gateway: Located<Gateway>,
  set: Located<ListenerSet>,
  context: GatewayContext,
): boolean {
  const choice = gateway.object.spec?.allowedListeners?.namespaces
  return admitsNamespace(choice, 'None', namespaceOf(gateway), namespaceOf(set), context)
}

/** The conditions of a set that the Gateway admits. */
export function setConditions(own: readonly ResolvedListener[]): readonly GatewayCondition[] {
  const serving = own.filter((one) => one.programmed)
  if (serving.length === 0) {
    const message = 'none of its listeners can serve'
    return [
      fails('Accepted', 'ListenersNotValid', message),
      fails('Programmed', 'ListenersNotValid', message),
    ]
  }
  const accepted =
    serving.length === own.length
      ? holds('Accepted', 'Accepted')
      : { ...holds('Accepted', 'ListenersNotValid'), message: 'some of its listeners cannot serve' }
  return [accepted, holds('Programmed', 'Programmed')]
}

/** The conditions of a set that adds nothing, because of its Gateway. */
export function refusedSet(
  set: Located<ListenerSet>,
  gateway: Located<Gateway> | undefined,
): readonly GatewayCondition[] {
  const name = set.object.spec?.parentRef?.name ?? ''
  const [reason, message, fix] = gateway
    ? ([
        'NotAllowed',
        `Gateway ${name} does not take listeners of namespace ${namespaceOf(set)}`,
        "set allowedListeners.namespaces.from in the Gateway's spec",
      ] as const)
    : (['ParentNotAccepted', `there is no Gateway ${name}`, 'correct the parentRef'] as const)
  return [fails('Accepted', reason, message, { fix }), fails('Programmed', reason, message)]
}
