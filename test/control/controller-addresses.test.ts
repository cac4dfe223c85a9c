import { expect, test } from 'vitest'
import { controllerAddresses } from '../../src/control/http-proxies.ts'
import { parseCluster } from '../../src/index.ts'

/** Fifty Services of which one has a balancer. */
const text = [
  'apiVersion: v1\nkind: Pod\nmetadata: { name: proxy, labels: { app: proxy } }\nspec: { containers: [{ name: c }] }',
  ...Array.from(
    { length: 50 },
    (_, index) =>
      `apiVersion: v1\nkind: Service\nmetadata: { name: s${index} }\nspec: { selector: { app: proxy }, ports: [{ port: 80 }]${index === 7 ? ', type: LoadBalancer' : ''} }\n${index === 7 ? 'status: { loadBalancer: { ingress: [{ ip: 192.0.2.7 }] } }' : ''}`,
  ),
].join('\n---\n')

test('EndpointSlices are looked through once for each Service with a balancer, not for every Service', () => {
  const { cluster } = parseCluster([{ name: 'many.yaml', text }])
  let times = 0
  const counted = {
    ...cluster,
    get endpointSlices() {
      times += 1
      return cluster.endpointSlices
    },
  }
  const proxies = cluster.pods.filter((pod) => pod.name === 'proxy')
  expect(controllerAddresses(counted, proxies)).toEqual([0xc0000207])
  expect(times).toBe(1)
})
