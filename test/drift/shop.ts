import type { LoadedCluster } from '../../src/simulator.ts'
import { parseCluster } from '../../src/simulator.ts'

/** Two workers, a Service on both, one without endpoints, one with affinity, and a pod with a host port. */
export const shop = `
apiVersion: v1
kind: Node
metadata: { name: worker }
spec: { podCIDR: 10.244.1.0/24 }
status: { addresses: [{ type: InternalIP, address: 172.18.0.3 }] }
---
apiVersion: v1
kind: Node
metadata: { name: worker2 }
spec: { podCIDR: 10.244.2.0/24 }
status: { addresses: [{ type: InternalIP, address: 172.18.0.4 }] }
---
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: web }
spec:
  type: NodePort
  clusterIP: 10.96.0.20
  selector: { app: web }
  ports: [{ name: http, port: 80, targetPort: 8080, nodePort: 30080 }]
---
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: cart }
spec:
  clusterIP: 10.96.0.30
  sessionAffinity: ClientIP
  selector: { app: cart }
  ports: [{ name: http, port: 80, targetPort: 8080 }, { name: dns, port: 53, protocol: UDP }]
---
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: empty }
spec:
  clusterIP: 10.96.0.40
  selector: { app: nobody }
  ports: [{ port: 80 }]
---
${pod('web-0', 'worker', '10.244.1.10', 'web')}
---
${pod('web-1', 'worker2', '10.244.2.10', 'web')}
---
${pod('web-2', 'worker2', '10.244.2.11', 'web')}
---
${pod('cart-0', 'worker', '10.244.1.12', 'cart')}
---
${pod('cart-1', 'worker2', '10.244.2.12', 'cart')}
---
${pod('edge', 'worker', '10.244.1.20', 'edge', 8443)}
`

function pod(name: string, node: string, ip: string, app: string, hostPort?: number): string {
  const host = hostPort === undefined ? '' : `, hostPort: ${hostPort}`
  return `apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: ${name}, labels: { app: ${app} } }
spec:
  nodeName: ${node}
  containers: [{ name: c, image: c, ports: [{ containerPort: 8080${host} }, { containerPort: 53, protocol: UDP }] }]
status: { phase: Running, podIP: ${ip}, podIPs: [{ ip: ${ip} }], conditions: [{ type: Ready, status: 'True' }] }`
}

export function loadShop(change: (text: string) => string = (text) => text): LoadedCluster {
  return parseCluster([{ name: 'shop.yaml', text: change(shop) }])
}
