import type { Cidr } from '../../../../base/ip.ts'
import { hostCidr } from '../../../../base/ip.ts'
import type { Cluster } from '../../../../model/cluster.ts'
import { protocolOf } from '../../../policy/network-policy.ts'

/** One port of a Service's endpoints, and the addresses that have it. */
export interface ServicePort {
  /** IANA number. */
  readonly protocol: number
  readonly port: number
  readonly nets: readonly Cidr[]
}

/**
 * The endpoints of a Service by their ports, ready or not; not its own addresses, which packets no longer have where policies
 * are asked. Mirrors membersFromEndpointSlice of felix/serviceindex.
 */
export function servicePorts(
  cluster: Cluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): readonly ServicePort[] {
  return cluster.endpointSlices
    .filter((slice) => slice.namespace === namespace && slice.service === name)
    .flatMap(({ ports, endpoints }) => {
      const nets = endpoints.flatMap(({ addresses }) => addresses.map(hostCidr))
      return ports.flatMap(({ protocol, port }): readonly ServicePort[] => {
        const number = protocolOf(protocol)
        return port === undefined || number === undefined ? [] : [{ protocol: number, port, nets }]
      })
    })
}
