import type { BackendTarget } from '../../http/proxy.ts'
import type { ClusterService, ClusterServicePort } from '../../model/cluster.ts'
import type { GatewayContext } from './context.ts'

/**
 * The ready endpoints of a Service's port, of the Service's first family. A Gateway sends to them directly, so
 * neither kube-proxy nor its policies have a say.
 */
export function readyTargets(
  service: ClusterService,
  port: ClusterServicePort,
  context: GatewayContext,
): readonly BackendTarget[] {
  const slices = context.slices(service)
  const family = service.families[0] ?? slices[0]?.family
  const seen = new Set<string>()
  const targets: BackendTarget[] = []
  for (const slice of slices.filter((one) => one.family === family)) {
    const numbers = slice.ports
      .filter((one) => one.name === port.name && one.protocol === port.protocol)
      .flatMap((one) => (one.port === undefined ? [] : [one.port]))
    for (const endpoint of slice.endpoints.filter((one) => one.ready)) {
      const [ip] = endpoint.addresses
      for (const number of numbers) {
        const key = `${ip} ${number}`
        if (ip === undefined || seen.has(key)) continue
        seen.add(key)
        targets.push({ ip, port: number, ...(endpoint.target && { object: endpoint.target }) })
      }
    }
  }
  return targets
}
