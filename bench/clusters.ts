import type { SourceFile } from '../src/index.ts'

/** A cluster of any size as JSON: nodes, Services, and one EndpointSlice for each, with endpoints on all nodes. */
export function largeCluster(services: number, endpoints: number, nodes = 100): SourceFile {
  const items: unknown[] = []
  for (let index = 0; index < nodes; index++) items.push(nodeObject(index))
  items.push(clientPod(nodes))
  for (let index = 0; index < services; index++) items.push(...serviceObjects(index, endpoints, nodes))
  return { name: 'large.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) }
}

function nodeObject(index: number): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node-${index}` },
    spec: { podCIDR: podBlock(index) },
    status: { addresses: [{ type: 'InternalIP', address: `172.18.${1 + (index >> 8)}.${index & 255}` }] },
  }
}

function podBlock(index: number): string {
  return `10.${128 + (index >> 8)}.${index & 255}.0/24`
}

function clientPod(nodes: number): unknown {
  const node = nodes - 1
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'client', namespace: 'default' },
    spec: { nodeName: `node-${node}`, containers: [{ name: 'c', image: 'c' }] },
    status: { phase: 'Running', podIP: `10.${128 + (node >> 8)}.${node & 255}.250` },
  }
}

function serviceObjects(index: number, endpoints: number, nodes: number): readonly unknown[] {
  const name = `svc-${index}`
  const clusterIP = `10.96.${16 + (index >> 8)}.${index & 255}`
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'default', uid: name },
      spec: { clusterIP, ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-abcde`,
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': name },
      },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: Array.from({ length: endpoints }, (_, number) =>
        endpoint(index * endpoints + number, nodes),
      ),
    },
  ]
}

function endpoint(number: number, nodes: number): unknown {
  const node = number % nodes
  const address = 2 + (Math.floor(number / nodes) % 240)
  return {
    addresses: [`10.${128 + (node >> 8)}.${node & 255}.${address}`],
    conditions: { ready: true },
    nodeName: `node-${node}`,
  }
}

/** The same with pods behind the endpoints of one Service, so that walks to it end somewhere. */
export function podsBehind(index: number, endpoints: number, nodes = 100): SourceFile {
  const items = Array.from({ length: endpoints }, (_, position) => {
    const number = index * endpoints + position
    const node = number % nodes
    const address = 2 + (Math.floor(number / nodes) % 240)
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `backend-${number}`, namespace: 'default' },
      spec: {
        nodeName: `node-${node}`,
        containers: [{ name: 'c', image: 'c', ports: [{ containerPort: 8080 }] }],
      },
      status: { phase: 'Running', podIP: `10.${128 + (node >> 8)}.${node & 255}.${address}` },
    }
  })
  return { name: 'pods.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) }
}
