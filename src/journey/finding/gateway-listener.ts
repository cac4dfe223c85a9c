import { gatewayPods } from '../../control/gateway/gateway-pods.ts'
import { gatewayProxy } from '../../control/gateway/gateway-proxy.ts'
import { hostMatches, hostPattern } from '../../http/host-match.ts'
import type { FindCause } from './failure.ts'
import { finding } from './failure.ts'
import { podAt } from './listener.ts'

/** The pod of a Gateway does not open a port, for a listener of the Gateway cannot serve. */
export const findGatewayListener: FindCause = (failure) => {
  const { world, stop, addressed } = failure
  const pod = podAt(failure)
  if (stop?.reason !== 'no-listener' || !pod) return []
  const { cluster } = world
  for (const gateway of cluster.gatewayApi.gateways) {
    if (!gatewayPods(cluster, gateway).pods.includes(pod)) continue
    const proxy = gatewayProxy(gateway, cluster)
    const invalid = proxy.ignored.filter(({ code }) => code === 'listener-invalid')
    const ofHost = invalid.find(({ hosts }) =>
      hosts.some((one) => hostMatches(hostPattern(one, 'any-depth'), addressed.host)),
    )
    const found = ofHost ?? invalid[0]
    if (!found) continue
    return [
      finding('route-not-taken', `${proxy.label} does not open the port: ${found.reason}`, {
        objects: [found.object],
        fix: found.fix ?? 'mend the listener',
      }),
    ]
  }
  return []
}
