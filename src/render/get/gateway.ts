import type { Gateway, HttpRoute } from '../../model/gateway-objects.ts'
import type { Condition } from '../../model/objects.ts'
import type { StoredGatewayClass } from '../../model/stored.ts'
import { ageOf } from './age.ts'
import type { KindPrinter } from './table.ts'
import { columns } from './table.ts'

/** The columns of these kinds stand in their CustomResourceDefinitions; a path that leads nowhere is an empty cell. */
export const gatewayClassPrinter: KindPrinter<StoredGatewayClass> = {
  columns: columns('NAME,CONTROLLER,ACCEPTED,AGE | DESCRIPTION'),
  cells: ({ metadata, spec = {}, status }, { now }) => [
    metadata.name ?? '',
    spec.controllerName ?? '',
    statusOf(status?.conditions, 'Accepted'),
    ageOf(metadata.creationTimestamp, now),
    spec.description ?? '',
  ],
}

export const gatewayPrinter: KindPrinter<Gateway> = {
  columns: columns('NAME,CLASS,ADDRESS,PROGRAMMED,AGE'),
  cells: ({ metadata, spec = {}, status }, { now }) => [
    metadata.name ?? '',
    spec.gatewayClassName ?? '',
    status?.addresses?.[0]?.value ?? '',
    statusOf(status?.conditions, 'Programmed'),
    ageOf(metadata.creationTimestamp, now),
  ],
}

export const httpRoutePrinter: KindPrinter<HttpRoute> = {
  columns: columns('NAME,HOSTNAMES,AGE'),
  cells: ({ metadata, spec = {} }, { now }) => [
    metadata.name ?? '',
    spec.hostnames ? JSON.stringify(spec.hostnames) : '',
    ageOf(metadata.creationTimestamp, now),
  ],
}

function statusOf(conditions: readonly Condition[] | undefined, type: string): string {
  return conditions?.find((one) => one.type === type)?.status ?? ''
}
