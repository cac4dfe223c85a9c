import type { Service } from '../../model/objects.ts'
import { ageOf } from './age.ts'
import type { KindPrinter } from './table.ts'
import { columns, formatLabels } from './table.ts'

/** Mirrors printService. */
export const servicePrinter: KindPrinter<Service> = {
  columns: columns('NAME,TYPE,CLUSTER-IP,EXTERNAL-IP,PORT(S),AGE | SELECTOR'),
  cells: (service, { now }) => {
    const { metadata, spec = {} } = service
    return [
      metadata.name ?? '',
      spec.type ?? '',
      spec.clusterIPs?.[0] ?? (spec.clusterIP || '<none>'),
      externalAddress(service),
      portsText(spec.ports ?? []) || '<none>',
      ageOf(metadata.creationTimestamp, now),
      formatLabels(spec.selector),
    ]
  },
}

function externalAddress({ spec = {}, status }: Service): string {
  const own = spec.externalIPs ?? []
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return own.join(',') || '<none>'
    case 'LoadBalancer': {
      const balancer = balancerText(status)
      return [...(balancer ? [balancer] : []), ...own].join(',') || '<pending>'
    }
    case 'ExternalName':
      return spec.externalName ?? ''
    default:
      return '<unknown>'
  }
}

/** The addresses and names of load balancers. Mirrors loadBalancerStatusStringer. */
export function balancerText(status: Service['status']): string {
  const addresses = (status?.loadBalancer?.ingress ?? []).flatMap((one) => one.ip || one.hostname || [])
  return [...new Set(addresses)].toSorted().join(',')
}

function portsText(ports: NonNullable<NonNullable<Service['spec']>['ports']>): string {
  return ports
    .map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol ?? 'TCP'}`)
    .join(',')
}
