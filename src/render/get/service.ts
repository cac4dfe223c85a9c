import type { Service } from '../../model/objects.ts'
import { ageOf } from './age.ts'
import type { KindPrinter } from './table.ts'
import { columns, formatLabels } from './table.ts'

/** Mirrors printService. */
export const servicePrinter: KindPrinter<Service> = {
  columns: columns('NAME,TYPE,CLUSTER-IP,EXTERNAL-IP,PORT(S),AGE | SELECTOR'),
  cells: (service, { now, wide }) => {
    const { metadata, spec = {} } = service
    return [
      metadata.name ?? '',
      spec.type ?? '',
      spec.clusterIPs?.[0] ?? (spec.clusterIP || '<none>'),
      externalAddress(service, wide),
      portsText(spec.ports ?? []) || '<none>',
      ageOf(metadata.creationTimestamp, now),
      formatLabels(spec.selector),
    ]
  },
}

function externalAddress({ spec = {}, status }: Service, wide: boolean): string {
  const own = spec.externalIPs ?? []
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return own.join(',') || '<none>'
    case 'LoadBalancer': {
      const balancer = balancerText(status, wide)
      return [...(balancer ? [balancer] : []), ...own].join(',') || '<pending>'
    }
    case 'ExternalName':
      return spec.externalName ?? ''
    default:
      return '<unknown>'
  }
}

/** A table without `-o wide` gives a balancer's addresses sixteen characters. */
const balancerWidth = 16

function balancerText(status: Service['status'], wide: boolean): string {
  const addresses = (status?.loadBalancer?.ingress ?? []).flatMap((one) => one.ip || one.hostname || [])
  const text = [...new Set(addresses)].toSorted().join(',')
  return !wide && text.length > balancerWidth ? `${text.slice(0, balancerWidth - 3)}...` : text
}

function portsText(ports: NonNullable<NonNullable<Service['spec']>['ports']>): string {
  return ports
    .map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol ?? 'TCP'}`)
    .join(',')
}
