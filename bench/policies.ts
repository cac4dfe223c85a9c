import type { SourceFile } from '../src/index.ts'

/** How large a cluster with policies is. */
export interface PolicyClusterSize {
  readonly nodes: number
  readonly namespaces: number
  readonly pods: number
  readonly policies: number
  readonly services: number
}

/**
 * A cluster as JSON whose workloads have five pods each, spread over the nodes; each namespace denies by default, and its other
 * policies let workloads of it, of other namespaces and of blocks in.
 */
export function clusterWithPolicies(size: PolicyClusterSize): SourceFile {
  const items: unknown[] = []
  for (let index = 0; index < size.namespaces; index++) items.push(namespaceObject(index))
  for (let index = 0; index < size.nodes; index++) items.push(nodeObject(index))
  for (let index = 0; index < size.pods; index++) items.push(podObject(index, size))
  for (let index = 0; index < size.services; index++) items.push(serviceObject(index, size))
  for (let index = 0; index < size.policies; index++) items.push(policyObject(index, size))
  return { name: 'policies.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) }
}

function namespaceObject(index: number): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: `ns-${index}`, labels: { team: `t${index % 20}` } },
  }
}

function nodeObject(index: number): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node-${index}` },
    spec: { podCIDR: `10.${128 + (index >> 8)}.${index & 255}.0/24` },
    status: { addresses: [{ type: 'InternalIP', address: `172.18.${1 + (index >> 8)}.${index & 255}` }] },
  }
}

function workloadOf(index: number): number {
  return Math.floor(index / 5)
}

function podObject(index: number, { nodes, namespaces }: PolicyClusterSize): unknown {
  const workload = workloadOf(index)
  const node = index % nodes
  const address = 2 + (Math.floor(index / nodes) % 240)
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    name: `w-${workload}`,
    uid: `w-${workload}`,
    controller: true,
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `w-${workload}-${index % 5}`,
      namespace: `ns-${workload % namespaces}`,
      labels: {
        app: `w-${workload}`,
        role: `r${workload % 7}`,
        'apps.kubernetes.io/pod-index': `${index % 5}`,
      },
      ownerReferences: [owner],
    },
    spec: {
      nodeName: `node-${node}`,
      containers: [
        {
          name: 'c',
          image: 'c',
          ports: [
            { name: 'http', containerPort: 8080 },
            { name: 'metrics', containerPort: 9090 },
          ],
        },
      ],
    },
    status: { phase: 'Running', podIP: `10.${128 + (node >> 8)}.${node & 255}.${address}` },
  }
}

function serviceObject(index: number, { namespaces }: PolicyClusterSize): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `s-${index}`, namespace: `ns-${index % namespaces}`, uid: `s-${index}` },
    spec: {
      clusterIP: `10.96.${16 + (index >> 8)}.${index & 255}`,
      selector: { app: `w-${index}` },
      ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }],
    },
  }
}

function policyObject(index: number, { namespaces, pods }: PolicyClusterSize): unknown {
  const isDefault = index < namespaces
  const namespace = `ns-${index % namespaces}`
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `p-${index}`, namespace },
    spec: isDefault
      ? { podSelector: {}, policyTypes: ['Ingress'] }
      : allowance(index, namespaces, workloadOf(pods)),
  }
}

/** One of four kinds of policies that let somebody in or out. */
function allowance(index: number, namespaces: number, workloads: number): unknown {
  const app = { matchLabels: { app: `w-${index % workloads}` } }
  const ports = [{ port: index % 2 === 0 ? 8080 : 'metrics' }]
  const anyNamespace = { namespaceSelector: { matchLabels: { team: `t${index % 20}` } } }
  switch (index % 4) {
    case 0:
      return {
        podSelector: app,
        ingress: [{ from: [{ podSelector: { matchLabels: { role: `r${index % 7}` } } }], ports }],
      }
    case 1:
      return { podSelector: app, ingress: [{ from: [anyNamespace], ports }] }
    case 2:
      return {
        podSelector: app,
        ingress: [{ from: [{ ipBlock: { cidr: `10.128.${index % namespaces}.0/24` } }] }],
      }
    default:
      return {
        podSelector: app,
        policyTypes: ['Egress'],
        egress: [{ to: [anyNamespace] }, { ports: [{ port: 53, protocol: 'UDP' }] }],
      }
  }
}
