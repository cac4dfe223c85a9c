import { formatIp } from '../../base/ip.ts'
import { formatRef } from '../../base/source.ts'
import type { Cluster } from '../../model/cluster.ts'
import { cloudProxies } from '../cloud-proxy/cloud-proxies.ts'
import { controllerNames } from '../cloud-proxy/cloud-proxy.ts'
import type { Completion } from './completion.ts'

/** Says which Ingresses clouds are taken to serve, and at which addresses. */
export function assumeCloudProxies({ assume }: Completion, cluster: Cluster): void {
  for (const { profile, ingresses, addresses, refused } of cloudProxies(cluster)) {
    for (const { ref } of ingresses) assume(`${formatRef(ref)} is served by ${controllerNames[profile]}`, ref)
    const [{ ref }] = ingresses
    for (const { ip, hostname, assumed } of addresses) {
      if (!assumed) continue
      const name = hostname === undefined ? '' : `, ${hostname},`
      assume(`the load balancer of ${formatRef(ref)}${name} is at ${formatIp(ip)}`, ref)
    }
    if (refused && addresses.length === 0) {
      assume(`the load balancer of ${formatRef(ref)} has not got an address`, ref)
    }
  }
}
