import type { Ingress, IngressClass } from '../../model/ingress-objects.ts'

import { ageOf } from './age.ts'
import { balancerText } from './service.ts'
import type { KindPrinter } from './table.ts'
import { columns } from './table.ts'

/** Mirrors printIngress. */
export const ingressPrinter: KindPrinter<Ingress> = {
  columns: columns('NAME,CLASS,HOSTS,ADDRESS,PORTS,AGE'),
  cells: ({ metadata, spec = {}, status }, { now }) => [
    metadata.name ?? '',
    spec.ingressClassName ?? '<none>',
    hostsText(spec.rules ?? []),
    balancerText(status),
    (spec.tls ?? []).length > 0 ? '80, 443' : '80',
    ageOf(metadata.creationTimestamp, now),
  ],
}

/** As many hosts are named. */
const listed = 3

/** Mirrors formatHosts; rules behind the last host that is named are counted, with a host or without. */
function hostsText(rules: readonly { readonly host?: string }[]): string {
  const shown: string[] = []
  let more = false
  for (const { host = '' } of rules) {
    if (shown.length === listed) more = true
    else if (host !== '') shown.push(host)
  }
  if (shown.length === 0) return '*'
  return more ? `${shown.join(',')} + ${rules.length - listed} more...` : shown.join(',')
}

/** Mirrors printIngressClass. */
export const ingressClassPrinter: KindPrinter<IngressClass> = {
  columns: columns('NAME,CONTROLLER,PARAMETERS,AGE'),
  cells: ({ metadata, spec = {} }, { now }) => [
    metadata.name ?? '',
    spec.controller ?? '',
    parametersText(spec.parameters),
    ageOf(metadata.creationTimestamp, now),
  ],
}

function parametersText(parameters: NonNullable<IngressClass['spec']>['parameters']): string {
  if (!parameters) return '<none>'
  const { kind = '', apiGroup, name = '' } = parameters
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`
}
